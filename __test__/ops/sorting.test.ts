import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';
import { expectGradient } from './differences.ts';

const nan = Number.NaN;

describe('sorting', () => {
  test('along axes, both directions', () => {
    const x = tf.tensor([
      [3, 1, 2],
      [-1, 5, 0],
    ]);
    expectClose(tf.sort(x), [
      [1, 2, 3],
      [-1, 0, 5],
    ]);
    expectClose(tf.sort(x, 0, 'descending'), [
      [3, 5, 2],
      [-1, 1, 0],
    ]);
    expectClose(tf.argsort(x, -1, 'descending'), [
      [0, 2, 1],
      [1, 2, 0],
    ]);
    expect(tf.argsort(x).dtype).toBe('int32');
    expect(tf.sort(tf.zeros([2, 0])).shape).toEqual([2, 0]);
  });

  test('stable, NaN as the largest', () => {
    expectClose(tf.argsort([2, 1, 2, 1, 2]), [1, 3, 0, 2, 4]);
    expectClose(tf.argsort([2, 1, 2, 1, 2], 0, 'descending'), [0, 2, 4, 1, 3]);
    expectClose(tf.sort([nan, 1, -Infinity, nan, Infinity, 0]), [-Infinity, 0, 1, Infinity, nan, nan]);
    expectClose(tf.argsort([nan, 1, nan], 0, 'descending'), [0, 2, 1]);
  });

  test('keeps dtypes', () => {
    const bytes = tf.sort(tf.tensor(Uint8Array.from([200, 7, 255])));
    expect(bytes.dtype).toBe('uint8');
    expectClose(bytes, [7, 200, 255]);
    expectClose(tf.sort(tf.tensor([2147483647, -2147483648, 0], [3], 'int32')), [-2147483648, 0, 2147483647]);
    expect(tf.sort([true, false]).dtype).toBe('bool');
  });

  test('topk', () => {
    const { values, indices } = tf.topk(
      [
        [1, 5, 3, 5],
        [0, -1, -2, 9],
      ],
      2,
    );
    expectClose(values, [
      [5, 5],
      [9, 0],
    ]);
    expectClose(indices, [
      [1, 3],
      [3, 0],
    ]);
    expect(tf.topk([1, 2], 0).values.shape).toEqual([0]);
    expect(() => tf.topk([1, 2], 3)).toThrow(/topk: k must be 0 to 2, the size of the last axis of \[2\], got 3/);
    expect(() => tf.topk(1)).toThrow(tf.ShapeError);
  });

  test('a long row equals the sort of JavaScript', () => {
    const x = wave([20_000], 0.3);
    expect(tf.sort(x).dataSync()).toEqual(Float32Array.from(x.dataSync()).sort());
    const best = Float32Array.from(x.dataSync()).sort().reverse().slice(0, 5);
    expect(tf.topk(x, 5).values.dataSync()).toEqual(best);
  });

  test('gradients', () => {
    expectGradient(
      (x) => tf.sort(x, 0),
      tf.tensor([
        [3, 1],
        [-1, 2],
        [0.5, 7],
      ]),
    );
    expectGradient(
      (x) => tf.topk(x, 2).values,
      tf.tensor([
        [1, 4, 2],
        [9, -3, 0],
      ]),
    );
    expectGradient((x) => tf.quantile(x, [0.3, 0.8], 1), tf.tensor([[5, 1, 3, 2, 9]]));
    expectGradient((x) => tf.median(x), tf.tensor([4, 1, 3, 2]));
  });

  test('wrong calls', () => {
    expect(() => tf.sort(1)).toThrow(/a scalar has no axes/);
    expect(() => tf.sort([1], 1)).toThrow(tf.ShapeError);
    expect(() => tf.sort([1], 0, 'down' as 'ascending')).toThrow(/direction must be 'ascending' or 'descending'/);
  });
});

