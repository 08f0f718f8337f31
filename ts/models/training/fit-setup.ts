import { ConfigError } from '../../errors.ts';
import type { Nest } from '../../layers/nest.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import {
  type ClassWeight,
  type DataNest,
  type DataPlaces,
  type Samples,
  samplesOf,
  splitAt,
  type TrainingSamples,
} from './data.ts';
import { type FitOptions, type FitPlan, planFit, splitPosition, wholeNumber } from './options.ts';
import { type BatchSource, BatchStream, isSource } from './stream.ts';

/** What is validated after an epoch. */
export interface Validation {
  readonly samples: Samples | BatchStream;
  readonly batchSize: number;
  readonly steps: number | undefined;
}

/** Options and data of a `fit`, checked: nothing was trained yet. */
export interface FitSetup {
  readonly plan: FitPlan;
  readonly training: TrainingSamples | BatchStream;
  readonly classWeight: ClassWeight | undefined;
  readonly validation: Validation | undefined;
}

/** What a `fit` needs of its model. */
export interface FitModel {
  readonly model: TrainableModel;
  readonly places: () => DataPlaces;
  /** Builds the model for a batch of a stream, or checks that it fits. */
  readonly prepare: (x: Nest<Tensor>) => void;
}

/**
 * Reads the data and the options of a `fit`.
 *
 * @throws ConfigError, DataError, ShapeError, StateError for what does not fit together.
 */
export function readFit(
  { places }: FitModel,
  x: DataNest | BatchSource,
  y: DataNest | null | undefined,
  options: FitOptions,
): FitSetup {
  const plan = planFit(options);
  const { classWeight } = options;
  let held = validationOf(places, options);
  if (isSource(x)) {
    checkStreamOptions(y, options);
    return { plan, training: new BatchStream(x, places, 'fit'), classWeight, validation: held && validation(held) };
  }
  let samples = samplesOf(places(), x, y, options.sampleWeight, 'fit');
  if (held === undefined && options.validationSplit !== undefined && options.validationSplit !== 0) {
    [samples, held] = splitAt(samples, splitPosition(samples.count, options.validationSplit));
  }
  return { plan, training: { ...samples, classWeight }, classWeight, validation: held && validation(held) };

  function validation(data: Samples | BatchStream): Validation {
    const { validationBatchSize, validationSteps } = options;
    return {
      samples: data,
      batchSize:
        validationBatchSize === undefined
          ? plan.batchSize
          : wholeNumber('fit', 'validationBatchSize', validationBatchSize, 1),
      steps: validationSteps === undefined ? undefined : wholeNumber('fit', 'validationSteps', validationSteps, 1),
    };
  }
}

/** What is validated: samples, or batches from outside. */
function validationOf(places: () => DataPlaces, { validationData }: FitOptions): Samples | BatchStream | undefined {
  if (validationData === undefined) return undefined;
  if (isSource(validationData)) return new BatchStream(validationData, places, 'fit: validationData');
  if (!Array.isArray(validationData)) {
    throw new ConfigError(
      `fit: validationData must be [x, y] or [x, y, sampleWeight], or give batches of them, got ${validationData === null ? 'null' : typeof validationData}`,
    );
  }
  const [x, y, weight] = validationData as readonly [DataNest, DataNest, DataNest?];
  return samplesOf(places(), x, y, weight, 'fit: validationData');
}

/** What comes in batches has its targets and weights in them. @throws ConfigError for options that need all samples. */
function checkStreamOptions(y: unknown, options: FitOptions): void {
  const fail = (name: string, why: string): never => {
    throw new ConfigError(`fit: ${name} does not go with a source of batches: ${why}`);
  };
  if (y !== undefined && y !== null) fail('y', 'each batch brings its targets, [x, y]');
  if (options.sampleWeight !== undefined) fail('sampleWeight', 'each batch brings its weights, [x, y, sampleWeight]');
  if (options.validationSplit) fail('validationSplit', 'pass validationData');
  if (options.batchSize !== undefined) fail('batchSize', 'the source makes the batches');
}
