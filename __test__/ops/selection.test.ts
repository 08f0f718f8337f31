import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

describe('results whose size depends on the numbers', () => {
  test('whereAsync and nonzero', async () => {
    expectClose(
      await tf.whereAsync([
        [0, 1],
        [1, 0],
      ]),
      [
        [0, 1],
        [1, 0],
      ],
    );
    expect((await tf.whereAsync(tf.zeros([2, 3]))).shape).toEqual([0, 2]);
    expect((await tf.whereAsync(tf.scalar(true))).shape).toEqual([1, 0]);
    expect(
      tf
        .nonzero([
          [3, 0],
          [0, 4],
        ])
        .map((t) => t.arraySync()),
    ).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test('booleanMaskAsync', async () => {
    expectClose(await tf.booleanMaskAsync([1, 2, 3], [true, false, true]), [1, 3]);
    const x = tf.range(0, 8).reshape([2, 2, 2]);
    expectClose(
      await tf.booleanMaskAsync(x, [
        [true, false],
        [false, true],
      ]),
      [
        [0, 1],
        [6, 7],
      ],
    );
    expectClose(await tf.booleanMaskAsync(x, [false, true], 2), [
      [[1], [3]],
      [[5], [7]],
    ]);
    await expect(tf.booleanMaskAsync([1, 2], [true])).rejects.toThrow(/does not fit axes/);
  });

  test('unique', () => {
    const { values, indices, counts } = tf.unique([3, 1, 3, Number.NaN, Number.NaN]);
    expectClose(values, [3, 1, Number.NaN]);
    expectClose(indices, [0, 1, 0, 2, 2]);
    expectClose(counts, [2, 1, 2]);
    const rows = tf.unique([
      [1, 2],
      [3, 4],
      [1, 2],
    ]);
    expectClose(rows.values, [
      [1, 2],
      [3, 4],
    ]);
    expectClose(tf.unique([[1, 2, 1]], 1).values, [[1, 2]]);
    expect(tf.unique(tf.zeros([0])).values.shape).toEqual([0]);
  });

  test('setdiff1dAsync', async () => {
    const [rest, at] = await tf.setdiff1dAsync([1, 2, 3, 2, 5], [2, 9]);
    expectClose(rest, [1, 3, 5]);
    expectClose(at, [0, 2, 4]);
    await expect(tf.setdiff1dAsync([[1]], [1])).rejects.toThrow(tf.ShapeError);
  });

  test('inside a trace they say why not', async () => {
    const traced =
      (f: (x: tf.Tensor) => tf.Tensor): (() => tf.Tensor) =>
      () =>
        tf.jit(f)(tf.ones([3]));
    expect(traced((x) => tf.unique(x).values)).toThrow(/unique: the size of the result depends on the numbers/);
    expect(traced((x) => tf.nonzero(x)[0] as tf.Tensor)).toThrow(tf.StateError);
    expect(traced((x) => tf.bincount(x))).toThrow(/bincount: give the size/);
  });
});
