import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { wave } from '../wave.ts';

/** A plain loop over `x [h, w, c]`, one image, one group. */
function plainConv(x: tf.Tensor, kernel: tf.Tensor, stride: number): number[] {
  const [h = 0, w = 0, ci = 0] = x.shape;
  const [kh = 0, kw = 0, , co = 0] = kernel.shape;
  const [a, b] = [x.dataSync(), kernel.dataSync()];
  const result: number[] = [];
  for (let i = 0; i + kh <= h; i += stride) {
    for (let j = 0; j + kw <= w; j += stride) {
      for (let o = 0; o < co; o++) {
        let sum = 0;
        for (let tap = 0; tap < kh * kw * ci; tap++) {
          const [row, column, c] = [Math.floor(tap / ci / kw), Math.floor(tap / ci) % kw, tap % ci];
          sum += (a[((i + row) * w + j + column) * ci + c] as number) * (b[tap * co + o] as number);
        }
        result.push(sum);
      }
    }
  }
  return result;
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  Array.from(expected).forEach((value, i) => {
    expect(actual[i] as number).toBeCloseTo(value, 4);
  });
}

describe('arguments of convolutions', () => {
  const image = wave([7, 6, 3], 1);
  const kernel = wave([3, 2, 3, 4], 2);

  test('positional, as in TensorFlow.js, and by name are the same', () => {
    const expected = plainConv(image, kernel, 2);
    near(tf.conv2d(image, kernel, 2).dataSync(), expected);
    near(tf.conv2d(image, kernel, [2, 2], 'valid').dataSync(), expected);
    near(tf.conv2d(image, kernel, { strides: 2 }).dataSync(), expected);
    near(tf.conv2d(image, kernel, { strides: 2, padding: 0 }).dataSync(), expected);
    const padded = tf.conv2d(image, kernel, 1, [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ]);
    expect(padded.shape).toEqual([8, 6, 4]);
    near(
      padded.dataSync(),
      tf
        .conv2d(image, kernel, {
          padding: [
            [1, 2],
            [0, 1],
          ],
        })
        .dataSync(),
    );
  });

  test('channels first is a matter of order only', () => {
    const first = tf.transpose(tf.expandDims(image), [0, 3, 1, 2]);
    const y = tf.conv2d(first, kernel, 1, 'same', 'NCHW');
    expect(y.shape).toEqual([1, 4, 7, 6]);
    near(tf.transpose(y, [0, 2, 3, 1]).dataSync(), tf.conv2d(image, kernel, 1, 'same').dataSync());
  });

  test('sizes that do not end with the input are rounded as asked', () => {
    const x = tf.zeros([1, 6, 6, 1]);
    const k = tf.zeros([3, 3, 1, 1]);
    expect(tf.conv2d(x, k, 2, 0, 'NHWC', 1, 'floor').shape).toEqual([1, 2, 2, 1]);
    expect(tf.conv2d(x, k, 2, 0, 'NHWC', 1, 'ceil').shape).toEqual([1, 3, 3, 1]);
    expect(tf.conv2d(x, k, 2, 0, 'NHWC', 1, 'round').shape).toEqual([1, 3, 3, 1]);
    expect(tf.maxPool(x, 3, 2, 0, 'ceil').shape).toEqual([1, 3, 3, 1]);
    expect(
      tf
        .avgPool(tf.ones([1, 6, 6, 1]), 3, 2, 0, 'ceil')
        .min()
        .dataSync()[0],
    ).toBe(1);
  });

  test('a causal convolution sees nothing later', () => {
    const x = wave([1, 8, 2], 1);
    const later = tf.concat([x.slice([0, 0, 0], [1, 5, 2]), tf.ones([1, 3, 2])], 1);
    const k = wave([3, 2, 2], 2);
    const [a, b] = [x, later].map((t) => tf.conv1d(t, k, 1, 'causal', 'NWC', 2).slice([0, 0, 0], [1, 5, 2]));
    near((a as tf.Tensor).dataSync(), (b as tf.Tensor).dataSync());
  });

  test('groups keep to themselves', () => {
    const x = wave([1, 5, 5, 4], 1);
    const k = wave([3, 3, 2, 6], 2);
    const y = tf.conv2d(x, k, { groups: 2 });
    const part = (t: tf.Tensor, from: number, size: number): tf.Tensor => t.slice([0, 0, 0, from], [-1, -1, -1, size]);
    const halves = [0, 1].map((g) => tf.conv2d(part(x, 2 * g, 2), part(k, 3 * g, 3)));
    near(y.dataSync(), tf.concat(halves, -1).dataSync());
  });

  test('conv2dTranspose is the gradient of conv2d', () => {
    const x = wave([2, 7, 8, 3], 1);
    const k = wave([3, 3, 3, 5], 2);
    const dy = wave([2, 4, 4, 5], 3);
    const [dx] = tf.grads((input: tf.Tensor) => tf.conv2d(input, k, 2, 'same').mul(dy).sum())([x]);
    near(tf.conv2dTranspose(dy, k, [2, 7, 8, 3], 2, 'same').dataSync(), (dx as tf.Tensor).dataSync());
    const one = tf.conv2dTranspose(dy.slice([1], [1]).squeeze(0), k, [7, 8, 3], 2, 'same');
    near(one.dataSync(), (dx as tf.Tensor).slice([1], [1]).dataSync());
  });

  test('half precision goes in and comes out', () => {
    const y = tf.depthwiseConv2d(tf.cast(wave([1, 5, 5, 2], 1), 'bfloat16'), wave([3, 3, 2, 1], 2));
    expect(y.dtype).toBe('bfloat16');
    expect(tf.maxPool(tf.ones([1, 4, 4, 1], 'int32'), 2).dtype).toBe('float32');
  });

  test('wrong arguments are named', () => {
    const x = tf.zeros([1, 6, 6, 4]);
    expect(() => tf.conv2d(x, tf.zeros([3, 3, 2, 6]))).toThrow(/expects 2 input channels but got 4/);
    expect(() => tf.conv2d(x, tf.zeros([3, 3, 2, 5]), { groups: 2 })).toThrow(tf.ConfigError);
    expect(() => tf.conv2d(x, tf.zeros([3, 3, 4, 5]), { groups: 0 })).toThrow(/groups must be/);
    expect(() => tf.conv2d(x, tf.zeros([3, 3, 4, 5]), { dataFormat: 'NHCW' as never })).toThrow(/dataFormat must be/);
    expect(() => tf.conv2d(x, tf.zeros([3, 3, 4, 5]), { padding: 'causal' })).toThrow(tf.ConfigError);
    expect(() =>
      tf.conv2d(x, tf.zeros([3, 3, 4, 5]), 1, [
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    ).toThrow(/not padded/);
    expect(() => tf.conv2d(x, tf.zeros([3, 3, 4, 5]), 1, -1)).toThrow(/whole numbers from 0 on/);
    expect(() => tf.conv3d(x, tf.zeros([3, 3, 4, 5]))).toThrow(tf.ShapeError);
    expect(() => tf.conv1d(tf.zeros([1, 2, 1]), tf.zeros([3, 1, 1]))).toThrow(/does not fit an input of 2/);
    expect(() => tf.depthwiseConv2d(x, tf.zeros([3, 3, 3, 1]))).toThrow(tf.ShapeError);
    expect(() => tf.separableConv2d(x, tf.zeros([3, 3, 4, 1]), tf.zeros([2, 1, 4, 3]))).toThrow(/1 cell in size/);
    expect(() => tf.conv2dTranspose(x, tf.zeros([3, 3, 2, 4]), [1, 20, 20, 2], 2, 'same')).toThrow(
      /makes 10 x 10 of an output of 20 x 20/,
    );
    expect(() => tf.conv2dTranspose(x, tf.zeros([3, 3, 2, 4]), [1, 12, 12, 5], 2, 'same')).toThrow(/outputShape/);
    expect(() => tf.convTranspose(x, tf.zeros([3, 3, 2, 4]), { strides: 2, outputPadding: 2 })).toThrow(
      /outputPadding/,
    );
    expect(() => tf.maxPool(x, [2, 2, 2] as never)).toThrow(tf.ConfigError);
    expect(() => tf.maxPool(x, 2, 2, 3)).toThrow(tf.ConfigError);
    expect(() => tf.pool(x, 2, 'sum' as never)).toThrow(/poolingType/);
    expect(() => tf.adaptiveMaxPool(x, 0)).toThrow(tf.ConfigError);
  });
});

describe('pooling', () => {
  test('a gradient of equals goes to one place', () => {
    const sum = (f: (x: tf.Tensor) => tf.Tensor, shape: number[]): number[] => [
      ...(tf.grads((x: tf.Tensor) => f(x).sum())([tf.ones(shape)])[0] as tf.Tensor).dataSync(),
    ];
    expect(sum((x) => tf.maxPool3d(x, 2), [1, 2, 2, 2, 1])).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect(sum((x) => tf.adaptiveMaxPool(x, 2), [1, 3, 1])).toEqual([1, 1, 0]);
  });

  test('one number is in one place, NaN is the largest', () => {
    const x = tf.tensor([1, Number.NaN, 3, 4, 5, 6, 7, 8], [1, 8, 1]);
    expect([...tf.maxPool1d(x, 2).dataSync()]).toEqual([Number.NaN, 4, 6, 8]);
    expect([...tf.avgPool1d(x, 2).dataSync()]).toEqual([Number.NaN, 3.5, 5.5, 7.5]);
  });
});
