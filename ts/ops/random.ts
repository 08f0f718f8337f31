import { checkNumber, checkWhole, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { native, type RandomKind } from '../native.ts';
import { operandOf, type TensorLike } from '../tensor/convert.ts';
import { checkDType, type DType, isFloat } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import { nextDraw, seededDraw } from '../tensor/seed.ts';
import { Tensor } from '../tensor/tensor.ts';
import { add, cast, floor, less, mul } from './elementwise.ts';

const kinds: readonly RandomKind[] = ['bits', 'uniform', 'normal', 'truncatedNormal'];

function draw(kind: RandomKind, shape: readonly number[], seed: number | undefined): Tensor {
  const key = seed === undefined ? nextDraw() : seededDraw(seed);
  return new Tensor(native.random(kind, checkShape(shape), key.seed, key.counter, 0));
}

/**
 * Uniform numbers in `[low, high)`. With a `seed` they are a function of the seed and the shape alone, else `setSeed` rules.
 * @example randomUniform([2, 3], -1, 1)
 */
export function randomUniform(
  shape: readonly number[],
  low = 0,
  high = 1,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  checkNumber('randomUniform', 'low', low);
  checkNumber('randomUniform', 'high', high);
  const scaled = add(mul(draw('uniform', shape, seed), high - low), low);
  // Whole numbers: each of low .. high - 1 equally often; truncation would favour 0 between negative and positive ones.
  return cast(isFloat(checkDType(dtype)) ? scaled : floor(scaled), dtype);
}

/** Normal numbers. @example randomNormal([2, 3], 0, 0.05) */
export function randomNormal(
  shape: readonly number[],
  mean = 0,
  stddev = 1,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  return cast(add(mul(draw('normal', shape, seed), stddev), mean), dtype);
}

/** Normal numbers, those beyond two standard deviations drawn anew. @example truncatedNormal([3]).shape // [3] */
export function truncatedNormal(
  shape: readonly number[],
  mean = 0,
  stddev = 1,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  return cast(add(mul(draw('truncatedNormal', shape, seed), stddev), mean), dtype);
}

/** Booleans that are true with a probability. @example randomBernoulli([3], 1) // [1, 1, 1] */
export function randomBernoulli(shape: readonly number[], probability = 0.5, seed?: number): Tensor {
  return less(draw('uniform', shape, seed), probability);
}

/**
 * Random numbers that are a function of `seed` (int32 [2]), `counter` (int32 scalar), `draw` and the element's index alone.
 * `'bits'` gives int32, the others float32: uniform in [0, 1), normal, or normal cut at two standard deviations.
 * @example statelessRandom('uniform', [3], tensor([1, 2], [2], 'int32'), 0).shape // [3]
 */
export function statelessRandom(
  kind: RandomKind,
  shape: readonly number[],
  seed: TensorLike,
  counter: TensorLike,
  draw = 0,
): Tensor {
  if (!kinds.includes(kind)) {
    throw new ConfigError(`statelessRandom: kind must be one of ${kinds.join(', ')}, got ${received(kind)}`);
  }
  const number = checkWhole('statelessRandom', 'draw', draw);
  return new Tensor(
    native.random(kind, checkShape(shape), operandOf(seed, 'int32'), operandOf(counter, 'int32'), number),
  );
}
