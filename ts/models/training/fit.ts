import type { Logs } from '../../callbacks/callback.ts';
import { CallbackList } from '../../callbacks/callback-list.ts';
import { History } from '../../callbacks/history.ts';
import { ConfigError } from '../../errors.ts';
import { nextSeed } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import {
  type DataNest,
  type DataPlaces,
  gatherBatch,
  type Samples,
  samplesOf,
  splitAt,
  type TrainingSamples,
  withClassWeight,
} from './data.ts';
import { evaluateSamples } from './evaluate.ts';
import type { Interruption } from './interruption.ts';
import { callbackList, type FitOptions, type FitPlan, planFit, splitPosition, wholeNumber } from './options.ts';
import { barFor, runPass } from './pass.ts';
import type { ModelPrograms } from './programs.ts';
import { EagerRunner, nativeRunner, type Runner } from './runner.ts';

/** What is validated after an epoch. */
interface Validation {
  readonly samples: Samples;
  readonly batchSize: number;
  readonly steps: number | undefined;
}

/** Options and data of a `fit`, checked: nothing was trained yet. */
export interface FitSetup {
  readonly plan: FitPlan;
  readonly training: TrainingSamples;
  readonly validation: Validation | undefined;
}

/** @throws ConfigError, DataError, ShapeError, StateError for what does not fit together. */
export function setUpFit(places: DataPlaces, plan: FitPlan, all: Samples, options: FitOptions): FitSetup {
  const { classWeight } = options;
  let samples = all;
  let held: Samples | undefined;
  if (options.validationData !== undefined) {
    if (!Array.isArray(options.validationData)) {
      throw new ConfigError(
        `fit: validationData must be [x, y] or [x, y, sampleWeight], got ${options.validationData === null ? 'null' : typeof options.validationData}`,
      );
    }
    const [x, y, weight] = options.validationData as readonly [DataNest, DataNest, DataNest?];
    held = samplesOf(places, x, y, weight, 'fit: validationData');
  } else if (options.validationSplit !== undefined && options.validationSplit !== 0) {
    [samples, held] = splitAt(all, splitPosition(all.count, options.validationSplit));
  }
  const { validationBatchSize, validationSteps } = options;
  const validation = held && {
    samples: held,
    batchSize:
      validationBatchSize === undefined
        ? plan.batchSize
        : wholeNumber('fit', 'validationBatchSize', validationBatchSize, 1),
    steps: validationSteps === undefined ? undefined : wholeNumber('fit', 'validationSteps', validationSteps, 1),
  };
  return { plan, training: { ...samples, classWeight }, validation };
}

/** Reads the data and the options of a `fit`. */
export function readFit(
  places: DataPlaces,
  x: DataNest,
  y: DataNest | null | undefined,
  options: FitOptions,
): FitSetup {
  const plan = planFit(options);
  return setUpFit(places, plan, samplesOf(places, x, y, options.sampleWeight, 'fit'), options);
}

/** One call of `fit`. */
export class FitRun {
  readonly #model: TrainableModel;
  readonly #compiled: Compiled;
  readonly #programs: ModelPrograms;
  readonly #setup: FitSetup;
  readonly #interruption: Interruption;
  readonly #callbacks: CallbackList;
  readonly #history = new History();
  readonly #batchSize: number;
  readonly #batches: number;
  readonly #seed: number;
  /** Next batch of the pass over the data, and which pass it is: epochs with stepsPerEpoch go on where the last ended. */
  #cursor = 0;
  #pass: number;

