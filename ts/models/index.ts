export { type BatchOptions, Model, type PredictOptions, type Results, type SummaryOptions } from './model.ts';
export { Sequential, type SequentialConfig, sequential } from './sequential.ts';
export type { CompileConfig } from './training/compiled.ts';
export type { ClassWeight, DataLike } from './training/data.ts';
export type { Callbacks, EvaluateOptions, FitOptions, Verbosity } from './training/options.ts';
