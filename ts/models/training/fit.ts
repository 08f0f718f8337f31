import { BackupAndRestore } from '../../callbacks/backup-and-restore.ts';
import type { Logs } from '../../callbacks/callback.ts';
import { CallbackList } from '../../callbacks/callback-list.ts';
import { History } from '../../callbacks/history.ts';
import { FileError } from '../../errors.ts';
import type { NativeProgram } from '../../native.ts';
import { nextSeed, randomState, restoreRandomState } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import { gatherBatch, withClassWeight } from './data.ts';
import { evaluateSamples } from './evaluate.ts';
import type { FitModel, FitSetup, Validation } from './fit-setup.ts';
import type { Interruption } from './interruption.ts';
import { architectureOf, type Noted } from './likeness.ts';
import { callbackList, type FitOptions } from './options.ts';
import { type BatchHooks, barFor, runPass } from './pass.ts';
import type { ModelPrograms } from './programs.ts';
import { EagerRunner, nativeRunner, type Runner } from './runner.ts';
import {
  captureVariables,
  checkSame,
  disposeVariables,
  type FitSettings,
  type Place,
  restoreVariables,
  settingsOf,
  type TrainingParts,
  type TrainingState,
} from './state.ts';
import { BatchStream, isSamples, StreamRunner } from './stream.ts';

