// Activations that are functions of single elements, with TensorFlow's gradients at the kinks.
import { checkNumber } from '../../arguments.ts';
import { floatOperand, type TensorLike, toTensor } from '../../tensor/convert.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { add, maximum, minimum, mul } from './arithmetic.ts';
import { arithmetic, real } from './build.ts';
import { greater, greaterEqual, isNaN, where } from './logic.ts';
import { abs, exp, expm1, log1p, neg } from './math.ts';

/** `max(x, 0)`; the gradient at 0 is 0. @example relu([-1, 2]) // [0, 2] */
export function relu(x: TensorLike): Tensor {
  return arithmetic('relu', x);
}

/** `min(max(x, 0), 6)`; the gradient is 0 at 0 and 6. @example relu6([-1, 3, 9]) // [0, 3, 6] */
export function relu6(x: TensorLike): Tensor {
  const positive = relu(x);
  return where(greaterEqual(positive, 6), 6, positive);
}

/**
 * `x` where it is positive, else `alpha x`, which is also the slope at 0. @throws ConfigError unless alpha is a number.
 * @example leakyRelu([-1, 2], 0.1) // [-0.1, 2]
 */
export function leakyRelu(x: TensorLike, alpha = 0.2): Tensor {
  return prelu(x, checkNumber('leakyRelu', 'alpha', alpha));
}

/** `x` where it is positive, else `alpha x`, broadcast. @example prelu([-1, 2], 0.5) // [-0.5, 2] */
export function prelu(x: TensorLike, alpha: TensorLike): Tensor {
  const found = toTensor(x);
  return where(greater(found, 0), found, mul(found, alpha));
}

/**
 * `x` from 0 on, else `alpha (e^x - 1)` (Clevert et al., 2016). @throws ConfigError unless alpha is a number.
 * @example elu([-1, 2]) // [-0.6321, 2]
 */
export function elu(x: TensorLike, alpha = 1): Tensor {
  return exponentialUnit(x, 1, checkNumber('elu', 'alpha', alpha));
}

/**
 * `1.0507 x` from 0 on, else `1.7581 (e^x - 1)`, which keeps mean 0 and variance 1 (Klambauer et al., 2017).
 * @example selu([1]) // [1.0507]
 */
export function selu(x: TensorLike): Tensor {
  const scale = 1.0507009873554805;
  return exponentialUnit(x, scale, scale * 1.6732632423543772);
}

function exponentialUnit(x: TensorLike, scale: number, alpha: number): Tensor {
  const found = toTensor(x);
  // The exponential of the other side must stay finite: its gradient is multiplied by 0.
  const below = mul(expm1(minimum(found, 0)), alpha);
  return where(greaterEqual(found, 0), scale === 1 ? found : mul(found, scale), below);
}

/** `1 / (1 + e^-x)`. @example sigmoid([0, 1]) // [0.5, 0.7311] */
export function sigmoid(x: TensorLike): Tensor {
  return real('sigmoid', x);
}

/** `log(1 + e^x)`, without overflow. @example softplus([0]) // [0.6931] */
export function softplus(x: TensorLike): Tensor {
  // The maximum, unlike relu, gives half a gradient at 0.
  return add(maximum(x, 0), log1p(exp(neg(abs(x)))));
}

/** `log(sigmoid(x))`, without overflow. @example activations.logSigmoid([0]) // [-0.6931] */
export function logSigmoid(x: TensorLike): Tensor {
  return neg(softplus(neg(x)));
}

/**
 * 1 where x is positive, else `alpha`; NaN stays, no gradient flows. @throws ConfigError unless alpha is a number.
 * @example step([-2, 3]) // [0, 1]
 */
export function step(x: TensorLike, alpha = 0): Tensor {
  const found = new Tensor(floatOperand(x).handle);
  return where(greater(found, 0), 1, where(isNaN(found), Number.NaN, checkNumber('step', 'alpha', alpha)));
}
