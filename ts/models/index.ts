export { type InputConfig, input } from '../layers/input-layer.ts';
export { SymbolicTensor } from '../layers/symbolic.ts';
export { cloneModel, type ModelJSON, modelFromJSON } from './cloning.ts';
export {
  type Computed,
  Functional,
  type FunctionalConfig,
  model,
  type SymbolicNest,
} from './functional.ts';
export { Model } from './model.ts';
export { Sequential, type SequentialConfig, sequential } from './sequential.ts';
export type { SummaryOptions } from './summary.ts';
export type { Results } from './training/batch.ts';
export type { CompileConfig } from './training/compiled.ts';
export type { Batch, ClassWeight, DataLike, DataNest, Tensors } from './training/data.ts';
export type {
  BatchOptions,
  Callbacks,
  EvaluateDatasetOptions,
  EvaluateOptions,
  FitDatasetOptions,
  FitOptions,
  PredictOptions,
  Verbosity,
} from './training/options.ts';
export type { LossOption, LossWeightsOption, MetricList, MetricsOption } from './training/outputs.ts';
export type { StepResults } from './training/step.ts';
export type { BatchData, BatchSource } from './training/stream.ts';
