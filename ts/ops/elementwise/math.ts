// Functions of one number.
import { castTo, operand, type TensorLike } from '../../tensor/convert.ts';
import { checkDType, type DType } from '../../tensor/dtype.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { mul } from './arithmetic.ts';
import { arithmetic, real, rounding } from './build.ts';
import { equal, where } from './logic.ts';

/** `-x`. @example neg([1, -2]) // [-1, 2] */
export function neg(x: TensorLike): Tensor {
  return arithmetic('neg', x);
}

/** `|x|`. @example abs([-1, 2]) // [1, 2] */
export function abs(x: TensorLike): Tensor {
  return arithmetic('abs', x);
}

/** -1, 0 or 1; no gradient flows through. @example sign([-3, 0, 2]) // [-1, 0, 1] */
export function sign(x: TensorLike): Tensor {
  return arithmetic('sign', x);
}

/** `x * x`. @example square([2, -3]) // [4, 9] */
export function square(x: TensorLike): Tensor {
  return arithmetic('square', x);
}

/** `e^x`. @example exp([0, 1]) // [1, 2.7183] */
export function exp(x: TensorLike): Tensor {
  return real('exp', x);
}

/** `2^x`. @example ops.exp2([3]) // [8] */
export function exp2(x: TensorLike): Tensor {
  return real('exp2', x);
}

/** `e^x - 1`, exact for small x. @example expm1([0, 1]) // [0, 1.7183] */
export function expm1(x: TensorLike): Tensor {
  return real('expm1', x);
}

/** Natural logarithm. @example log([1, Math.E]) // [0, 1] */
export function log(x: TensorLike): Tensor {
  return real('log', x);
}

/** Logarithm to base 2. @example ops.log2([8]) // [3] */
export function log2(x: TensorLike): Tensor {
  return real('log2', x);
}

/** Logarithm to base 10. @example ops.log10([1000]) // [3] */
export function log10(x: TensorLike): Tensor {
  return real('log10', x);
}

/** `log(1 + x)`, exact for small x. @example log1p([0, 1]) // [0, 0.6931] */
export function log1p(x: TensorLike): Tensor {
  return real('log1p', x);
}

/** Square root; NaN below 0. @example sqrt([4, 9]) // [2, 3] */
export function sqrt(x: TensorLike): Tensor {
  return real('sqrt', x);
}

/** `1 / sqrt(x)`. @example rsqrt([4]) // [0.5] */
export function rsqrt(x: TensorLike): Tensor {
  return real('rsqrt', x);
}

/** The real cube root, of negative numbers too. @example ops.cbrt([8, -27]) // [2, -3] */
export function cbrt(x: TensorLike): Tensor {
  return real('cbrt', x);
}

/** `1 / x`. @example reciprocal([2, 4]) // [0.5, 0.25] */
export function reciprocal(x: TensorLike): Tensor {
  return real('reciprocal', x);
}

/** Sine of radians. @example sin([0]) // [0] */
export function sin(x: TensorLike): Tensor {
  return real('sin', x);
}

/** Cosine of radians. @example cos([0]) // [1] */
export function cos(x: TensorLike): Tensor {
  return real('cos', x);
}

/** Tangent of radians. @example tan([0, 1]) // [0, 1.5574] */
export function tan(x: TensorLike): Tensor {
  return real('tan', x);
}

/** Arc sine in radians; NaN beyond -1 and 1. @example asin([0, 1]) // [0, 1.5708] */
export function asin(x: TensorLike): Tensor {
  return real('asin', x);
}

/** Arc cosine in radians; NaN beyond -1 and 1. @example acos([1, 0]) // [0, 1.5708] */
export function acos(x: TensorLike): Tensor {
  return real('acos', x);
}

/** Arc tangent in radians. @example atan([0, 1]) // [0, 0.7854] */
export function atan(x: TensorLike): Tensor {
  return real('atan', x);
}

/** Hyperbolic sine. @example sinh([0, 1]) // [0, 1.1752] */
export function sinh(x: TensorLike): Tensor {
  return real('sinh', x);
}

