import * as ops from '../ops/index.ts';
import type { Axes } from '../ops/reduction.ts';
import { TensorBase } from './base.ts';
import type { TensorLike } from './convert.ts';
import type { DType } from './dtype.ts';
import { isTypedArray } from './infer.ts';

/** A list of tensors to join; nested arrays of numbers count as one tensor. */
function several(others: TensorLike | readonly TensorLike[]): readonly TensorLike[] {
  const list = Array.isArray(others) && others.some((entry) => entry instanceof Tensor || isTypedArray(entry));
  return list ? (others as readonly TensorLike[]) : [others as TensorLike];
}

/**
 * A lazy n-dimensional array: shape and dtype are known at once, a mistake throws on the line that made it; the numbers
 * are computed when `data()`, `array()` or `print()` ask. Methods make new tensors; each is documented at the function of
 * the same name. Numbers, nested arrays and typed arrays are accepted where another tensor is.
 * @example const y = tensor([[1, 2], [3, 4]]).matMul([[1], [1]]).relu(); console.log(await y.array());
 */
export class Tensor extends TensorBase {
  /** Sum, broadcast. @example tensor([1, 2]).add(1) // [2, 3] */
  add(other: TensorLike): Tensor {
    return ops.add(this, other);
  }

  /** Difference, broadcast. */
  sub(other: TensorLike): Tensor {
    return ops.sub(this, other);
  }

  /** Product, broadcast. */
  mul(other: TensorLike): Tensor {
    return ops.mul(this, other);
  }

  /** Quotient, broadcast; integers are divided as float32. */
  div(other: TensorLike): Tensor {
    return ops.div(this, other);
  }

  /** Quotient, and 0 where the divisor is 0. */
  divNoNan(other: TensorLike): Tensor {
    return ops.divNoNan(this, other);
  }

  /** Floor of the quotient, broadcast. */
  floorDiv(other: TensorLike): Tensor {
    return ops.floorDiv(this, other);
  }

  /** Power, broadcast. */
  pow(other: TensorLike): Tensor {
    return ops.pow(this, other);
  }

  /** The larger of both, broadcast. */
  maximum(other: TensorLike): Tensor {
    return ops.maximum(this, other);
  }

  /** The smaller of both, broadcast. */
  minimum(other: TensorLike): Tensor {
    return ops.minimum(this, other);
  }

  /** Remainder with the sign of the divisor, broadcast. */
  mod(other: TensorLike): Tensor {
    return ops.mod(this, other);
  }

  /** Squared difference, broadcast. */
  squaredDifference(other: TensorLike): Tensor {
    return ops.squaredDifference(this, other);
  }

  /** Negated. */
  neg(): Tensor {
    return ops.neg(this);
  }

  /** Magnitude. */
  abs(): Tensor {
    return ops.abs(this);
  }

  /** -1, 0 or 1. */
  sign(): Tensor {
    return ops.sign(this);
  }

  /** Squared. */
  square(): Tensor {
    return ops.square(this);
  }

  /** Square root. */
  sqrt(): Tensor {
    return ops.sqrt(this);
  }

  /** `1 / sqrt(x)`. */
  rsqrt(): Tensor {
    return ops.rsqrt(this);
  }

  /** `1 / x`. */
  reciprocal(): Tensor {
    return ops.reciprocal(this);
  }

  /** `e^x`. */
  exp(): Tensor {
    return ops.exp(this);
  }

  /** `e^x - 1`. */
  expm1(): Tensor {
    return ops.expm1(this);
  }

  /** Natural logarithm. */
  log(): Tensor {
    return ops.log(this);
  }

  /** `log(1 + x)`. */
  log1p(): Tensor {
    return ops.log1p(this);
  }

  /** Sine. */
  sin(): Tensor {
    return ops.sin(this);
  }

  /** Cosine. */
  cos(): Tensor {
    return ops.cos(this);
  }

  /** Tangent. */
  tan(): Tensor {
    return ops.tan(this);
  }

  /** Hyperbolic tangent. */
  tanh(): Tensor {
    return ops.tanh(this);
  }

  /** `1 / (1 + e^-x)`. */
  sigmoid(): Tensor {
    return ops.sigmoid(this);
  }

  /** Error function. */
  erf(): Tensor {
    return ops.erf(this);
  }

  /** Rounded down. */
  floor(): Tensor {
    return ops.floor(this);
  }

