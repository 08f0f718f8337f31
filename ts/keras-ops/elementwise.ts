import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { checkDType } from '../tensor/dtype.ts';
import { clone, type DType, isFloat, type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

export {
  abs,
  abs as absolute,
  abs as fabs,
  acos as arccos,
  acosh as arccosh,
  add,
  allClose as allclose,
  asin as arcsin,
  asinh as arcsinh,
  atan as arctan,
  atan2 as arctan2,
  atanh as arctanh,
  bitwiseAnd,
  bitwiseNot,
  bitwiseNot as bitwiseInvert,
  bitwiseOr,
  bitwiseXor,
  cast,
  cbrt,
  ceil,
  cos,
  cosh,
  deg2rad,
  div as divide,
  div as trueDivide,
  divNoNan as divideNoNan,
  equal,
  erf,
  erfc,
  erfinv,
  exp,
  exp2,
  expm1,
  floor,
  floorDiv as floorDivide,
  fmax,
  fmin,
  fmod,
  gcd,
  greater,
  greaterEqual,
  heaviside,
  hypot,
  isClose as isclose,
  isFinite as isfinite,
  isInf as isinf,
  isNaN as isnan,
  isNegInf as isneginf,
  isPosInf as isposinf,
  lcm,
  ldexp,
  leftShift,
  leftShift as bitwiseLeftShift,
  less,
  lessEqual,
  log,
  log1p,
  log2,
  log10,
  logaddexp,
  logaddexp2,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul as multiply,
  nanToNum,
  neg as negative,
  nextafter,
  notEqual,
  pow as power,
  rad2deg,
  reciprocal,
  rightShift,
  rightShift as bitwiseRightShift,
  rsqrt,
  sign,
  signbit,
  sin,
  sinc,
  sinh,
  sqrt,
  square,
  stopGradient,
  sub as subtract,
  tan,
  tanh,
  trunc,
} from '../ops/index.ts';

/** Cut off at both ends. @example ops.clip([-5, 0.5, 5], -1, 1) // [-1, 0.5, 1] */
export function clip(x: TensorLike, xMin: TensorLike, xMax: TensorLike): Tensor {
  return ops.clipByValue(x, xMin, xMax);
}

/** Rounded to a number of decimals, halves to the even one. @example ops.round([1.26], 1) // [1.3000] */
export function round(x: TensorLike, decimals = 0): Tensor {
  if (!Number.isSafeInteger(decimals))
    throw new ConfigError(`round: decimals must be a whole number, got ${received(decimals)}`);
  if (decimals === 0) return ops.round(x);
  const factor = 10 ** Math.abs(decimals);
  return decimals > 0 ? ops.div(ops.round(ops.mul(x, factor)), factor) : ops.mul(ops.round(ops.div(x, factor)), factor);
}

/**
 * Elements of `x1` where the condition is true, else of `x2`; with a condition alone, the positions as {@link ops.nonzero} gives.
 * @example ops.where([true, false], [1, 2], [10, 20]) // [1, 20]
 */
export function where(condition: TensorLike, x1: TensorLike, x2: TensorLike): Tensor;
export function where(condition: TensorLike): Tensor[];
export function where(condition: TensorLike, x1?: TensorLike, x2?: TensorLike): Tensor | Tensor[] {
  if (x1 === undefined && x2 === undefined) return ops.nonzero(condition);
  return ops.where(condition, x1 as TensorLike, x2 as TensorLike);
}

/**
 * As another dtype, what does not fit cut off at its ends (as {@link ops.cast} does with floats).
 * @example ops.saturateCast([-5, 300], 'uint8') // [0, 255]
 */
export function saturateCast(x: TensorLike, dtype: DType): Tensor {
  const source = toTensor(x);
  const ends: Partial<Record<DType, [number, number]>> = { int8: [-128, 127], uint8: [0, 255] };
  const range = ends[checkDType(dtype)];
  return (range === undefined ? source : ops.clipByValue(source, range[0], range[1])).cast(dtype);
}

/** Element type. @example ops.dtype(tensor([1], [1], 'int32')) // 'int32' */
export function dtype(x: TensorLike): DType {
  return toTensor(x).dtype;
}

/** `x` itself: complex numbers are pairs of real tensors here. @example ops.real([1, 2]) // [1, 2] */
export function real(x: TensorLike): Tensor {
  return clone(x);
}

/** Zeros: there are no complex numbers. @example ops.imag([1, 2]) // [0, 0] */
export function imag(x: TensorLike): Tensor {
  return toTensor(x).zerosLike();
}

/** `x` itself: there are no complex numbers. @example ops.conjugate([1, 2]) // [1, 2] */
export function conjugate(x: TensorLike): Tensor {
  return clone(x);
}
export { conjugate as conj };

/** Angle of a real number as a complex one: 0, or pi for negative ones. @example ops.angle([1, -1]) // [0, 3.1416] */
export function angle(x: TensorLike): Tensor {
  const source = toTensor(x);
  const found = ops.where(ops.signbit(source.toFloat()), Math.PI, 0);
  return isFloat(source.dtype) ? ops.where(ops.isNaN(source), source, found) : found;
}

/** True everywhere: there are no complex numbers. @example ops.isreal([1, 2]) // [1, 1] */
export function isreal(x: TensorLike): Tensor {
  return toTensor(x).onesLike().cast('bool');
}

/**
 * Modified Bessel function of order 0 (Abramowitz and Stegun 9.8.1 and 9.8.2; relative error 2e-7).
 * @example ops.i0([0]) // [1]
 */
export function i0(x: TensorLike): Tensor {
  const size = ops.abs(toTensor(x).toFloat());
  const polynomial = (t: Tensor, coefficients: readonly number[]): Tensor =>
    coefficients.reduceRight<Tensor>((sum, c) => sum.mul(t).add(c), t.zerosLike());
  const near = size.minimum(3.75);
  const t = near.div(3.75).square();
  const low = polynomial(t, [1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813]);
  const far = size.maximum(3.75);
  const high = polynomial(
    ops.div(3.75, far),
    [0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377],
  );
  return ops.where(size.less(3.75), low, high.mul(far.exp()).mul(far.rsqrt()));
}
