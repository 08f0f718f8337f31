import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

describe('products', () => {
  const a = (): tf.Tensor => tf.range(1, 7).reshape([2, 3]);
  test('matMul', () => {
    expectClose(a().matMul([[1], [0], [2]]), [[7], [16]]);
    expectClose(tf.matMul(a(), a(), false, true), [
      [14, 32],
      [32, 77],
    ]);
    expect(tf.matMul(a(), a(), true).shape).toEqual([3, 3]);
    expect(tf.matMul(tf.zeros([5, 1, 2, 3]), tf.zeros([4, 3, 2])).shape).toEqual([5, 4, 2, 2]);
    expect(tf.matMul(tf.tensor([[2]], [1, 1], 'int32'), [[3]]).dtype).toBe('float32');
    expect(() => a().matMul(a())).toThrow(tf.ShapeError);
  });

  test('dot and outerProduct', () => {
    expectClose(tf.dot([1, 2], [3, 4]), 11);
    expectClose(tf.dot(a(), [1, 1, 1]), [6, 15]);
    expectClose(tf.dot([1, 1], a()), [5, 7, 9]);
    expectClose(tf.outerProduct([1, 2], [3, 4]), [
      [3, 4],
      [6, 8],
    ]);
    expect(() => tf.dot([1], [1, 2])).toThrow(tf.ShapeError);
  });
});

describe('windows', () => {
  const image = (): tf.Tensor => tf.range(0, 16).reshape([1, 4, 4, 1]);
  const rows = (x: tf.Tensor): unknown => x.reshape([x.shape[1] as number, x.shape[2] as number]).arraySync();

  test('conv2d by hand', () => {
    const kernel = tf.tensor([1, 0, 0, 2], [2, 2, 1, 1]);
    expect(rows(tf.conv2d(image(), kernel))).toEqual([
      [10, 13, 16],
      [22, 25, 28],
      [34, 37, 40],
    ]);
    expect(rows(tf.conv2d(image(), kernel, { strides: 2 }))).toEqual([
      [10, 16],
      [34, 40],
    ]);
    expect(rows(tf.conv2d(image(), kernel, { dilations: 2 }))).toEqual([
      [20, 23],
      [32, 35],
    ]);
    expect(tf.conv2d(image(), kernel, { padding: 'same' }).shape).toEqual([1, 4, 4, 1]);
    expect(tf.conv2d(image(), kernel, { padding: 1 }).shape).toEqual([1, 5, 5, 1]);
    expect(
      tf.conv2d(image(), kernel, {
        padding: [
          [0, 1],
          [2, 0],
        ],
      }).shape,
    ).toEqual([1, 4, 5, 1]);
    expect(tf.conv2d(image().squeeze(0), kernel).shape).toEqual([3, 3, 1]);
  });

  test("padding 'same' puts the odd cell at the end", () => {
    const ones = tf.ones([2, 2, 1, 1]);
    expect(rows(tf.conv2d(tf.ones([1, 3, 3, 1]), ones, { padding: 'same' }))).toEqual([
      [4, 4, 2],
      [4, 4, 2],
      [2, 2, 1],
    ]);
  });

  test('pooling', () => {
    expect(rows(tf.maxPool(image(), 2))).toEqual([
      [5, 7],
      [13, 15],
    ]);
    expect(rows(tf.avgPool(image(), 2))).toEqual([
      [2.5, 4.5],
      [10.5, 12.5],
    ]);
    expect(rows(tf.maxPool(image(), 3, { strides: 1 }))).toEqual([
      [10, 11],
      [14, 15],
    ]);
    // Cells of the padding are not counted in the mean.
    expect(rows(tf.avgPool(tf.ones([1, 3, 3, 1]), 2, { padding: 'same' }))).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test('wrong geometry', () => {
    expect(() => tf.conv2d(image(), tf.zeros([2, 2, 3, 1]))).toThrow(/expects 3 input channels but got 1/);
    expect(() => tf.conv2d(tf.zeros([4, 4]), tf.zeros([2, 2, 1, 1]))).toThrow(tf.ShapeError);
    expect(() => tf.conv2d(image(), tf.zeros([5, 5, 1, 1]))).toThrow(/does not fit an input of 4 x 4/);
    expect(() => tf.conv2d(image(), tf.zeros([2, 2, 1, 1]), { padding: 'full' as never })).toThrow(tf.ConfigError);
    expect(() => tf.conv2d(image(), tf.zeros([2, 2, 1, 1]), { strides: 0 })).toThrow(/strides must be/);
    expect(() => tf.maxPool(image(), 0)).toThrow(/poolSize must be/);
    expect(() => tf.maxPool(tf.zeros([2, 2]), 2)).toThrow(tf.ShapeError);
  });
});

describe('normalization', () => {
  test('softmax along any axis', () => {
    expectClose(tf.softmax([0, Math.log(3)]), [0.25, 0.75]);
    expectClose(
      tf.softmax(
        [
          [0, 0],
          [Math.log(3), 0],
        ],
        0,
      ),
      [
        [0.25, 0.5],
        [0.75, 0.5],
      ],
    );
    expectClose(tf.softmax([1000, 1000]), [0.5, 0.5]);
    expectClose(tf.logSoftmax([0, Math.log(3)]), [Math.log(0.25), Math.log(0.75)]);
  });

  test('softmaxCrossEntropy', async () => {
    expectClose(tf.softmaxCrossEntropy([[0, Math.log(3)]], [1]), [-Math.log(0.75)]);
    await expect(tf.softmaxCrossEntropy([[0, 1]], [2]).data()).rejects.toThrow(tf.DataError);
  });

  test('fusedBatchNorm', () => {
    const { y, mean, variance } = tf.fusedBatchNorm(
      [
        [1, 10],
        [3, 30],
      ],
      [1, 2],
      [0, 1],
      0,
    );
    expectClose(mean, [2, 20]);
    expectClose(variance, [1, 100]);
    expectClose(y, [
      [-1, -1],
      [1, 3],
    ]);
  });
});
