export { SymbolicTensor } from '../layers/symbolic.ts';
export {
  type Computed,
  Functional,
  type FunctionalConfig,
  type InputConfig,
  input,
  model,
  type SymbolicNest,
} from './functional.ts';
export {
  type BatchOptions,
  Model,
  type PredictOptions,
  type Results,
  type StepResults,
  type SummaryOptions,
} from './model.ts';
export { Sequential, type SequentialConfig, sequential } from './sequential.ts';
export type { CompileConfig } from './training/compiled.ts';
export type { Batch, ClassWeight, DataLike, DataNest, Tensors } from './training/data.ts';
export type { Callbacks, EvaluateOptions, FitOptions, Verbosity } from './training/options.ts';
export type { LossOption, LossWeightsOption, MetricList, MetricsOption } from './training/outputs.ts';
