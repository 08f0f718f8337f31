// Activations by name.
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import * as functions from './activations.ts';
import * as alongAxis from './along-axis.ts';

/** An activation: a tensor of the same shape (`glu` halves the last axis). */
export type ActivationFunction = (x: Tensor) => Tensor;

// Called with the tensor alone, whatever a caller may pass on.
const byName: Readonly<Record<string, ActivationFunction>> = {
  celu: (x) => functions.celu(x),
  elu: (x) => functions.elu(x),
  exponential: (x) => functions.exponential(x),
  gelu: (x) => functions.gelu(x),
  glu: (x) => functions.glu(x),
  hardShrink: (x) => functions.hardShrink(x),
  hardSigmoid: (x) => functions.hardSigmoid(x),
  hardSilu: (x) => functions.hardSilu(x),
  hardTanh: (x) => functions.hardTanh(x),
  leakyRelu: (x) => functions.leakyRelu(x),
  linear: (x) => functions.linear(x),
  logSigmoid: (x) => functions.logSigmoid(x),
  logSoftmax: (x) => alongAxis.logSoftmax(x),
  mish: (x) => functions.mish(x),
  relu: (x) => functions.relu(x),
  relu6: (x) => functions.relu6(x),
  selu: (x) => functions.selu(x),
  sigmoid: (x) => functions.sigmoid(x),
  silu: (x) => functions.silu(x),
  softShrink: (x) => functions.softShrink(x),
  softmax: (x) => alongAxis.softmax(x),
  softplus: (x) => functions.softplus(x),
  softsign: (x) => functions.softsign(x),
  sparsePlus: (x) => functions.sparsePlus(x),
  sparseSigmoid: (x) => functions.sparseSigmoid(x),
  sparsemax: (x) => alongAxis.sparsemax(x),
  squareplus: (x) => functions.squareplus(x),
  tanh: (x) => functions.tanh(x),
  tanhShrink: (x) => functions.tanhShrink(x),
  swish: (x) => functions.silu(x),
  hardSwish: (x) => functions.hardSilu(x),
  // TensorFlow.js' name for the approximation.
  geluNew: (x) => functions.gelu(x, true),
  // What Keras 2 and TensorFlow.js call hard_sigmoid: their files say how steep it was.
  legacyHardSigmoid: (x) => x.mul(0.2).add(0.5).maximum(0).minimum(1),
};

/** Names of the activations, in TensorFlow.js' spelling and in Keras'. */
export type ActivationName =
  | 'celu'
  | 'elu'
  | 'exponential'
  | 'gelu'
  | 'glu'
  | 'hardShrink'
  | 'hardSigmoid'
  | 'hardSilu'
  | 'hardTanh'
  | 'leakyRelu'
  | 'linear'
  | 'logSigmoid'
  | 'logSoftmax'
  | 'mish'
  | 'relu'
  | 'relu6'
  | 'selu'
  | 'sigmoid'
  | 'silu'
  | 'softShrink'
  | 'softmax'
  | 'softplus'
  | 'softsign'
  | 'sparsePlus'
  | 'sparseSigmoid'
  | 'sparsemax'
  | 'squareplus'
  | 'tanh'
  | 'tanhShrink'
  | 'swish'
  | 'hardSwish'
  | 'hard_shrink'
  | 'hard_sigmoid'
  | 'hard_silu'
  | 'hard_tanh'
  | 'leaky_relu'
  | 'log_sigmoid'
  | 'log_softmax'
  | 'soft_shrink'
  | 'sparse_plus'
  | 'sparse_sigmoid'
  | 'tanh_shrink'
  | 'hard_swish'
  | 'gelu_new'
  | 'legacyHardSigmoid'
  | 'legacy_hard_sigmoid';

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
 * @throws ConfigError for an unknown name, and for 'threshold', which has no defaults.
 * @example activations.get('hard_sigmoid').apply(tensor([-3, 0, 3])) // [0, 0.5, 1]
 */
export function get(identifier: ActivationIdentifier | null | undefined): Activation {
  if (identifier === undefined || identifier === null) return { name: 'linear', apply: functions.linear };
  if (typeof identifier === 'function') return { name: identifier.name || 'custom', apply: identifier };
  const name =
    typeof identifier === 'string' ? identifier.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : '';
  if (name === 'threshold') {
    throw new ConfigError(
      "the activation 'threshold' needs numbers: pass a function such as (x) => activations.threshold(x, 0.5, 0)",
    );
  }
  const apply = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (apply === undefined) {
    throw new ConfigError(
      `there is no activation ${received(identifier)}; known are ${Object.keys(byName).join(', ')}, or pass a function`,
    );
  }
  return { name, apply };
}
