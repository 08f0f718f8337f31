import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import { Activation, type ActivationConfig } from './activation.ts';
import { BatchNormalization, type BatchNormalizationConfig } from './batch-normalization.ts';
import { Conv2D, type Conv2DConfig } from './conv2d.ts';
import { Dense, type DenseConfig } from './dense.ts';
import { DepthwiseConv2D, type DepthwiseConv2DConfig } from './depthwise-conv2d.ts';
import { Dropout, type DropoutConfig } from './dropout.ts';
import { EinsumDense, type EinsumDenseConfig } from './einsum-dense.ts';
import { Embedding, type EmbeddingConfig } from './embedding.ts';
import { Identity } from './identity.ts';
import { InputLayer, type InputLayerConfig } from './input-layer.ts';
import { Lambda, type LambdaConfig, type LambdaFunction, registerFunction } from './lambda.ts';
import type { LayerConfig } from './layer.ts';
import { Masking, type MaskingConfig } from './masking.ts';
import {
  AveragePooling2D,
  GlobalAveragePooling2D,
  type GlobalPooling2DConfig,
  MaxPooling2D,
  type Pooling2DConfig,
} from './pooling2d.ts';
import { PReLU, type PReLUConfig } from './prelu.ts';
import { ELU, type ELUConfig, LeakyReLU, type LeakyReLUConfig } from './rectified.ts';
import { ReLU, type ReLUConfig } from './relu.ts';
import { Flatten, Reshape, type ReshapeConfig } from './reshaping.ts';
import { Softmax, type SoftmaxConfig } from './softmax.ts';

export * from './attention/index.ts';
export type { ApplyOptions, Inputs, SymbolicInputs, Symbolized } from './calls.ts';
export type { KernelConfig } from './kernel-layer.ts';
export { type AnyLayer, type CallOptions, Layer, type LayerConfig, type WeightConfig } from './layer.ts';
export * from './merging/index.ts';
export type { Nest } from './nest.ts';
export * from './recurrent/index.ts';
export { type Draws, SeedGenerator } from './seed-generator.ts';
export type { Shape } from './shape.ts';
export { SymbolicTensor } from './symbolic.ts';
export {
  Activation,
  type ActivationConfig,
  AveragePooling2D,
  BatchNormalization,
  type BatchNormalizationConfig,
  Conv2D,
  type Conv2DConfig,
  Dense,
  type DenseConfig,
  DepthwiseConv2D,
  type DepthwiseConv2DConfig,
  Dropout,
  type DropoutConfig,
  EinsumDense,
  type EinsumDenseConfig,
  ELU,
  type ELUConfig,
  Embedding,
  type EmbeddingConfig,
  Flatten,
  GlobalAveragePooling2D,
  type GlobalPooling2DConfig,
  Identity,
  InputLayer,
  type InputLayerConfig,
  Lambda,
  type LambdaConfig,
  type LambdaFunction,
  LeakyReLU,
  type LeakyReLUConfig,
  Masking,
  type MaskingConfig,
  MaxPooling2D,
  type Pooling2DConfig,
  PReLU,
  type PReLUConfig,
  ReLU,
  type ReLUConfig,
  Reshape,
  type ReshapeConfig,
  registerFunction,
  Softmax,
  type SoftmaxConfig,
};

/** See {@link Dense}. */
export function dense(config: DenseConfig): Dense {
  return new Dense(config);
}

/** See {@link Conv2D}. */
export function conv2d(config: Conv2DConfig): Conv2D {
  return new Conv2D(config);
}

/** See {@link DepthwiseConv2D}. */
export function depthwiseConv2d(config: DepthwiseConv2DConfig): DepthwiseConv2D {
  return new DepthwiseConv2D(config);
}

/** See {@link MaxPooling2D}. */
export function maxPooling2d(config?: Pooling2DConfig): MaxPooling2D {
  return new MaxPooling2D(config);
}

/** See {@link AveragePooling2D}. */
export function averagePooling2d(config?: Pooling2DConfig): AveragePooling2D {
  return new AveragePooling2D(config);
}

/** See {@link GlobalAveragePooling2D}. */
export function globalAveragePooling2d(config?: GlobalPooling2DConfig): GlobalAveragePooling2D {
  return new GlobalAveragePooling2D(config);
}

/** See {@link ReLU}. */
export function reLU(config?: ReLUConfig): ReLU {
  return new ReLU(config);
}

/** See {@link Flatten}. */
export function flatten(config?: LayerConfig): Flatten {
  return new Flatten(config);
}

/** See {@link Reshape}. */
export function reshape(config: ReshapeConfig): Reshape {
  return new Reshape(config);
}

/** See {@link Dropout}. */
export function dropout(config: DropoutConfig): Dropout {
  return new Dropout(config);
}

/** See {@link Activation}. */
export function activation(config: ActivationConfig): Activation {
  return new Activation(config);
}

/** See {@link BatchNormalization}. */
export function batchNormalization(config?: BatchNormalizationConfig): BatchNormalization {
  return new BatchNormalization(config);
}

/** See {@link InputLayer}. */
export function inputLayer(config: InputLayerConfig): InputLayer {
  return new InputLayer(config);
}

/** See {@link Embedding}. */
export function embedding(config: EmbeddingConfig): Embedding {
  return new Embedding(config);
}

/** See {@link Masking}. */
export function masking(config?: MaskingConfig): Masking {
  return new Masking(config);
}

/** See {@link LeakyReLU}. */
export function leakyReLU(config?: LeakyReLUConfig): LeakyReLU {
  return new LeakyReLU(config);
}

/** See {@link PReLU}. */
export function prelu(config?: PReLUConfig): PReLU {
  return new PReLU(config);
}

/** See {@link ELU}. */
export function elu(config?: ELUConfig): ELU {
  return new ELU(config);
}

/** See {@link Softmax}. */
export function softmax(config?: SoftmaxConfig): Softmax {
  return new Softmax(config);
}

/** See {@link Identity}. */
export function identity(config?: LayerConfig): Identity {
  return new Identity(config);
}

/** See {@link Lambda}. */
export function lambda<Out extends Tree = Tensor>(config: LambdaConfig<Out>): Lambda<Out> {
  return new Lambda(config);
}

/** See {@link EinsumDense}. */
export function einsumDense(config: EinsumDenseConfig): EinsumDense {
  return new EinsumDense(config);
}
