// Functions of one number.
import { castTo, operand, type TensorLike } from '../../tensor/convert.ts';
import { checkDType, type DType } from '../../tensor/dtype.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { mul } from './arithmetic.ts';
import { arithmetic, real, rounding } from './build.ts';
import { equal, where } from './logic.ts';

/** `-x`. */
export function neg(x: TensorLike): Tensor {
  return arithmetic('neg', x);
}

/** `|x|`. */
export function abs(x: TensorLike): Tensor {
  return arithmetic('abs', x);
}

/** -1, 0 or 1; no gradient flows through. */
export function sign(x: TensorLike): Tensor {
  return arithmetic('sign', x);
}

/** `x * x`. */
export function square(x: TensorLike): Tensor {
  return arithmetic('square', x);
}

/** `e^x`. */
export function exp(x: TensorLike): Tensor {
  return real('exp', x);
}

/** `2^x`. */
export function exp2(x: TensorLike): Tensor {
  return real('exp2', x);
}

/** `e^x - 1`, exact for small x. */
export function expm1(x: TensorLike): Tensor {
  return real('expm1', x);
}

/** Natural logarithm. */
export function log(x: TensorLike): Tensor {
  return real('log', x);
}

/** Logarithm to base 2. */
export function log2(x: TensorLike): Tensor {
  return real('log2', x);
}

/** Logarithm to base 10. */
export function log10(x: TensorLike): Tensor {
  return real('log10', x);
}

/** `log(1 + x)`, exact for small x. */
export function log1p(x: TensorLike): Tensor {
  return real('log1p', x);
}

/** Square root; NaN below 0. */
export function sqrt(x: TensorLike): Tensor {
  return real('sqrt', x);
}

/** `1 / sqrt(x)`. */
export function rsqrt(x: TensorLike): Tensor {
  return real('rsqrt', x);
}

/** The real cube root, of negative numbers too. */
export function cbrt(x: TensorLike): Tensor {
  return real('cbrt', x);
}

/** `1 / x`. */
export function reciprocal(x: TensorLike): Tensor {
  return real('reciprocal', x);
}

/** Sine of radians. */
export function sin(x: TensorLike): Tensor {
  return real('sin', x);
}

/** Cosine of radians. */
export function cos(x: TensorLike): Tensor {
  return real('cos', x);
}

/** Tangent of radians. */
export function tan(x: TensorLike): Tensor {
  return real('tan', x);
}

/** Arc sine in radians; NaN beyond -1 and 1. */
export function asin(x: TensorLike): Tensor {
  return real('asin', x);
}

/** Arc cosine in radians; NaN beyond -1 and 1. */
export function acos(x: TensorLike): Tensor {
  return real('acos', x);
}

/** Arc tangent in radians. */
export function atan(x: TensorLike): Tensor {
  return real('atan', x);
}

/** Hyperbolic sine. */
export function sinh(x: TensorLike): Tensor {
  return real('sinh', x);
}

/** Hyperbolic cosine. */
export function cosh(x: TensorLike): Tensor {
  return real('cosh', x);
}

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return real('tanh', x);
}

/** Inverse hyperbolic sine. */
export function asinh(x: TensorLike): Tensor {
  return real('asinh', x);
}

/** Inverse hyperbolic cosine; NaN below 1. */
export function acosh(x: TensorLike): Tensor {
  return real('acosh', x);
}

/** Inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond. */
export function atanh(x: TensorLike): Tensor {
  return real('atanh', x);
}

/** The error function `2/sqrt(pi) * integral_0^x exp(-t^2) dt`. */
export function erf(x: TensorLike): Tensor {
  return real('erf', x);
}

/** `1 - erf(x)`, exact in relative terms where it is small. */
export function erfc(x: TensorLike): Tensor {
  return real('erfc', x);
}

/** The x whose {@link erf} is given; infinite at -1 and 1, NaN beyond. */
export function erfinv(x: TensorLike): Tensor {
  return real('erfinv', x);
}

/** `log |Gamma(x)|`; infinite at 0 and the negative integers. */
export function lgamma(x: TensorLike): Tensor {
  return real('lgamma', x);
}

/** The derivative of {@link lgamma}; NaN at the negative integers. */
export function digamma(x: TensorLike): Tensor {
  return real('digamma', x);
}

/** The largest whole number that is not above x. */
export function floor(x: TensorLike): Tensor {
  return rounding('floor', x);
}

/** The smallest whole number that is not below x. */
export function ceil(x: TensorLike): Tensor {
  return rounding('ceil', x);
}

/** The nearest whole number, halves to the even one. */
export function round(x: TensorLike): Tensor {
  return rounding('round', x);
}

/** The next whole number towards zero. */
export function trunc(x: TensorLike): Tensor {
  return rounding('trunc', x);
}

/** `sin(pi x) / (pi x)`, 1 at 0. */
export function sinc(x: TensorLike): Tensor {
  const angle = mul(x, Math.PI);
  const zero = equal(angle, 0);
  const safe = where(zero, 1, angle);
  return where(zero, 1, mul(sin(safe), reciprocal(safe)));
}

/** Degrees to radians. */
export function deg2rad(x: TensorLike): Tensor {
  return mul(x, Math.PI / 180);
}

/** Radians to degrees. */
export function rad2deg(x: TensorLike): Tensor {
  return mul(x, 180 / Math.PI);
}

/**
 * `x` as another dtype. Float to integer truncates toward zero and saturates (NaN gives 0); an integer to a narrower one
 * wraps; anything to bool is `x != 0`; to bfloat16 and float16 rounds to the nearest, halves to even (int32 by float32).
 * @throws ConfigError for an unknown dtype.
 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  return new Tensor(castTo(operand(x), checkDType(dtype)));
}
