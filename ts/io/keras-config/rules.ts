// What the options of classes hold, by their names in Keras' spelling.
import type { Kind } from './tables.ts';

/** What is done with the value of an option. */
export type Rule =
  /** As it is. */
  | { readonly is: 'value' }
  /** A word of a list, spelled as we do. */
  | { readonly is: 'word' }
  | { readonly is: 'initializer' | 'regularizer' | 'constraint' | 'optimizer' | 'rate' | 'activation' | 'dtype' }
  /** A layer, or a list of layers. */
  | { readonly is: 'layers' }
  /** One of the values that change nothing here: left out. */
  | { readonly is: 'void'; readonly values: readonly unknown[]; readonly why?: string }
  /** Whatever it is, it changes no result: left out. */
  | { readonly is: 'ignored' };

const only = (...values: unknown[]): Rule => ({ is: 'void', values });
const ignored: Rule = { is: 'ignored' };
const word: Rule = { is: 'word' };

/** Options of layers that hornbeam has no equal of, or that are no plain values. */
const ofLayers: Readonly<Record<string, Rule>> = {
  activation: { is: 'activation' },
  recurrent_activation: { is: 'activation' },
  dtype: { is: 'dtype' },
  layer: { is: 'layers' },
  backward_layer: { is: 'layers' },
  cell: { is: 'layers' },
  cells: { is: 'layers' },
  data_format: word,
  fill_mode: word,
  interpolation: word,
  output_mode: word,
  padding: word,
  score_mode: word,
  // What Keras 3 writes beside.
  autocast: ignored,
  sparse: only(false, null),
  ragged: only(false, null),
  optional: only(false, null),
  lora_rank: only(null),
  lora_alpha: only(null),
  lora_enabled: only(false, null),
  quantization_config: only(null),
  quantization_mode: only(null),
  gptq_unpacked_column_size: only(null),
  reverse_dtype: only(null),
  rms_scaling: only(false, null),
  renorm: only(false, null),
  renorm_clipping: only(null),
  renorm_momentum: ignored,
  // One process has the whole batch.
  synchronized: ignored,
  virtual_batch_size: only(null),
  adjustment: only(null),
  fused: ignored,
  // How it is computed, not what.
  use_cudnn: ignored,
  flash_attention: ignored,
  implementation: ignored,
  time_major: only(false, null),
  input_length: ignored,
  experimental_autocast: ignored,
  build_config: ignored,
  // Keras 2: the weights that the constructor was given are in the file.
  weights: only(null),
  kernel_quantizer: only(null),
  registered_name: ignored,
};

const ofObjects: Readonly<Record<string, Rule>> = {
  dtype: { is: 'dtype' },
  distribution: word,
  mode: word,
  reduction: word,
  class_aggregation: word,
  summation_method: word,
  average: word,
  // Keras 2: the function that the class stands for.
  fn: ignored,
  input_axes: only(null),
  output_axes: only(null),
  partition: only(null),
};

const ofOptimizers: Readonly<Record<string, Rule>> = {
  learning_rate: { is: 'rate' },
  lr: { is: 'rate' },
  inner_optimizer: { is: 'optimizer' },
  jit_compile: ignored,
  is_legacy_optimizer: ignored,
  use_locking: ignored,
  decay: only(0, null),
  schedule_decay: ignored,
  mesh: only(null),
};

/** The rule of an option of a class of this kind. */
export function ruleOf(kind: Kind, option: string): Rule {
  if (kind === 'layer') {
    if (option.endsWith('_initializer')) return { is: 'initializer' };
    if (option.endsWith('_regularizer')) return { is: 'regularizer' };
    if (option.endsWith('_constraint')) return { is: 'constraint' };
    return own(ofLayers, option);
  }
  return own(kind === 'optimizer' ? ofOptimizers : ofObjects, option);
}

function own(rules: Readonly<Record<string, Rule>>, option: string): Rule {
  return Object.hasOwn(rules, option) ? (rules[option] as Rule) : { is: 'value' };
}

/** Options that mean "not given" when they are null, though the class does not take null. */
const nullMeansNone: Readonly<Partial<Record<Kind, readonly string[] | 'all'>>> = {
  layer: ['seed', 'noise_shape', 'num_tokens', 'bin_boundaries', 'num_bins', 'name', 'strides', 'supports_masking'],
  optimizer: 'all',
  schedule: 'all',
  regularizer: 'all',
  constraint: 'all',
  loss: ['name', 'dtype', 'axis'],
  metric: ['name', 'dtype', 'label_weights', 'num_labels', 'normalizer'],
};

/** Whether an option of null is as good as none. */
export function isNone(kind: Kind, option: string): boolean {
  const names = nullMeansNone[kind];
  return names === 'all' || (names?.includes(option) ?? false);
}

const ofKernel = ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint', 'groups', 'filters'];
/** Options that Keras 2 writes of a class though it makes nothing of them: by Keras' name of the class. */
const unused: Readonly<Record<string, readonly string[]>> = {
  DepthwiseConv1D: ofKernel,
  DepthwiseConv2D: ofKernel,
  SeparableConv1D: ofKernel.slice(0, 4),
  SeparableConv2D: ofKernel.slice(0, 4),
  MultiHeadAttention: ['query_shape', 'key_shape', 'value_shape'],
};

/** Whether a class makes nothing of an option. */
export function isUnused(name: string, option: string): boolean {
  return Object.hasOwn(unused, name) && (unused[name] as readonly string[]).includes(option);
}

/** Options that a class has under another name: by Keras' name of the class. */
export const renamedOptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  InputLayer: { batch_shape: 'batchShape' },
};