/** Hyperbolic cosine. @example cosh([0]) // [1] */
export function cosh(x: TensorLike): Tensor {
  return real('cosh', x);
}

/** Hyperbolic tangent. @example tanh([0, 1]) // [0, 0.7616] */
export function tanh(x: TensorLike): Tensor {
  return real('tanh', x);
}

/** Inverse hyperbolic sine. @example asinh([0, 1]) // [0, 0.8814] */
export function asinh(x: TensorLike): Tensor {
  return real('asinh', x);
}

/** Inverse hyperbolic cosine; NaN below 1. @example acosh([1]) // [0] */
export function acosh(x: TensorLike): Tensor {
  return real('acosh', x);
}

/** Inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond. @example atanh([0, 0.5]) // [0, 0.5493] */
export function atanh(x: TensorLike): Tensor {
  return real('atanh', x);
}

/** The error function `2/sqrt(pi) * integral_0^x exp(-t^2) dt`. @example erf([0, 1]) // [0, 0.8427] */
export function erf(x: TensorLike): Tensor {
  return real('erf', x);
}

/** `1 - erf(x)`, exact in relative terms where it is small. @example ops.erfc([0, 1]) // [1, 0.1573] */
export function erfc(x: TensorLike): Tensor {
  return real('erfc', x);
}

/** The x whose {@link erf} is given; infinite at -1 and 1, NaN beyond. @example ops.erfinv([0, 0.5]) // [0, 0.4769] */
export function erfinv(x: TensorLike): Tensor {
  return real('erfinv', x);
}

/** `log |Gamma(x)|`; infinite at 0 and the negative integers. @example lgamma([5]) // [3.1781] */
export function lgamma(x: TensorLike): Tensor {
  return real('lgamma', x);
}

/** The derivative of {@link lgamma}; NaN at the negative integers. @example digamma([1]) // [-0.5772] */
export function digamma(x: TensorLike): Tensor {
  return real('digamma', x);
}

/** The largest whole number that is not above x. @example floor([1.8, -1.2]) // [1, -2] */
export function floor(x: TensorLike): Tensor {
  return rounding('floor', x);
}

/** The smallest whole number that is not below x. @example ceil([1.2, -1.2]) // [2, -1] */
export function ceil(x: TensorLike): Tensor {
  return rounding('ceil', x);
}

/** The nearest whole number, halves to the even one. @example round([0.5, 1.5, 2.4]) // [0, 2, 2] */
export function round(x: TensorLike): Tensor {
  return rounding('round', x);
}

/** The next whole number towards zero. @example ops.trunc([1.8, -1.8]) // [1, -1] */
export function trunc(x: TensorLike): Tensor {
  return rounding('trunc', x);
}

/** `sin(pi x) / (pi x)`, 1 at 0. @example ops.sinc([0, 0.5]) // [1, 0.6366] */
export function sinc(x: TensorLike): Tensor {
  const angle = mul(x, Math.PI);
  const zero = equal(angle, 0);
  const safe = where(zero, 1, angle);
  return where(zero, 1, mul(sin(safe), reciprocal(safe)));
}

/** Degrees to radians. @example ops.deg2rad([180]) // [3.1416] */
export function deg2rad(x: TensorLike): Tensor {
  return mul(x, Math.PI / 180);
}

/** Radians to degrees. @example ops.rad2deg([Math.PI]) // [180] */
export function rad2deg(x: TensorLike): Tensor {
  return mul(x, 180 / Math.PI);
}

/**
 * `x` as another dtype. Float to integer truncates toward zero and saturates (NaN gives 0); an integer to a narrower one
 * wraps; anything to bool is `x != 0`; to bfloat16 and float16 rounds to the nearest, halves to even (int32 by float32).
 * @throws ConfigError for an unknown dtype.
 * @example cast([1.5, -1.5], 'int32') // [1, -1]
 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  return new Tensor(castTo(operand(x), checkDType(dtype)));
}
