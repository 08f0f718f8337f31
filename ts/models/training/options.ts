import { checkConfig, checkFlag, received } from '../../arguments.ts';
import { BackupAndRestore } from '../../callbacks/backup-and-restore.ts';
import type { CallbackHooks } from '../../callbacks/callback.ts';
import { type ProgressStyle, standardOutput } from '../../console/index.ts';
import { ConfigError, DataError } from '../../errors.ts';
import { checkOptionNames } from '../../option-names.ts';
import type { ClassWeight, DataNest } from './data.ts';
import type { SampleOrder } from './runner.ts';
import type { BatchSource } from './stream.ts';

/** How much is printed: 0 nothing, 1 a progress bar, 2 one line a pass, `'auto'`: 1 on a terminal, else 2. */
export type Verbosity = 0 | 1 | 2 | 'auto';

/** Callbacks, one or many. */
export type Callbacks = CallbackHooks | readonly CallbackHooks[];

/** Options of `predict`. */
export interface PredictOptions {
  /** Samples that are computed together. Default 32. */
  batchSize?: number;
  callbacks?: Callbacks;
}

/** Options of `trainOnBatch` and `testOnBatch`. */
export interface BatchOptions {
  /** One weight a sample; for several outputs also one such an output, in a list or by name. */
  sampleWeight?: DataNest;
  /** Weight of each class in the loss; train only. */
  classWeight?: ClassWeight;
}

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Default 32. */
  batchSize?: number;
  /** Default `'auto'`. */
  verbose?: Verbosity;
  /** One weight a sample; for several outputs also one such an output, in a list or by name. */
  sampleWeight?: DataNest;
  /** Batches that are evaluated. Default: all. */
  steps?: number;
  callbacks?: Callbacks;
  /** Ends the evaluation after the batch in progress; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `fit`. */
export interface FitOptions {
  /** Default 32. */
  batchSize?: number;
  /** Passes over the data. Default 1. */
  epochs?: number;
  /** Default `'auto'`. */
  verbose?: Verbosity;
  callbacks?: Callbacks;
  /** Share of the samples, taken from the end before shuffling, that is kept for validation. */
  validationSplit?: number;
  /** `[x, y]` or `[x, y, sampleWeight]`, or a source of such batches; makes validationSplit void. */
  validationData?: readonly [DataNest, DataNest] | readonly [DataNest, DataNest, DataNest] | BatchSource;
  /** Default: batchSize. */
  validationBatchSize?: number;
  /** Batches of a validation. Default: all. */
  validationSteps?: number;
  /** Validates every so many epochs, or after the epochs listed (counted from 1). Default 1. */
  validationFreq?: number | readonly number[];
  /** true (default): all samples anew every epoch; `'batch'`: whole batches in random order; false: as they are. */
  shuffle?: boolean | 'batch';
  /** Weight of each class in the loss. */
  classWeight?: ClassWeight;
  /** One weight a sample; for several outputs also one such an output, in a list or by name. */
  sampleWeight?: DataNest;
  /** The epoch to go on from. Default 0. */
  initialEpoch?: number;
  /** Batches of an epoch. Default: all. The next epoch goes on where the last one ended. */
  stepsPerEpoch?: number;
  /**
   * Ends training after the batch in progress; `fit` rejects with the signal's reason, the model stays usable. A BackupAndRestore among
   * the callbacks writes a checkpoint before.
   */
  signal?: AbortSignal;
  /**
   * Whether Ctrl-C (SIGINT) and SIGTERM end training after the batch in progress: `fit` resolves to what there is
   * (`history.interruptedBy` says which signal it was), after a BackupAndRestore has written a checkpoint. A second signal ends the
   * process at once, with the code 130 (143 for SIGTERM). Afterwards signals do what they did before. Default: whether there is a
   * BackupAndRestore among the callbacks.
   */
  handleSignals?: boolean;
}

/** Options of `fitDataset`: those of `fit` that go with batches from outside, also under TensorFlow.js' names. */
export interface FitDatasetOptions
  extends Omit<FitOptions, 'batchSize' | 'validationSplit' | 'sampleWeight' | 'shuffle' | 'validationBatchSize'> {
  /** Another name of `stepsPerEpoch`. */
  batchesPerEpoch?: number;
  /** Another name of `validationSteps`. */
  validationBatches?: number;
}

/** Options of `evaluateDataset`. */
export interface EvaluateDatasetOptions extends Omit<EvaluateOptions, 'batchSize' | 'sampleWeight'> {
  /** Another name of `steps`. */
  batches?: number;
}

const fitNames: ReadonlySet<string> = new Set([
  'batchSize',
  'epochs',
  'verbose',
  'callbacks',
  'validationSplit',
  'validationData',
  'validationBatchSize',
  'validationSteps',
  'validationFreq',
  'shuffle',
  'classWeight',
  'sampleWeight',
  'initialEpoch',
  'stepsPerEpoch',
  'signal',
  'handleSignals',
]);
const evaluateNames: ReadonlySet<string> = new Set([
  'batchSize',
  'verbose',
  'sampleWeight',
  'steps',
  'callbacks',
  'signal',
]);

/** A whole number from `least` on. @throws ConfigError for anything else. */
export function wholeNumber(call: string, name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigError(`${call}: ${name} must be a whole number from ${least} on, got ${received(value)}`);
}

