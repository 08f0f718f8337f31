import { inspect } from 'node:util';
import { checkConfig, checkFlag, checkSubclass, checkText, ofAnyCopy, received, shortly } from '../arguments.ts';
import { getConstraint } from '../constraints/index.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { getInitializer } from '../initializers/index.ts';
import { Metric } from '../metrics/metric.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { getRegularizer, type Regularizer } from '../regularizers/index.ts';
import { BuildRequest } from '../tensor/building.ts';
import { checkDType, checkShape, type DType, Tensor, type TensorLike, Variable } from '../tensor/index.ts';
import { leaves, type Tree } from '../tensor/tree.ts';
import { inCall, lastCall } from './call-stack.ts';
import {
  type ApplyOptions,
  type CallOptions,
  checkApplyOptions,
  deliverMasks,
  type Inputs,
  masksOf,
  type SymbolicInputs,
  type Symbolized,
  tensorsOf,
} from './calls.ts';
import type { LayerConfig, WeightConfig } from './config.ts';
import { firstVersion, heldIn } from './fields.ts';
import { located } from './located.ts';
import { inScope, scopePath, uniqueName } from './naming.ts';
import { mapNest, type Nest } from './nest.ts';
import type { LayerClass, LayerClasses } from './registry.ts';
import { serialized } from './serialize.ts';
import {
  checkInputShapes,
  checkShapeOption,
  isShape,
  isSpec,
  type Shape,
  type TensorSpec,
  traceSpecs,
} from './shape.ts';
import { type CallNode, holdsSymbols, onlyNode, type SymbolicTensor } from './symbolic.ts';
import { callSymbolically, symbolicShapes } from './symbolic-call.ts';
import { assignWeights, firstValue } from './weights.ts';

export type { CallOptions, LayerConfig, WeightConfig };

const layerOptionNames = ['name', 'trainable', 'dtype', 'inputShape', 'batchInputShape', 'activityRegularizer'];

interface Weight {
  readonly variable: Variable;
  readonly regularizer: Regularizer | undefined;
}

/** A layer, whatever it gives. */
export type AnyLayer = Layer<Tree>;

/**
 * Base of all layers. A layer of your own is a subclass with `call`, and `build` when it has weights; it runs as fast as
 * the built-in ones, because `call` runs while a step is traced only.
 * @example
 * class Scale extends layers.Layer {
 *   static override readonly className = 'Scale';
 *   factor!: Variable;
 *   override build(inputShape: layers.Shape) {
 *     this.factor = this.addWeight({ name: 'factor', shape: [inputShape.at(-1)!], initializer: 'ones' });
 *   }
 *   override call(inputs: Tensor) { return inputs.mul(this.factor); }
 * }
 * new Scale().apply([[1, 2]]) // [[1, 2]]
 */
export abstract class Layer<Out extends Tree = Tensor> {
  /** Name of the class in configurations and summaries. */
  static readonly className: string = 'Layer';
  /** Options beside those of every layer. A class that lists them itself takes no others; a subclass may have its own. @internal */
  static readonly optionNames: readonly string[] | undefined;
  /** Options of `apply` beside those of every layer; a class that lists `optionNames` takes no others. @internal */
  static readonly callOptionNames: readonly string[] = [];
  /** Whether a class that lists `optionNames` is applied to lists (or records) of tensors. @internal */
  static readonly takesSeveral: boolean = false;
  /** Whether weights of layers that are built inside are named after this one, too: those of a model's layers are not. @internal */
  static readonly opensScope: boolean = true;

  readonly name: string;
  readonly dtype: DType;
  /** Whether the weights exist. */
  built = false;
  /** Whether a mask passes through unchanged. Default false. */
  supportsMasking = false;
  /** Shape with the batch that the options asked for. @internal */
  readonly batchInputShape: Shape | undefined;
  /** Shape that the layer was built for. */
  buildShape: Nest<Shape> | undefined;
  /** Penalty of the outputs. */
  readonly activityRegularizer: Regularizer | undefined;
  /** Calls with symbolic tensors. @internal */
  readonly inboundNodes: CallNode[] = [];
  #trainable: boolean;
  #version = firstVersion();
  readonly #ownWeights: Weight[] = [];
  #added: { call: number; losses: Tensor[] } = { call: 0, losses: [] };
  #lastCall = 0;
  readonly #metrics = new Set<Metric>();

