import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import { Activation, type ActivationConfig } from './activation.ts';
import { Dense, type DenseConfig } from './dense.ts';
import { EinsumDense, type EinsumDenseConfig } from './einsum-dense.ts';
import { Embedding, type EmbeddingConfig } from './embedding.ts';
import { Identity } from './identity.ts';
import { type InputConfig, InputLayer, type InputLayerConfig, input } from './input-layer.ts';
import { Lambda, type LambdaConfig, type LambdaFunction, registerFunction } from './lambda.ts';
import type { LayerConfig } from './layer.ts';
import { Masking, type MaskingConfig } from './masking.ts';
import { PReLU, type PReLUConfig } from './prelu.ts';
import { ELU, type ELUConfig, LeakyReLU, type LeakyReLUConfig } from './rectified.ts';
import { ReLU, type ReLUConfig } from './relu.ts';
import { Softmax, type SoftmaxConfig } from './softmax.ts';

export * from './attention/index.ts';
export type { ApplyOptions, Inputs, SymbolicInputs, Symbolized } from './calls.ts';
export * from './convolution/index.ts';
export type { KernelConfig } from './kernel-layer.ts';
export { type AnyLayer, type CallOptions, Layer, type LayerConfig, type WeightConfig } from './layer.ts';
export type { LayerActivation } from './layer-activation.ts';
export * from './merging/index.ts';
export type { Nest } from './nest.ts';
export * from './normalization/index.ts';
export * from './pooling/index.ts';
export * from './preprocessing/index.ts';
export * from './recurrent/index.ts';
export * from './regularization/index.ts';
export * from './reshaping/index.ts';
export { type Draws, SeedGenerator } from './seed-generator.ts';
export type { Shape } from './shape.ts';
export type { DataFormat, DataFormatConfig, DataFormatOption, SizeOption, Sizes, SpatialRank } from './spatial.ts';
export { SymbolicTensor } from './symbolic.ts';
export {
  Activation,
  type ActivationConfig,
  Dense,
  type DenseConfig,
  EinsumDense,
  type EinsumDenseConfig,
  ELU,
  type ELUConfig,
  Embedding,
  type EmbeddingConfig,
  Identity,
  type InputConfig,
  InputLayer,
  type InputLayerConfig,
  input,
  Lambda,
  type LambdaConfig,
  type LambdaFunction,
  LeakyReLU,
  type LeakyReLUConfig,
  Masking,
  type MaskingConfig,
  PReLU,
  type PReLUConfig,
  ReLU,
  type ReLUConfig,
  registerFunction,
  Softmax,
  type SoftmaxConfig,
};

/** See {@link Dense}. */
export function dense(config: DenseConfig): Dense {
  return new Dense(config);
}

/** See {@link ReLU}. */
export function reLU(config?: ReLUConfig): ReLU {
  return new ReLU(config);
}

/** See {@link Activation}. */
export function activation(config: ActivationConfig): Activation {
  return new Activation(config);
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
