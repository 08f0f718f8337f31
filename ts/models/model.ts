import { checkFlag, checkSubclass, received } from '../arguments.ts';
import { CallbackList } from '../callbacks/callback-list.ts';
import type { History } from '../callbacks/history.ts';
import { ConfigError, StateError } from '../errors.ts';
import { nextCall } from '../layers/call-stack.ts';
import type { AnyLayer, LayerConfig } from '../layers/layer.ts';
import { mapNest, type Nest } from '../layers/nest.ts';
import { isShape, isSpec, type Shape, type TensorSpec, traceSpecs } from '../layers/shape.ts';
import type { SymbolicTensor } from '../layers/symbolic.ts';
import type { Metric } from '../metrics/index.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import { resetStatesIn } from './states.ts';
import { StoredModel } from './stored-model.ts';
import { printSummary, type SummaryOptions } from './summary.ts';
import { batchOf, ordered, type Results, runBatch } from './training/batch.ts';
import { type CompileConfig, Compiled } from './training/compiled.ts';
import {
  type Batch,
  type DataNest,
  type DataPlaces,
  dataNest,
  sampleCount,
  samplesOf,
  type Tensors,
} from './training/data.ts';
import { evaluateSamples } from './training/evaluate.ts';
import { FitRun } from './training/fit.ts';
import { type FitModel, readFit } from './training/fit-setup.ts';
import { placesOf, prepareFor } from './training/fitting.ts';
import { Interruption } from './training/interruption.ts';
import {
  type BatchOptions,
  batchOptionNames,
  callbackList,
  type EvaluateDatasetOptions,
  type EvaluateOptions,
  type FitDatasetOptions,
  type FitOptions,
  type PredictOptions,
  planEvaluate,
  renamed,
  wholeNumber,
} from './training/options.ts';
import { predictHooked, predictSamples } from './training/predict.ts';
import { ModelPrograms } from './training/programs.ts';
import {
  checkResults,
  lossOf,
  type StepContext,
  type StepResults,
  testStep,
  trainStep,
  updateMetrics,
} from './training/step.ts';
import { type BatchSource, BatchStream, isSamples, isSource, sourceOf } from './training/stream.ts';
import type { Trackers } from './training/trackers.ts';

/** A model, whatever it gives: what the steps of training work with. @internal */
export type TrainableModel = Model<Tree>;

/**
 * Base of models: training, evaluation, prediction. A model is a layer, too, and can be part of another model.
 *
 * {@link Sequential} and {@link Functional} say by themselves what they are made of. A model of your own is a subclass with
 * `call`, whose layers are fields; it may also write its own `trainStep`.
 * @example
 * class Twice extends Model {
 *   readonly hidden = layers.dense({ units: 8, activation: 'relu' });
 *   readonly last = layers.dense({ units: 1 });
 *   override call(x: Tensor) { return this.last.apply(this.hidden.apply(x)); }
 * }
 */
export abstract class Model<Out extends Tree = Tensor> extends StoredModel<Out> {
  static override readonly opensScope: boolean = false;
  #compiled: Compiled | undefined;
  readonly #programs: ModelPrograms = new ModelPrograms(this as TrainableModel);
  #fitting: Interruption | undefined;
  #stopTraining = false;
  #step: StepContext | undefined;

  constructor(config: LayerConfig = {}) {
    checkSubclass(new.target, Model, 'call');
    super(config);
    this.supportsMasking = true;
  }

  /** Shapes and element types of the inputs, once known. */
  get inputSpecs(): Nest<TensorSpec> | undefined {
    return undefined;
  }

  /** The symbolic tensors that stand for the data; `undefined` for a model that is no graph. */
  get inputs(): Nest<SymbolicTensor> | undefined {
    return undefined;
  }

  /** The symbolic tensors that stand for the results; `undefined` for a model that is no graph. */
  get outputs(): Nest<SymbolicTensor> | undefined {
    return undefined;
  }

  /** Names of the inputs, by which data may be handed in; `undefined` while the model does not say. */
  get inputNames(): readonly string[] | undefined {
    return undefined;
  }

  /** Names of the outputs, by which losses, metrics and targets may be handed in; `undefined` while the model does not say. */
  get outputNames(): readonly string[] | undefined {
    return undefined;
  }

  /** The layers, in order. */
  get layers(): readonly AnyLayer[] {
    return this.sublayers;
  }

