import { checkFlag, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { real } from '../ops/elementwise/build.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

/** An activation: a tensor of the same shape. */
export type ActivationFunction = (x: Tensor) => Tensor;

/** `x` itself. */
export function linear(input: TensorLike): Tensor {
  return toTensor(input);
}

/** `max(x, 0)`. */
export function relu(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.relu();
}

/** `min(max(x, 0), 6)`. */
export function relu6(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.relu().minimum(6);
}

/** `x` if positive, else `negativeSlope * x`. */
export function leakyRelu(input: TensorLike, negativeSlope = 0.2): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.minimum(0).mul(negativeSlope));
}

/** `x` if positive, else `alpha * (exp(x) - 1)`. */
export function elu(input: TensorLike, alpha = 1): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.minimum(0).expm1().mul(alpha));
}

/** `scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017). */
export function selu(input: TensorLike): Tensor {
  return elu(input, 1.6732632423543772).mul(1.0507009873554805);
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.sigmoid();
}

/** `relu6(x + 3) / 6`. */
export function hardSigmoid(input: TensorLike): Tensor {
  const x = toTensor(input);
  return relu6(x.add(3)).div(6);
}

/** `tanh(x)`. */
export function tanh(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.tanh();
}

/** `log(1 + exp(x))`, without overflow. */
export function softplus(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.abs().neg().exp().log1p());
}

/** `x / (1 + |x|)`. */
export function softsign(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.div(x.abs().add(1));
}

/** `x * sigmoid(x)`, also known as swish. */
export function silu(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.mul(x.sigmoid());
}

/** `x * tanh(softplus(x))`. */
export function mish(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.mul(softplus(x).tanh());
}

/** `x * P(X <= x)` for a standard normal X; `approximate` uses tanh (Hendrycks and Gimpel, 2016). */
export function gelu(input: TensorLike, approximate = false): Tensor {
  checkFlag('gelu', 'approximate', approximate);
  const x = toTensor(input);
  if (approximate) {
    const inner = x
      .mul(x)
      .mul(x)
      .mul(0.044715)
      .add(x)
      .mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.tanh().add(1));
  }
  return real('gelu', x);
}

/** `exp(x)`. */
export function exponential(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.exp();
}

/** `exp(x) / sum(exp(x))` along the last axis (or `axis`). */
export function softmax(input: TensorLike, axis = -1): Tensor {
  const x = toTensor(input);
  return x.softmax(axis);
}

/** `log(softmax(x))` along the last axis (or `axis`). */
export function logSoftmax(input: TensorLike, axis = -1): Tensor {
  const x = toTensor(input);
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
  const name =
    typeof identifier === 'string' ? identifier.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : '';
  const apply = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (apply === undefined) {
    throw new ConfigError(
      `there is no activation ${received(identifier)}; known are ${Object.keys(byName).join(', ')}, or pass a function`,
    );
  }
  return { name, apply };
}
