import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';

const N = 20000;
const SHAPE = [N];

function momentsOf(x: tf.Tensor): { mean: number; variance: number } {
  const values = x.dataSync();
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / values.length;
  return { mean, variance };
}

/** Mean within 5 standard errors, variance within a share: seeded, so these bounds cannot fail by chance. */
function expectMoments(x: tf.Tensor, mean: number, variance: number, share = 0.1): void {
  const found = momentsOf(x);
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / x.size));
  expect(Math.abs(found.variance - variance)).toBeLessThan(share * variance);
}

/** Largest distance of the empirical distribution from `cdf`. */
function distance(x: tf.Tensor, cdf: (value: number) => number): number {
  const values = Float64Array.from(x.dataSync()).sort();
  return values.reduce((most, value, i) => Math.max(most, Math.abs(cdf(value) - (i + 0.5) / values.length)), 0);
}

/** Chi-square of counts of `0 .. probabilities.length - 1`. */
function chiSquare(x: tf.Tensor, probabilities: number[]): number {
  const counts = new Array<number>(probabilities.length).fill(0);
  for (const value of x.dataSync()) counts[value] = (counts[value] ?? 0) + 1;
  return probabilities.reduce((sum, p, i) => sum + ((counts[i] ?? 0) - p * x.size) ** 2 / (p * x.size), 0);
}

/** Below this distance in 98 % of samples of N. */
const CLOSE = 1.6 / Math.sqrt(N);

describe('distributions with parameters', () => {
  test('gamma', () => {
    for (const alpha of [0.3, 1, 4.5, 100]) expectMoments(tf.randomGamma(SHAPE, alpha, 1, 'float32', 7), alpha, alpha);
    expectMoments(tf.randomGamma(SHAPE, 3, 2, 'float32', 7), 1.5, 0.75);
    // Of shape 1 it is the exponential distribution, of 1/2 the square of a normal number, halved.
    expect(distance(tf.randomGamma(SHAPE, 1, 1, 'float32', 3), (x) => 1 - Math.exp(-x))).toBeLessThan(CLOSE);
    const squares = tf.randomGamma(SHAPE, 0.5, 1, 'float32', 3).sqrt().erf();
    expect(distance(squares, (x) => x)).toBeLessThan(CLOSE);
    expect(tf.randomGamma([2, 3], tf.tensor([[1], [2]])).shape).toEqual([2, 3]);
    expect(tf.randomGamma([2], [0, -1]).arraySync()).toEqual([0, Number.NaN]);
    expect(() => tf.randomGamma([2], [1, 2, 3])).toThrow(tf.ShapeError);
  });

  test('beta', () => {
    expectMoments(tf.randomBeta(SHAPE, 2, 3, 'float32', 1), 0.4, 0.04);
    expect(distance(tf.randomBeta(SHAPE, 1, 1, 'float32', 1), (x) => x)).toBeLessThan(CLOSE);
  });

  test('poisson', () => {
    for (const mean of [0.5, 4, 12, 200]) expectMoments(tf.randomPoisson(SHAPE, mean, 'float32', 5), mean, mean);
    const probabilities = [Math.exp(-2)];
    for (let k = 1; k < 12; k++) probabilities.push(((probabilities[k - 1] as number) * 2) / k);
    expect(chiSquare(tf.randomPoisson(SHAPE, 2, 'int32', 5), probabilities)).toBeLessThan(35);
    expect(tf.randomPoisson([2], [0, -1]).arraySync()).toEqual([0, Number.NaN]);
  });

  test('binomial', () => {
    for (const [n, p] of [
      [5, 0.3],
      [40, 0.9],
      [1000, 0.5],
    ] as const) {
      expectMoments(tf.randomBinomial(SHAPE, n, p, 'float32', 2), n * p, n * p * (1 - p));
    }
    expect(chiSquare(tf.randomBinomial(SHAPE, 2, 0.5, 'int32', 2), [0.25, 0.5, 0.25])).toBeLessThan(14);
    expect(tf.randomBinomial([3], [-1, 5, 7], [0.5, 2, 1]).arraySync()).toEqual([Number.NaN, Number.NaN, 7]);
  });
});

