import { inspect } from 'node:util';
import { checkConfig, checkFlag, checkSubclass, checkText, ofAnyCopy, received, shortly } from '../arguments.ts';
import { ConfigError, DataError, HornbeamError, NativeError, ShapeError, StateError } from '../errors.ts';
import { getInitializer, type InitializerIdentifier } from '../initializers/index.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../regularizers/index.ts';
import { checkDType, checkShape, type DType, Tensor, type TensorLike, toTensor, Variable } from '../tensor/index.ts';
import { uniqueName } from './naming.ts';
import {
  BuildRequest,
  checkInputShape,
  checkShapeOption,
  type Shape,
  shown,
  type TensorSpec,
  traceSpec,
} from './shape.ts';

/** Options of every layer. */
export interface LayerConfig {
  /** Default: the class name in snake case, numbered (`dense`, `dense_1`). */
  name?: string;
  /** Whether training changes the layer's weights. Default true. */
  trainable?: boolean;
  /** Element type of the weights. Default `'float32'`. */
  dtype?: DType;
  /** Shape of one sample, for the first layer of a model: `[28, 28, 1]`. `null` is an unknown size. */
  inputShape?: Shape;
  /** Shape with the batch: `[null, 28, 28, 1]`. */
  batchInputShape?: Shape;
}

const layerOptionNames = ['name', 'trainable', 'dtype', 'inputShape', 'batchInputShape'];

/** What `call` is told besides its inputs. */
export interface CallOptions {
  /** Whether the call is part of a training step. */
  readonly training: boolean;
  /** Which steps of the input count, when a layer before said so. */
  readonly mask?: Tensor | undefined;
}

/** A weight of a layer: see {@link Layer.addWeight}. */
export interface WeightConfig {
  /** Default `'variable'`. */
  name?: string;
  shape: readonly number[];
  /** Default `'glorotUniform'`. */
  initializer?: InitializerIdentifier;
  regularizer?: RegularizerIdentifier | null | undefined;
  /** Default true. */
  trainable?: boolean;
  /** Default: the layer's. */
  dtype?: DType;
}

interface Weight {
  readonly variable: Variable;
  readonly regularizer: Regularizer | undefined;
}

/** Calls in progress, innermost last: a layer inside another one trains when the outer one does. */
const trainingStack: boolean[] = [];

/**
 * Base of all layers. A layer of your own is a subclass with `call`, and `build` when it has weights; it runs as fast as
 * the built-in ones, because `call` runs while a step is traced only.
 *
 * @example
 * class Scale extends layers.Layer {
 *   static override readonly className = 'Scale';
 *   factor!: Variable;
 *   override build(inputShape: Shape) {
 *     this.factor = this.addWeight({ name: 'factor', shape: [inputShape.at(-1)!], initializer: 'ones' });
 *   }
 *   override call(inputs: Tensor) { return inputs.mul(this.factor); }
 * }
 */
export abstract class Layer {
  /** Name of the class in configurations and summaries. */
  static readonly className: string = 'Layer';
  /** Options beside those of every layer. A class that lists them itself takes no others; a subclass may have its own. @internal */
  static readonly optionNames: readonly string[] | undefined;

