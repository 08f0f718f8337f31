import type { Logs } from '../../callbacks/callback.ts';
import { CallbackList } from '../../callbacks/callback-list.ts';
import { History } from '../../callbacks/history.ts';
import { ConfigError } from '../../errors.ts';
import type { Nest } from '../../layers/nest.ts';
import { nextSeed, type Tensor } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import {
  type ClassWeight,
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
import { type BatchSource, BatchStream, isSamples, isSource, StreamRunner } from './stream.ts';

/** What is validated after an epoch. */
interface Validation {
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

/** One call of `fit`. */
export class FitRun {
  readonly #of: FitModel;
  readonly #model: TrainableModel;
  readonly #compiled: Compiled;
  readonly #programs: ModelPrograms;
  readonly #setup: FitSetup;
  readonly #interruption: Interruption;
  readonly #callbacks: CallbackList;
  readonly #history: History;
  readonly #batchSize: number;
  /** Batches of a pass over the data; infinite until the first pass over a stream has ended. */
  #batches: number;
  readonly #seed: number;
  /** Next batch of the pass over the data, and which pass it is: epochs with stepsPerEpoch go on where the last ended. */
  #cursor = 0;
  #pass: number;
  /** A generator that has given its last batch. */
  #isOver = false;

  constructor(
    of: FitModel,
    compiled: Compiled,
    programs: ModelPrograms,
    setup: FitSetup,
    options: FitOptions,
    interruption: Interruption,
  ) {
    const { plan, training } = setup;
    const { model } = of;
    this.#of = of;
    this.#model = model;
    this.#compiled = compiled;
    this.#programs = programs;
    this.#setup = setup;
    this.#interruption = interruption;
    const count = isSamples(training) ? training.count : undefined;
    this.#batchSize = Math.min(plan.batchSize, count ?? plan.batchSize);
    this.#batches = count === undefined ? Number.POSITIVE_INFINITY : Math.ceil(count / this.#batchSize);
    // The order of an epoch is a function of this seed and the epoch's number: a resumed run sees the same orders.
    this.#seed = nextSeed()[0] >>> 0;
    this.#pass = plan.initialEpoch;
    const given = callbackList(options.callbacks);
    const history = given.find((callback) => callback instanceof History);
    this.#history = history ?? new History();
    this.#callbacks = new CallbackList(history === undefined ? [...given, this.#history] : given, model, {
      epochs: plan.epochs,
      steps: plan.stepsPerEpoch ?? (count === undefined ? undefined : this.#batches),
      samples: count,
      batchSize: plan.batchSize,
      verbose: plan.verbose,
    });
  }

  /** Trains. @throws What a step or a callback threw, or the reason of an interruption. */
  async run(): Promise<History> {
    const { plan } = this.#setup;
    const runner = this.#trainRunner();
    try {
      let logs: Logs = {};
      await this.#callbacks.trainBegin();
      for (let epoch = plan.initialEpoch; epoch < plan.epochs; epoch++) {
        if (!(await this.#hasBatches())) break;
        logs = await this.#epoch(epoch, runner);
        if (this.#model.stopTraining || this.#isOver) break;
      }
      this.#compiled.optimizer.finalizeVariableValues(this.#model.trainableWeights);
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
    // Only a stream knows where it ends, whatever it gave in the epoch before.
    const count = this.#isStream
      ? (plan.stepsPerEpoch ?? Number.POSITIVE_INFINITY)
      : Math.min(wanted, this.#batches - this.#cursor);
    const bar = barFor(plan.style, wanted);
    let done = 0;
    try {
      done = await runPass({
        runner,
        trackers: train,
        interruption: this.#interruption,
        isTraining: true,
        first: this.#cursor,
        count: this.#model.stopTraining ? 1 : count,
        hooks: this.#callbacks.hasTrainBatchHooks ? this.#batchHooks() : undefined,
        bar,
      });
      if (runner instanceof StreamRunner) this.#advanceStream(runner, done);
      else this.#advance(done, wanted);
      const logs = await train.read();
      if (this.#setup.validation !== undefined && plan.validates(epoch)) {
        for (const [name, value] of Object.entries(await this.#validate(this.#setup.validation)))
          logs[`val_${name}`] = value;
      }
      const shown = await this.#callbacks.epochEnd(epoch, logs);
      bar?.finish(done, shown);
      return logs;
    } finally {
      bar?.abandon();
    }
  }

  /** Whether a stream that goes on from the epoch before has more. One that ended just there begins anew, if it can. */
  async #hasBatches(): Promise<boolean> {
    const { training, plan } = this.#setup;
    if (isSamples(training) || this.#cursor === 0 || (await training.hasNext())) return true;
    this.#cursor = 0;
    this.#pass += 1;
    if (training.isRepeatable) return true;
    process.emitWarning(
      `fit: the source ran out of batches where an epoch of ${plan.stepsPerEpoch} ended; training ends. Pass fewer epochs, or a function that makes the source anew`,
      'HornbeamWarning',
    );
    return false;
  }

  get #isStream(): boolean {
    return !isSamples(this.#setup.training);
  }

  /** A stream goes on in the next epoch, begins anew, or has nothing left, which ends training. */
  #advanceStream(runner: StreamRunner, done: number): void {
    const { plan, training } = this.#setup;
    this.#cursor += done;
    if (!runner.isExhausted) return;
    const isRepeatable = training instanceof BatchStream && training.isRepeatable;
    const isShort = done < (plan.stepsPerEpoch ?? 1);
    this.#batches = this.#cursor;
    this.#cursor = 0;
    this.#pass += 1;
    if (isShort && !this.#model.stopTraining) {
      process.emitWarning(
        `fit: the source ran out of batches after ${done} of ${plan.stepsPerEpoch ?? 'all'} of the epoch; ${isRepeatable ? 'the next epoch starts over' : 'training ends'}. ` +
          'Lower stepsPerEpoch, or pass a function that makes the source anew',
        'HornbeamWarning',
      );
    }
    if (!isRepeatable) this.#isOver = true;
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
      prepare: this.#of.prepare,
      ...validation,
      style: undefined,
      callbacks: this.#callbacks,
      interruption: this.#interruption,
    });
  }

  #trainRunner(): Runner {
    const { training, classWeight } = this.#setup;
    const compiled = this.#compiled;
    if (!isSamples(training)) {
      const { model, prepare } = this.#of;
      const programs = this.#programs;
      return new StreamRunner({
        kind: 'train',
        model,
        compiled,
        programs,
        trackers: compiled.train,
        stream: training,
        classWeight,
        prepare,
      });
    }
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
