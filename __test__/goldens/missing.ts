// What Keras has and this library does not have yet. The tests of each family hold these lists to be exact: a class that
// has come must be taken off.

/** Families of cases. */
export type Family =
  | 'activations'
  | 'constraints'
  | 'initializers'
  | 'layers'
  | 'losses'
  | 'metrics'
  | 'models'
  | 'optimizers'
  | 'regularizers'
  | 'schedules';

/** Classes without an entry yet, by family. */
export const missing: Readonly<Record<Family, readonly string[]>> = {
  activations: [],
  constraints: [],
  initializers: [],
  layers: [
    'ActivityRegularization',
    'AdaptiveAveragePooling1D',
    'AdaptiveAveragePooling2D',
    'AdaptiveAveragePooling3D',
    'AdaptiveMaxPooling1D',
    'AdaptiveMaxPooling2D',
    'AdaptiveMaxPooling3D',
    'AlphaDropout',
    'AveragePooling1D',
    'AveragePooling3D',
    'CategoryEncoding',
    'CenterCrop',
    'Conv1D',
    'Conv1DTranspose',
    'Conv2DTranspose',
    'Conv3D',
    'Conv3DTranspose',
    'Cropping1D',
    'Cropping2D',
    'Cropping3D',
    'DepthwiseConv1D',
    'Discretization',
    'GaussianDropout',
    'GaussianNoise',
    'GlobalAveragePooling1D',
    'GlobalAveragePooling3D',
    'GlobalMaxPooling1D',
    'GlobalMaxPooling2D',
    'GlobalMaxPooling3D',
    'GroupNormalization',
    'LayerNormalization',
    'MaxPooling1D',
    'MaxPooling3D',
    'Normalization',
    'Permute',
    'RMSNormalization',
    'RepeatVector',
    'Rescaling',
    'Resizing',
    'SeparableConv1D',
    'SeparableConv2D',
    'SpatialDropout1D',
    'SpatialDropout2D',
    'SpatialDropout3D',
    'SpectralNormalization',
    'UnitNormalization',
    'UpSampling1D',
    'UpSampling2D',
    'UpSampling3D',
    'ZeroPadding1D',
    'ZeroPadding2D',
    'ZeroPadding3D',
  ],
  losses: [],
  metrics: [],
  models: [],
  optimizers: [],
  regularizers: ['OrthogonalRegularizer'],
  schedules: [],
};

/** Cases that are known to differ, by title: why. They are held to differ, so an entry goes when its reason does. */
export const differing: Readonly<Partial<Record<Family, Readonly<Record<string, string>>>>> = {
  // Keras adds up the cumulative sums of the whole support for the threshold, so its outputs do not sum to 1. Ours do, as in
  // the definition (Martins and Astudillo, 2016).
  activations: {
    'sparsemax {} (35)': 'Keras is wrong: its outputs do not sum to 1',
    'sparsemax {"0":0} (36)': 'Keras is wrong: its outputs do not sum to 1',
  },
  layers: {
    'Flatten {"dataFormat":"channelsFirst"} (39)': 'the option dataFormat is not there yet',
    'Conv2D {"filters":2,"kernelSize":2,"dataFormat":"channelsFirst"} (168)':
      'Conv2D "conv2d_4": dataFormat must be "channelsLast", got "channelsFirst"',
    'DepthwiseConv2D {"kernelSize":3,"padding":"same","depthMultiplier":2,"dataFormat":"channelsFirst"} (177)':
      'DepthwiseConv2D "depthwise_conv2d_3": dataFormat must be "channelsLast", got "channelsFirst"',
    'MaxPooling2D {"poolSize":2,"strides":3,"padding":"same","dataFormat":"channelsFirst"} (216)':
      'MaxPooling2D "max_pooling2d_3": dataFormat must be "channelsLast", got "channelsFirst"',
    'AveragePooling2D {"poolSize":2,"strides":3,"padding":"same","dataFormat":"channelsFirst"} (226)':
      'AveragePooling2D "average_pooling2d_3": dataFormat must be "channelsLast", got "channelsFirst"',
    'GlobalAveragePooling2D {"dataFormat":"channelsFirst"} (229)':
      'GlobalAveragePooling2D "global_average_pooling2d_2": dataFormat must be "channelsLast", got "channelsFirst"',
  },
};
