// From Keras 3's way to write models, which keras-config writes, to that of TensorFlow.js.
import { ConfigError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { KerasObject } from '../artifacts.ts';
import { modelToKeras } from '../keras-config/index.ts';

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Layers of TensorFlow.js 4.22 by Keras' names. */
const layers: ReadonlySet<string> = new Set(
  `Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Bidirectional
  CategoryEncoding CenterCrop Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM2D ConvLSTM2DCell Cropping2D Dense
  DepthwiseConv2D Dot Dropout ELU Embedding Flatten Functional GaussianDropout GaussianNoise GlobalAveragePooling1D
  GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D GRU GRUCell InputLayer LayerNormalization LeakyReLU LSTM LSTMCell
  Masking Maximum MaxPooling1D MaxPooling2D MaxPooling3D Minimum Multiply PReLU Permute ReLU RepeatVector Rescaling Reshape Resizing
  RNN SeparableConv2D Sequential SimpleRNN SimpleRNNCell Softmax SpatialDropout1D StackedRNNCells TimeDistributed UpSampling2D
  ZeroPadding2D`.split(/\s+/),
);

/** Activations of TensorFlow.js by our names for them in files. */
const activations: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'elu selu relu relu6 linear sigmoid softplus softsign tanh softmax log_softmax gelu mish'
      .split(' ')
      .map((name) => [name, name]),
  ),
  silu: 'swish',
  legacy_hard_sigmoid: 'hard_sigmoid',
  gelu_new: 'gelu_new',
};

const initializers: ReadonlySet<string> = new Set(
  `Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal Identity VarianceScaling GlorotUniform GlorotNormal HeNormal HeUniform
  LeCunNormal LeCunUniform Orthogonal`.split(/\s+/),
);

/** What must have this value, or TensorFlow.js would compute something else. */
const fixed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  GRU: { reset_after: false },
  GRUCell: { reset_after: false },
  ELU: { alpha: 1 },
  ReLU: { negative_slope: 0, threshold: 0 },
  GlobalAveragePooling1D: { keepdims: false },
  GlobalAveragePooling2D: { keepdims: false },
  GlobalMaxPooling1D: { keepdims: false },
  GlobalMaxPooling2D: { keepdims: false },
  Conv1D: { groups: 1 },
  Conv2D: { groups: 1 },
  Conv3D: { groups: 1 },
  Resizing: { crop_to_aspect_ratio: false, pad_to_aspect_ratio: false },
};

/** Options that only Keras 3 knows. */
const dropped: ReadonlySet<string> = new Set([
  ...[
    'ragged',
    'optional',
    'synchronized',
    'zero_output_for_mask',
    'autocast',
    'use_cudnn',
    'build_input_shape',
    'lora_rank',
  ],
  ...['pad_to_aspect_ratio', 'keepdims', 'groups', 'negative_slope', 'threshold', 'rms_scaling', 'quantization_config'],
]);

/**
 * The topology of a model as TensorFlow.js writes it.
 *
 * @throws ConfigError that lists what TensorFlow.js does not have.
 */