describe('choices', () => {
  test('multinomial', () => {
    const logits = [0, Math.log(2), Math.log(5), Number.NEGATIVE_INFINITY];
    const drawn = tf.multinomial(logits, N, 4);
    expect(drawn.dtype).toBe('int32');
    expect(chiSquare(drawn, [1 / 8, 2 / 8, 5 / 8])).toBeLessThan(14);
    const rows = tf.multinomial(
      [
        [0.2, 0.8],
        [3, 0],
      ],
      1000,
      4,
      true,
    );
    expect(rows.shape).toEqual([2, 1000]);
    expect(momentsOf(rows.slice([1, 0], [1, 1000])).mean).toBe(0);
    expect(Math.abs(momentsOf(rows.slice([0, 0], [1, 1000])).mean - 0.8)).toBeLessThan(0.07);
    expect(tf.randomCategorical([[0, 0]], 3).shape).toEqual([1, 3]);
    expect(() => tf.multinomial(tf.zeros([2, 0]), 3)).toThrow(tf.ShapeError);
    expect(() => tf.multinomial([0, 0], -1)).toThrow(tf.ConfigError);
  });

  test('shuffle', () => {
    const order = tf.randomShuffle(tf.range(0, 1000), 0, 8).dataSync();
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order.slice(0, 5)]).not.toEqual([0, 1, 2, 3, 4]);
    expect(tf.randomShuffle(tf.range(0, 1000), 0, 8).dataSync()).toEqual(order);
    // Columns stay together.
    const x = tf.stack([tf.range(0, 9), tf.range(0, 9).mul(2)]);
    const [first, second] = tf.randomShuffle(x, 1).arraySync() as number[][];
    expect(second).toEqual(first?.map((value) => 2 * value));
    expect(() => tf.randomShuffle(tf.scalar(1))).toThrow(tf.ShapeError);
  });

  test('whole numbers, rand, standard normal', () => {
    expect(chiSquare(tf.randomUniformInt(SHAPE, 0, 4, 6), [0.25, 0.25, 0.25, 0.25])).toBeLessThan(16);
    expect(tf.randomUniformInt([2], -3, -2).arraySync()).toEqual([-3, -3]);
    expect(() => tf.randomUniformInt([2], 3, 3)).toThrow(tf.ConfigError);
    let n = 0;
    expect(tf.rand([2, 2], () => n++).arraySync()).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(() => tf.rand([1], () => Number.NaN)).toThrow(tf.ConfigError);
    expectMoments(tf.randomStandardNormal(SHAPE, 'float32', 1), 0, 1);
  });

  test('dropout', () => {
    const y = tf.dropout(tf.ones(SHAPE), 0.25, undefined, 1);
    expectMoments(y, 1, 1 / 3);
    expect(new Set(y.dataSync())).toEqual(new Set([0, Math.fround(4 / 3)]));
    const columns = tf.dropout(tf.ones([50, 8]), 0.5, [1, 8], 1);
    expect(tf.max(columns, 0).equal(tf.min(columns, 0)).all().dataSync()[0]).toBe(1);
    expect(() => tf.dropout([1], 1)).toThrow(tf.ConfigError);
    expect(() => tf.dropout(tf.ones([4]), 0.5, [3])).toThrow(tf.ShapeError);
  });

  test('setSeed rules what has no seed', () => {
    const draw = (): unknown => {
      tf.setSeed(3);
      return [
        tf.randomGamma([3], 2).arraySync(),
        tf.randomPoisson([3], 20).arraySync(),
        tf.randomShuffle([1, 2, 3, 4]).arraySync(),
      ];
    };
    expect(draw()).toEqual(draw());
    expect(tf.randomGamma([3], 2).arraySync()).not.toEqual(tf.randomGamma([3], 2).arraySync());
  });
});
