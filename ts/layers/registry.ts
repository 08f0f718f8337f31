import { received } from '../arguments.ts';
import { registeredClass } from '../custom-objects.ts';
import { ConfigError } from '../errors.ts';
import { Activation } from './activation.ts';
import { AdditiveAttention, Attention } from './attention/attention.ts';
import { GroupQueryAttention, MultiHeadAttention } from './attention/multi-head-attention.ts';
import { BatchNormalization } from './batch-normalization.ts';
import { Conv2D } from './conv2d.ts';
import { Dense } from './dense.ts';
import { DepthwiseConv2D } from './depthwise-conv2d.ts';
import { Dropout } from './dropout.ts';
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

import { AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D } from './pooling2d.ts';
import { PReLU } from './prelu.ts';
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
import { ReLU } from './relu.ts';
import { Flatten, Reshape } from './reshaping.ts';
import { Softmax } from './softmax.ts';

/** Classes by the name that configurations use: with `fromConfig`, or made from their options. */
export type LayerClasses = Readonly<Record<string, LayerClass>>;

/** A class of layers. */
export type LayerClass = (new (
  config: never,
) => AnyLayer) & { fromConfig?: (config: Record<string, unknown>, custom: LayerClasses) => AnyLayer };

/** The one table of layer classes: a configuration can name nothing else, except classes handed in beside it or registered. */
const classes: LayerClasses = {
  Activation,
  Add,
  AdditiveAttention,
  Attention,
  Average,
  AveragePooling2D,
  BatchNormalization,
  Bidirectional,
  Concatenate,
  Conv2D,
  ConvLSTM1D,
  ConvLSTM2D,
  ConvLSTM3D,
  ConvLSTMCell,
  Dense,
  DepthwiseConv2D,
  Dot,
  Dropout,
  EinsumDense,
  ELU,
  Embedding,
  Flatten,
  GlobalAveragePooling2D,
  GRU,
  GRUCell,
  GroupedQueryAttention: GroupQueryAttention,
  GroupQueryAttention,
  Identity,
  InputLayer,
  Lambda,
  LeakyReLU,
  LSTM,
  LSTMCell,
  Masking,
  Maximum,
  MaxPooling2D,
  Minimum,
  MultiHeadAttention,
  Multiply,
  PReLU,
  ReLU,
  Reshape,
  RNN,
  SimpleRNN,
  SimpleRNNCell,
  Softmax,
  StackedRNNCells,
  Subtract,
  TimeDistributed,
};

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
  return Object.hasOwn(classes, name) ? classes[name] : models.get(name);
}

innerLayersAreReadBy(layerFromConfig);
