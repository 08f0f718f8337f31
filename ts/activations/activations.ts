import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';

/** An activation: a tensor of the same shape. */
export type ActivationFunction = (x: Tensor) => Tensor;

/** `x` itself. */
export function linear(x: Tensor): Tensor {
  return x;
}

/** `max(x, 0)`. */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/** `min(max(x, 0), 6)`. */
export function relu6(x: Tensor): Tensor {
  return x.relu().minimum(6);
}

/** `x` if positive, else `negativeSlope * x`. */
export function leakyRelu(x: Tensor, negativeSlope = 0.2): Tensor {
  return x.maximum(0).add(x.minimum(0).mul(negativeSlope));
}

/** `x` if positive, else `alpha * (exp(x) - 1)`. */
export function elu(x: Tensor, alpha = 1): Tensor {
  return x.maximum(0).add(x.minimum(0).expm1().mul(alpha));
}

/** `scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017). */
export function selu(x: Tensor): Tensor {
  return elu(x, 1.6732632423543772).mul(1.0507009873554805);
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(x: Tensor): Tensor {
  return x.sigmoid();
}

/** `relu6(x + 3) / 6`. */
export function hardSigmoid(x: Tensor): Tensor {
  return relu6(x.add(3)).div(6);
}

/** `tanh(x)`. */
export function tanh(x: Tensor): Tensor {
  return x.tanh();
}

/** `log(1 + exp(x))`, without overflow. */
export function softplus(x: Tensor): Tensor {
  return x.maximum(0).add(x.abs().neg().exp().log1p());
}

/** `x / (1 + |x|)`. */
export function softsign(x: Tensor): Tensor {
  return x.div(x.abs().add(1));
}

/** `x * sigmoid(x)`, also known as swish. */
export function silu(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}

/** `x * tanh(softplus(x))`. */
export function mish(x: Tensor): Tensor {
  return x.mul(softplus(x).tanh());
}

/** `x * P(X <= x)` for a standard normal X; `approximate` uses tanh (Hendrycks and Gimpel, 2016). */
export function gelu(x: Tensor, approximate = false): Tensor {
  if (approximate) {
    const inner = x
      .mul(x)
      .mul(x)
      .mul(0.044715)
      .add(x)
      .mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.tanh().add(1));
  }
  return x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));
}

/** `exp(x)`. */
export function exponential(x: Tensor): Tensor {
  return x.exp();
}

/** `exp(x) / sum(exp(x))` along the last axis (or `axis`). */
export function softmax(x: Tensor, axis = -1): Tensor {
  return x.softmax(axis);
}

/** `log(softmax(x))` along the last axis (or `axis`). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return x.logSoftmax(axis);
}

const byName: Readonly<Record<string, ActivationFunction>> = {
  linear,
  relu,
  relu6,
  leakyRelu: (x) => leakyRelu(x),
  elu: (x) => elu(x),
  selu,
  sigmoid,
  hardSigmoid,
  tanh,
  softplus,
  softsign,
  silu,
  swish: silu,
  mish,
  gelu: (x) => gelu(x),
  exponential,
  softmax: (x) => softmax(x),
  logSoftmax: (x) => logSoftmax(x),
};

/** Names of the activations, in TensorFlow.js' spelling; Keras' (`'hard_sigmoid'`) is understood, too. */
export type ActivationName =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'tanh'
  | 'softplus'
  | 'softsign'
  | 'silu'
  | 'swish'
  | 'mish'
  | 'gelu'
  | 'exponential'
  | 'softmax'
  | 'logSoftmax'
  | 'leaky_relu'
  | 'hard_sigmoid'
  | 'log_softmax';

/** What is accepted where an activation is. */
export type ActivationIdentifier = ActivationName | ActivationFunction;

/** An activation and the name it is known by. */
export interface Activation {
  readonly name: string;
  readonly apply: ActivationFunction;
}

/**
 * The activation of a name (`undefined` and `null`: linear) or a function of your own.
 *
 * @throws ConfigError for an unknown name.
 */
export function get(identifier: ActivationIdentifier | null | undefined): Activation {
  if (identifier === undefined || identifier === null) return { name: 'linear', apply: linear };
  if (typeof identifier === 'function') return { name: identifier.name || 'custom', apply: identifier };
  const name = String(identifier).replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const apply = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (apply === undefined) {
    throw new ConfigError(
      `there is no activation "${String(identifier)}"; known are ${Object.keys(byName).join(', ')}, or pass a function`,
    );
  }
  return { name, apply };
}
