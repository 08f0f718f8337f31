import { checkFlag, checkFunction, checkSubclass, received } from '../arguments.ts';
import type { Logs } from '../callbacks/callback.ts';
import { CallbackList } from '../callbacks/callback-list.ts';
import type { History } from '../callbacks/history.ts';
import { standardOutput, summaryLines } from '../console/index.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { Layer, type LayerConfig } from '../layers/layer.ts';
import { type Shape, shown, type TensorSpec } from '../layers/shape.ts';
import { runProgram } from '../native.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { type CompileConfig, Compiled } from './training/compiled.ts';
import { type ClassWeight, classWeights, type DataLike, dataTensor, samplesOf } from './training/data.ts';
import { evaluateSamples } from './training/evaluate.ts';
import { FitRun, readFit } from './training/fit.ts';
import { Interruption } from './training/interruption.ts';
import {
  type Callbacks,
  callbackList,
  checkClassWeight,
  type EvaluateOptions,
  type FitOptions,
  planEvaluate,
  wholeNumber,
} from './training/options.ts';
import { predictSamples } from './training/predict.ts';
import { batchTensors, ModelPrograms } from './training/programs.ts';
import type { Batch } from './training/step.ts';

/** Options of `predict`. */
export interface PredictOptions {
  /** Samples that are computed together. Default 32. */
  batchSize?: number;
  callbacks?: Callbacks;
}

/** Options of `trainOnBatch` and `testOnBatch`. */
export interface BatchOptions {
  /** One weight a sample. */
  sampleWeight?: DataLike;
  /** Weight of each class in the loss; train only. */
  classWeight?: ClassWeight;
}

/** Named numbers with the loss among them: `{ loss, accuracy }`. */
export type Results = Logs & { loss: number };

/** Options of `summary`. */
export interface SummaryOptions {
  /** Characters a line. Default 76. */
  lineLength?: number;
  /** Receives the lines. Default: `console.log`. */
  printFn?: (line: string) => void;
}

/**
 * Base of models: training, evaluation, prediction. A model is a layer, too, and can be part of another model.
 * A subclass says how it is built and called.
 */
export abstract class Model extends Layer {
  #compiled: Compiled | undefined;
  readonly #programs: ModelPrograms = new ModelPrograms(this);
  #fitting: Interruption | undefined;
  #stopTraining = false;

  constructor(config: LayerConfig = {}) {
    checkSubclass(new.target, Model, 'layers and call');
    super(config);
    this.supportsMasking = true;
  }

  /** Shape and element type of the input, once known. */
  abstract readonly inputSpec: TensorSpec | undefined;

  /** The layers, in order. */
  abstract readonly layers: readonly Layer[];

  /** Shape and element type that each of `layers` gives, as far as known. */
  protected abstract readonly layerOutputs: readonly (TensorSpec | undefined)[];

  /** Shape of the input with the batch, once known. */
  get inputShape(): Shape | undefined {
    return this.inputSpec?.shape;
  }

  /** Shape of the output with the batch, once known. */
  get outputShape(): Shape | undefined {
    return this.layerOutputs.at(-1)?.shape;
  }

  /** Whether training is to end after the batch in progress. A callback sets it; every `fit` starts with false. */
  get stopTraining(): boolean {
    return this.#stopTraining;
  }

  set stopTraining(value: boolean) {
    this.#stopTraining = checkFlag(this.label, 'stopTraining', value);
    if (value) this.#fitting?.stopTraining();
  }

  /** The optimizer. @throws StateError before `compile`. */
  get optimizer(): Optimizer {
    return this.#needCompiled('optimizer').optimizer;
  }

  /** Whether `compile` was called. */
  get isCompiled(): boolean {
    return this.#compiled !== undefined;
  }

  /** Names of what `fit` and `evaluate` report: `['loss', 'accuracy']`. @throws StateError before `compile`. */
  get metricsNames(): readonly string[] {
    return this.#needCompiled('metricsNames').train.names;
  }

