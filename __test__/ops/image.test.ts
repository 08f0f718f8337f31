import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';

const { image } = tf;

describe('resizing', () => {
  test('cells are areas of equal size, unless TensorFlow.js says otherwise', () => {
    const x = tf.tensor([0, 2], [1, 1, 2, 1]);
    expect([...image.resize(x, [1, 4]).dataSync()]).toEqual([0, 0.5, 1.5, 2]);
    expect([...image.resizeBilinear(x as never, [1, 4]).dataSync()]).toEqual([0, 1, 2, 2]);
    expect([...image.resizeBilinear(x as never, [1, 3], true).dataSync()]).toEqual([0, 1, 2]);
    expect([...image.resize(x, [1, 3], { alignCorners: true }).dataSync()]).toEqual([0, 1, 2]);
    expect([...image.resizeNearestNeighbor(x as never, [1, 4]).dataSync()]).toEqual([0, 0, 2, 2]);
  });

  test('a NaN and an infinity reach only what is made of them', () => {
    const x = tf.tensor([1, Number.NaN, 3, 4, Number.POSITIVE_INFINITY, 6], [1, 6, 1]);
    expect([...image.resize(x, [6]).dataSync()]).toEqual([1, Number.NaN, 3, 4, Number.POSITIVE_INFINITY, 6]);
    expect([...image.resize(x, [12], { interpolation: 'nearest' }).dataSync()].filter(Number.isNaN)).toHaveLength(2);
    expect([...image.resize(x, [12]).dataSync()].filter(Number.isNaN)).toHaveLength(4);
    expect([...tf.adaptiveAveragePool(x, 3).dataSync()]).toEqual([Number.NaN, 3.5, Number.POSITIVE_INFINITY]);
  });

  test('dtypes, layouts and ranks', () => {
    const bytes = tf.tensor([1, 2, 3, 4], [2, 2, 1], 'uint8');
    expect(image.resize(bytes, 4, { interpolation: 'nearest' }).dtype).toBe('uint8');
    expect(image.resize(bytes, 4).dtype).toBe('float32');
    expect(image.resize(tf.zeros([2, 3, 4, 5]), [8, 2], { dataFormat: 'channelsFirst' }).shape).toEqual([2, 3, 8, 2]);
    expect(image.resize(tf.zeros([2, 4, 4, 4, 3]), [8, 2, 4]).shape).toEqual([2, 8, 2, 4, 3]);
    expect(image.resize(tf.zeros([2, 4, 3]), [8]).shape).toEqual([2, 8, 3]);
  });

  test('wrong arguments are named', () => {
    const x = tf.zeros([1, 4, 4, 1]);
    expect(() => image.resize(x, [4, 4], { interpolation: 'cubic' as never })).toThrow(/interpolation must be/);
    expect(() => image.resize(x, [4, 0])).toThrow(tf.ConfigError);
    expect(() => image.resize(tf.zeros([4]), 4)).toThrow(tf.ShapeError);
    expect(() => image.resize(tf.zeros([1, 0, 4, 1]), 4)).toThrow(tf.ShapeError);
    expect(() => image.resizeBilinear(x, [2, 2], true, true)).toThrow(/do not go together/);
    expect(() => image.cropAndResize(x, [[0, 0, 1]], [0], [2, 2])).toThrow(tf.ShapeError);
    expect(() => image.cropAndResize(x, [[0, 0, 1, 1]], [0], [2, 2], 'cubic' as never)).toThrow(tf.ConfigError);
    expect(() => image.cropAndResize(x, [[0, 0, 1, 1]], [1], [2, 2]).dataSync()).toThrow(tf.DataError);
    expect(() => image.transform(x, [[1, 0, 0]])).toThrow(tf.ShapeError);
    expect(() => image.transform(x, [[1, 0, 0, 0, 1, 0, 0, 0]], 'nearest', 'mirror' as never)).toThrow(/fillMode/);
    expect(() => image.nonMaxSuppression([[0, 0, 1, 1]], [1, 2], 1)).toThrow(tf.ShapeError);
    expect(() => image.nonMaxSuppression([[0, 0, 1, 1]], [1], 1, 2)).toThrow(tf.ConfigError);
    expect(() => image.gaussianBlur(x, 2)).toThrow(/odd/);
    expect(() => image.rgbToGrayscale(x)).toThrow(tf.ShapeError);
    expect(() => image.extractPatches(x, 5)).toThrow(tf.ShapeError);
  });
});