export function modelToLegacy(model: TrainableModel): object {
  const { class_name, config } = new LegacyWriting(model.label).layer(modelToKeras(model));
  return { class_name, config, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' };
}

class LegacyWriting {
  readonly #owner: string;

  constructor(owner: string) {
    this.#owner = owner;
  }

  layer(entry: KerasObject): Json & { class_name: string; config: unknown } {
    const { class_name: given, config, registered_name: registered, module } = entry;
    const isOwn = module === null;
    const place = `${given} "${String(config.name)}"`;
    if (!isOwn && !layers.has(given)) this.#refuse(place, 'is a layer that TensorFlow.js does not have');
    const className = isOwn ? String(registered ?? given) : given === 'Functional' ? 'Model' : given;
    const isThreshold =
      given === 'ReLU' && config.threshold !== 0 && config.negative_slope === 0 && config.max_value === null;
    if (isThreshold) return { class_name: 'ThresholdedReLU', config: { name: config.name, theta: config.threshold } };
    for (const [option, value] of Object.entries(fixed[given] ?? {})) {
      if (!isOwn && option in config && config[option] !== value)
        this.#refuse(
          place,
          `has ${option} ${JSON.stringify(config[option])}, where TensorFlow.js only does ${JSON.stringify(value)}`,
        );
    }
    const written: Json & { class_name: string; config: unknown } = {
      class_name: className,
      config: given === 'Functional' ? this.#graph(config) : this.#config(given, config, place),
    };
    if (typeof entry.name === 'string') written.name = entry.name;
    if (Array.isArray(entry.inbound_nodes)) written.inbound_nodes = this.#nodes(entry.inbound_nodes, place);
    return written;
  }

  #config(className: string, config: Json, place: string): Json {
    const written: Json = {};
    for (const [option, value] of Object.entries(config)) {
      if (!dropped.has(option)) written[option] = this.#option(option, value, place);
    }
    if (className === 'InputLayer') {
      const { batch_shape: shape, ...rest } = written;
      return { batch_input_shape: shape, ...rest };
    }
    if (className === 'LeakyReLU') return { ...written, alpha: config.negative_slope };
    if (className === 'Bidirectional') return this.#bidirectional(written, place);
    return written;
  }

  /** TensorFlow.js makes both directions of one layer, and names them. */
  #bidirectional({ layer, backward_layer: backward, ...rest }: Json, place: string): Json {
    const [forward, other] = [layer, backward].map((one) => {
      const { class_name, config } = one as KerasObject;
      const { name, go_backwards: _, ...options } = config;
      return { class_name, name: String(name).replace(/^.*?(forward|backward)_/, ''), options, config };
    });
    if (
      forward === undefined ||
      other === undefined ||
      JSON.stringify(forward.options) !== JSON.stringify(other.options)
    )
      this.#refuse(place, 'has a backward layer of its own, which TensorFlow.js does not have');
    return { ...rest, layer: { class_name: forward.class_name, config: { ...forward.config, name: forward.name } } };
  }

  #graph(config: Json): Json {
    const { name, input_layers: inputs, output_layers: outputs } = config;
    const inner = (config.layers as KerasObject[]).map((layer) => this.layer(layer));
    // The making of a model counts as its first call.
    const models = new Set(
      inner.flatMap((layer) => (layer.class_name === 'Model' || layer.class_name === 'Sequential' ? [layer.name] : [])),
    );
    const counted = ([layer, call, ...rest]: readonly unknown[]): unknown[] => [
      layer,
      models.has(layer) ? (call as number) + 1 : call,
      ...rest,
    ];
    for (const layer of inner) {
      if (layer.inbound_nodes !== undefined)
        layer.inbound_nodes = (layer.inbound_nodes as unknown[][][]).map((node) => node.map(counted));
    }
    return {
      name,
      layers: inner,
      input_layers: this.#places(inputs).map(counted),
      output_layers: this.#places(outputs).map(counted),
    };
  }

  #places(places: unknown): unknown[][] {
    if (!Array.isArray(places))
      return this.#refuse('the model', 'has inputs or outputs in a record, which TensorFlow.js has in lists');
    if (typeof places[0] === 'string') return [places as unknown[]];
    if (places.some((place: unknown) => !Array.isArray(place) || typeof place[0] !== 'string'))
      this.#refuse('the model', 'has inputs or outputs in lists of lists, which TensorFlow.js does not have');
    return places as unknown[][];
  }

  #nodes(nodes: readonly unknown[], place: string): unknown {
    return nodes.map((node) => {
      const { args, kwargs } = node as { args: unknown[]; kwargs: Json };
      const [first, ...others] = args;
      const options = Object.entries(kwargs).filter(([name, value]) => name !== 'training' && value !== null);
      const states = options.filter(([name]) => name === 'initial_state').flatMap(([, value]) => value as unknown[]);
      if (others.length > 0 || options.length > (states.length > 0 ? 1 : 0))
        this.#refuse(
          place,
          `is called with ${options.map(([name]) => name).join(', ') || 'several arguments'}, which no file of TensorFlow.js holds`,
        );
      return [...(Array.isArray(first) ? (first as unknown[]) : [first]), ...states].map((tensor) => {
        const { config } = tensor as { config?: { keras_history?: unknown[] } };
        return [...(config?.keras_history ?? this.#refuse(place, 'reads what is no tensor of the model')), {}];
      });
    });
  }

  #option(option: string, value: unknown, place: string): unknown {
    if (option === 'dtype') return isRecord(value) ? (value.config as Json).name : value;
    if (option === 'layers' || option === 'cells') return (value as KerasObject[]).map((layer) => this.layer(layer));
    if (option === 'layer' || option === 'backward_layer' || option === 'cell')
      return value === null ? null : this.layer(value as KerasObject);
    if (option.endsWith('activation') && typeof value === 'string') {
      if (Object.hasOwn(activations, value)) return activations[value];

      return this.#refuse(
        place,
        `has the activation ${value}, which TensorFlow.js does not have or computes otherwise`,
      );
    }
    if (!isRecord(value) || typeof value.class_name !== 'string') return value;
    return this.#object(option, value as unknown as KerasObject, place);
  }

  #object(option: string, { class_name: given, config, module }: KerasObject, place: string): unknown {
    if (module === null) return { class_name: given, config };
    if (option.endsWith('_regularizer')) {
      const { l1 = 0, l2 = 0 } = config as { l1?: number; l2?: number };
      if (!/^L1|^L2/.test(given))
        this.#refuse(place, `has the regularizer ${given}, which TensorFlow.js does not have`);
      return { class_name: 'L1L2', config: { l1, l2 } };
    }
    if (option.endsWith('_initializer')) {
      const name = given.replace(/^Lecun/, 'LeCun').replace(/^IdentityInitializer$/, 'Identity');
      // The weights are in the file: what they began with does not matter.
      return initializers.has(name) ? { class_name: name, config } : { class_name: 'Zeros', config: {} };
    }
    return { class_name: given, config };
  }

  #refuse(place: string, problem: string): never {
    throw new ConfigError(
      `save: ${this.#owner} cannot be written for TensorFlow.js: ${place} ${problem}. Save it as .keras`,
    );
  }
}
