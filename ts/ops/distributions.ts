import { checkFinite, checkFunction, checkLength, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native, type RandomLaw } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { checkDType, type DType, isFloat } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import { nextDraw, seededDraw } from '../tensor/seed.ts';
import { Tensor } from '../tensor/tensor.ts';
import { add, cast, div, floor, minimum, mul, where } from './elementwise.ts';
import { gather } from './gather.ts';
import { randomNormal, randomUniform } from './random.ts';
import { broadcastTo, reshape } from './shape.ts';

/** A draw of a distribution whose parameters broadcast to `shape`. `part` tells draws of one seed apart. */
function sample(
  law: RandomLaw,
  shape: readonly number[],
  parameters: readonly TensorLike[],
  seed: number | undefined,
  part = 0,
): Tensor {
  const dims = checkShape(shape);
  const spread = parameters.map((parameter) => broadcastTo(cast(parameter, 'float32'), dims));
  const key = seed === undefined ? nextDraw() : seededDraw(seed);
  const handles = spread.map((parameter) => parameter.handle);
  return new Tensor(native.randomSample(law, key.seed, key.counter, handles, part));
}

/** Normal numbers with mean 0 and standard deviation 1. @example randomStandardNormal([3]).shape // [3] */
export function randomStandardNormal(shape: readonly number[], dtype: DType = 'float32', seed?: number): Tensor {
  return randomNormal(shape, 0, 1, dtype, seed);
}

/**
 * A tensor of what `randFunction()` returns, called once an element; reproducible only if the function is.
 * @example rand([2], () => 0.5) // [0.5, 0.5]
 */
export function rand(shape: readonly number[], randFunction: () => number, dtype: DType = 'float32'): Tensor {
  checkFunction('rand', 'randFunction', randFunction);
  const dims = checkShape(shape);
  const size = dims.reduce((n, dim) => n * dim, 1);
  if (size > 0) checkLength('rand', 'the number of elements', size);
  const values = Float32Array.from({ length: size }, () =>
    checkFinite('rand', 'what randFunction returns', randFunction()),
  );
  return cast(new Tensor(native.fromData(values, dims, 'float32')), checkDType(dtype));
}

/**
 * Whole numbers in `low .. high - 1`, each equally often (int32). At most 2^24 apart: they come from 24 random bits.
 * @example randomUniformInt([3], 0, 10)
 */
export function randomUniformInt(shape: readonly number[], low: number, high: number, seed?: number): Tensor {
  checkWhole('randomUniformInt', 'low', low, -(2 ** 31));
  checkWhole('randomUniformInt', 'high', high, low + 1);
  if (high - low > 2 ** 24) {
    throw new ConfigError(`randomUniformInt: low and high are at most 2^24 apart, got ${low} and ${high}`);
  }
  const offset = cast(floor(mul(randomUniform(shape, 0, 1, 'float32', seed), high - low)), 'int32');
  // Rounding of the product may reach the end.
  return add(minimum(offset, high - low - 1), low);
}

/**
 * Gamma-distributed numbers with shape `alpha` and rate `beta`: mean `alpha / beta`. Both may be tensors that broadcast to `shape`. NaN where `alpha` is negative.
 * Not differentiable. G. Marsaglia, W. W. Tsang: "A simple method for generating gamma variables", 2000.
 * @example randomGamma([1000], 2)
 */
export function randomGamma(
  shape: readonly number[],
  alpha: TensorLike,
  beta: TensorLike = 1,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  return cast(div(sample('gamma', shape, [alpha], seed), beta), checkDType(dtype));
}

/**
 * Beta-distributed numbers in 0..1 with mean `alpha / (alpha + beta)`, from two gamma variables. Not differentiable.
 * @example randomBeta([3], 2, 3).shape // [3]
 */
export function randomBeta(
  shape: readonly number[],
  alpha: TensorLike,
  beta: TensorLike,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  const first = sample('gamma', shape, [alpha], seed, 1);
  const second = sample('gamma', shape, [beta], seed, 2);
  return cast(div(first, add(first, second)), checkDType(dtype));
}

/**
 * Poisson-distributed numbers; `mean` may be a tensor that broadcasts to `shape`. NaN where it is negative.
 * @example randomPoisson([3], 4).shape // [3]
 */
export function randomPoisson(
  shape: readonly number[],
  mean: TensorLike,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  return cast(sample('poisson', shape, [mean], seed), checkDType(dtype));
}