  // As for tensors: a Proxy, or an object made from the prototype, is no layer.
  static {
    Object.defineProperty(Layer, Symbol.hasInstance, {
      value(this: typeof Layer, x: unknown): boolean {
        return (
          typeof x === 'object' && x !== null && #version in x && Function.prototype[Symbol.hasInstance].call(this, x)
        );
      },
    });
  }

  /** @throws ConfigError, ShapeError for options outside their allowed values. */
  constructor(config: LayerConfig = {}) {
    checkSubclass(new.target, Layer, 'call(inputs, options)');
    const own = Object.hasOwn(new.target, 'optionNames') ? new.target.optionNames : undefined;
    checkOptionNames(
      this.className,
      config,
      own ? [...own, ...layerOptionNames] : Object.keys(Object(config)),
      '{ units: 10 }',
    );
    if (config.name !== undefined && (typeof config.name !== 'string' || config.name === '')) {
      throw new ConfigError(`${this.className}: name must be a text, got ${received(config.name)}`);
    }
    this.name = config.name ?? uniqueName(this.className);
    // Subclasses override build and users call it: what surrounds it is put around whatever the subclass wrote.
    const build = this.build.bind(this);
    Object.defineProperty(this, 'build', { value: (inputShape: Nest<Shape>) => this.#buildOnce(build, inputShape) });
    this.dtype = checkDType(config.dtype ?? 'float32');
    this.#trainable = checkFlag(this.className, 'trainable', config.trainable ?? true);
    this.activityRegularizer = config.activityRegularizer ? getRegularizer(config.activityRegularizer) : undefined;
    if (config.batchInputShape !== undefined) {
      this.batchInputShape = checkShapeOption(config.batchInputShape, `${this.className}: batchInputShape`);
    } else if (config.inputShape !== undefined) {
      this.batchInputShape = [null, ...checkShapeOption(config.inputShape, `${this.className}: inputShape`)];
    }
  }

  /** Name of the class. */
  get className(): string {
    return (this.constructor as typeof Layer).className === 'Layer'
      ? this.constructor.name || 'Layer'
      : (this.constructor as typeof Layer).className;
  }

  /** How errors name the layer: `Conv2D "conv2d_1"`. */
  get label(): string {
    return `${this.className} "${this.name}"`;
  }

  /** Whether training changes the weights, those of the layers inside included. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(value: boolean) {
    this.#trainable = checkFlag(this.label, 'trainable', value);
    for (const layer of this.sublayers) layer.trainable = value;
    this.markChanged();
  }

  /** Grows whenever steps traced before are out of date. @internal */
  get version(): number {
    let sum = this.#version;
    for (const layer of this.sublayers) sum += layer.version;
    return sum;
  }

  /** Says that `call` would now do something else: models trace their steps again. For setters of attributes. */
  protected markChanged(): void {
    this.#version += 1;
  }

  /**
   * Makes the weights for inputs of `inputShape` (with the batch, unknown sizes `null`); once, a second call does nothing. A
   * layer of several inputs gets a list of shapes.
   */
  build(_inputShape: Nest<Shape>): void {}

  /** The layer's function, made of tensor operations. */
  abstract call(inputs: Tree, options: CallOptions): Out;

  /** What `call` gets of the mask that comes with the inputs, where `apply` was given none. @internal */
  protected maskForCall(mask: Nest<Tensor | undefined>, _options: ApplyOptions): Nest<Tensor | undefined> {
    return mask;
  }

  /** The mask of the output. Default: the input's if `supportsMasking`, else none. */
  computeMask(_inputs: Tree, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    return this.supportsMasking ? mask : undefined;
  }

  /** Throws when inputs of this shape do not suit the layer; called before `call`. */
  checkInput(_shape: Nest<Shape>): void {}

  /** What `build` is told, from the shapes of the inputs and of the tensors among the call's options. @internal */
  protected buildShapeOf(inputs: Nest<Shape>, _options: Readonly<Record<string, unknown>>): Nest<Shape> {
    return inputs;
  }

  /** The options that make an equal layer: `new Dense(dense.getConfig())`. */
  getConfig(): Record<string, unknown> {
    const config: Record<string, unknown> = { name: this.name, trainable: this.#trainable, dtype: this.dtype };
    if (this.batchInputShape !== undefined) config.batchInputShape = [...this.batchInputShape];
    if (this.activityRegularizer !== undefined) config.activityRegularizer = serialized(this.activityRegularizer);
    return config;
  }

  /**
   * A layer of the options that `getConfig` gives, with weights of its own.
   *
   * @param _custom Classes of one's own by their `className`, for layers that hold others.
   * @throws ConfigError for options outside their allowed values.
   * @example
   * layers.Dense.fromConfig(layers.dense({ units: 3, activation: 'relu' }).getConfig());
   */
  static fromConfig(config: Record<string, unknown>, _custom?: LayerClasses): AnyLayer {
    // biome-ignore lint/complexity/noThisInStatic: a subclass makes its own layers.
    const Class = this as unknown as LayerClass;
    checkConfig(`${Class.name}.fromConfig`, config);
    return new Class(config as never);
  }

  /**
   * Applies the layer, building it first when needed. Applied to symbolic tensors (see `input`) it gives symbolic tensors.
   *
   * @throws ShapeError for inputs that do not suit it; what `call` throws, with the layer's name.
   * @example layers.dense({ units: 3 }).apply(ones([2, 5])).shape // [2, 3]
   */
  apply(inputs: SymbolicInputs, options?: ApplyOptions): Symbolized<Out>;
  apply(inputs: Inputs, options?: ApplyOptions): Out;
  apply(inputs: Inputs | SymbolicInputs, options: ApplyOptions = {}): Out | Symbolized<Out> {
    const Class = this.constructor as typeof Layer;
    checkApplyOptions(this.label, options, Class.optionNames === undefined ? undefined : Class.callOptionNames);
    if (holdsSymbols(inputs) || holdsSymbols(options)) return this.#applySymbolic(inputs, options);
    const x = tensorsOf(inputs as Inputs);
    const { training: wanted, mask: given, ...rest } = options;
    const implied = given ?? masksOf(x);
    return inCall(wanted, (training) => {
      this.#lastCall = lastCall();
      try {
        if (!this.built) this.#buildOnCall(x, rest);
        this.#checkInputs(mapNest<Tensor, Shape>(x, ({ shape }) => shape));
        const mask = (given ?? this.maskForCall(implied, rest)) as Tensor | undefined;
        const outputs = this.call(x as Tree, { ...rest, training, mask });
        deliverMasks(outputs, () => this.computeMask(x as Tree, implied));
        if (this.activityRegularizer !== undefined) this.#penalize(this.activityRegularizer, outputs);
        return outputs;
      } catch (error) {
        throw located(error, this.label);
      }
    });
  }

  #applySymbolic(inputs: unknown, options: ApplyOptions): Symbolized<Out> {
    if (!this.built) this.build(this.buildShapeOf(...symbolicShapes(inputs, options)));
    return callSymbolically(this as AnyLayer, inputs, options) as Symbolized<Out>;
  }

  #checkInputs(shapes: Nest<Shape>): void {
    const { optionNames, takesSeveral } = this.constructor as typeof Layer;
    const isOne = Array.isArray(shapes) && !shapes.some(Array.isArray);
    if (!isOne && optionNames !== undefined && !takesSeveral) {
      throw new ShapeError(
        `${this.label} expects one tensor, but got ${Array.isArray(shapes) ? `a list of ${shapes.length}` : 'a record'}`,
      );
    }
    this.checkInput(shapes);
  }

  #penalize(regularizer: Regularizer, outputs: Tree): void {
    for (const output of outputs instanceof Tensor ? [outputs] : leaves(outputs)) {
      this.addLoss(regularizer.call(output).div(Math.max(output.shape[0] ?? 1, 1)));
    }
  }