  /** Rounded up. */
  ceil(): Tensor {
    return ops.ceil(this);
  }

  /** Rounded, halves to even. */
  round(): Tensor {
    return ops.round(this);
  }

  /** `max(x, 0)`. */
  relu(): Tensor {
    return ops.relu(this);
  }

  /** `log(1 + e^x)`. */
  softplus(): Tensor {
    return ops.softplus(this);
  }

  /** Whether elements are NaN. */
  isNaN(): Tensor {
    return ops.isNaN(this);
  }

  /** Whether elements are infinite. */
  isInf(): Tensor {
    return ops.isInf(this);
  }

  /** Whether elements are finite. */
  isFinite(): Tensor {
    return ops.isFinite(this);
  }

  /** Whether elements are false. */
  logicalNot(): Tensor {
    return ops.logicalNot(this);
  }

  /** Cut off at both ends. */
  clipByValue(low: number, high: number): Tensor {
    return ops.clipByValue(this, low, high);
  }

  /** `==`, broadcast, as bool. */
  equal(other: TensorLike): Tensor {
    return ops.equal(this, other);
  }

  /** `!=`, broadcast, as bool. */
  notEqual(other: TensorLike): Tensor {
    return ops.notEqual(this, other);
  }

  /** `<`, broadcast, as bool. */
  less(other: TensorLike): Tensor {
    return ops.less(this, other);
  }

  /** `<=`, broadcast, as bool. */
  lessEqual(other: TensorLike): Tensor {
    return ops.lessEqual(this, other);
  }

  /** `>`, broadcast, as bool. */
  greater(other: TensorLike): Tensor {
    return ops.greater(this, other);
  }

  /** `>=`, broadcast, as bool. */
  greaterEqual(other: TensorLike): Tensor {
    return ops.greaterEqual(this, other);
  }

  /** Whether both are true, broadcast. */
  logicalAnd(other: TensorLike): Tensor {
    return ops.logicalAnd(this, other);
  }

  /** Whether one is true, broadcast. */
  logicalOr(other: TensorLike): Tensor {
    return ops.logicalOr(this, other);
  }

  /** Whether exactly one is true, broadcast. */
  logicalXor(other: TensorLike): Tensor {
    return ops.logicalXor(this, other);
  }

  /** Where `condition` is true this tensor, else `other`; broadcast. */
  where(condition: TensorLike, other: TensorLike): Tensor {
    return ops.where(condition, this, other);
  }

  /** As another dtype. */
  cast(dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }

  /** As another dtype (the name TensorFlow.js has). */
  asType(dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }

  /** As float32. */
  toFloat(): Tensor {
    return ops.cast(this, 'float32');
  }

  /** As int32. */
  toInt(): Tensor {
    return ops.cast(this, 'int32');
  }

  /** As bool: whether elements are not 0. */
  toBool(): Tensor {
    return ops.cast(this, 'bool');
  }

  /** Sum along axes (default all). */
  sum(axis?: Axes, keepDims = false): Tensor {
    return ops.sum(this, axis, keepDims);
  }

  /** Product along axes (default all). */
  prod(axis?: Axes, keepDims = false): Tensor {
    return ops.prod(this, axis, keepDims);
  }

  /** Mean along axes (default all). */
  mean(axis?: Axes, keepDims = false): Tensor {
    return ops.mean(this, axis, keepDims);
  }

  /** Largest element along axes (default all). */
  max(axis?: Axes, keepDims = false): Tensor {
    return ops.max(this, axis, keepDims);
  }

  /** Smallest element along axes (default all). */
  min(axis?: Axes, keepDims = false): Tensor {
    return ops.min(this, axis, keepDims);
  }

  /** Biased variance along axes (default all). */
  variance(axis?: Axes, keepDims = false): Tensor {
    return ops.variance(this, axis, keepDims);
  }

  /** Biased standard deviation along axes (default all). */
  std(axis?: Axes, keepDims = false): Tensor {
    return ops.std(this, axis, keepDims);
  }

  /** `log(sum(e^x))` along axes (default all). */
  logSumExp(axis?: Axes, keepDims = false): Tensor {
    return ops.logSumExp(this, axis, keepDims);
  }

  /** Whether all elements are true, along axes (default all). */
  all(axis?: Axes, keepDims = false): Tensor {
    return ops.all(this, axis, keepDims);
  }