  /** @throws StateError while fit is running: what it traced would no longer be the model. */
  protected checkNotFitting(call: string): void {
    if (this.#fitting !== undefined) throw new StateError(`${this.label}: ${call} was called while fit is running`);
  }

  /**
   * Says how the model is trained.
   *
   * @throws ConfigError for unknown names; StateError while `fit` runs.
   * @example
   * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
   */
  compile(config: CompileConfig): void {
    this.checkNotFitting('compile');
    const compiled = new Compiled(config);
    this.#programs.reset(compiled.precision);
    this.#compiled?.dispose();
    this.#compiled = compiled;
  }

  /**
   * Trains the model and resolves to the numbers of every epoch.
   *
   * @param x Samples along the first axis.
   * @param y One target a sample.
   * @throws StateError before `compile`, or while another `fit` of this model runs; ShapeError, DataError, ConfigError for
   * data and options that do not fit; DataError naming the sample for a label out of range (the weights are those before
   * that step); the reason of `signal` when it aborts.
   * @example
   * const history = await model.fit(x, y, { epochs: 5, validationSplit: 0.1 });
   * console.log(history.history.loss);
   */
  async fit(x: DataLike, y: DataLike, options: FitOptions = {}): Promise<History> {
    const compiled = this.#needCompiled('fit');
    if (this.#fitting !== undefined) {
      throw new StateError(
        `${this.label}: fit was called while another fit of this model is running; await the first one`,
      );
    }
    const setup = readFit(x, y, options);
    this.#prepare(setup.training.x, 'fit: x');
    if (setup.validation !== undefined) this.#prepare(setup.validation.samples.x, 'fit: validationData');
    const interruption = new Interruption(options.signal, options.handleSignals ?? false);
    this.#fitting = interruption;
    this.#stopTraining = false;
    try {
      return await new FitRun(this, compiled, this.#programs, setup, options, interruption).run();
    } finally {
      this.#fitting = undefined;
      interruption.release();
    }
  }

  /**
   * Loss and metrics over samples, without training.
   *
   * @throws As `fit`.
   * @example
   * const { loss, accuracy } = await model.evaluate(x, y);
   */
  async evaluate(x: DataLike, y: DataLike, options: EvaluateOptions = {}): Promise<Results> {
    const compiled = this.#needCompiled('evaluate');
    const plan = planEvaluate(options);
    const samples = samplesOf(x, y, options.sampleWeight, 'evaluate');
    this.#prepare(samples.x, 'evaluate: x');
    const steps = plan.steps ?? Math.ceil(samples.count / plan.batchSize);
    const callbacks = new CallbackList(callbackList(options.callbacks), this, {
      epochs: 1,
      steps,
      samples: samples.count,
      batchSize: plan.batchSize,
      verbose: plan.verbose,
    });
    const interruption = new Interruption(options.signal, false);
    try {
      const logs = await evaluateSamples({
        model: this,
        compiled,
        programs: this.#programs,
        samples,
        ...plan,
        callbacks,
        interruption,
      });
      return ordered(compiled, logs);
    } finally {
      interruption.release();
    }
  }

  /**
   * One training step. Resolves to the numbers of this batch.
   *
   * @throws As `fit`; StateError while `fit` runs.
   */
  async trainOnBatch(x: DataLike, y: DataLike, options: BatchOptions = {}): Promise<Results> {
    if (this.#fitting !== undefined)
      throw new StateError(`${this.label}: trainOnBatch was called while fit is running`);
    const compiled = this.#needCompiled('trainOnBatch');
    return this.#onBatch('train', compiled, this.#batch('trainOnBatch', x, y, options));
  }

  /** Loss and metrics of one batch. */
  async testOnBatch(x: DataLike, y: DataLike, options: Omit<BatchOptions, 'classWeight'> = {}): Promise<Results> {
    const compiled = this.#needCompiled('testOnBatch');
    return this.#onBatch('test', compiled, this.#batch('testOnBatch', x, y, options));
  }

  /**
   * The outputs for samples, as a tensor at once; its numbers are on their way. Call `dispose` or let it be collected.
   *
   * @throws ShapeError for samples of another shape; DataError for none.
   * @example
   * const probabilities = await model.predict(x).data();
   */
  predict(x: DataLike, options: PredictOptions = {}): Tensor {
    checkOptionNames('predict', options, ['batchSize', 'callbacks'], '{ batchSize: 64 }');
    const batchSize = options.batchSize === undefined ? 32 : wholeNumber('predict', 'batchSize', options.batchSize, 1);
    const samples = dataTensor(x, 'predict: x');
    const callbacks = new CallbackList(callbackList(options.callbacks), this, {
      epochs: 1,
      steps: Math.ceil((samples.shape[0] ?? 0) / batchSize),
      samples: samples.shape[0] ?? 0,
      batchSize,
      verbose: 0,
    });
    this.#prepare(samples, 'predict: x');
    callbacks.predictBegin();
    const outputs = predictSamples(this.#programs, samples, batchSize);
    callbacks.predictEnd();
    return outputs;
  }

  /** The outputs for one batch, whatever its size. */
  predictOnBatch(x: DataLike): Tensor {
    const samples = dataTensor(x, 'predictOnBatch: x');
    this.#prepare(samples, 'predictOnBatch: x');
    return predictSamples(this.#programs, samples, Number.POSITIVE_INFINITY);
  }

  /** Prints Keras' table of layers, output shapes and numbers of parameters. */
  summary(options: SummaryOptions = {}): void {
    checkOptionNames('summary', options, ['lineLength', 'printFn'], '{ lineLength: 100 }');
    if (options.printFn !== undefined) checkFunction('summary', 'printFn', options.printFn);
    if (options.lineLength !== undefined) wholeNumber('summary', 'lineLength', options.lineLength, 1);
    const styled = options.printFn === undefined && standardOutput.isColoured;
    const print = options.printFn ?? ((line: string): void => console.log(line));
    const rows = this.layers.map((layer, i) => ({
      name: layer.name,
      className: layer.className,
      outputShape: this.layerOutputs[i]?.shape,
      parameters: layer.built ? layer.countParams() : undefined,
    }));
    const optimizer = this.#compiled?.optimizer;
    const used =
      optimizer?.isBuiltFor(this.trainableWeights) && this.trainableWeights.length > 0
        ? optimizer.variables
        : undefined;
    const content = {
      model: this.name,
      rows,
      trainable: countOf(this.trainableWeights),
      nonTrainable: countOf(this.nonTrainableWeights),
      optimizer: used && countOf(used),
    };
    for (const line of summaryLines(content, options.lineLength, styled)) print(line);
  }

  /**
   * A layer by its name or its place.
   *
   * @throws ConfigError when there is none.
   */
  getLayer(nameOrIndex: string | number): Layer {
    const layer =
      typeof nameOrIndex === 'number'
        ? this.layers.at(nameOrIndex)
        : this.layers.find(({ name }) => name === nameOrIndex);
    if (layer !== undefined) return layer;
    throw new ConfigError(
      `${this.label} has no layer ${received(nameOrIndex)}; its layers are ${this.layers.map(({ name }) => name).join(', ') || 'none'}`,
    );
  }

  /** Frees weights, compiled steps and the state of training. The model cannot be used afterwards. */
  override dispose(): void {
    this.checkNotFitting('dispose');
    this.#programs.clear();
    this.#compiled?.dispose();
    this.#compiled = undefined;
    for (const layer of this.sublayers) layer.dispose();
  }

  /** `using model = ...` frees the model at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #needCompiled(call: string): Compiled {
    if (this.#compiled !== undefined) return this.#compiled;
    throw new StateError(
      `${this.label}: ${call} needs a compiled model. Call compile first, such as model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })`,
    );
  }

  /** Builds the model for these samples, or checks that they have the shape it was built for. */
  #prepare(x: Tensor, what: string): void {
    const shape: Shape = [null, ...x.shape.slice(1)];
    if (!this.built) this.build(shape);
    const expected = this.inputSpec?.shape;
    if (expected === undefined) return;
    const fits =
      expected.length === x.rank &&
      expected.every((size, axis) => axis === 0 || size === null || size === x.shape[axis]);
    if (!fits) {
      throw new ShapeError(
        `${this.label} expects inputs of shape ${shown(expected)} but got ${shown(x.shape)} (${what}).${hintFor(expected, x.shape)}`,
      );
    }
  }

  #batch(call: 'trainOnBatch' | 'testOnBatch', x: DataLike, y: DataLike, options: BatchOptions): Batch {
    const known = call === 'trainOnBatch' ? ['sampleWeight', 'classWeight'] : ['sampleWeight'];
    checkOptionNames(call, options, known, '{ sampleWeight: [1, 2] }');
    if (options.classWeight !== undefined && options.sampleWeight !== undefined) {
      throw new ConfigError(
        `${call}: classWeight and sampleWeight do not go together; multiply them into one sampleWeight`,
      );
    }
    checkClassWeight(options.classWeight);
    const samples = samplesOf(x, y, options.sampleWeight, call);
    this.#prepare(samples.x, `${call}: x`);
    if (options.classWeight === undefined) return samples;
    return { ...samples, sampleWeight: classWeights(samples.y, options.classWeight) };
  }

  async #onBatch(kind: 'train' | 'test', compiled: Compiled, batch: Batch): Promise<Results> {
    const trackers = kind === 'train' ? compiled.train : compiled.acquire();
    const restore = kind === 'train' ? undefined : trackers.preserveShared();
    try {
      const program = this.#programs.stepBatch(kind, compiled, trackers, batch);
      const inputs = batchTensors(batch).map((input) => input.handle);
      const outputs = runProgram(program, inputs);
      const values = await Promise.all(outputs.map(async (output) => (await output.data())[0] as number));
      for (const output of outputs) output.dispose();
      return ordered(compiled, trackers.name(values));
    } finally {
      restore?.();
      if (kind === 'test') compiled.release(trackers);
    }
  }
}

/** The numbers with the loss first, then the metrics as they were listed. */
function ordered(compiled: Compiled, logs: Logs): Results {
  return Object.fromEntries(compiled.train.names.map((name) => [name, logs[name] as number])) as Results;
}

const bytesPerElement: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bfloat16: 2,
  float16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

function countOf(variables: readonly Variable[]): { count: number; bytes: number } {
  const count = variables.reduce((sum, variable) => sum + variable.size, 0);
  const bytes = variables.reduce((sum, variable) => sum + variable.size * (bytesPerElement[variable.dtype] ?? 4), 0);
  return { count, bytes };
}

/** The likely mistake: a single sample without its batch, or images without their channel. */
function hintFor(expected: Shape, got: readonly number[]): string {
  const sample = expected.slice(1);
  const same = (a: Shape, b: Shape): boolean =>
    a.length === b.length && a.every((size, i) => size === null || size === b[i]);
  if (same(sample, got)) return ' One sample needs a batch axis: x.expandDims(0)';
  if (sample.at(-1) === 1 && same(sample.slice(0, -1), got.slice(1)))
    return ' The channels are missing: x.expandDims(-1)';
  return '';
}