/** How a pass is shown. */
export function styleOf(
  call: string,
  verbose: Verbosity | undefined,
): { style: ProgressStyle | undefined; verbose: 0 | 1 | 2 } {
  const wanted = verbose ?? 'auto';
  if (![0, 1, 2, 'auto'].includes(wanted)) {
    throw new ConfigError(`${call}: verbose must be 0, 1, 2 or 'auto', got ${received(wanted)}`);
  }
  const live = standardOutput.isLive;
  const level = wanted === 'auto' ? (live ? 1 : 2) : wanted;
  if (level === 0) return { style: undefined, verbose: 0 };
  return { style: level === 1 && live ? 'live' : 'line', verbose: level };
}

/** The callbacks as a list. */
export function callbackList(callbacks: Callbacks | undefined): readonly CallbackHooks[] {
  if (callbacks === undefined) return [];
  return Array.isArray(callbacks) ? callbacks : [callbacks as CallbackHooks];
}

/** Options of `fit`, checked, with defaults. */
export interface FitPlan {
  readonly batchSize: number;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly stepsPerEpoch: number | undefined;
  readonly order: SampleOrder;
  readonly style: ProgressStyle | undefined;
  readonly verbose: 0 | 1 | 2;
  readonly handleSignals: boolean;
  /** Whether epoch number `epoch` (from 0) ends with a validation. */
  readonly validates: (epoch: number) => boolean;
}

/** @throws ConfigError for options outside their allowed values. */
export function planFit(options: FitOptions): FitPlan {
  checkOptionNames('fit', options, fitNames, '{ epochs: 5 }');
  const number = (name: keyof FitOptions, fallback: number, least: number): number =>
    options[name] === undefined ? fallback : wholeNumber('fit', name, options[name], least);
  const shuffle = options.shuffle ?? true;
  if (shuffle !== true && shuffle !== false && shuffle !== 'batch') {
    throw new ConfigError(`fit: shuffle must be true, false or 'batch', got ${received(shuffle)}`);
  }
  if (options.classWeight !== undefined && options.sampleWeight !== undefined) {
    throw new ConfigError('fit: classWeight and sampleWeight do not go together; multiply them into one sampleWeight');
  }
  checkClassWeight(options.classWeight);
  const every = options.validationFreq ?? 1;
  const list = Array.isArray(every) ? (every as readonly number[]) : undefined;
  const period = list === undefined ? wholeNumber('fit', 'validationFreq', every, 1) : 1;
  return {
    batchSize: number('batchSize', 32, 1),
    epochs: number('epochs', 1, 0),
    initialEpoch: number('initialEpoch', 0, 0),
    stepsPerEpoch: options.stepsPerEpoch === undefined ? undefined : number('stepsPerEpoch', 1, 1),
    order: shuffle === true ? 'shuffle' : shuffle === 'batch' ? 'batch' : 'sequential',
    ...styleOf('fit', options.verbose),
    handleSignals:
      options.handleSignals === undefined
        ? callbackList(options.callbacks).some((callback) => callback instanceof BackupAndRestore)
        : checkFlag('fit', 'handleSignals', options.handleSignals),
    validates: (epoch) => (list === undefined ? (epoch + 1) % period === 0 : list.includes(epoch + 1)),
  };
}

/** @throws ConfigError unless labels are whole numbers and weights numbers. */
export function checkClassWeight(weights: ClassWeight | undefined): void {
  if (weights === undefined) return;
  // A Map has no entries of its own to look at, and would weigh nothing.
  const valid = typeof weights === 'object' && weights !== null && !(weights instanceof Map);
  for (const [label, weight] of valid ? Object.entries(weights) : [['', Number.NaN] as const]) {
    if (!/^\d+$/.test(label) || typeof weight !== 'number' || !Number.isFinite(weight)) {
      throw new ConfigError(`classWeight must map labels to weights, such as { 0: 1, 1: 5 }, got ${received(weights)}`);
    }
  }
}

/** Where `validationSplit` cuts. @throws ConfigError outside (0, 1); DataError when a part is empty. */
export function splitPosition(count: number, share: number): number {
  if (!(typeof share === 'number' && share > 0 && share < 1)) {
    throw new ConfigError(`fit: validationSplit must be a number between 0 and 1, got ${received(share)}`);
  }
  const at = Math.floor(count * (1 - share));
  if (at === 0 || at === count) {
    throw new DataError(
      `fit: validationSplit ${share} of ${count} samples leaves ${at === 0 ? 'training' : 'validation'} without any`,
    );
  }
  return at;
}

/** Options of `evaluate`, checked, with defaults. */
export function planEvaluate(options: EvaluateOptions): {
  batchSize: number;
  steps: number | undefined;
  style: ProgressStyle | undefined;
  verbose: 0 | 1 | 2;
} {
  checkOptionNames('evaluate', options, evaluateNames, '{ batchSize: 64 }');
  return {
    batchSize: options.batchSize === undefined ? 32 : wholeNumber('evaluate', 'batchSize', options.batchSize, 1),
    steps: options.steps === undefined ? undefined : wholeNumber('evaluate', 'steps', options.steps, 1),
    ...styleOf('evaluate', options.verbose),
  };
}

/** TensorFlow.js' names of options for data sets, and ours. */
export const batchOptionNames: Readonly<Record<string, string>> = {
  batchesPerEpoch: 'stepsPerEpoch',
  validationBatches: 'validationSteps',
  batches: 'steps',
};

/** Options under our names. @throws ConfigError for one that is given under both. */
export function renamed<T extends object>(call: string, options: object, names: Readonly<Record<string, string>>): T {
  checkConfig(call, options);
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const ours = Object.hasOwn(names, name) ? (names[name] as string) : name;
    if (Object.hasOwn(result, ours))
      throw new ConfigError(`${call}: ${name} and ${ours} are the same option; pass one of them`);
    result[ours] = value;
  }
  return result as T;
}
