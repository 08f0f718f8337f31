import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Activation } from './activation.ts';
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
import { InputLayer } from './input-layer.ts';
import { Lambda } from './lambda.ts';
import type { Layer } from './layer.ts';
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
import { ELU, LeakyReLU } from './rectified.ts';
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
export type LayerClass = (new (config: never) => Layer) & { fromConfig?: (config: Record<string, unknown>) => Layer };

/** The one table of layer classes: a configuration can name nothing else, except classes handed in beside it. */
let classes: LayerClasses | undefined;

function builtIn(): LayerClasses {
  // Made when first asked for: layers that hold layers import this file, and it imports them.
  classes ??= {
    Activation,
    ActivityRegularization,
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    Add,
    AlphaDropout,
    Average,
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    BatchNormalization,
    Concatenate,
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dot,
    Dropout,
    ELU,
    EinsumDense,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    GroupNormalization,
    Identity,
    InputLayer,
    Lambda,
    LayerNormalization,
    LeakyReLU,
    Masking,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Maximum,
    Minimum,
    Multiply,
    PReLU,
    Permute,
    RMSNormalization,
    ReLU,
    RepeatVector,
    Reshape,
    SeparableConv1D,
    SeparableConv2D,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
    SpectralNormalization,
    Subtract,
    UnitNormalization,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
  };
  return classes;
}

/** A layer of `{ className, config }`. @throws ConfigError for an unknown class. */
export function layerFromConfig(entry: unknown, custom: LayerClasses = {}): Layer {
  const { className, config } = (entry ?? {}) as { className?: unknown; config?: unknown };
  if (typeof className !== 'string' || typeof config !== 'object' || config === null) {
    throw new ConfigError(`a layer's configuration must be { className, config }, got ${received(entry)}`);
  }
  const table = Object.hasOwn(custom, className) ? custom : classes;
  const Class = Object.hasOwn(table, className) ? table[className] : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `there is no layer class "${className}"; pass classes of your own as { ${className}: YourClass }`,
    );
  }
  if (Class.fromConfig !== undefined) return Class.fromConfig(config as Record<string, unknown>);
  return new Class(config as never);
}