/** One call of `fit`. */
export class FitRun {
  readonly #of: FitModel;
  readonly #model: TrainableModel;
  readonly #compiled: Compiled;
  readonly #programs: ModelPrograms;
  readonly #setup: FitSetup;
  readonly #settings: FitSettings;
  readonly #interruption: Interruption;
  readonly #callbacks: CallbackList;
  readonly #keepers: readonly BackupAndRestore[];
  readonly #history: History;
  readonly #batchSize: number;
  // The order of an epoch is a function of this seed and the epoch's number: a resumed run sees the same orders.
  #seed: number = nextSeed()[0] >>> 0;
  #epoch: number;
  /** Whether the epoch has begun, and how many of its batches were done. */
  #begun = false;
  #batch = 0;
  /** Batches of a pass over the data; infinite until the first pass over a stream has ended. */
  #batches: number;
  /** Next batch of the pass over the data, and which pass it is: epochs with stepsPerEpoch go on where the last ended. */
  #cursor = 0;
  #pass: number;
  /** A generator that has given its last batch. */
  #isOver = false;
  #validationTaken = 0;
  /** Programs of the native runner. */
  #traced: readonly NativeProgram[] = [];
  /** Whether the runner stands at its place in the pass already. */
  #isReady = false;
  /** Whether something was trained: what is saved is else what there was. */
  #isChanged = false;
  #logs: Logs = {};
  /** As training began: a callback may change layers, and the program that goes on begins with those of before. */
  #architecture: Noted | undefined;

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
    this.#epoch = plan.initialEpoch;
    this.#pass = plan.initialEpoch;
    const given = callbackList(options.callbacks);
    const history = given.find((callback) => callback instanceof History);
    this.#history = history ?? new History();
    this.#keepers = given.filter((callback) => callback instanceof BackupAndRestore);
    this.#settings = this.#keepers.length === 0 ? {} : settingsOf(setup, compiled);
    this.#callbacks = new CallbackList(history === undefined ? [...given, this.#history] : given, model, {
      epochs: plan.epochs,
      steps: plan.stepsPerEpoch ?? (count === undefined ? undefined : this.#batches),
      samples: count,
      batchSize: plan.batchSize,
      verbose: plan.verbose,
    });
  }

  /** Trains. @throws What a step or a callback threw, or the reason of an abort. */
  async run(): Promise<History> {
    const { plan } = this.#setup;
    const interruption = this.#interruption;
    const runner = this.#trainRunner();
    try {
      if (this.#keepers.length > 0 && this.#model.built) this.#architecture = architectureOf(this.#model);
      await this.#callbacks.trainBegin();
      let isEnded = await this.#resume(runner);
      while (!isEnded && this.#epoch < plan.epochs && !interruption.isSet) {
        if (!this.#begun && !(await this.#hasBatches())) break;
        await this.#runEpoch(runner);
        isEnded = this.#isEnded;
      }
      if (interruption.isSet) {
        if (this.#isChanged) await this.#save(runner, this.#keepers);
        interruption.check();
        this.#history.interruptedBy = interruption.received;
      }
      this.#compiled.optimizer.finalizeVariableValues(this.#model.trainableWeights);
      await this.#callbacks.trainEnd(this.#logs);
      // Behind everything else that an end of training does: what is cut short before this is done again.
      if (!interruption.isSet) for (const keeper of this.#keepers) await keeper.finish();
      return this.#history;
    } finally {
      runner.dispose();
      const held = this.#setup.validation?.samples;
      if (held instanceof BatchStream) void held.end().catch(() => undefined);
    }
  }

  /** Whether there is to be no other epoch behind one that ended. */
  get #isEnded(): boolean {
    return !this.#begun && (this.#model.stopTraining || this.#isOver);
  }

  /** One epoch, or the rest of one; after an interruption it is left where it stands. */
  async #runEpoch(runner: Runner): Promise<void> {
    const { plan, validation } = this.#setup;
    const { train } = this.#compiled;
    const isShown = plan.style !== undefined && plan.epochs > 1;
    if (isShown) console.log(`Epoch ${this.#epoch + 1}/${plan.epochs}`);
    if (!this.#begun) {
      train.reset();
      await this.#callbacks.epochBegin(this.#epoch);
      this.#begun = true;
      if (this.#cursor === 0 && !this.#isReady) runner.beginEpoch(plan.order, this.#seed, this.#pass);
    }
    this.#isReady = false;
    const [before, first] = [this.#batch, this.#cursor];
    const wanted = plan.stepsPerEpoch ?? this.#batches;
    const bar = barFor(plan.style, wanted);
    try {
      const done = await runPass({
        runner,
        trackers: train,
        interruption: this.#interruption,
        isTraining: true,
        first,
        count: this.#countLeft(wanted),
        before,
        hooks: this.#batchHooks(runner, first - before),
        bar,
      });
      this.#moveTo(before + done, first - before);
      if (done > 0) this.#isChanged = true;
      if (this.#interruption.isSet) return;
      const logs = await train.read();
      if (validation !== undefined && plan.validates(this.#epoch)) {
        const values = await this.#validate(validation);
        if (this.#interruption.isSet) return;
        for (const [name, value] of Object.entries(values)) logs[`val_${name}`] = value;
      }
      if (runner instanceof StreamRunner) this.#advanceStream(runner);
      else this.#advance(wanted);
      const shown = await this.#callbacks.epochEnd(this.#epoch, logs);
      bar?.finish(this.#batch, shown);
      this.#logs = logs;
      this.#epoch += 1;
      this.#begun = false;
      this.#batch = 0;
      this.#isChanged = true;
    } finally {
      bar?.abandon();
    }
    await this.#save(
      runner,
      this.#keepers.filter(({ saveFreq }) => saveFreq === 'epoch'),
    );
  }

  /** Batches that the epoch is to run still. */
  #countLeft(wanted: number): number {
    // Only a stream knows where it ends, whatever it gave in the epoch before.
    const count = this.#isStream
      ? (this.#setup.plan.stepsPerEpoch ?? Number.POSITIVE_INFINITY) - this.#batch
      : Math.min(wanted - this.#batch, this.#batches - this.#cursor);
    // Stopped by a hook before the first batch: that one still runs, as in Keras.
    return this.#model.stopTraining ? Math.min(count, this.#batch === 0 ? 1 : 0) : count;
  }

  /** `batch` batches of the epoch are done, which began at batch `start` of the pass. */
  #moveTo(batch: number, start: number): void {
    this.#batch = batch;
    this.#cursor = start + batch;
  }

  /** Whether a stream that goes on from the epoch before has more. One that ended just there begins anew, if it can. */
  async #hasBatches(): Promise<boolean> {
    const { training, plan } = this.#setup;
    if (isSamples(training) || this.#cursor === 0 || (await training.hasNext())) return true;
    this.#cursor = 0;
    this.#pass += 1;
    this.#isReady = false;
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
  #advanceStream(runner: StreamRunner): void {
    const { plan, training } = this.#setup;
    if (!runner.isExhausted) return;
    const isRepeatable = training instanceof BatchStream && training.isRepeatable;
    const isShort = this.#batch < (plan.stepsPerEpoch ?? 1);
    this.#batches = this.#cursor;
    this.#cursor = 0;
    this.#pass += 1;
    if (isShort && !this.#model.stopTraining) {
      process.emitWarning(
        `fit: the source ran out of batches after ${this.#batch} of ${plan.stepsPerEpoch ?? 'all'} of the epoch; ${isRepeatable ? 'the next epoch starts over' : 'training ends'}. ` +
          'Lower stepsPerEpoch, or pass a function that makes the source anew',
        'HornbeamWarning',
      );
    }
    if (!isRepeatable) this.#isOver = true;
  }

  #advance(wanted: number): void {
    if (this.#cursor < this.#batches) return;
    this.#cursor = 0;
    this.#pass += 1;
    if (this.#batch < wanted && !this.#model.stopTraining) {
      process.emitWarning(
        `fit: the data ran out after ${this.#batch} of ${wanted} batches of the epoch; the next epoch starts over. Lower stepsPerEpoch or hand in more samples`,
        'HornbeamWarning',
      );
    }
  }

  /** What is called between batches of an epoch that began at batch `start` of the pass, if somebody listens. */
  #batchHooks(runner: Runner, start: number): BatchHooks | undefined {
    const stride = (): number =>
      Math.min(this.#callbacks.trainStride(), ...this.#keepers.map((keeper) => keeper.batchesUntilSave));
    if (stride() === Number.POSITIVE_INFINITY) return undefined;
    return {
      stride,
      begin: (batch) => this.#callbacks.trainBatchBegin(batch),
      end: async (batch, logs) => {
        const ran = batch + 1 - this.#batch;
        this.#moveTo(batch + 1, start);
        await this.#callbacks.trainBatchEnd(batch, logs);
        await this.#save(
          runner,
          this.#keepers.filter((keeper) => keeper.passBatches(ran)),
        );
      },
      stopped: () => this.#model.stopTraining,
    };
  }

  async #validate(validation: Validation): Promise<Logs> {
    const logs = await evaluateSamples({
      model: this.#model,
      compiled: this.#compiled,
      programs: this.#programs,
      prepare: this.#of.prepare,
      ...validation,
      pass: this.#epoch,
      keepsOpen: true,
      style: undefined,
      callbacks: this.#callbacks,
      interruption: this.#interruption,
    });
    const { samples } = validation;
    if (!isSamples(samples) && !samples.isRepeatable && !this.#interruption.isSet)
      this.#validationTaken = samples.taken;
    return logs;
  }

  /** Goes on from the state that a callback has, if there is one; gives whether that training had ended. */
  async #resume(runner: Runner): Promise<boolean> {
    const { plan } = this.#setup;
    for (const keeper of this.#keepers) {
      const found = await keeper.load();
      if (found === undefined) continue;
      const { file, state } = found;
      try {
        checkSame(file, state.settings, this.#settings);
        this.#checkModel(file, state);
        this.#checkPlace(file, state.place);
        await this.#standAt(state, runner);
        // A model that batches of a source build has its layers now.
        this.#architecture ??= architectureOf(this.#model);
        this.#checkModel(file, state);
        restoreVariables(file, state.variables, this.#parts(runner));
      } finally {
        disposeVariables(state.variables);
      }
      restoreRandomState(state.random);
      this.#callbacks.restore(file, state.callbacks);
      this.#model.stopTraining = state.stopTraining;
      this.#logs = { ...state.logs };
      if (plan.style !== undefined) {
        const done = this.#batch === 0 ? '' : `, ${this.#batch} batches of which are done`;
        console.log(`Going on with epoch ${this.#epoch + 1}${done}: ${file}`);
      }
      return this.#isEnded;
    }
    return false;
  }

  /** @throws FileError for another model, as far as both are known. */
  #checkModel(file: string, { model }: TrainingState): void {
    if (model !== undefined && this.#architecture !== undefined)
      checkSame(file, { model }, { model: this.#architecture });
  }

  /** @throws FileError for a place that the data do not have. */
  #checkPlace(file: string, { batch, cursor, batches }: Place): void {
    const isOutside = isSamples(this.#setup.training) && (batches !== this.#batches || cursor > this.#batches);
    if (!isOutside && batch <= cursor) return;
    throw new FileError(`${file} is no checkpoint of this training: there is no batch ${cursor} of ${this.#batches}`);
  }

  /** Puts the run and its data to the place of a state. Makes what steps need; the numbers are set afterwards. */
  async #standAt({ place, seed }: TrainingState, runner: Runner): Promise<void> {
    const { plan, training, validation } = this.#setup;
    this.#seed = seed;
    this.#epoch = place.epoch;
    this.#begun = place.begun;
    this.#batch = place.batch;
    this.#cursor = place.cursor;
    this.#pass = place.pass;
    this.#batches = place.batches ?? Number.POSITIVE_INFINITY;
    this.#isOver = place.isOver;
    this.#validationTaken = place.validationTaken;
    this.#isReady = true;
    const held = validation?.samples;
    if (held instanceof BatchStream && place.validationTaken > 0) await held.resume(0, place.validationTaken);
    if (runner instanceof StreamRunner) {
      await runner.resume(place.pass, place.cursor, place.taken);
      return;
    }
    const begin = (): void => runner.beginEpoch(plan.order, seed, place.pass);
    begin();
    if (!(runner instanceof EagerRunner) || !isSamples(training)) return;
    // Which variables a step uses shows when it runs; what it changes is set afterwards.
    await runner.run(Math.min(place.cursor, this.#batches - 1), 1, false);
    begin();
  }

  #parts(runner: Runner): TrainingParts {
    const used =
      runner instanceof StreamRunner || runner instanceof EagerRunner
        ? runner.variables
        : this.#traced.flatMap((program) => [...this.#programs.variablesOf(program)]);
    return { model: this.#model, compiled: this.#compiled, used };
  }

  async #save(runner: Runner, keepers: readonly BackupAndRestore[]): Promise<void> {
    if (keepers.length === 0) return;
    const state = this.#state(runner);
    try {
      for (const keeper of keepers) await keeper.save(state);
    } finally {
      disposeVariables(state.variables);
    }
  }

  #state(runner: Runner): TrainingState {
    const { training } = this.#setup;
    this.#architecture ??= architectureOf(this.#model);
    const place: Place = {
      epoch: this.#epoch,
      begun: this.#begun,
      batch: this.#batch,
      cursor: this.#cursor,
      pass: this.#pass,
      batches: Number.isFinite(this.#batches) ? this.#batches : null,
      isOver: this.#isOver,
      taken: isSamples(training) || training.isRepeatable ? this.#cursor : training.taken,
      validationTaken: this.#validationTaken,
    };
    return {
      settings: this.#settings,
      model: this.#architecture,
      place,
      seed: this.#seed,
      random: randomState(),
      stopTraining: this.#model.stopTraining,
      logs: this.#logs,
      variables: captureVariables(this.#parts(runner)),
      callbacks: this.#callbacks.states(),
    };
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
      this.#traced = [programs.full, ...(programs.last === null ? [] : [programs.last])];
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
