// `keras.random`, the namespace `random`. Without a seed `setSeed` rules.
import * as ops from '../ops/index.ts';
import type { DType, Tensor, TensorLike } from '../tensor/index.ts';

/** Uniform numbers in `[minval, maxval)`. @example random.uniform([2, 3]).shape // [2, 3] */
export function uniform(shape: readonly number[], minval = 0, maxval = 1, dtype?: DType | null, seed?: number): Tensor {
  return ops.randomUniform(shape, minval, maxval, dtype ?? 'float32', seed);
}

/** Normal numbers. @example random.normal([2, 3]).shape // [2, 3] */
export function normal(shape: readonly number[], mean = 0, stddev = 1, dtype?: DType | null, seed?: number): Tensor {
  return ops.randomNormal(shape, mean, stddev, dtype ?? 'float32', seed);
}

/**
 * Normal numbers, those beyond two standard deviations drawn anew.
 * @example random.truncatedNormal([2, 3]).shape // [2, 3]
 */
export function truncatedNormal(
  shape: readonly number[],
  mean = 0,
  stddev = 1,
  dtype?: DType | null,
  seed?: number,
): Tensor {
  return ops.truncatedNormal(shape, mean, stddev, dtype ?? 'float32', seed);
}

/** Whole numbers in `minval .. maxval - 1`. @example random.randint([3], 5, 6) // [5, 5, 5] */
export function randint(
  shape: readonly number[],
  minval: number,
  maxval: number,
  dtype: DType = 'int32',
  seed?: number,
): Tensor {
  return ops.cast(ops.randomUniformInt(shape, minval, maxval, seed), dtype);
}

/**
 * Classes drawn by `[batch, classes]` log-probabilities: `[batch, numSamples]`.
 * @example random.categorical([[0, 0]], 5).shape // [1, 5]
 */
export function categorical(logits: TensorLike, numSamples: number, dtype: DType = 'int32', seed?: number): Tensor {
  return ops.cast(ops.randomCategorical(logits, numSamples, seed), dtype);
}

/**
 * Zeros for a share `rate` of the elements, the others divided by `1 - rate`.
 * @example random.dropout([1, 2], 0) // [1, 2]
 */
export function dropout(
  inputs: TensorLike,
  rate: number,
  noiseShape?: readonly number[] | null,
  seed?: number,
): Tensor {
  return ops.dropout(inputs, rate, noiseShape ?? undefined, seed);
}

/** Gamma-distributed numbers of rate 1. @example random.gamma([3], 2).shape // [3] */
export function gamma(shape: readonly number[], alpha: TensorLike, dtype?: DType | null, seed?: number): Tensor {
  return ops.randomGamma(shape, alpha, 1, dtype ?? 'float32', seed);
}

/** Beta-distributed numbers. @example random.beta([3], 2, 3).shape // [3] */
export function beta(
  shape: readonly number[],
  alpha: TensorLike,
  betaValue: TensorLike,
  dtype?: DType | null,
  seed?: number,
): Tensor {
  return ops.randomBeta(shape, alpha, betaValue, dtype ?? 'float32', seed);
}

/** How many of `counts` trials succeed. @example random.binomial([3], 10, 1) // [10, 10, 10] */
export function binomial(
  shape: readonly number[],
  counts: TensorLike,
  probabilities: TensorLike,
  dtype?: DType | null,
  seed?: number,
): Tensor {
  return ops.randomBinomial(shape, counts, probabilities, dtype ?? 'float32', seed);
}

/** Slices along an axis in random order. @example random.shuffle([7, 7]) // [7, 7] */
export function shuffle(x: TensorLike, axis = 0, seed?: number): Tensor {
  return ops.randomShuffle(x, axis, seed);
}
