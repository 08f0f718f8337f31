import { checkFlag, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native, type ReduceKind } from '../native.ts';
import { checkAxes, checkAxis, shown } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { computeDType, type DType, isFloat } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { stopGradient } from './control.ts';
import {
  abs,
  add,
  cast,
  div,
  exp,
  isFinite,
  log,
  mul,
  notEqual,
  pow,
  sqrt,
  square,
  sub,
  where,
} from './elementwise.ts';
import { reshape, squeeze } from './shape.ts';

/** One axis, several, or (undefined) all. Negative ones count from the end. */
export type Axes = number | readonly number[] | undefined;

function reduce(
  kind: ReduceKind,
  x: TensorLike,
  axis: Axes,
  keepDims: boolean,
  result?: (dtype: DType) => DType,
): Tensor {
  const tensor = toTensor(x);
  const axes = checkAxes(kind, axis, tensor.rank);
  checkFlag(kind, 'keepDims', keepDims);
  const logical = kind === 'all' || kind === 'any';
  const computed = logical ? 'bool' : computeDType(tensor.dtype);
  const handle = castTo(operand(tensor), computed);
  const dtype = logical ? 'bool' : (result?.(tensor.dtype) ?? (isFloat(tensor.dtype) ? tensor.dtype : computed));
  return wrap(axes.length === 0 ? handle : native.reduce(kind, handle, axes, keepDims), computed, dtype);
}

const same = (dtype: DType): DType => dtype;

/** Sum along axes (default all); of integers and booleans an int32. @example sum(tensor([[1, 2], [3, 4]]), 0) // [4, 6] */
export function sum(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('sum', x, axis, keepDims);
}

/** Product along axes (default all). @example prod([2, 3]) // 6 */
export function prod(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('prod', x, axis, keepDims);
}

/**
 * Largest element along axes (default all); NaN wins. The gradient is shared by equal ones.
 * @example max([1, 5, 2]) // 5
 */
export function max(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('max', x, axis, keepDims, same);
}

/** Smallest element along axes (default all); NaN wins. @example min([3, 1, 2]) // 1 */
export function min(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('min', x, axis, keepDims, same);
}

/** Whether all elements along axes (default all) are true. @example all([true, false]) // 0 */
export function all(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('all', x, axis, keepDims);
}

/** Whether some element along axes (default all) is true. @example any([true, false]) // 1 */
export function any(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('any', x, axis, keepDims);
}

/**
 * Mean along axes (default all), the sum divided by the number; of integers a float32. NaN of nothing.
 * @example mean([[1, 2], [3, 4]], 0) // [2, 3]
 */
export function mean(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  const tensor = toTensor(x);
  const count = checkAxes('mean', axis, tensor.rank).reduce((n, a) => n * (tensor.shape[a] ?? 1), 1);
  const real = isFloat(tensor.dtype) ? tensor : cast(tensor, 'float32');
  return div(sum(real, axis, keepDims), count);
}

/**
 * Mean and biased variance `mean((x - mean)^2)` along axes (default all).
 * @example
 * const { mean, variance } = moments([1, 3]);
 * variance // 1
 */
export function moments(x: TensorLike, axis?: Axes, keepDims = false): { mean: Tensor; variance: Tensor } {
  const tensor = toTensor(x);
  checkFlag('moments', 'keepDims', keepDims);
  const center = mean(tensor, axis, true);
  const variance = mean(square(sub(tensor, center)), axis, keepDims);
  const axes = checkAxes('moments', axis, tensor.rank);
  return { mean: keepDims || axes.length === 0 ? center : squeeze(center, axes), variance };
}

/** Biased variance along axes (default all). @example variance([1, 3]) // 1 */
export function variance(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return moments(x, axis, keepDims).variance;
}

/** Biased standard deviation along axes (default all). @example std([1, 3]) // 1 */
export function std(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return sqrt(variance(x, axis, keepDims));
}

/** `log(sum(e^x))` along axes (default all), without overflow. @example logSumExp([0, 0]) // 0.6931 */
export function logSumExp(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  const tensor = toTensor(x);
  checkFlag('logSumExp', 'keepDims', keepDims);
  const largest = stopGradient(max(tensor, axis, true));
  // An infinite maximum would give infinity minus infinity.
  const shift = where(isFinite(largest), largest, 0);
  const total = add(log(sum(exp(sub(tensor, shift)), axis, true)), shift);
  const axes = checkAxes('logSumExp', axis, tensor.rank);
  return keepDims || axes.length === 0 ? total : squeeze(total, axes);
}

function argReduce(kind: 'max' | 'min', x: TensorLike, axis: number | null, keepDims: boolean): Tensor {
  const tensor = toTensor(x);
  const name = kind === 'max' ? 'argMax' : 'argMin';
  checkFlag(name, 'keepDims', keepDims);
  const rows = axis === null ? reshape(tensor, [tensor.size]) : tensor;
  const at = checkAxis(name, axis ?? 0, rows.rank);
  if (rows.shape[at] === 0) throw new ShapeError(`${name}: axis ${at} of shape ${shown(rows.shape)} is empty`);
  const found = new Tensor(native.argReduce(kind, castTo(operand(rows), computeDType(rows.dtype)), at));
  if (!keepDims) return found;
  return reshape(found, axis === null ? tensor.shape.map(() => 1) : tensor.shape.map((dim, a) => (a === at ? 1 : dim)));
}