describe('moving and colouring', () => {
  test('whole steps move cells', () => {
    const x = tf.tensor([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
    expect([...image.transform(x, [[1, 0, -1, 0, 1, 0, 0, 0]]).dataSync()]).toEqual([0, 1, 2, 0, 4, 5]);
    expect([...image.affineTransform(x, [1, 0, 1, 0, 1, 0, 0, 0], 'bilinear', 'nearest').dataSync()]).toEqual([
      2, 3, 3, 5, 6, 6,
    ]);
    expect([...image.flipLeftRight(x).dataSync()]).toEqual([3, 2, 1, 6, 5, 4]);
    expect([...image.flipUpDown(x).dataSync()]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  test('a half turn about the corner of cells', () => {
    const x = tf.range(0, 9).reshape([1, 3, 3, 1]);
    const turned = image.rotateWithOffset(x, Math.PI, -1);
    // The middle of three cells is 1.5: cell (1, 1) goes to (2, 2), and what comes from (3, .) does not exist.
    expect([...turned.dataSync()]).toEqual([-1, -1, -1, -1, 8, 7, -1, 5, 4]);
    expect([...image.rotateWithOffset(tf.ones([1, 1, 1, 4]), 1, [7, 8, 9], [5, 5]).dataSync()]).toEqual([7, 8, 9, 255]);
  });

  test('grey and colours', () => {
    expect(image.grayscaleToRGB(tf.ones([2, 2, 1])).shape).toEqual([2, 2, 3]);
    expect(image.rgbToGrayscale(tf.ones([2, 2, 3], 'int32')).dtype).toBe('int32');
    expect(
      image
        .rgbToGrayscale(
          tf.tensor([
            [1, 0, 0],
            [0, 1, 0],
          ]),
        )
        .dataSync()[1],
    ).toBeCloseTo(0.587, 5);
  });

  test('thresholds', () => {
    const x = tf.tensor([10, 12, 11, 200, 210, 205], [2, 3, 1]);
    expect([...image.threshold(x).dataSync()]).toEqual([0, 0, 0, 255, 255, 255]);
    expect([...image.threshold(x, 'otsu').dataSync()]).toEqual([0, 0, 0, 255, 255, 255]);
    expect([...image.threshold(x, 'otsu', true).dataSync()]).toEqual([255, 255, 255, 0, 0, 0]);
    expect([...image.threshold(x, 'binary', false, 0.81).dataSync()]).toEqual([0, 0, 0, 0, 255, 0]);
    expect([...image.threshold(tf.ones([1, 2, 3]).mul(9), 'otsu').dataSync()]).toEqual([255, 255]);
  });

  test('gradients reach images, boxes and transforms', () => {
    const x = tf.range(0, 30).reshape([1, 5, 6, 1]).square();
    const difference = (f: (t: tf.Tensor) => tf.Tensor, at: number[], shape: number[]): void => {
      const [found] = tf.grads((t: tf.Tensor) => f(t).sum())([tf.tensor(at, shape)]);
      const step = 1e-3;
      at.forEach((_, i) => {
        const moved = [step, -step].map((d) =>
          f(
            tf.tensor(
              at.map((v, j) => (i === j ? v + d : v)),
              shape,
            ),
          ).sum(),
        );
        const [up, down] = moved.map((t) => t.dataSync()[0] as number) as [number, number];
        const expected = (up - down) / (2 * step);
        const actual = (found as tf.Tensor).dataSync()[i] as number;
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(0.02 * Math.max(Math.abs(expected), 100));
      });
    };
    difference((t) => image.cropAndResize(x, t, [0], [3, 2]), [0.113, 0.217, 0.731, 0.829], [1, 4]);
    difference((t) => image.transform(x, t, 'bilinear'), [0.83, 0.07, 0.31, 0.05, 0.78, 0.43, 0.01, 0.02], [1, 8]);
  });
});