  /** Shape that each of `layers` gives, as far as known. */
  protected get layerOutputs(): readonly (Nest<Shape> | undefined)[] {
    return this.layers.map(() => undefined);
  }

  /** What each of `layers` reads, for `summary`; `undefined` for a stack. */
  protected get connections(): readonly string[] | undefined {
    return undefined;
  }

  /** Shape of the input with the batch, once known; a list or record of several. */
  get inputShape(): Nest<Shape> | undefined {
    return this.inputSpecs && mapNest<TensorSpec, Shape>(this.inputSpecs, ({ shape }) => shape, isSpec);
  }

  /** Shape of the output with the batch, once known; a list or record of several. */
  get outputShape(): Nest<Shape> | undefined {
    return this.outputs && mapNest<SymbolicTensor, Shape>(this.outputs, ({ shape }) => shape);
  }

  /** Makes the weights for inputs of this shape (with the batch), by a call that computes nothing. */
  override build(inputShape: Nest<Shape>): void {
    const shapes: Shape[] = [];
    mapNest<Shape, void>(inputShape, (shape) => void shapes.push(shape), isShape);
    const specs = shapes.map((shape) => ({ shape, dtype: this.dtype }));
    traceSpecs(this.label, specs, (tensors) =>
      this.call(mapNest<Shape, Tensor>(inputShape, (_, i) => tensors[i] as Tensor, isShape) as Tree, {
        training: false,
      }),
    );
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

  /** What `compile` was told; `undefined` before. @internal */
  get compileOptions(): CompileConfig | undefined {
    return this.#compiled?.config;
  }

  /** Names of what `fit` and `evaluate` report: `['loss', 'accuracy']`. @throws StateError before `compile`. */
  get metricsNames(): readonly string[] {
    return this.#needCompiled('metricsNames').train.names;
  }

  /** The metrics: the mean loss, those of `compile`, those that layers and the model hold in fields or through `addMetric`. */
  get metrics(): readonly Metric[] {
    return this.#compiled === undefined ? this.attachedMetrics : this.#compiled.train.metrics;
  }

  get #places(): DataPlaces {
    return placesOf(this as TrainableModel);
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
   * const net = sequential({ layers: [layers.dense({ units: 10, activation: 'softmax', inputShape: [4] })] });
   * net.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
   */
  compile(config: CompileConfig): void {
    this.checkNotFitting('compile');
    const compiled = new Compiled(config, { outputs: this.#places.outputs, metrics: () => this.attachedMetrics });
    this.#programs.reset(compiled.precision);
    this.#compiled?.dispose();
    this.#compiled = compiled;
  }

  /**
   * Trains the model and resolves to the numbers of every epoch.
   *
   * @param x Samples along the first axis; of several inputs in a list, or a record by their names.
   * @param y One target a sample; of several outputs in a list, or by name. Left out when the model adds its losses itself.
   * @throws StateError before `compile`, or while another `fit` of this model runs; ShapeError, DataError, ConfigError for
   * data and options that do not fit; DataError naming the sample for a label out of range (the weights are those before
   * that step); the reason of `signal` when it aborts.
   * @example
   * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
   * net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
   * const { history } = await net.fit(ones([20, 3]), ones([20, 1]), { epochs: 5, validationSplit: 0.1, verbose: 0 });
   */
  async fit(x: DataNest | BatchSource, y?: DataNest | null, options: FitOptions = {}): Promise<History> {
    const compiled = this.#needCompiled('fit');
    if (this.#fitting !== undefined) {
      throw new StateError(
        `${this.label}: fit was called while another fit of this model is running; await the first one`,
      );
    }
    const of = this.#forFit;
    const setup = readFit(of, x, y, options);
    if (isSamples(setup.training)) this.#prepare(setup.training.x, 'fit: x', true);
    const held = setup.validation?.samples;
    if (held !== undefined && isSamples(held)) this.#prepare(held.x, 'fit: validationData', true);
    const interruption = new Interruption(options.signal, setup.plan.handleSignals);
    this.#fitting = interruption;
    this.#stopTraining = false;
    try {
      return await new FitRun(of, compiled, this.#programs, setup, options, interruption).run();
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
   * const net = sequential({ layers: [layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [3] })] });
   * net.compile({ loss: 'meanSquaredError' });
   * await net.evaluate(ones([20, 3]), ones([20, 1]), { verbose: 0 }) // { loss: 4 }
   */
  async evaluate(x: DataNest | BatchSource, y?: DataNest | null, options: EvaluateOptions = {}): Promise<Results> {
    const compiled = this.#needCompiled('evaluate');
    const plan = planEvaluate(options);
    const { places, prepare } = this.#forFit;
    const samples = isSource(x)
      ? new BatchStream(x, places, 'evaluate')
      : samplesOf(places(), x, y, options.sampleWeight, 'evaluate');
    const count = isSamples(samples) ? samples.count : undefined;
    if (isSamples(samples)) this.#prepare(samples.x, 'evaluate: x', true);
    const steps = plan.steps ?? (count === undefined ? undefined : Math.ceil(count / plan.batchSize));
    const callbacks = new CallbackList(callbackList(options.callbacks), this as TrainableModel, {
      epochs: 1,
      steps,
      samples: count,
      batchSize: plan.batchSize,
      verbose: plan.verbose,
    });
    const interruption = new Interruption(options.signal, false);
    try {
      const logs = await evaluateSamples({
        model: this as TrainableModel,
        compiled,
        programs: this.#programs,
        samples,
        prepare,
        ...plan,
        pass: 0,
        keepsOpen: false,
        callbacks,
        interruption,
      });
      interruption.check();
      return ordered(compiled, logs);
    } finally {
      interruption.release();
    }
  }

  /**
   * Trains on batches from outside: `fit` with a source.
   *
   * @throws As `fit`.
   * @example
   * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
   * net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
   * await net.fitDataset([[ones([32, 3]), ones([32, 1])]], { epochs: 5, verbose: 0 });
   */
  async fitDataset(source: BatchSource, options: FitDatasetOptions = {}): Promise<History> {
    return this.fit(sourceOf('fitDataset', source), null, renamed('fitDataset', options, batchOptionNames));
  }

  /** Loss and metrics over batches from outside: `evaluate` with a source. @throws As `evaluate`. */
  async evaluateDataset(source: BatchSource, options: EvaluateDatasetOptions = {}): Promise<Results> {
    return this.evaluate(
      sourceOf('evaluateDataset', source),
      null,
      renamed('evaluateDataset', options, batchOptionNames),
    );
  }

  /** What `fit` and `evaluate` ask of the model. */
  get #forFit(): FitModel {
    return {
      model: this as TrainableModel,
      places: () => this.#places,
      prepare: (x) => this.#prepare(x, 'a batch: x', true),
    };
  }

  /**
   * One training step. Resolves to the numbers of this batch.
   *
   * @throws As `fit`; StateError while `fit` runs.
   */
  async trainOnBatch(x: DataNest, y?: DataNest | null, options: BatchOptions = {}): Promise<Results> {
    if (this.#fitting !== undefined)
      throw new StateError(`${this.label}: trainOnBatch was called while fit is running`);
    const compiled = this.#needCompiled('trainOnBatch');
    const batch = batchOf('trainOnBatch', this.#places, x, y, options);
    this.#prepare(batch.x, 'trainOnBatch: x', true);
    return runBatch('train', compiled, this.#programs, batch);
  }

  /** Loss and metrics of one batch. */
  async testOnBatch(
    x: DataNest,
    y?: DataNest | null,
    options: Omit<BatchOptions, 'classWeight'> = {},
  ): Promise<Results> {
    const compiled = this.#needCompiled('testOnBatch');
    const batch = batchOf('testOnBatch', this.#places, x, y, options);
    this.#prepare(batch.x, 'testOnBatch: x', true);
    return runBatch('test', compiled, this.#programs, batch);
  }

  /**
   * One step of training on one batch, to be overridden by models that train in their own way (several losses or optimizers, a
   * penalty of gradients). It runs once, when a step is traced; what it does to variables is what a step does.
   *
   * @param batch `x`, `y` and `sampleWeight` as they were handed to `fit`, in tensors.
   * @returns Scalars that `fit` reports by name: `metric.result()` of metrics that this step updates, or numbers of the batch.
   */
  trainStep(batch: Batch): StepResults {
    const step = this.#inStep('trainStep');
    trainStep(this as TrainableModel, step, batch);
    return step.trackers.namedResults();
  }

  /** One step of an evaluation, as {@link trainStep}. */
  testStep(batch: Batch): StepResults {
    const step = this.#inStep('testStep');
    testStep(this as TrainableModel, step, batch);
    return step.trackers.namedResults();
  }

  /**
   * The loss of a batch: the compiled losses, and what layers add. For overriding, and for steps of your own.
   *
   * @throws StateError outside of a step.
   */
  computeLoss(_x: Nest<Tensor>, y: Tensors, predictions: Tree, sampleWeight: Tensors = undefined): Tensor {
    return lossOf(this as TrainableModel, this.#inStep('computeLoss'), y, predictions, sampleWeight);
  }

  /**
   * Updates the metrics of `compile` with a batch and gives all results so far. For overriding, and for steps of your own.
   *
   * @throws StateError outside of a step.
   */
  computeMetrics(_x: Nest<Tensor>, y: Tensors, predictions: Tree, sampleWeight: Tensors = undefined): StepResults {
    const step = this.#inStep('computeMetrics');
    updateMetrics(this as TrainableModel, step, y, predictions, sampleWeight);
    return step.trackers.namedResults();
  }

  /** Runs a step, the model's own or the usual one. @internal */
  runStep(kind: 'train' | 'test', compiled: Compiled, trackers: Trackers, batch: Batch): void {
    this.#step = { compiled, trackers, firstCall: nextCall() };
    try {
      const results: unknown = kind === 'train' ? this.trainStep(batch) : this.testStep(batch);
      if (this.#isOwn(kind)) trackers.report(checkResults(this.label, `${kind}Step`, results));
    } finally {
      this.#step = undefined;
    }
  }

  /** Whether the model trains, or is evaluated, in its own way. */
  #isOwn(kind: 'train' | 'test'): boolean {
    const { trainStep, testStep } = Model.prototype;
    return kind === 'train' ? this.trainStep !== trainStep : this.testStep !== testStep;
  }

  #inStep(call: string): StepContext {
    if (this.#step !== undefined) return this.#step;
    throw new StateError(
      `${this.label}: ${call} belongs to a step: fit, evaluate, trainOnBatch and testOnBatch call it`,
    );
  }

  /**
   * The outputs for samples, as tensors at once; their numbers are on their way. Call `dispose` or let them be collected.
   *
   * @throws ShapeError for samples of another shape; DataError for none.
   * @example
   * const net = sequential({ layers: [layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [3] })] });
   * await net.predict([[1, 2, 3]]).data() // [6]
   */
  predict(x: DataNest, options: PredictOptions = {}): Out {
    checkOptionNames('predict', options, ['batchSize', 'callbacks'], '{ batchSize: 64 }');
    const batchSize = options.batchSize === undefined ? 32 : wholeNumber('predict', 'batchSize', options.batchSize, 1);
    const samples = dataNest(x, this.#places.inputs, 'predict: x') as Nest<Tensor>;
    const count = sampleCount(samples, 'predict: x');
    const callbacks = new CallbackList(callbackList(options.callbacks), this as TrainableModel, {
      epochs: 1,
      steps: Math.ceil(count / batchSize),
      samples: count,
      batchSize,
      verbose: 0,
    });
    this.#prepare(samples, 'predict: x');
    return predictHooked(this.#programs, samples, batchSize, callbacks) as Out;
  }

  /** The outputs for one batch, whatever its size. */
  predictOnBatch(x: DataNest): Out {
    const samples = dataNest(x, this.#places.inputs, 'predictOnBatch: x') as Nest<Tensor>;
    this.#prepare(samples, 'predictOnBatch: x');
    return predictSamples(this.#programs, samples, Number.POSITIVE_INFINITY) as Out;
  }

  /** Prints Keras' table of layers, output shapes and numbers of parameters. */
  summary(options: SummaryOptions = {}): void {
    const optimizer = this.#compiled?.optimizer;
    printSummary(this as TrainableModel, this.layerOutputs, this.connections, optimizer, options);
  }

  /** Sets the states of all stateful recurrent layers inside to zeros: what comes next is the beginning of other sequences. */
  resetStates(): void {
    resetStatesIn(this as AnyLayer);
  }

  /**
   * A layer by its name or its place.
   *
   * @throws ConfigError when there is none.
   */
  getLayer(nameOrIndex: string | number): AnyLayer {
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
  #prepare(x: Nest<Tensor>, what: string, isStep = false): void {
    prepareFor(this as TrainableModel, x, what, isStep && (this.#isOwn('train') || this.#isOwn('test')));
  }
}