  readonly name: string;
  readonly dtype: DType;
  /** Whether the weights exist. */
  built = false;
  /** Whether a mask passes through unchanged. Default false. */
  supportsMasking = false;
  /** Shape with the batch that the options asked for. @internal */
  readonly batchInputShape: Shape | undefined;
  /** Shape that the layer was built for. */
  buildShape: Shape | undefined;
  #trainable: boolean;
  #version = 0;
  readonly #ownWeights: Weight[] = [];

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
    Object.defineProperty(this, 'build', { value: (inputShape: Shape) => this.#buildOnce(build, inputShape) });
    this.dtype = checkDType(config.dtype ?? 'float32');
    this.#trainable = checkFlag(this.className, 'trainable', config.trainable ?? true);
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

  /** Makes the weights for inputs of `inputShape` (with the batch, unknown sizes `null`); once, a second call does nothing. */
  build(_inputShape: Shape): void {}

  /** The layer's function, made of tensor operations. */
  abstract call(inputs: Tensor, options: CallOptions): Tensor;

  /** The mask of the output. Default: the input's if `supportsMasking`, else none. */
  computeMask(_inputs: Tensor, mask: Tensor | undefined): Tensor | undefined {
    return this.supportsMasking ? mask : undefined;
  }

  /** Throws when inputs of this shape do not suit the layer; called before `call`. */
  checkInput(_shape: Shape): void {}

  /** The options that make an equal layer: `new Dense(dense.getConfig())`. */
  getConfig(): Record<string, unknown> {
    const config: Record<string, unknown> = { name: this.name, trainable: this.#trainable, dtype: this.dtype };
    if (this.batchInputShape !== undefined) config.batchInputShape = [...this.batchInputShape];
    return config;
  }

  /**
   * Applies the layer, building it first when needed.
   *
   * @throws ShapeError for inputs that do not suit it; what `call` throws, with the layer's name.
   * @example
   * const y = layers.dense({ units: 3 }).apply(x);
   */
  apply(inputs: TensorLike, options: { training?: boolean; mask?: Tensor | undefined } = {}): Tensor {
    const x = toTensor(inputs);
    checkOptionNames(this.label, options, ['training', 'mask'], '{ training: true }');
    if (options.training !== undefined) checkFlag(this.label, 'training', options.training);
    const training = options.training ?? trainingStack.at(-1) ?? false;
    if (options.mask !== undefined && !(options.mask instanceof Tensor)) {
      throw new ConfigError(`${this.label}: mask must be a tensor, got ${received(options.mask)}`);
    }
    const mask = options.mask ?? x.mask;
    trainingStack.push(training);
    try {
      if (!this.built) this.#buildOnCall(x.rank === 0 ? [] : [null, ...x.shape.slice(1)]);
      this.checkInput(x.shape);
      const outputs = this.call(x, { training, mask });
      const outputMask = outputs instanceof Tensor ? this.computeMask(x, mask) : undefined;
      if (outputMask !== undefined) outputs.mask = outputMask;
      return outputs;
    } catch (error) {
      throw located(error, this.label);
    } finally {
      trainingStack.pop();
    }
  }

  /** Makes the weights once, whoever asks: `build` of a subclass runs through here. */
  #buildOnce(build: (inputShape: Shape) => void, given: Shape): void {
    if (this.built) return;
    const inputShape = checkInputShape(given, `${this.label}: build`);
    try {
      this.checkInput(inputShape);
      build(inputShape);
    } catch (error) {
      throw located(error, this.label);
    }
    this.built = true;
    this.buildShape = inputShape;
    this.markChanged();
  }

  #buildOnCall(inputShape: Shape): void {
    if (native.isTracing()) throw new BuildRequest(this.label, () => this.build(inputShape));
    this.build(inputShape);
  }

  /** What the layer gives for inputs of `spec`, found by tracing it; builds it first. @internal */
  outputSpec(spec: TensorSpec): TensorSpec {
    this.build(spec.shape);
    return traceSpec(this.label, spec, (inputs) => this.apply(inputs, { training: false }));
  }

  /** Shape of the output for inputs of `inputShape`: unknown sizes are `null` in both. */
  computeOutputShape(inputShape: Shape): Shape {
    return this.outputSpec({
      shape: checkInputShape(inputShape, `${this.label}: computeOutputShape`),
      dtype: this.dtype,
    }).shape;
  }

  /**
   * Makes a weight; call it in `build`.
   *
   * @throws ConfigError for an unknown initializer or regularizer, ShapeError for a shape with unknown sizes, StateError
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
    const initial = initializer.call(shape, config.dtype ?? this.dtype);
    const variable = new Variable(initial, config.trainable ?? true, `${this.name}/${name}`);
    initial.dispose();
    this.#ownWeights.push({ variable, regularizer });
    return variable;
  }

  /** Layers held in this layer's fields (alone or in arrays), in the order of the fields. Private `#fields` are not seen. */
  get sublayers(): Layer[] {
    // Asked for at every prediction (`version`), hence no list of the fields: most are numbers and texts.
    let found: Set<Layer> | undefined;
    const look = (entry: unknown) => {
      if (typeof entry !== 'object' || !(entry instanceof Layer)) return;
      found ??= new Set();
      found.add(entry);
    };
    for (const key in this) {
      const value: unknown = this[key];
      if (typeof value !== 'object' || value === null || !Object.hasOwn(this, key)) continue;
      if (Array.isArray(value)) value.forEach(look);
      else look(value);
    }
    return found === undefined ? [] : [...found];
  }

  /** Weights that training changes. */
  get trainableWeights(): Variable[] {
    if (!this.#trainable) return [];
    const own = this.#ownWeights.map((weight) => weight.variable).filter((variable) => variable.trainable);
    return [...own, ...this.sublayers.flatMap((layer) => layer.trainableWeights)];
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
    const trained = new Set(this.trainableWeights);
    const own = this.#ownWeights.flatMap(({ variable, regularizer }) =>
      regularizer !== undefined && trained.has(variable) ? [regularizer.call(variable)] : [],
    );
    return [...own, ...this.sublayers.flatMap((layer) => layer.regularizationLosses())];
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

/** Assigns `values` to `variables` after all have been checked. @internal */
export function assignWeights(owner: string, variables: readonly Variable[], values: readonly TensorLike[]): void {
  if (!Array.isArray(values))
    throw new ConfigError(`${owner}: setWeights needs an array of tensors, got ${received(values)}`);
  if (values.length !== variables.length) {
    throw new ConfigError(`${owner}: setWeights got ${values.length} values for ${variables.length} weights`);
  }
  const tensors = values.map((value) => toTensor(value));
  tensors.forEach((value, i) => {
    const variable = variables[i] as Variable;
    if (
      value.shape.length !== variable.shape.length ||
      value.shape.some((size, axis) => size !== variable.shape[axis])
    ) {
      throw new ShapeError(
        `${owner}: weight ${i} "${variable.name}" has shape ${shown(variable.shape)}, but a value of shape ${shown(value.shape)} was given`,
      );
    }
  });
  tensors.forEach((value, i) => {
    const variable = variables[i] as Variable;
    variable.assign(value.dtype === variable.dtype ? value : value.cast(variable.dtype));
  });
}

const locatable = [ShapeError, ConfigError, StateError, DataError, NativeError];

/** The error with the layer's name in front, unless it names one already. */
function located(error: unknown, label: string): unknown {
  if (!(error instanceof HornbeamError) || /^[A-Za-z_]\w* "/.test(error.message)) return error;
  // By name: the addon may throw the class of another copy of this library (native-face.ts).
  const Class = locatable.find((Own) => error instanceof Own && error.constructor.name === Own.name);
  return Class === undefined ? error : new Class(`${label}: ${error.message}`, { cause: error });
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
