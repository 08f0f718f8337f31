// What TensorFlow.js 4.22 has of Keras: which classes, and which options of ours change its results or are not there.

/** Layers that TensorFlow.js has, by Keras' names. */
export const tfjsLayers: ReadonlySet<string> = new Set([
  'Activation',
  'Add',
  'AlphaDropout',
  'Average',
  'AveragePooling1D',
  'AveragePooling2D',
  'AveragePooling3D',
  'BatchNormalization',
  'Bidirectional',
  'CategoryEncoding',
  'CenterCrop',
  'Concatenate',
  'Conv1D',
  'Conv2D',
  'Conv2DTranspose',
  'Conv3D',
  'Conv3DTranspose',
  'ConvLSTM2D',
  'Cropping2D',
  'Dense',
  'DepthwiseConv2D',
  'Dot',
  'Dropout',
  'ELU',
  'Embedding',
  'Flatten',
  'GRU',
  'GRUCell',
  'GaussianDropout',
  'GaussianNoise',
  'GlobalAveragePooling1D',
  'GlobalAveragePooling2D',
  'GlobalMaxPooling1D',
  'GlobalMaxPooling2D',
  'InputLayer',
  'LSTM',
  'LSTMCell',
  'LayerNormalization',
  'LeakyReLU',
  'Masking',
  'MaxPooling1D',
  'MaxPooling2D',
  'MaxPooling3D',
  'Maximum',
  'Minimum',
  'Multiply',
  'PReLU',
  'Permute',
  'RNN',
  'ReLU',
  'RepeatVector',
  'Rescaling',
  'Reshape',
  'Resizing',
  'SeparableConv2D',
  'SimpleRNN',
  'SimpleRNNCell',
  'Softmax',
  'SpatialDropout1D',
  'StackedRNNCells',
  'TimeDistributed',
  'UpSampling2D',
  'ZeroPadding2D',
]);

/** Activations that TensorFlow.js has, by our names; and what it calls them. */
export const tfjsActivations: ReadonlyMap<string, string> = new Map([
  ['elu', 'elu'],
  ['gelu', 'gelu'],
  ['geluNew', 'gelu_new'],
  ['legacyHardSigmoid', 'hard_sigmoid'],
  ['linear', 'linear'],
  ['logSoftmax', 'log_softmax'],
  ['mish', 'mish'],
  ['relu', 'relu'],
  ['relu6', 'relu6'],
  ['selu', 'selu'],
  ['sigmoid', 'sigmoid'],
  ['silu', 'swish'],
  ['softmax', 'softmax'],
  ['softplus', 'softplus'],
  ['softsign', 'softsign'],
  ['swish', 'swish'],
  ['tanh', 'tanh'],
]);

/** Initializers that TensorFlow.js has under our names. */
export const tfjsInitializers: ReadonlySet<string> = new Set([
  'Constant',
  'Identity',
  'Ones',
  'Orthogonal',
  'RandomNormal',
  'RandomUniform',
  'TruncatedNormal',
  'VarianceScaling',
  'Zeros',
]);

const scaled = (scale: number, mode: string, distribution: string): object => ({ scale, mode, distribution });

/** Initializers that TensorFlow.js writes as what they are short for. */
export const tfjsScalings: Readonly<Record<string, object>> = {
  GlorotNormal: scaled(1, 'fan_avg', 'truncated_normal'),
  GlorotUniform: scaled(1, 'fan_avg', 'uniform'),
  HeNormal: scaled(2, 'fan_in', 'truncated_normal'),
  HeUniform: scaled(2, 'fan_in', 'uniform'),
  LecunNormal: scaled(1, 'fan_in', 'truncated_normal'),
  LecunUniform: scaled(1, 'fan_in', 'uniform'),
};

/** Options at the only value that TensorFlow.js can compute with, by Keras' names of the class and the option. */
export const tfjsOnly: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  BatchNormalization: { renorm: false },
  Conv1D: { groups: 1 },
  Conv2D: { groups: 1 },
  Conv3D: { groups: 1 },
  GRU: { reset_after: false },
  GRUCell: { reset_after: false },
  GlobalAveragePooling1D: { keepdims: false },
  GlobalAveragePooling2D: { keepdims: false },
  GlobalMaxPooling1D: { keepdims: false },
  GlobalMaxPooling2D: { keepdims: false },
  ReLU: { negative_slope: 0, threshold: 0 },
  Resizing: { pad_to_aspect_ratio: false, antialias: false },
  RNN: { zero_output_for_mask: false },
};

/** Options that TensorFlow.js does not know, and that change nothing of what it computes. */
export const tfjsUnknown: ReadonlySet<string> = new Set([
  'activity_regularizer',
  'antialias',
  'fill_mode',
  'fill_value',
  'groups',
  'keepdims',
  'pad_to_aspect_ratio',
  'renorm',
  'renorm_clipping',
  'renorm_momentum',
  'reset_after',
  'zero_output_for_mask',
]);

/** Optimizers that TensorFlow.js has, what it calls them and their options; ours are Keras' names. */
export const tfjsOptimizers: Readonly<Record<string, { name: string; options: Readonly<Record<string, string>> }>> = {
  SGD: { name: 'SGD', options: {} },
  RMSprop: {
    name: 'RMSProp',
    options: { rho: 'decay', momentum: 'momentum', epsilon: 'epsilon', centered: 'centered' },
  },
  Adam: { name: 'Adam', options: { beta1: 'beta1', beta2: 'beta2', epsilon: 'epsilon' } },
  Adamax: { name: 'Adamax', options: { beta1: 'beta1', beta2: 'beta2', epsilon: 'epsilon' } },
  Adagrad: { name: 'Adagrad', options: { initialAccumulatorValue: 'initialAccumulatorValue' } },
  Adadelta: { name: 'Adadelta', options: { rho: 'rho', epsilon: 'epsilon' } },
};
