import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

const x = (): tf.Tensor =>
  tf.tensor([
    [1, 5, 3],
    [4, 2, 6],
  ]);

describe('reductions', () => {
  test('over all, some and no axes', () => {
    expectClose(x().sum(), 21);
    expectClose(x().sum(0), [5, 7, 9]);
    expectClose(x().sum(-1), [9, 12]);
    expectClose(x().sum([0, 1], true), [[21]]);
    expectClose(x().sum([]), [
      [1, 5, 3],
      [4, 2, 6],
    ]);
    expectClose(x().prod(1), [15, 48]);
    expectClose(x().mean(0), [2.5, 3.5, 4.5]);
    expectClose(x().max(1), [5, 6]);
    expectClose(x().min(1, true), [[1], [2]]);
  });

  test('moments', () => {
    const { mean, variance } = tf.moments(x(), 1);
    expectClose(mean, [3, 4]);
    expectClose(variance, [8 / 3, 8 / 3]);
    expectClose(x().std(), Math.sqrt(35 / 12));
    expectClose(x().variance(0, true), [[2.25, 2.25, 2.25]]);
  });

  test('positions', () => {
    expect(x().argMax(1).dtype).toBe('int32');
    expectClose(x().argMax(1), [1, 2]);
    expectClose(x().argMax(), [1, 0, 1]);
    expectClose(x().argMin(-1), [0, 1]);
    expectClose(tf.argMax([3, 3, 1]), 0);
  });

  test('logic', () => {
    expectClose(
      tf.all(
        [
          [true, false],
          [true, true],
        ],
        1,
      ),
      [0, 1],
    );
    expectClose(
      tf.any(
        [
          [false, false],
          [true, false],
        ],
        1,
      ),
      [0, 1],
    );
    expectClose(tf.any([0, 2]), 1);
  });

  test('logSumExp and norms', () => {
    expectClose(tf.logSumExp([1000, 1000]), 1000 + Math.log(2));
    expectClose(
      tf.logSumExp(
        [
          [0, 0],
          [1, 1],
        ],
        1,
      ),
      [Math.log(2), 1 + Math.log(2)],
    );
    expectClose(tf.logSumExp([Number.NEGATIVE_INFINITY, 0]), 0);
    expectClose(tf.norm([3, -4]), 5);
    expectClose(tf.norm([3, -4], 1), 7);
    expectClose(tf.norm([3, -4], Number.POSITIVE_INFINITY), 4);
    expectClose(tf.norm([1, 2], 3), Math.cbrt(9));
  });

  test('of nothing', () => {
    expectClose(tf.sum(tf.zeros([0, 2]), 0), [0, 0]);
    expectClose(tf.prod(tf.zeros([0])), 1);
    expectClose(tf.max(tf.zeros([0])), Number.NEGATIVE_INFINITY);
    expectClose(tf.mean(tf.zeros([0])), Number.NaN);
  });

  test('wrong axes', () => {
    expect(() => x().sum(2)).toThrow(/sum: axis 2 does not exist in a tensor of rank 2 \(allowed are -2 to 1\)/);
    expect(() => x().sum([0, -2])).toThrow(/given twice/);
    expect(() => x().argMax(1.5)).toThrow(tf.ShapeError);
    expect(() => tf.scalar(1).argMax()).toThrow(/a scalar has no axes/);
  });
});
