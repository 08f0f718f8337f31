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

  test('positions among all elements', () => {
    expectClose(tf.argMax(x(), null), 5);
    expectClose(tf.argMin(x(), null, true), [[0]]);
    expectClose(tf.argMax(x(), 1, true), [[1], [2]]);
    expectClose(tf.argMax([1, Number.NaN, 3]), 1);
    expect(() => tf.argMax(tf.zeros([2, 0]), 1)).toThrow(/argMax: axis 1 of shape \[2, 0\] is empty/);
  });

  test('countNonzero and average', () => {
    expectClose(
      tf.countNonzero(
        [
          [0, 3],
          [1, 0],
        ],
        1,
      ),
      [1, 1],
    );
    expect(tf.countNonzero([true, false]).dtype).toBe('int32');
    expectClose(tf.countNonzero([Number.NaN, -0]), 1);
    expectClose(tf.average([1, 2, 3]), 2);
    expectClose(tf.average(x(), 1, [1, 0, 1]), [2, 5]);
    expectClose(tf.average(x(), undefined, x()), 91 / 21);
    expect(() => tf.average(x(), 1, [1, 2])).toThrow(/weights of shape \[2\] do not fit shape \[2, 3\]/);
  });

  test('matrix norms', () => {
    const m = [
      [1, -2],
      [-3, 4],
    ];
    expectClose(tf.norm(m, 'fro', [0, 1]), Math.sqrt(30));
    expectClose(tf.norm(m, 1, [0, 1]), 6);
    expectClose(tf.norm(m, -1, [0, 1]), 4);
    expectClose(tf.norm(m, Number.POSITIVE_INFINITY, [0, 1]), 7);
    expectClose(tf.norm(m, Number.POSITIVE_INFINITY, [1, 0]), 6);
    expectClose(tf.norm(m, Number.NEGATIVE_INFINITY, [-2, -1], true), [[3]]);
    expectClose(tf.norm([0, 2, 5], 0), 2);
    expect(() => tf.norm(m, 2, [0, 1])).toThrow(/the order of a matrix norm is/);
    expect(() => tf.norm(m, 'nuclear' as 'fro')).toThrow(tf.ConfigError);
  });

  test('of integers and booleans', () => {
    expect(tf.sum([true, true]).dtype).toBe('int32');
    expect(tf.mean(tf.tensor([1, 2], [2], 'int32')).dtype).toBe('float32');
    expect(tf.max(tf.tensor(Uint8Array.from([1, 200]))).dtype).toBe('uint8');
    expectClose(tf.mean([true, false]), 0.5);
    // The mean of equal numbers is that number.
    expect(tf.mean(tf.fill([3], 0.1)).dataSync()[0]).toBe(Math.fround(Math.fround(3 * Math.fround(0.1)) / 3));
  });
});