  /** What the layer was first applied to in a model: a symbolic tensor, or a nest of them. @throws StateError before, and for a layer that was called several times. */
  get input(): SymbolicTensor {
    return onlyNode(this.label, this.inboundNodes, 'input').inputs as SymbolicTensor;
  }

  /** What the layer gives in a model, for models of their own: `model({ inputs: m.input, outputs: m.getLayer('a').output })`. @throws As `input`. */
  get output(): Symbolized<Out> {
    return onlyNode(this.label, this.inboundNodes, 'output').outputs as Symbolized<Out>;
  }

  /**
   * Adds a scalar to the loss that training minimizes; to be called in `call`, where it can use the inputs.
   *
   * @throws ConfigError for what is no scalar tensor.
   * @example
   * class Small extends layers.Layer {
   *   override call(inputs: Tensor) {
   *     this.addLoss(inputs.square().mean().mul(0.01));
   *     return inputs;
   *   }
   * }
   */
  addLoss(loss: Tensor): void {
    if (!(loss instanceof Tensor) || loss.size !== 1)
      throw new ConfigError(`${this.label}: addLoss needs a tensor with one number, got ${received(loss)}`);
    const call = lastCall();
    if (this.#added.call !== call) this.#added = { call, losses: [] };
    this.#added.losses.push(loss);
  }

  /** Penalties of the regularized weights that train, then what `addLoss` was told in the last call: scalars to add to a loss. */
  get losses(): Tensor[] {
    return [...this.regularizationLosses(), ...this.addedLosses(this.#lastCall)];
  }

  /** What `addLoss` was told in the call numbered `from`, and in later ones. @internal */
  addedLosses(from: number): Tensor[] {
    const own = this.#added.call >= from ? this.#added.losses.filter((loss) => !loss.isDisposed) : [];
    return [...own, ...this.sublayers.flatMap((layer) => layer.addedLosses(from))];
  }

  /** Makes the weights once, whoever asks: `build` of a subclass runs through here. */
  #buildOnce(build: (inputShape: Nest<Shape>) => void, given: Nest<Shape>): void {
    if (this.built) return;
    const inputShape = checkInputShapes(given, `${this.label}: build`);
    try {
      this.#checkInputs(inputShape);
      inScope((this.constructor as typeof Layer).opensScope ? this.name : undefined, () => build(inputShape));
    } catch (error) {
      throw located(error, this.label);
    }
    this.built = true;
    this.buildShape = inputShape;
    this.markChanged();
  }

  #buildOnCall(inputs: Nest<Tensor>, options: Readonly<Record<string, unknown>>): void {
    const unbatched = (x: Tensor): Shape => (x.rank === 0 ? [] : [null, ...x.shape.slice(1)]);
    const shapes = mapNest<Tensor, Shape>(inputs, unbatched);
    const others = mapNest<unknown, unknown>(options as Nest<unknown>, (value) =>
      value instanceof Tensor ? unbatched(value) : value,
    ) as Record<string, unknown>;
    const build = (): void => this.build(this.buildShapeOf(shapes, others));
    // A layer without weights may be made, and built, inside a trace.
    const hasWeights = Object.getPrototypeOf(this).build !== Layer.prototype.build;
    if (native.isTracing() && hasWeights) throw new BuildRequest(this.label, build);
    build();
  }

  /** What the layer gives for inputs of these specs, found by tracing it; builds it first. @internal */
  outputSpecs(specs: Nest<TensorSpec>): Nest<TensorSpec> {
    this.build(mapNest<TensorSpec, Shape>(specs, ({ shape }) => shape, isSpec));
    const flat: TensorSpec[] = [];
    mapNest<TensorSpec, void>(specs, (spec) => void flat.push(spec), isSpec);
    return traceSpecs(this.label, flat, (tensors) =>
      this.apply(mapNest<TensorSpec, Tensor>(specs, (_, i) => tensors[i] as Tensor, isSpec) as Inputs, {
        training: false,
      }),
    );
  }

  /** Shape of the output for inputs of `inputShape`, one or a list or record: unknown sizes are `null` in both. */
  computeOutputShape(inputShape: Shape): Shape;
  computeOutputShape(inputShape: Nest<Shape>): Nest<Shape>;
  computeOutputShape(inputShape: Nest<Shape>): Nest<Shape> {
    const shapes = checkInputShapes(inputShape, `${this.label}: computeOutputShape`);
    const specs = mapNest<Shape, TensorSpec>(shapes, (shape) => ({ shape, dtype: this.dtype }), isShape);
    return mapNest<TensorSpec, Shape>(this.outputSpecs(specs), ({ shape }) => shape, isSpec);
  }

  /**
   * Makes a weight; call it in `build`.
   *
   * @throws ConfigError for an unknown initializer, regularizer or constraint, ShapeError for a shape with unknown sizes, StateError
   * inside a trace.
   */
  protected addWeight(config: WeightConfig): Variable {
    checkConfig('addWeight', config);
    const name = checkText('addWeight', 'name', config.name ?? 'variable');
    if (native.isTracing()) {
      throw new StateError(
        `addWeight: "${name}" is made inside call, which would make a new one for every trace. Make it in build(inputShape)`,
      );
    }
    const shape = checkShape(config.shape, `addWeight: the shape of "${name}"`);
    const initializer = getInitializer(config.initializer ?? 'glorotUniform');
    const regularizer = config.regularizer ? getRegularizer(config.regularizer) : undefined;
    const constraint = config.constraint ? getConstraint(config.constraint) : undefined;
    const initial = firstValue(initializer, shape, config.dtype ?? this.dtype, name);
    const variable = new Variable(initial, config.trainable ?? true, `${scopePath() ?? this.name}/${name}`);
    variable.constraint = constraint;
    initial.dispose();
    this.#ownWeights.push({ variable, regularizer });
    return variable;
  }

  /** Layers held in this layer's fields (alone or in arrays), in the order of the fields. Private `#fields` are not seen. */
  get sublayers(): AnyLayer[] {
    return heldIn<AnyLayer>(this, Layer);
  }

  /** Metrics held in this layer's fields or handed to `addMetric`, and those of the layers inside. @internal */
  get attachedMetrics(): Metric[] {
    const found = new Set<Metric>([...this.#metrics, ...heldIn<Metric>(this, Metric)]);
    for (const layer of this.sublayers) for (const metric of layer.attachedMetrics) found.add(metric);
    return [...found];
  }

  /**
   * Has `fit` and `evaluate` report a metric that `call` (or a step of the model's own) updates. A metric in a field needs no call of this.
   *
   * @throws ConfigError for what is no metric.
   */
  addMetric(metric: Metric): void {
    if (!(metric instanceof Metric))
      throw new ConfigError(
        `${this.label}: addMetric needs a metric such as new metrics.Mean(), got ${received(metric)}`,
      );
    this.#metrics.add(metric);
    this.markChanged();
  }

  /** Weights that training changes: none of a frozen layer, though its layers that were set to trainable after it train in a model around it. */
  get trainableWeights(): Variable[] {
    return this.#trainable ? this.#unfrozen().map((weight) => weight.variable) : [];
  }

  /** Weights of the layers, this one and those inside, that are not frozen themselves. */
  #unfrozen(): Weight[] {
    const own = this.#trainable ? this.#ownWeights.filter(({ variable }) => variable.trainable) : [];
    return [...own, ...this.sublayers.flatMap((layer) => layer.#unfrozen())];
  }

  /** Weights that training does not change by gradients: moving averages, and all weights of a frozen layer. */
  get nonTrainableWeights(): Variable[] {
    const trainable = new Set(this.trainableWeights);
    return this.weights.filter((variable) => !trainable.has(variable));
  }

  /** All weights in Keras' order: the layer's own (trainable ones first), then those of the layers inside. */
  get weights(): Variable[] {
    const own = this.#ownWeights.map((weight) => weight.variable);
    const ordered = [...own.filter((variable) => variable.trainable), ...own.filter((variable) => !variable.trainable)];
    return [...ordered, ...this.sublayers.flatMap((layer) => layer.weights)];
  }

  /** Penalties of the regularized weights that train, scalars to be added to the loss. */
  regularizationLosses(): Tensor[] {
    const trained = this.#trainable ? this.#unfrozen() : [];
    return trained.flatMap(({ variable, regularizer }) =>
      regularizer === undefined ? [] : [regularizer.call(variable)],
    );
  }

  /** The weights' values as tensors (snapshots: they cost nothing until the weights change). */
  getWeights(): Tensor[] {
    return this.weights.map((variable) => variable.read());
  }

  /**
   * Sets all weights.
   *
   * @throws ConfigError for another number of values, ShapeError for another shape.
   */
  setWeights(values: readonly TensorLike[]): void {
    assignWeights(this.label, this.weights, values);
  }

  /** Number of parameters. @throws StateError before the layer is built. */
  countParams(): number {
    if (!this.built)
      throw new StateError(
        `${this.label} is not built, so it has no parameters to count yet. Give it an inputShape, or call it once`,
      );
    return this.weights.reduce((sum, variable) => sum + variable.size, 0);
  }

  /** Frees the weights. */
  dispose(): void {
    for (const { variable } of this.#ownWeights) variable.dispose();
    for (const layer of this.sublayers) layer.dispose();
  }
}

Object.defineProperty(Layer.prototype, ofAnyCopy, { value: 'layer' });
Object.defineProperty(Layer.prototype, shortly, {
  value(this: Layer): string {
    return this.label;
  },
});

// What Node's console.log shows: a line, not the fields. Defined apart, as for tensors.
Object.defineProperty(Layer.prototype, inspect.custom, {
  value(this: Layer): string {
    const inside = (this as { layers?: readonly Layer[] }).layers;
    const size = this.built ? `${this.countParams().toLocaleString('en-US')} parameters` : 'not built';
    return `${this.label} (${inside === undefined ? '' : `${inside.length} layers, `}${size})`;
  },
});
