import { received } from '../arguments.ts';
import { registeredClass } from '../custom-objects.ts';
import { ConfigError } from '../errors.ts';
import { Activation } from './activation.ts';
import { AdditiveAttention, Attention } from './attention/attention.ts';
import { GroupQueryAttention, MultiHeadAttention } from './attention/multi-head-attention.ts';
import {
  Conv1D,
  Conv1DTranspose,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  Conv3DTranspose,
  DepthwiseConv1D,
  DepthwiseConv2D,
  SeparableConv1D,
  SeparableConv2D,
} from './convolution/index.ts';
import { Dense } from './dense.ts';
import { EinsumDense } from './einsum-dense.ts';
import { Embedding } from './embedding.ts';
import { Identity } from './identity.ts';
import { innerLayersAreReadBy } from './inner-layers.ts';
import { InputLayer } from './input-layer.ts';
import { Lambda } from './lambda.ts';
import { type AnyLayer, Layer } from './layer.ts';
import { Masking } from './masking.ts';
import { Concatenate } from './merging/concatenate.ts';
import { Dot } from './merging/dot.ts';
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from './merging/elementwise.ts';
import {
  BatchNormalization,
  GroupNormalization,
  LayerNormalization,
  RMSNormalization,
  SpectralNormalization,
  UnitNormalization,
} from './normalization/index.ts';
import { Operation } from './operation.ts';
import {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
} from './pooling/index.ts';
import { PReLU } from './prelu.ts';
import {
  CategoryEncoding,
  CenterCrop,
  Discretization,
  Normalization,
  Rescaling,
  Resizing,
} from './preprocessing/index.ts';
import { ELU, LeakyReLU } from './rectified.ts';
import {
  Bidirectional,
  ConvLSTM1D,
  ConvLSTM2D,
  ConvLSTM3D,
  ConvLSTMCell,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  RNN,
  SimpleRNN,
  SimpleRNNCell,
  StackedRNNCells,
  TimeDistributed,
} from './recurrent/index.ts';
import {
  ActivityRegularization,
  AlphaDropout,
  Dropout,
  GaussianDropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
} from './regularization/index.ts';
import { ReLU } from './relu.ts';
import {
  Cropping1D,
  Cropping2D,
  Cropping3D,
  Flatten,
  Permute,
  RepeatVector,
  Reshape,
  UpSampling1D,
  UpSampling2D,
  UpSampling3D,
  ZeroPadding1D,
  ZeroPadding2D,
  ZeroPadding3D,
} from './reshaping/index.ts';
import { Softmax } from './softmax.ts';

/** Classes by the name that configurations use: with `fromConfig`, or made from their options. */
export type LayerClasses = Readonly<Record<string, LayerClass>>;

/** A class of layers. */
export type LayerClass = (new (
  config: never,
) => AnyLayer) & { fromConfig?: (config: Record<string, unknown>, custom: LayerClasses) => AnyLayer };

/**
 * The one table of layer classes: a configuration can name nothing else, except classes handed in beside it or registered. Functions:
 * layers that hold layers import this file, and it imports them; and of the package's parts only those are loaded whose classes are named.
 */