  /** Whether some element is true, along axes (default all). */
  any(axis?: Axes, keepDims = false): Tensor {
    return ops.any(this, axis, keepDims);
  }

  /** Index of the largest element along an axis (default 0), int32. */
  argMax(axis = 0): Tensor {
    return ops.argMax(this, axis);
  }

  /** Index of the smallest element along an axis (default 0), int32. */
  argMin(axis = 0): Tensor {
    return ops.argMin(this, axis);
  }

  /** Norm along axes (default all). */
  norm(order: number | 'euclidean' = 'euclidean', axis?: Axes, keepDims = false): Tensor {
    return ops.norm(this, order, axis, keepDims);
  }

  /** The same elements under another shape; one -1 is worked out. */
  reshape(shape: readonly number[]): Tensor {
    return ops.reshape(this, shape);
  }

  /** All elements along one axis. */
  flatten(): Tensor {
    return ops.flatten(this);
  }

  /** A new axis of size 1 (default at 0). */
  expandDims(axis = 0): Tensor {
    return ops.expandDims(this, axis);
  }

  /** Without axes of size 1 (default all of them). */
  squeeze(axis?: number | readonly number[]): Tensor {
    return ops.squeeze(this, axis);
  }

  /** Axes in another order (default reversed). */
  transpose(order?: readonly number[]): Tensor {
    return ops.transpose(this, order);
  }

  /** Repeated along axes of size 1 and new leading axes. */
  broadcastTo(shape: readonly number[]): Tensor {
    return ops.broadcastTo(this, shape);
  }

  /** Repeated along every axis. */
  tile(reps: readonly number[]): Tensor {
    return ops.tile(this, reps);
  }

  /** End to end with others along an axis (default 0). */
  concat(others: TensorLike | readonly TensorLike[], axis = 0): Tensor {
    return ops.concat([this, ...several(others)], axis);
  }

  /** Beside others along a new axis (default 0). */
  stack(others: TensorLike | readonly TensorLike[], axis = 0): Tensor {
    return ops.stack([this, ...several(others)], axis);
  }

  /** The slices along an axis (default 0). */
  unstack(axis = 0): Tensor[] {
    return ops.unstack(this, axis);
  }

  /** Cut along an axis (default 0) into equal parts or given sizes. */
  split(parts: number | readonly number[], axis = 0): Tensor[] {
    return ops.split(this, parts, axis);
  }

  /** In reverse order along axes (default all). */
  reverse(axis?: number | readonly number[]): Tensor {
    return ops.reverse(this, axis);
  }

  /** With `[before, after]` elements of `value` around every axis. */
  pad(paddings: readonly (readonly [number, number])[], value = 0): Tensor {
    return ops.pad(this, paddings, value);
  }

  /** The block at `begin` with `size` elements along every axis (-1: to the end). */
  slice(begin: number | readonly number[], size?: number | readonly number[]): Tensor {
    return ops.slice(this, begin, size);
  }

  /** `x[begin:end:strides]`. */
  stridedSlice(begin: readonly number[], end: readonly number[], strides?: readonly number[]): Tensor {
    return ops.stridedSlice(this, begin, end, strides);
  }

  /** The slices that `ids` name along an axis (default 0). */
  gather(ids: TensorLike, axis = 0): Tensor {
    return ops.gather(this, ids, axis);
  }

  /** A new last axis with `onValue` at the id. */
  oneHot(depth: number, onValue = 1, offValue = 0, dtype: DType = 'float32'): Tensor {
    return ops.oneHot(this, depth, onValue, offValue, dtype);
  }

  /** Matrix product. */
  matMul(other: TensorLike, transposeA = false, transposeB = false): Tensor {
    return ops.matMul(this, other, transposeA, transposeB);
  }

  /** Product of vectors and matrices. */
  dot(other: TensorLike): Tensor {
    return ops.dot(this, other);
  }

  /** `e^x / sum(e^x)` along an axis (default the last). */
  softmax(axis = -1): Tensor {
    return ops.softmax(this, axis);
  }

  /** `x - log(sum(e^x))` along an axis (default the last). */
  logSoftmax(axis = -1): Tensor {
    return ops.logSoftmax(this, axis);
  }

  /** Itself, without gradient. */
  stopGradient(): Tensor {
    return ops.stopGradient(this);
  }

  /** A copy of the handle: disposing one leaves the other. */
  clone(): Tensor {
    return ops.reshape(this, this.shape);
  }
}