describe('searching', () => {
  test('sides', () => {
    expectClose(tf.searchSorted([1, 3, 3, 5], [0, 3, 4, 9]), [0, 1, 3, 4]);
    expectClose(tf.upperBound([1, 3, 3, 5], [0, 3, 4, 9]), [0, 3, 3, 4]);
    expectClose(
      tf.lowerBound(
        [
          [1, 2],
          [5, 6],
        ],
        [[2], [2]],
      ),
      [[1], [0]],
    );
    expectClose(
      tf.searchSorted(
        [1, 2],
        [
          [0, 1.5],
          [2, 3],
        ],
        'right',
      ),
      [
        [0, 1],
        [2, 2],
      ],
    );
    expectClose(tf.searchSorted(tf.tensor([1, 2], [2], 'int32'), [1.5]), [1]);
    expectClose(tf.digitize([0, 1, 1.5, 9], [1, 2, 3]), [0, 1, 1, 3]);
    expect(() => tf.searchSorted([1], [1], 'middle' as 'left')).toThrow(tf.ConfigError);
    expect(() => tf.searchSorted([[1]], [[1], [2]])).toThrow(tf.ShapeError);
  });

  test('inTopK', async () => {
    const scores = [
      [0.1, 0.6, 0.3],
      [0.5, 0.5, 0.1],
      [nan, 0, 1],
    ];
    expectClose(tf.inTopK(scores, [2, 1, 0], 1), [0, 1, 0]);
    expectClose(await tf.inTopKAsync(scores, [2, 0, 2], 2), [1, 1, 1]);
    expect(() => tf.inTopK(scores, [0, 1, 3], 1).dataSync()).toThrow(tf.DataError);
    expect(() => tf.inTopK(scores, [0], 1)).toThrow(tf.ShapeError);
    expect(() => tf.inTopK(scores, [0, 1, 2], 0)).toThrow(tf.ConfigError);
  });
});

describe('quantiles', () => {
  test('as NumPy has them', () => {
    const x = [15, 20, 35, 40, 50];
    expectClose(tf.quantile(x, 0.4), 29);
    expectClose(tf.quantile(x, [0, 0.5, 1]), [15, 35, 50]);
    const methods = ['lower', 'higher', 'midpoint', 'nearest'] as const;
    const found = methods.map((method) => tf.quantile(x, 0.4, undefined, false, method).dataSync()[0]);
    expect(found).toEqual([20, 35, 27.5, 35]);
    expectClose(
      tf.median(
        [
          [1, 4],
          [2, 3],
          [9, 9],
        ],
        0,
        true,
      ),
      [[2, 4]],
    );
    expectClose(tf.median([4, 1, 3, 2]), 2.5);
    expectClose(tf.median([1, nan]), nan);
    expectClose(tf.quantile([1, Infinity], 0), 1);
    expect(tf.quantile(tf.zeros([2, 3, 4]), [0.1, 0.9], [0, 2]).shape).toEqual([2, 3]);
    expect(() => tf.quantile([1], 2)).toThrow(/q must be 0 to 1, or several such numbers, got 2/);
    expect(() => tf.median(tf.zeros([0]))).toThrow(/quantile of nothing/);
  });
});

describe('running combinations', () => {
  test('values', () => {
    const x = tf.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expectClose(tf.cumsum(x), [
      [1, 2, 3],
      [5, 7, 9],
    ]);
    expectClose(tf.cumsum(x, 1, true), [
      [0, 1, 3],
      [0, 4, 9],
    ]);
    expectClose(tf.cumsum(x, -1, false, true), [
      [6, 5, 3],
      [15, 11, 6],
    ]);
    expectClose(tf.cumprod(x, 1, true, true), [
      [6, 3, 1],
      [30, 6, 1],
    ]);
    expectClose(tf.cummax([1, 3, 2, nan, 9]), [1, 3, 3, nan, nan]);
    expectClose(tf.cummin([4, 3, 5], 0, true), [3, 3, 5]);
    expect(tf.cumsum([true, true]).dtype).toBe('int32');
    expect(tf.cumprod(tf.zeros([0, 2])).shape).toEqual([0, 2]);
    expect(() => tf.cumsum(1)).toThrow(/cumsum/);
  });

  test('gradients, exact at zeros', () => {
    expectGradient((x) => tf.cumsum(x, 0, true, true), wave([3, 2], 0.2));
    for (const [exclusive, reverse] of [
      [false, false],
      [true, false],
      [false, true],
    ] as const) {
      expectGradient((x) => tf.cumprod(x, 0, exclusive, reverse), tf.tensor([0.5, 0, 2, 0, 1.5]));
    }
    expectGradient((x) => tf.cummax(x, 1), wave([2, 5], 0.2), 1e-2, 1e-3);
  });
});