/**
 * How many of `counts` trials succeed, each with `probabilities`: both may be tensors that broadcast to `shape`.
 * @example randomBinomial([3], 10, 1) // [10, 10, 10]
 */
export function randomBinomial(
  shape: readonly number[],
  counts: TensorLike,
  probabilities: TensorLike,
  dtype: DType = 'float32',
  seed?: number,
): Tensor {
  return cast(sample('binomial', shape, [counts, probabilities], seed), checkDType(dtype));
}

/**
 * Draws classes (int32) by their unnormalized log-probabilities `[classes]` or `[batch, classes]`: `[numSamples]` or `[batch, numSamples]`.
 * @param normalized `logits` are probabilities instead (non-negative, of any sum).
 * @throws ShapeError for another rank, or no classes.
 * @example multinomial([0, 0, Math.log(2)], 100) // class 2 half of the time
 */
export function multinomial(logits: TensorLike, numSamples: number, seed?: number, normalized = false): Tensor {
  const given = toTensor(logits);
  const tensor = isFloat(given.dtype) ? given : cast(given, 'float32');
  const classes = tensor.shape.at(-1) ?? 0;
  if (tensor.rank < 1 || tensor.rank > 2 || classes === 0) {
    throw new ShapeError(`multinomial takes logits [classes] or [batch, classes], got shape ${shown(tensor.shape)}`);
  }
  const rows = tensor.rank === 1 ? 1 : (tensor.shape[0] as number);
  const count = checkWhole('multinomial', 'numSamples', numSamples);
  const weights = reshape(normalized ? tensor : tensor.softmax(-1), [rows, classes]).cast('float32');
  const sums = new Tensor(native.cumulative('sum', weights.handle, 1, false, false));
  const totals = sums.slice([0, classes - 1], [rows, 1]);
  // The first class whose sum is above the number; that of the whole cannot be reached but by rounding.
  const places = mul(randomUniform([rows, count], 0, 1, 'float32', seed), totals);
  const chosen = minimum(new Tensor(native.searchSorted(sums.handle, places.handle, true)), classes - 1);
  return tensor.rank === 1 ? reshape(chosen, [count]) : chosen;
}

/**
 * {@link multinomial} of `[batch, classes]` log-probabilities, as `keras.random.categorical`.
 * @example randomCategorical([[0, 0]], 5).shape // [1, 5]
 */
export function randomCategorical(logits: TensorLike, numSamples: number, seed?: number): Tensor {
  return multinomial(logits, numSamples, seed);
}

/**
 * The slices along an axis in random order. With a `seed` the order is a function of the seed and the size alone.
 * Not for JavaScript arrays in place: that is `util.shuffle`.
 * @example randomShuffle([7, 7]) // [7, 7]
 */
export function randomShuffle(x: TensorLike, axis = 0, seed?: number): Tensor {
  const tensor = toTensor(x);
  const at = checkAxis('randomShuffle', axis, tensor.rank);
  const key = seed === undefined ? nextDraw() : seededDraw(seed);
  const words = native.random('bits', [tensor.shape[at] as number], key.seed, key.counter, 0);
  const [, order] = native.sort(words, 0, false) as [unknown, ReturnType<typeof native.cast>];
  return gather(tensor, new Tensor(order), at);
}

/**
 * Zeros a share `rate` of the elements and divides the others by `1 - rate`, always (the layer does it in training only).
 * `noiseShape` has 1 where an axis is kept or dropped as a whole.
 * @throws ConfigError unless `0 <= rate < 1`. ShapeError when the noise does not broadcast to `x`.
 * @example dropout([1, 2], 0) // [1, 2]
 */
export function dropout(x: TensorLike, rate: number, noiseShape?: readonly number[], seed?: number): Tensor {
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1))
    throw new ConfigError(`dropout: rate must be in [0, 1), got ${received(rate)}`);
  const given = toTensor(x);
  const tensor = isFloat(given.dtype) ? given : cast(given, 'float32');
  if (rate === 0) return tensor;
  const shape = noiseShape ?? tensor.shape;
  const kept = randomUniform(shape, 0, 1, 'float32', seed).greaterEqual(rate);
  return where(broadcastTo(kept, tensor.shape), mul(tensor, 1 / (1 - rate)), cast(0, tensor.dtype));
}
