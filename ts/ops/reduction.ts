import { checkFlag, checkNumber } from '../arguments.ts';
import { native, type ReduceKind } from '../native.ts';
import { checkAxes, checkAxis } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { computeDType, type DType, isFloat } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { stopGradient } from './control.ts';
import { abs, add, cast, exp, isFinite, log, mul, pow, sqrt, square, sub, where } from './elementwise.ts';
import { squeeze } from './shape.ts';

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

/** Product along axes (default all). */
export function prod(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('prod', x, axis, keepDims);
}

/** Largest element along axes (default all); NaN wins. The gradient is shared by equal ones. */
export function max(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('max', x, axis, keepDims, same);
}

/** Smallest element along axes (default all); NaN wins. */
export function min(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('min', x, axis, keepDims, same);
}

/** Whether all elements along axes (default all) are true. */
export function all(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('all', x, axis, keepDims);
}

/** Whether some element along axes (default all) is true. */
export function any(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return reduce('any', x, axis, keepDims);
}

/** Mean along axes (default all); of integers a float32. NaN of nothing. */
export function mean(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  const tensor = toTensor(x);
  const count = checkAxes('mean', axis, tensor.rank).reduce((n, a) => n * (tensor.shape[a] ?? 1), 1);
  const real = isFloat(tensor.dtype) ? tensor : cast(tensor, 'float32');
  return mul(sum(real, axis, keepDims), 1 / count);
}

/** Mean and biased variance `mean((x - mean)^2)` along axes (default all). */
export function moments(x: TensorLike, axis?: Axes, keepDims = false): { mean: Tensor; variance: Tensor } {
  const tensor = toTensor(x);
  checkFlag('moments', 'keepDims', keepDims);
  const center = mean(tensor, axis, true);
  const variance = mean(square(sub(tensor, center)), axis, keepDims);
  const axes = checkAxes('moments', axis, tensor.rank);
  return { mean: keepDims || axes.length === 0 ? center : squeeze(center, axes), variance };
}

/** Biased variance along axes (default all). */
export function variance(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return moments(x, axis, keepDims).variance;
}

/** Biased standard deviation along axes (default all). */
export function std(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return sqrt(variance(x, axis, keepDims));
}

/** `log(sum(e^x))` along axes (default all), without overflow. */
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

function argReduce(kind: 'max' | 'min', x: TensorLike, axis: number): Tensor {
  const tensor = toTensor(x);
  const checked = checkAxis(kind === 'max' ? 'argMax' : 'argMin', axis, tensor.rank);
  return new Tensor(native.argReduce(kind, castTo(operand(tensor), computeDType(tensor.dtype)), checked));
}

/** Index (int32) of the largest element along an axis (default 0), the first of equals. */
export function argMax(x: TensorLike, axis = 0): Tensor {
  return argReduce('max', x, axis);
}

/** Index (int32) of the smallest element along an axis (default 0), the first of equals. */
export function argMin(x: TensorLike, axis = 0): Tensor {
  return argReduce('min', x, axis);
}

/** Norm of the elements along axes (default all): 1, 2 or 'euclidean' (default), Infinity, or any other power p, `sum(|x|^p)^(1/p)`. */
export function norm(x: TensorLike, order: number | 'euclidean' = 'euclidean', axis?: Axes, keepDims = false): Tensor {
  if (order === 'euclidean' || order === 2) return sqrt(sum(square(x), axis, keepDims));
  if (order === 1) return sum(abs(x), axis, keepDims);
  if (order === Number.POSITIVE_INFINITY) return max(abs(x), axis, keepDims);
  if (order === Number.NEGATIVE_INFINITY) return min(abs(x), axis, keepDims);
  const power = checkNumber('norm', 'order', order);
  return pow(sum(pow(abs(x), power), axis, keepDims), 1 / power);
}
