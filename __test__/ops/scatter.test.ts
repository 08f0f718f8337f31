import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';
import { expectGradient } from './differences.ts';

const ids = (...values: number[]): tf.Tensor => tf.tensor(values, [values.length], 'int32');

describe('look-ups', () => {
  test('gather with batch axes', () => {
    const x = tf.tensor([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ]);
    expectClose(tf.gather(x, [[1], [0]], 1, 1), [[[3, 4]], [[5, 6]]]);
    expectClose(
      tf.gather(
        x,
        [
          [0, 0, 1],
          [1, 1, 0],
        ],
        2,
        1,
      ),
      [
        [
          [1, 1, 2],
          [3, 3, 4],
        ],
        [
          [6, 6, 5],
          [8, 8, 7],
        ],
      ],
    );
    expectClose(tf.gather(x, [1, 0], 1, 1), [
      [3, 4],
      [5, 6],
    ]);
    expect(() => tf.gather(x, [[1], [0], [0]], 1, 1)).toThrow(/batchDims 1 needs equal first axes/);
    expect(() => tf.gather(x, [[1], [0]], 0, 1)).toThrow(tf.ShapeError);
    expectGradient(
      (t) =>
        tf.gather(
          t,
          [
            [1, 1],
            [0, 1],
          ],
          1,
          1,
        ),
      wave([2, 2, 2], 0.4),
    );
  });

  test('takeAlongAxis', () => {
    const x = tf.tensor([
      [10, 20, 30],
      [40, 50, 60],
    ]);
    expectClose(tf.takeAlongAxis(x, [[2], [-3]]), [[30], [40]]);
    expectClose(tf.takeAlongAxis(x, [[1, 0, 1]], 0), [[40, 20, 60]]);
    expectClose(tf.takeAlongAxis(x, [[0, 2]], 1), [
      [10, 30],
      [40, 60],
    ]);
    expectClose(tf.takeAlongAxis(x, [5, 0], null), [60, 10]);
    expect(() => tf.takeAlongAxis(x, [[3], [0]]).dataSync()).toThrow(/index 3 at position 0 is out of range 0 to 2/);
    expect(() => tf.takeAlongAxis(x, [1])).toThrow(tf.ShapeError);
    const order = tf.argsort(x, 1, 'descending');
    expectClose(tf.takeAlongAxis(x, order, 1), [
      [30, 20, 10],
      [60, 50, 40],
    ]);
    expectGradient((t) => tf.takeAlongAxis(t, [[1, 0, 1]], 0), wave([2, 3], 0.4));
  });

  test('gatherND', () => {
    const x = tf.tensor([
      [1, 2],
      [3, 4],
    ]);
    expectClose(
      tf.gatherND(x, [
        [0, 1],
        [1, 0],
      ]),
      [2, 3],
    );
    expectClose(tf.gatherND(x, [[1], [0]]), [
      [3, 4],
      [1, 2],
    ]);
    expect(tf.gatherND(x, tf.zeros([3, 0], 'int32')).shape).toEqual([3, 2, 2]);
    expect(() =>
      tf
        .gatherND(x, [
          [0, 1],
          [0, 2],
        ])
        .dataSync(),
    ).toThrow(/index \[0, 2\] at position 1 is outside of shape \[2, 2\]/);
    expect(() => tf.gatherND(x, [[0, 0, 0]])).toThrow(/name 3 axes each/);
    expectGradient(
      (t) =>
        tf.gatherND(t, [
          [0, 1],
          [1, 1],
          [0, 1],
        ]),
      wave([2, 2], 0.4),
    );
  });

  test('oneHot along another axis', () => {
    expectClose(tf.oneHot([0, 2], 3, 1, 0, 'float32', 0), [
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
    expect(tf.oneHot([[0, 1]], 4, 1, 0, 'int32', 1).shape).toEqual([1, 4, 2]);
    expect(() => tf.oneHot([0], -1)).toThrow(tf.ShapeError);
  });
});

describe('scatters', () => {
  test('scatterND adds, tensorScatterUpdate replaces in order', () => {
    expectClose(tf.scatterND([[4], [1], [4]], [9, 10, 1], [5]), [0, 10, 0, 0, 10]);
    expectClose(tf.scatterND([[1, 0]], [[7, 8]], [2, 2, 2]), [
      [
        [0, 0],
        [0, 0],
      ],
      [
        [7, 8],
        [0, 0],
      ],
    ]);
    expectClose(tf.tensorScatterUpdate([1, 1, 1], [[2], [0], [2]], [5, 7, 6]), [7, 1, 6]);
    expectClose(tf.tensorScatterAdd([1, 1], [[0], [0]], [1, 2]), [4, 1]);
    expectClose(tf.tensorScatterMax([1, 1], [[0], [0], [1]], [5, 2, 0]), [5, 1]);
    expectClose(tf.tensorScatterMin([1, 1], [[0], [1]], [5, -2]), [1, -2]);
    expect(tf.tensorScatterUpdate([true, true], [[0]], [false]).dtype).toBe('bool');
    expect(() => tf.scatterND([[5]], [1], [5]).dataSync()).toThrow(
      /index \[5\] at position 0 is outside of shape \[5\]/,
    );
    expect(() => tf.scatterND([[0]], [1, 2], [5])).toThrow(/takes updates of shape \[1\], got \[2\]/);
  });

  test('their gradients', () => {
    const at = [[1], [0], [1]];
    expectGradient((u) => tf.tensorScatterUpdate([1, 1, 1], at, u), wave([3], 0.4));
    expectGradient((x) => tf.tensorScatterUpdate(x, at, [1, 2, 3]), wave([3], 0.4));
    expectGradient((u) => tf.scatterND(at, u, [3, 2]), wave([3, 2], 0.4));
    expectGradient((u) => tf.tensorScatterMax(tf.zeros([3]), at, u), wave([3], 0.4));
  });

  test('sparseToDense', () => {
    expectClose(
      tf.sparseToDense(
        [
          [0, 1],
          [1, 0],
        ],
        [5, 6],
        [2, 2],
        -1,
      ),
      [
        [-1, 5],
        [6, -1],
      ],
    );
    expectClose(tf.sparseToDense([2, 0], 1, [3]), [1, 0, 1]);
  });

  test('segments', () => {
    const x = tf.tensor([
      [1, 2],
      [3, 4],
      [5, 0],
    ]);
    expectClose(tf.unsortedSegmentSum(x, ids(1, 0, 1), 3), [
      [3, 4],
      [6, 2],
      [0, 0],
    ]);
    expectClose(tf.segmentMax(x, ids(1, 0, 1), 2), [
      [3, 4],
      [5, 2],
    ]);
    expectClose(tf.segmentMin(x, ids(1, 1, 1)), [
      [Infinity, Infinity],
      [1, 0],
    ]);
    expectClose(tf.segmentProd(x, ids(1, 0, 1)), [
      [3, 4],
      [5, 0],
    ]);
    expectClose(tf.segmentMean(x, ids(2, 0, 2)), [
      [3, 4],
      [0, 0],
      [3, 1],
    ]);
    expect(tf.segmentMax(tf.tensor([1], [1], 'int32'), ids(1)).dataSync()[0]).toBe(-(2 ** 31));
    expectClose(
      tf.unsortedSegmentSum(
        [
          [1, 2],
          [3, 4],
        ],
        [
          [0, 1],
          [1, 1],
        ],
        2,
      ),
      [1, 9],
    );
    expect(() => tf.unsortedSegmentSum(x, ids(0, 3, 0), 2).dataSync()).toThrow(tf.DataError);
    expect(() => tf.unsortedSegmentSum(x, ids(0, 1), 2)).toThrow(/do not number the first axes/);
    expect(() => tf.jit((t: tf.Tensor) => tf.segmentSum(t, ids(0)))(tf.ones([1]))).toThrow(
      /give the number of segments/,
    );
    expectGradient((t) => tf.segmentMean(t, ids(1, 0, 1)), wave([3, 2], 0.4));
    expectGradient((t) => tf.segmentProd(t, ids(1, 0, 1)), wave([3, 2], 0.4));
  });

  test('sliceUpdate', () => {
    expectClose(tf.sliceUpdate(tf.zeros([2, 3]), [1, 1], [[5, 6]]), [
      [0, 0, 0],
      [0, 5, 6],
    ]);
    expectClose(tf.sliceUpdate(tf.zeros([3]), ids(9), [5]), [0, 0, 5]);
  });
});

describe('counting', () => {
  test('bincount', () => {
    expectClose(tf.bincount([1, 2, 1, 9], null, 4), [0, 2, 1, 0]);
    expectClose(tf.bincount([1, 0, 1], [0.5, 1, 2], 2), [1, 2.5]);
    expect(tf.bincount([3]).shape).toEqual([4]);
    expect(tf.bincount([1], null, 2).dtype).toBe('int32');
    expect(() => tf.bincount([-1], null, 2).dataSync()).toThrow(tf.DataError);
    expect(() => tf.bincount([1, 2], [1], 2)).toThrow(/weights of shape \[1\]/);
    expectClose(
      tf.denseBincount(
        [
          [0, 1, 1],
          [2, 2, 5],
        ],
        null,
        3,
      ),
      [
        [1, 2, 0],
        [0, 0, 2],
      ],
    );
    expectClose(tf.denseBincount([[0, 1, 1]], null, 3, true), [[1, 1, 0]]);
  });

  test('histogram', () => {
    const [counts, edges] = tf.histogram([1, 2, 1, 4], 3);
    expectClose(counts, [2, 1, 1]);
    expectClose(edges, [1, 2, 3, 4]);
    expectClose(tf.histogram([0, 1, 2, 3, 9], 2, [1, 3])[0], [1, 2]);
    expectClose(tf.histogram([5, 5], 2)[1], [4.5, 5, 5.5]);
    expectClose(tf.histogram([5, 5], 2)[0], [0, 2]);
    expectClose(tf.histogram(tf.zeros([0]), 2)[0], [0, 0]);
    expect(() => tf.histogram([1], 0)).toThrow(tf.ConfigError);
    expect(() => tf.histogram([1], 2, [3, 1])).toThrow(tf.ConfigError);
  });

  test('confusionMatrix', () => {
    expectClose(tf.confusionMatrix([0, 1, 1, 2], [0, 1, 0, 2], 3), [
      [1, 0, 0],
      [1, 1, 0],
      [0, 0, 1],
    ]);
    expect(() => tf.confusionMatrix([0, 2], [0, 0], 2).dataSync()).toThrow(tf.DataError);
    expect(() => tf.confusionMatrix([0], [0, 1], 2)).toThrow(tf.ShapeError);
  });
});
