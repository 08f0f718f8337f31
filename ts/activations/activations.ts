import { checkFlag, checkNumber } from '../arguments.ts';
import { real } from '../ops/elementwise/build.ts';
import { clipByValue, logSigmoid, split, where } from '../ops/index.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

export { logSigmoid };

/** `x` itself. @example activations.linear([-1, 2]) // [-1, 2] */
export function linear(input: TensorLike): Tensor {
  return toTensor(input);
}

/**
 * `maxValue` if `x >= maxValue`, `x` if `x > threshold`, else `negativeSlope * (x - threshold)`; by default `max(x, 0)`.
 *
 * @throws ConfigError for options that are no numbers.
 * @example activations.relu([-10, 2, 10], 0.1, 6) // [-1, 2, 6]
 */
export function relu(input: TensorLike, negativeSlope = 0, maxValue: number | null = null, threshold = 0): Tensor {
  const x = toTensor(input);
  const [slope, from] = [
    checkNumber('relu', 'negativeSlope', negativeSlope),
    checkNumber('relu', 'threshold', threshold),
  ];
  let outputs = from === 0 ? x.relu() : where(x.greater(from), x, 0);
  if (maxValue !== null) outputs = outputs.minimum(checkNumber('relu', 'maxValue', maxValue));
  return slope === 0 ? outputs : outputs.sub(x.neg().add(from).relu().mul(slope));
}

/** `min(max(x, 0), 6)`. @example activations.relu6([-1, 3, 9]) // [0, 3, 6] */
export function relu6(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.relu().minimum(6);
}

/** `x` if positive, else `negativeSlope * x`. @example activations.leakyRelu([-1, 2]) // [-0.2, 2] */
export function leakyRelu(input: TensorLike, negativeSlope = 0.2): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.minimum(0).mul(negativeSlope));
}

/** `x` if positive, else `alpha * (exp(x) - 1)`. @example activations.elu([-1, 0, 2]) // [-0.6321, 0, 2] */
export function elu(input: TensorLike, alpha = 1): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.minimum(0).expm1().mul(alpha));
}

/**
 * `scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017).
 * @example activations.selu([-1, 1]) // [-1.1113, 1.0507]
 */
export function selu(input: TensorLike): Tensor {
  return elu(input, 1.6732632423543772).mul(1.0507009873554805);
}

/** `1 / (1 + exp(-x))`. @example activations.sigmoid([0, 1]) // [0.5, 0.7311] */
export function sigmoid(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.sigmoid();
}

/** `relu6(x + 3) / 6`. @example activations.hardSigmoid([-3, 0, 1.5]) // [0, 0.5, 0.75] */
export function hardSigmoid(input: TensorLike): Tensor {
  const x = toTensor(input);
  return relu6(x.add(3)).div(6);
}

/** `tanh(x)`. @example activations.tanh([0, 1]) // [0, 0.7616] */
export function tanh(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.tanh();
}

/** `log(1 + exp(x))`, without overflow. @example activations.softplus([0]) // [0.6931] */
export function softplus(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.abs().neg().exp().log1p());
}

/** `x / (1 + |x|)`. @example activations.softsign([-1, 0, 3]) // [-0.5, 0, 0.75] */
export function softsign(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.div(x.abs().add(1));
}

/** `x * sigmoid(x)`, also known as swish. @example activations.silu([0, 1]) // [0, 0.7311] */
export function silu(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.mul(x.sigmoid());
}

/** `x * tanh(softplus(x))`. @example activations.mish([0, 1]) // [0, 0.8651] */
export function mish(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.mul(softplus(x).tanh());
}

/**
 * `x * P(X <= x)` for a standard normal X; `approximate` uses tanh (Hendrycks and Gimpel, 2016).
 * @example activations.gelu([-1, 0, 1]) // [-0.1587, 0, 0.8413]
 */
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

/** `exp(x)`. @example activations.exponential([0, 1]) // [1, 2.7183] */
export function exponential(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.exp();
}

/**
 * `max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))` (Barron, 2017).
 * @example activations.celu([-1, 0, 2]) // [-0.6321, 0, 2]
 */
export function celu(input: TensorLike, alpha = 1): Tensor {
  const x = toTensor(input);
  return x.maximum(0).add(x.div(alpha).minimum(0).expm1().mul(alpha));
}

/**
 * The first half along an axis times the sigmoid of the second (Dauphin et al., 2017): the axis is halved.
 * @example activations.glu([[1, 2, 0, 0]]) // [[0.5, 1]]
 */
export function glu(input: TensorLike, axis = -1): Tensor {
  const [a, gate] = split(input, 2, axis) as [Tensor, Tensor];
  return a.mul(gate.sigmoid());
}

/**
 * `x * hardSigmoid(x)`, also known as hard swish (Howard et al., 2019).
 * @example activations.hardSilu([-3, 0, 3]) // [0, 0, 3]
 */
export function hardSilu(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.mul(hardSigmoid(x));
}

/** `x` cut off at -1 and 1. @example activations.hardTanh([-2, 0.5, 2]) // [-1, 0.5, 1] */
export function hardTanh(input: TensorLike): Tensor {
  return clipByValue(input, -1, 1);
}

/** 0 from `-threshold` to `threshold`, else `x`. @example activations.hardShrink([-1, 0.25, 2]) // [-1, 0, 2] */
export function hardShrink(input: TensorLike, threshold = 0.5): Tensor {
  const x = toTensor(input);
  return where(x.abs().greater(threshold), x, 0);
}

/**
 * `x` moved towards 0 by `threshold`, at most to 0. @throws ConfigError unless `threshold` is a number.
 * @example activations.softShrink([-1, 0.25, 2]) // [-0.5, 0, 1.5]
 */
export function softShrink(input: TensorLike, threshold = 0.5): Tensor {
  const x = toTensor(input);
  const by = checkNumber('softShrink', 'threshold', threshold);
  return where(x.greater(by), x.sub(by), where(x.less(-by), x.add(by), 0));
}

/** `x - tanh(x)`. @example activations.tanhShrink([0, 1]) // [0, 0.2384] */
export function tanhShrink(input: TensorLike): Tensor {
  const x = toTensor(input);
  return x.sub(x.tanh());
}

/** `x` if `x > threshold`, else `defaultValue`. @example activations.threshold([0.25, 1], 0.5, 0) // [0, 1] */
export function threshold(input: TensorLike, threshold: number, defaultValue: number): Tensor {
  const x = toTensor(input);
  return where(
    x.greater(checkNumber('threshold', 'threshold', threshold)),
    x,
    checkNumber('threshold', 'defaultValue', defaultValue),
  );
}

/** `(x + sqrt(x^2 + b)) / 2` (Barron, 2021). @example activations.squareplus([0]) // [1] */
export function squareplus(input: TensorLike, b = 4): Tensor {
  const x = toTensor(input);
  return x.add(x.square().add(b).sqrt()).div(2);
}

/** 0 up to -1, `(x + 1)^2 / 4` up to 1, `x` above. @example activations.sparsePlus([-2, 0, 3]) // [0, 0.25, 3] */
export function sparsePlus(input: TensorLike): Tensor {
  const x = toTensor(input);
  return where(x.lessEqual(-1), 0, where(x.less(1), x.add(1).square().div(4), x));
}

/** 0 up to -1, `(x + 1) / 2` up to 1, 1 above. @example activations.sparseSigmoid([-2, 0, 0.5]) // [0, 0.5, 0.75] */
export function sparseSigmoid(input: TensorLike): Tensor {
  return toTensor(input).add(1).div(2).clipByValue(0, 1);
}
