import { Activation, type ActivationConfig } from './activation.ts';
import { Dense, type DenseConfig } from './dense.ts';
import { Embedding, type EmbeddingConfig } from './embedding.ts';
import { InputLayer, type InputLayerConfig } from './input-layer.ts';
import { Masking, type MaskingConfig } from './masking.ts';
import { ReLU, type ReLUConfig } from './relu.ts';

export type { ApplyOptions, Inputs, SymbolicInputs, Symbolized } from './calls.ts';
export * from './convolution/index.ts';
export type { KernelConfig } from './kernel-layer.ts';
export { type AnyLayer, type CallOptions, Layer, type LayerConfig, type WeightConfig } from './layer.ts';
export type { Nest } from './nest.ts';
export * from './normalization/index.ts';
export * from './pooling/index.ts';
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
  Embedding,
  type EmbeddingConfig,
  InputLayer,
  type InputLayerConfig,
  Masking,
  type MaskingConfig,
  ReLU,
  type ReLUConfig,
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