  constructor(
    model: TrainableModel,
    compiled: Compiled,
    programs: ModelPrograms,
    setup: FitSetup,
    options: FitOptions,
    interruption: Interruption,
  ) {
    const { plan, training } = setup;
    this.#model = model;
    this.#compiled = compiled;
    this.#programs = programs;
    this.#setup = setup;
    this.#interruption = interruption;
    this.#batchSize = Math.min(plan.batchSize, training.count);
    this.#batches = Math.ceil(training.count / this.#batchSize);
    // The order of an epoch is a function of this seed and the epoch's number: a resumed run sees the same orders.
    this.#seed = nextSeed()[0] >>> 0;
    this.#pass = plan.initialEpoch;
    this.#callbacks = new CallbackList(callbackList(options.callbacks), model, {
      epochs: plan.epochs,
      steps: plan.stepsPerEpoch ?? this.#batches,
      samples: training.count,
      batchSize: plan.batchSize,
      verbose: plan.verbose,
    });
    this.#history.setModel(model);
  }

  /** Trains. @throws What a step or a callback threw, or the reason of an interruption. */
  async run(): Promise<History> {
    const { plan } = this.#setup;
    const runner = this.#trainRunner();
    try {
      let logs: Logs = {};
      this.#history.onTrainBegin();
      await this.#callbacks.trainBegin();
      for (let epoch = plan.initialEpoch; epoch < plan.epochs; epoch++) {
        if (this.#model.stopTraining) break;
        logs = await this.#epoch(epoch, runner);
      }
      await this.#callbacks.trainEnd(logs);
      return this.#history;
    } finally {
      runner.dispose();
    }
  }

  async #epoch(epoch: number, runner: Runner): Promise<Logs> {
    const { plan } = this.#setup;
    const { train } = this.#compiled;
    if (plan.style !== undefined && plan.epochs > 1) console.log(`Epoch ${epoch + 1}/${plan.epochs}`);
    train.reset();
    await this.#callbacks.epochBegin(epoch);
    this.#interruption.check();
    if (this.#cursor === 0) runner.beginEpoch(plan.order, this.#seed, this.#pass);
    const wanted = plan.stepsPerEpoch ?? this.#batches;
    // Stopped by a hook before the first batch: that one still runs, as in Keras.
    const count = this.#model.stopTraining ? 1 : Math.min(wanted, this.#batches - this.#cursor);
    const bar = barFor(plan.style, wanted);
    let done = 0;
    try {
      done = await runPass({
        runner,
        trackers: train,
        interruption: this.#interruption,
        isTraining: true,
        first: this.#cursor,
        count,
        hooks: this.#callbacks.hasTrainBatchHooks ? this.#batchHooks() : undefined,
        bar,
      });
      this.#advance(done, wanted);
      const logs = await train.read();
      if (this.#setup.validation !== undefined && plan.validates(epoch)) {
        for (const [name, value] of Object.entries(await this.#validate(this.#setup.validation)))
          logs[`val_${name}`] = value;
      }
      await this.#callbacks.epochEnd(epoch, logs);
      bar?.finish(done, logs);
      this.#history.onEpochEnd(epoch, logs);
      return logs;
    } finally {
      bar?.abandon();
    }
  }

  #advance(done: number, wanted: number): void {
    this.#cursor += done;
    if (this.#cursor < this.#batches) return;
    this.#cursor = 0;
    this.#pass += 1;
    if (done < wanted && !this.#model.stopTraining) {
      process.emitWarning(
        `fit: the data ran out after ${done} of ${wanted} batches of the epoch; the next epoch starts over. Lower stepsPerEpoch or hand in more samples`,
        'HornbeamWarning',
      );
    }
  }

  #batchHooks() {
    return {
      begin: (batch: number): Promise<void> => this.#callbacks.trainBatchBegin(batch),
      end: (batch: number, logs: Logs): Promise<void> => this.#callbacks.trainBatchEnd(batch, logs),
      stopped: (): boolean => this.#model.stopTraining,
    };
  }

  #validate(validation: Validation): Promise<Logs> {
    return evaluateSamples({
      model: this.#model,
      compiled: this.#compiled,
      programs: this.#programs,
      ...validation,
      style: undefined,
      callbacks: this.#callbacks,
      interruption: this.#interruption,
    });
  }

  #trainRunner(): Runner {
    const { training } = this.#setup;
    const compiled = this.#compiled;
    if (!compiled.runEagerly) {
      const programs = this.#programs.train(compiled, training, this.#batchSize);
      return nativeRunner(programs, compiled.train, training.count, this.#batchSize);
    }
    compiled.optimizer.build(this.#model.trainableWeights);
    const step = (indices: Parameters<typeof gatherBatch>[1]): void =>
      this.#model.runStep(
        'train',
        compiled,
        compiled.train,
        withClassWeight(gatherBatch(training, indices), training.classWeight),
      );
    return new EagerRunner(training.count, this.#batchSize, step);
  }
}
