import * as ops from '../../ops/index.ts';
import type { TensorLike } from '../convert.ts';
import type { Tensor } from '../tensor.ts';
import { ConversionMethods } from './conversion.ts';

/** Functions of single elements. */
export abstract class ArithmeticMethods extends ConversionMethods {
  /** Sum, broadcast. @example tensor([1, 2]).add(1) // [2, 3] */
  add(this: Tensor, other: TensorLike): Tensor {
    return ops.add(this, other);
  }

  /** Difference, broadcast. */
  sub(this: Tensor, other: TensorLike): Tensor {
    return ops.sub(this, other);
  }

  /** Product, broadcast. */
  mul(this: Tensor, other: TensorLike): Tensor {
    return ops.mul(this, other);
  }

  /** Quotient, broadcast; integers are divided as float32. */
  div(this: Tensor, other: TensorLike): Tensor {
    return ops.div(this, other);
  }

  /** Quotient, and 0 where the divisor is 0. */
  divNoNan(this: Tensor, other: TensorLike): Tensor {
    return ops.divNoNan(this, other);
  }

  /** Floor of the quotient, broadcast. */
  floorDiv(this: Tensor, other: TensorLike): Tensor {
    return ops.floorDiv(this, other);
  }

  /** Power, broadcast. */
  pow(this: Tensor, other: TensorLike): Tensor {
    return ops.pow(this, other);
  }

  /** The larger of both, broadcast. */
  maximum(this: Tensor, other: TensorLike): Tensor {
    return ops.maximum(this, other);
  }

  /** The smaller of both, broadcast. */
  minimum(this: Tensor, other: TensorLike): Tensor {
    return ops.minimum(this, other);
  }

  /** Remainder with the sign of the divisor, broadcast. */
  mod(this: Tensor, other: TensorLike): Tensor {
    return ops.mod(this, other);
  }

  /** Squared difference, broadcast. */
  squaredDifference(this: Tensor, other: TensorLike): Tensor {
    return ops.squaredDifference(this, other);
  }

  /** Negated. */
  neg(this: Tensor): Tensor {
    return ops.neg(this);
  }

  /** Magnitude. */
  abs(this: Tensor): Tensor {
    return ops.abs(this);
  }

  /** -1, 0 or 1. */
  sign(this: Tensor): Tensor {
    return ops.sign(this);
  }

  /** Squared. */
  square(this: Tensor): Tensor {
    return ops.square(this);
  }

  /** Square root. */
  sqrt(this: Tensor): Tensor {
    return ops.sqrt(this);
  }

  /** `1 / sqrt(x)`. */
  rsqrt(this: Tensor): Tensor {
    return ops.rsqrt(this);
  }

  /** `1 / x`. */
  reciprocal(this: Tensor): Tensor {
    return ops.reciprocal(this);
  }

  /** `e^x`. */
  exp(this: Tensor): Tensor {
    return ops.exp(this);
  }

  /** `e^x - 1`. */
  expm1(this: Tensor): Tensor {
    return ops.expm1(this);
  }

  /** Natural logarithm. */
  log(this: Tensor): Tensor {
    return ops.log(this);
  }

  /** `log(1 + x)`. */
  log1p(this: Tensor): Tensor {
    return ops.log1p(this);
  }

  /** Sine. */
  sin(this: Tensor): Tensor {
    return ops.sin(this);
  }

  /** Cosine. */
  cos(this: Tensor): Tensor {
    return ops.cos(this);
  }

  /** Tangent. */
  tan(this: Tensor): Tensor {
    return ops.tan(this);
  }

  /** Hyperbolic tangent. */
  tanh(this: Tensor): Tensor {
    return ops.tanh(this);
  }

  /** `1 / (1 + e^-x)`. */
  sigmoid(this: Tensor): Tensor {
    return ops.sigmoid(this);
  }

  /** Error function. */
  erf(this: Tensor): Tensor {
    return ops.erf(this);
  }

  /** Rounded down. */
  floor(this: Tensor): Tensor {
    return ops.floor(this);
  }

  /** Rounded up. */
  ceil(this: Tensor): Tensor {
    return ops.ceil(this);
  }

  /** Rounded, halves to even. */
  round(this: Tensor): Tensor {
    return ops.round(this);
  }

  /** `max(x, 0)`. */
  relu(this: Tensor): Tensor {
    return ops.relu(this);
  }

  /** `log(1 + e^x)`. */
  softplus(this: Tensor): Tensor {
    return ops.softplus(this);
  }

  /** Cut off at both ends. */
  clipByValue(this: Tensor, low: number, high: number): Tensor {
    return ops.clipByValue(this, low, high);
  }

  /** Arc cosine. */
  acos(this: Tensor): Tensor {
    return ops.acos(this);
  }

  /** Inverse hyperbolic cosine. */
  acosh(this: Tensor): Tensor {
    return ops.acosh(this);
  }

  /** Arc sine. */
  asin(this: Tensor): Tensor {
    return ops.asin(this);
  }

  /** Inverse hyperbolic sine. */
  asinh(this: Tensor): Tensor {
    return ops.asinh(this);
  }

  /** Arc tangent. */
  atan(this: Tensor): Tensor {
    return ops.atan(this);
  }

  /** Inverse hyperbolic tangent. */
  atanh(this: Tensor): Tensor {
    return ops.atanh(this);
  }

  /** Hyperbolic sine. */
  sinh(this: Tensor): Tensor {
    return ops.sinh(this);
  }

  /** Hyperbolic cosine. */
  cosh(this: Tensor): Tensor {
    return ops.cosh(this);
  }

  /** The angle of the point (other, this) in radians, broadcast. */
  atan2(this: Tensor, other: TensorLike): Tensor {
    return ops.atan2(this, other);
  }
}
