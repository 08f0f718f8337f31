import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Variable } from '../tensor/index.ts';
import type { LearningRateSchedule, SerializedSchedule } from './schedules/index.ts';

/** A rate, a schedule that gives it, or a schedule as a file holds it. */
export type LearningRate = number | LearningRateSchedule | SerializedSchedule;

/** Options of every optimizer. */
export interface OptimizerConfig {
  name?: string;
  /** Weights shrink by `weightDecay * learningRate * w` before every step (decoupled; biases, too). */
  weightDecay?: number;
  /** Gradients of every variable are scaled down to this L2 norm. */
  clipnorm?: number;
  /** Gradients are cut at plus and minus this value. */
  clipvalue?: number;
  /** All gradients together are scaled down to this L2 norm. */
  globalClipnorm?: number;
  /** Whether a running mean of the weights is kept, which takes their place when `fit` ends. Default false. */
  useEma?: boolean;
  /** Share of the old value in that mean. Default 0.99. */
  emaMomentum?: number;
  /** The mean takes the weights' place every so many steps, too. Default: at the end of `fit` only. */
  emaOverwriteFrequency?: number | null;
  /** The loss is multiplied by this before gradients are taken, and they are divided by it. */
  lossScaleFactor?: number | null;
  /** Weights change every so many steps, by the mean of the gradients since; 2 or more. */
  gradientAccumulationSteps?: number | null;
}

/** Weights that do not decay. */
export interface DecayExclusions {
  varList?: readonly Variable[];
  /** Texts of which one is part of the weight's name (`'bias'`), without its layer's. */
  varNames?: readonly string[];
}

const optimizerNames = [
  'learningRate',
  'name',
  'weightDecay',
  'clipnorm',
  'clipvalue',
  'globalClipnorm',
  'useEma',
  'emaMomentum',
  'emaOverwriteFrequency',
  'lossScaleFactor',
  'gradientAccumulationSteps',
];

/** `config`, checked: `new Adam(0.01)` and `train.adam(0.01, 0.9)` would otherwise train with the defaults. @internal */
export function optimizerOptions<T extends object>(owner: string, config: T, own: readonly string[]): T {
  checkOptionNames(owner, config, [...optimizerNames, ...own], '{ learningRate: 0.01 }');
  return config;
}

/** A share such as Adam's betas. @throws ConfigError outside [0, 1]. @internal */
export function share(owner: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ConfigError(`${owner}: ${name} must be a number from 0 to 1, got ${received(value)}`);
}