/**
 * Index (int32) of the largest element along an axis (default 0; null: of all elements in a row), the first of equals; NaN
 * counts as the largest. @throws ShapeError for an empty axis.
 * @example argMax([1, 5, 2]) // 1
 */
export function argMax(x: TensorLike, axis: number | null = 0, keepDims = false): Tensor {
  return argReduce('max', x, axis, keepDims);
}

/**
 * Index (int32) of the smallest element along an axis (default 0; null: of all in a row), the first of equals; NaN counts as the smallest.
 * @example argMin([3, 1, 2]) // 1
 */
export function argMin(x: TensorLike, axis: number | null = 0, keepDims = false): Tensor {
  return argReduce('min', x, axis, keepDims);
}

/** Number of elements along axes (default all) that are not 0, int32. @example countNonzero([0, 3, 1]) // 2 */
export function countNonzero(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return sum(notEqual(x, 0), axis, keepDims);
}

/**
 * Mean along axes (default all), weighted: `sum(x w) / sum(w)`. Weights have the shape of `x`, or along one axis are a vector.
 * @throws ShapeError for weights of another shape.
 * @example average([1, 2, 3], undefined, [1, 1, 2]) // 2.25
 */
export function average(x: TensorLike, axis?: Axes, weights?: TensorLike): Tensor {
  if (weights === undefined) return mean(x, axis);
  const [tensor, given] = [toTensor(x), toTensor(weights)];
  const axes = checkAxes('average', axis, tensor.rank);
  const along = axes[0] ?? 0;
  const vector = given.rank === 1 && axes.length === 1 && given.size === tensor.shape[along];
  if (!vector && given.shape.join() !== tensor.shape.join()) {
    throw new ShapeError(`average: weights of shape ${shown(given.shape)} do not fit shape ${shown(tensor.shape)}`);
  }
  const own = vector
    ? reshape(
        given,
        tensor.shape.map((dim, a) => (a === along ? dim : 1)),
      )
    : given;
  return div(sum(mul(tensor, own), axis), sum(own, vector ? along : axis));
}

/** What a norm sums up: a power p, or a name. */
export type NormOrder = number | 'euclidean' | 'fro';

/**
 * Norm along axes. Of vectors (one axis, or all elements in a row by default): 'euclidean' or 2 (default), 1, Infinity and
 * -Infinity (largest and smallest magnitude), 0 (how many are not 0), any other power p: `sum(|x|^p)^(1/p)`. Of matrices (two
 * axes): 'fro' or 'euclidean' (default), 1 and -1 (largest and smallest sum of a column's magnitudes), Infinity and -Infinity
 * (of a row's). @throws ConfigError for another order of matrices (the spectral norm needs singular values).
 * @example norm([3, 4]) // 5
 */
export function norm(x: TensorLike, order: NormOrder = 'euclidean', axis?: Axes, keepDims = false): Tensor {
  if (Array.isArray(axis) && axis.length === 2 && order !== 'euclidean' && order !== 'fro') {
    return matrixNorm(x, order, axis as [number, number], keepDims);
  }
  if (order === 'euclidean' || order === 'fro' || order === 2) return sqrt(sum(square(x), axis, keepDims));
  if (order === 1) return sum(abs(x), axis, keepDims);
  if (order === 0) return cast(countNonzero(x, axis, keepDims), 'float32');
  if (order === Number.POSITIVE_INFINITY) return max(abs(x), axis, keepDims);
  if (order === Number.NEGATIVE_INFINITY) return min(abs(x), axis, keepDims);
  if (typeof order !== 'number' || Number.isNaN(order)) {
    throw new ConfigError(`norm: the order must be a number, 'euclidean' or 'fro', got ${received(order)}`);
  }
  return pow(sum(pow(abs(x), order), axis, keepDims), 1 / order);
}

function matrixNorm(x: TensorLike, order: number, [rows, columns]: [number, number], keepDims: boolean): Tensor {
  const tensor = toTensor(x);
  checkAxes('norm', [rows, columns], tensor.rank);
  checkFlag('norm', 'keepDims', keepDims);
  const infinite = Math.abs(order) === Number.POSITIVE_INFINITY;
  if (!infinite && Math.abs(order) !== 1) {
    throw new ConfigError(
      `norm: the order of a matrix norm is 'fro', 1, -1, Infinity or -Infinity, got ${received(order)}`,
    );
  }
  const [summed, compared] = infinite ? [columns, rows] : [rows, columns];
  const sums = sum(abs(tensor), summed, true);
  const found = order > 0 ? max(sums, compared, true) : min(sums, compared, true);
  return keepDims ? found : squeeze(found, [rows, columns]);
}

/**
 * {@link norm} of order 2: the root of the sum of squares along axes (default all).
 * @example euclideanNorm([3, 4]) // 5
 */
export function euclideanNorm(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return norm(x, 'euclidean', axis, keepDims);
}
