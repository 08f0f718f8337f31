import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

const x = (): tf.Tensor => tf.range(0, 6).reshape([2, 3]);

describe('shape', () => {
  test('reshape and its kin', () => {
    expect(x().reshape([3, -1]).shape).toEqual([3, 2]);
    expect(x().flatten().shape).toEqual([6]);
    expect(x().expandDims().shape).toEqual([1, 2, 3]);
    expect(x().expandDims(-1).shape).toEqual([2, 3, 1]);
    expect(tf.zeros([1, 2, 1]).squeeze().shape).toEqual([2]);
    expect(tf.zeros([1, 2, 1]).squeeze(-1).shape).toEqual([1, 2]);
    expect(() => x().reshape([4])).toThrow(tf.ShapeError);
    expect(() => x().squeeze(0)).toThrow(/axis 0 of shape \[2, 3\] has not size 1/);
  });

  test('transpose', () => {
    expectClose(x().transpose(), [
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(tf.zeros([2, 3, 4]).transpose([2, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(() => x().transpose([0, 0])).toThrow(/no permutation/);
    expect(() => x().transpose([0])).toThrow(/no permutation/);
  });

  test('broadcastTo and tile', () => {
    expectClose(tf.broadcastTo([1, 2], [2, 2]), [
      [1, 2],
      [1, 2],
    ]);
    expect(() => tf.broadcastTo([1, 2], [3])).toThrow(tf.ShapeError);
    expectClose(tf.tile([1, 2], [2]), [1, 2, 1, 2]);
    expectClose(tf.tile([[1], [2]], [1, 3]), [
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expectClose(tf.tile([[1, 2]], [2, 2]), [
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
  });

  test('concat, stack, unstack, split', () => {
    expectClose(tf.concat([[1], [2, 3]]), [1, 2, 3]);
    expectClose(x().concat(x(), 1).sum(1), [6, 24]);
    expect(tf.concat([tf.tensor([1], [1], 'int32'), [0.5]]).dtype).toBe('float32');
    expectClose(
      tf.stack(
        [
          [1, 2],
          [3, 4],
        ],
        1,
      ),
      [
        [1, 3],
        [2, 4],
      ],
    );
    expect(() => tf.stack([[1], [1, 2]])).toThrow(/\[1\] and \[2\] differ/);
    expect(() => tf.concat([])).toThrow(tf.ShapeError);
    expect(
      x()
        .unstack()
        .map((t) => t.arraySync()),
    ).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(
      x()
        .split(3, 1)
        .map((t) => t.shape),
    ).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expectClose(x().split([1, 2], 1)[1] as tf.Tensor, [
      [1, 2],
      [4, 5],
    ]);
    expect(() => x().split(2, 1)).toThrow(/does not divide/);
  });

  test('reverse and pad', () => {
    expectClose(x().reverse(1), [
      [2, 1, 0],
      [5, 4, 3],
    ]);
    expectClose(tf.reverse([1, 2, 3]), [3, 2, 1]);
    expectClose(tf.pad([1, 2], [[1, 2]], 9), [9, 1, 2, 9, 9]);
    expect(() => tf.pad([1], [[-1, 0]])).toThrow(tf.ShapeError);
    expect(() => x().pad([[1, 1]])).toThrow(/1 pairs for a tensor of rank 2/);
  });
});

describe('indexing', () => {
  test('slice', () => {
    expectClose(x().slice([0, 1], [2, 2]), [
      [1, 2],
      [4, 5],
    ]);
    expectClose(x().slice(1), [[3, 4, 5]]);
    expectClose(x().slice([1, 2], -1), [[5]]);
    expectClose(x().slice([0, 0], [1, -1]), [[0, 1, 2]]);
    expect(() => x().slice([0, 2], [1, 2])).toThrow(/leave a tensor of shape \[2, 3\]/);
    expect(() => x().slice([Number.NaN])).toThrow(tf.ShapeError);
  });

  test('stridedSlice', () => {
    expectClose(tf.stridedSlice([0, 1, 2, 3, 4, 5], [1], [6], [2]), [1, 3, 5]);
    expectClose(tf.stridedSlice([0, 1, 2, 3], [-2], [4]), [2, 3]);
    expectClose(tf.stridedSlice([0, 1, 2, 3, 4], [4], [0], [-2]), [4, 2]);
    expectClose(tf.stridedSlice([0, 1, 2], [9], [-9], [-1]), [2, 1, 0]);
    expect(() => tf.stridedSlice([0, 1], [1], [0], [0])).toThrow(/strides must not be 0/);
  });

  test('gather and scatterAdd', async () => {
    expectClose(tf.gather([10, 20, 30], [2, 0]), [30, 10]);
    expectClose(x().gather([[0, 2]], 1), [[[0, 2]], [[3, 5]]]);
    expect(tf.gather(tf.tensor(new Uint8Array([7, 8])), [1]).dtype).toBe('uint8');
    expectClose(tf.scatterAdd([0, 0, 0], [1, 1, 2], [1, 2, 5]), [0, 3, 5]);
    await expect(tf.gather([1, 2], [2]).data()).rejects.toThrow(tf.DataError);
    expect(() => tf.gather([1, 2], [-1]).dataSync()).toThrow(tf.DataError);
  });

  test('dynamic slices clamp', () => {
    expectClose(tf.dynamicSlice([0, 1, 2, 3], [tf.scalar(3, 'int32')], [2]), [2, 3]);
    expectClose(tf.dynamicUpdateSlice([0, 1, 2, 3], [9, 9], [1]), [0, 9, 9, 3]);
  });

  test('reshape wants one array', () => {
    const reshape = (...sizes: unknown[]): unknown => Reflect.apply(tf.Tensor.prototype.reshape, x(), sizes);
    expect(() => reshape(3, 2)).toThrow(/reshape: the shape must be an array such as \[2, 3\], got 3/);
  });

  test('oneHot', () => {
    expectClose(tf.oneHot([0, 2, 5], 3), [
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
    expect(tf.oneHot([1], 2, 1, 0, 'int32').dtype).toBe('int32');
    expectClose(tf.oneHot([1], 2, 5, -1), [[-1, 5]]);
  });
});