const classes: Readonly<Record<string, () => LayerClass>> = {
  Activation: () => Activation,
  ActivityRegularization: () => ActivityRegularization,
  AdaptiveAveragePooling1D: () => AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D: () => AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D: () => AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D: () => AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D: () => AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D: () => AdaptiveMaxPooling3D,
  Add: () => Add,
  AdditiveAttention: () => AdditiveAttention,
  AlphaDropout: () => AlphaDropout,
  Attention: () => Attention,
  Average: () => Average,
  AveragePooling1D: () => AveragePooling1D,
  AveragePooling2D: () => AveragePooling2D,
  AveragePooling3D: () => AveragePooling3D,
  BatchNormalization: () => BatchNormalization,
  Bidirectional: () => Bidirectional,
  CategoryEncoding: () => CategoryEncoding,
  CenterCrop: () => CenterCrop,
  Concatenate: () => Concatenate,
  Conv1D: () => Conv1D,
  Conv1DTranspose: () => Conv1DTranspose,
  Conv2D: () => Conv2D,
  Conv2DTranspose: () => Conv2DTranspose,
  Conv3D: () => Conv3D,
  Conv3DTranspose: () => Conv3DTranspose,
  ConvLSTM1D: () => ConvLSTM1D,
  ConvLSTM2D: () => ConvLSTM2D,
  ConvLSTM3D: () => ConvLSTM3D,
  ConvLSTMCell: () => ConvLSTMCell,
  Cropping1D: () => Cropping1D,
  Cropping2D: () => Cropping2D,
  Cropping3D: () => Cropping3D,
  Dense: () => Dense,
  DepthwiseConv1D: () => DepthwiseConv1D,
  DepthwiseConv2D: () => DepthwiseConv2D,
  Discretization: () => Discretization,
  Dot: () => Dot,
  Dropout: () => Dropout,
  ELU: () => ELU,
  EinsumDense: () => EinsumDense,
  Embedding: () => Embedding,
  Flatten: () => Flatten,
  GRU: () => GRU,
  GRUCell: () => GRUCell,
  GaussianDropout: () => GaussianDropout,
  GaussianNoise: () => GaussianNoise,
  GlobalAveragePooling1D: () => GlobalAveragePooling1D,
  GlobalAveragePooling2D: () => GlobalAveragePooling2D,
  GlobalAveragePooling3D: () => GlobalAveragePooling3D,
  GlobalMaxPooling1D: () => GlobalMaxPooling1D,
  GlobalMaxPooling2D: () => GlobalMaxPooling2D,
  GlobalMaxPooling3D: () => GlobalMaxPooling3D,
  GroupNormalization: () => GroupNormalization,
  GroupQueryAttention: () => GroupQueryAttention,
  GroupedQueryAttention: () => GroupQueryAttention,
  Identity: () => Identity,
  InputLayer: () => InputLayer,
  LSTM: () => LSTM,
  LSTMCell: () => LSTMCell,
  Lambda: () => Lambda,
  LayerNormalization: () => LayerNormalization,
  LeakyReLU: () => LeakyReLU,
  Masking: () => Masking,
  MaxPooling1D: () => MaxPooling1D,
  MaxPooling2D: () => MaxPooling2D,
  MaxPooling3D: () => MaxPooling3D,
  Maximum: () => Maximum,
  Minimum: () => Minimum,
  MultiHeadAttention: () => MultiHeadAttention,
  Multiply: () => Multiply,
  Normalization: () => Normalization,
  Operation: () => Operation,
  PReLU: () => PReLU,
  Permute: () => Permute,
  RMSNormalization: () => RMSNormalization,
  RNN: () => RNN,
  ReLU: () => ReLU,
  RepeatVector: () => RepeatVector,
  Rescaling: () => Rescaling,
  Reshape: () => Reshape,
  Resizing: () => Resizing,
  SeparableConv1D: () => SeparableConv1D,
  SeparableConv2D: () => SeparableConv2D,
  SimpleRNN: () => SimpleRNN,
  SimpleRNNCell: () => SimpleRNNCell,
  Softmax: () => Softmax,
  SpatialDropout1D: () => SpatialDropout1D,
  SpatialDropout2D: () => SpatialDropout2D,
  SpatialDropout3D: () => SpatialDropout3D,
  SpectralNormalization: () => SpectralNormalization,
  StackedRNNCells: () => StackedRNNCells,
  Subtract: () => Subtract,
  TimeDistributed: () => TimeDistributed,
  UnitNormalization: () => UnitNormalization,
  UpSampling1D: () => UpSampling1D,
  UpSampling2D: () => UpSampling2D,
  UpSampling3D: () => UpSampling3D,
  ZeroPadding1D: () => ZeroPadding1D,
  ZeroPadding2D: () => ZeroPadding2D,
  ZeroPadding3D: () => ZeroPadding3D,
};

/** The library's own class of this name. @internal */
export function builtInLayerClass(name: string): LayerClass | undefined {
  return Object.hasOwn(classes, name) ? classes[name]?.() : undefined;
}

/** Names of the library's own classes of layers. @internal */
export function builtInLayerNames(): string[] {
  return Object.keys(classes);
}

/** Classes of models: they are made of layers, and add themselves. */
const models = new Map<string, LayerClass>();

/** Lets configurations name a class of models. @internal */
export function addModelClass(name: string, Class: LayerClass): void {
  models.set(name, Class);
}

/** A layer of `{ className, config }`. @throws ConfigError for an unknown class. */
export function layerFromConfig(entry: unknown, custom: LayerClasses = {}): AnyLayer {
  const { className, config } = (entry ?? {}) as { className?: unknown; config?: unknown };
  if (typeof className !== 'string' || typeof config !== 'object' || config === null) {
    throw new ConfigError(`a layer's configuration must be { className, config }, got ${received(entry)}`);
  }
  const Class = classOf(className, custom);
  if (Class === undefined) {
    throw new ConfigError(
      `there is no layer class "${className}"; call registerClass(YourClass), or pass classes of your own as { ${className}: YourClass }`,
    );
  }
  if (Class.fromConfig !== undefined) return Class.fromConfig(config as Record<string, unknown>, custom);
  return new Class(config as never);
}

function classOf(name: string, custom: LayerClasses): LayerClass | undefined {
  if (Object.hasOwn(custom, name)) return custom[name];
  const registered = registeredClass(name);
  if (registered !== undefined && Object.prototype.isPrototypeOf.call(Layer.prototype, registered.prototype as object))
    return registered as LayerClass;
  return builtInLayerClass(name) ?? models.get(name);
}

innerLayersAreReadBy(layerFromConfig);
