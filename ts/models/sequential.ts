import { checkConfig } from '../arguments.ts';
import { ConfigError, StateError } from '../errors.ts';
import { passedOn } from '../layers/call-stack.ts';
import { InputLayer } from '../layers/input-layer.ts';
import { type AnyLayer, type CallOptions, Layer, type LayerConfig } from '../layers/layer.ts';
import type { Nest } from '../layers/nest.ts';
import { addModelClass, type LayerClass, type LayerClasses, layerFromConfig } from '../layers/registry.ts';
import { isShape, type Shape, type TensorSpec } from '../layers/shape.ts';
import { SymbolicTensor } from '../layers/symbolic.ts';
import { checkOptionNames } from '../option-names.ts';
import { type DType, Tensor } from '../tensor/index.ts';
import { Model } from './model.ts';

/** Options of {@link Sequential}. */
export interface SequentialConfig {
  name?: string;
  /** The layers, in order; more can be added later. */
  layers?: readonly AnyLayer[];
  /** Default true. A model that is made with false trains nothing; its layers are not frozen themselves, as they are by `model.trainable = false`. */
  trainable?: boolean;
}

/**
 * A stack of layers, each applied to what the one before gives.
 *
 * The shape of the input comes from the first layer's `inputShape` (or an InputLayer); without one, the model is built by
 * the first data it sees, or by `build`.
 *
 * @example
 * const model = sequential();
 * model.add(layers.dense({ units: 8, activation: 'relu', inputShape: [4] }));
 * model.add(layers.dense({ units: 1 }));
 */
export class Sequential extends Model {
  static override readonly className: string = 'Sequential';
  readonly #stack: AnyLayer[] = [];
  #input: SymbolicTensor | undefined;
  /** What each layer of the stack gives; there once the input is known. */
  #outputs: SymbolicTensor[] = [];

  /** @throws ConfigError, ShapeError for layers that do not fit. */
  constructor(config: SequentialConfig = {}) {
    // A subclass may have options of its own.
    if (new.target === Sequential) {
      checkOptionNames(
        'Sequential',
        config,
        ['name', 'trainable', 'layers'],
        '{ layers: [layers.dense({ units: 1 })] }',
      );
    }
    super(baseConfig(config));
    if (config.layers !== undefined && !Array.isArray(config.layers)) {
      throw new ConfigError(`${this.label}: layers must be an array, got ${typeof config.layers}`);
    }
    for (const layer of config.layers ?? []) this.add(layer);
  }

  override get inputSpecs(): TensorSpec | undefined {
    return this.#input && { shape: this.#input.shape, dtype: this.#input.dtype };
  }

  /** The symbolic tensor that stands for the data, once the shape of the input is known: models of parts begin there. */
  override get inputs(): SymbolicTensor | undefined {
    return this.#input;
  }

  /** The symbolic tensor that stands for the result, once the shape of the input is known. */
  override get outputs(): SymbolicTensor | undefined {
    return this.built ? this.#outputs.at(-1) : undefined;
  }

  override get input(): SymbolicTensor {
    return this.#known('input', this.inputs);
  }

  override get output(): SymbolicTensor {
    return this.#known('output', this.outputs);
  }

  override get inputNames(): readonly string[] | undefined {
    return this.#input && [this.#input.node.layer.name];
  }

  override get outputNames(): readonly string[] | undefined {
    const last = this.#stack.at(-1);
    return last && [last.name];
  }

  /** The layers, without an InputLayer. */
  override get layers(): readonly AnyLayer[] {
    return this.#stack.filter((layer) => !(layer instanceof InputLayer));
  }

  override get sublayers(): AnyLayer[] {
    return [...this.#stack];
  }

  protected override get layerOutputs(): readonly (Shape | undefined)[] {
    return this.#stack.flatMap((layer, i) => (layer instanceof InputLayer ? [] : [this.#outputs[i]?.shape]));
  }

  #known(what: string, symbol: SymbolicTensor | undefined): SymbolicTensor {
    if (symbol !== undefined) return symbol;
    throw new StateError(
      `${this.label} has no ${what} before the shape of its data is known. Give its first layer an inputShape, or call build`,
    );
  }

  /**
   * Adds a layer at the end, built at once if the shape of the input is known.
   *
   * @throws ConfigError for what is no layer, or a name that is taken; ShapeError when it does not fit. The model stays
   * as it was.
   */
  add(layer: AnyLayer): void {
    this.checkNotFitting('add');
    if (!(layer instanceof Layer)) {
      throw new ConfigError(
        `${this.label}: add needs a layer such as layers.dense({ units: 1 }), got ${layer === null ? 'null' : typeof layer}`,
      );
    }
    if (this.#stack.some(({ name }) => name === layer.name)) {
      throw new ConfigError(
        `${this.label} has a layer named "${layer.name}" already; names are unique, and a layer can be added once`,
      );
    }
    if (layer instanceof InputLayer && this.#stack.length > 0) {
      throw new ConfigError(
        `${this.label}: an InputLayer comes first, but there are ${this.#stack.length} layers already`,
      );
    }
    if (this.#stack.length === 0) {
      const beginning = beginningOf(layer);
      if (beginning !== undefined) {
        this.#outputs = [this.#applied(layer, beginning)];
        this.#input = beginning;
      }
    } else {
      const before = this.#outputs.at(-1);
      if (before !== undefined) this.#outputs.push(this.#applied(layer, before));
    }
    this.#stack.push(layer);
    this.#settle();
  }

  /** Takes the last layer off. @throws StateError when there is none. */
  pop(): AnyLayer {
    this.checkNotFitting('pop');
    const layer = this.#stack.pop();
    if (layer === undefined) throw new StateError(`${this.label}: there is no layer to pop`);
    const gone = this.#outputs.splice(this.#stack.length);
    for (const { node } of gone) {
      const at = layer.inboundNodes.indexOf(node);
      // The layer of an input keeps its tensor.
      if (at >= 0 && !(layer instanceof InputLayer)) layer.inboundNodes.splice(at, 1);
    }
    if (this.#stack.length === 0) this.#input = undefined;
    this.#settle();
    return layer;
  }

  /**
   * Makes the weights for inputs of this shape (with the batch): `model.build([null, 784])`.
   *
   * @throws ShapeError when layers do not fit.
   */
  override build(inputShape: Nest<Shape>): void {
    if (this.#stack.length === 0) throw new StateError(`${this.label} has no layers. Add some first`);
    const input = this.#input ?? symbolFor([null, ...shapeOfOne(this.label, inputShape).slice(1)], this.#stack[0]);
    const outputs: SymbolicTensor[] = [];
    let last = input;
    for (const layer of this.#stack) {
      last = this.#applied(layer, last);
      outputs.push(last);
    }
    this.#input = input;
    this.#outputs = outputs;
    this.#settle();
  }

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    const dtype = this.#input?.dtype;
    let x = inputs;
    // A list goes on to the first layer, which says what it expects.
    if (dtype !== undefined && inputs instanceof Tensor && x.dtype !== dtype) {
      x = inputs.cast(dtype);
      x.mask = inputs.mask;
    }
    const options = passedOn(training);
    for (const layer of this.#stack) x = layer.apply(x, options) as Tensor;
    return x;
  }

  override computeMask(): undefined {
    // The last layer's output carries its mask already.
    return undefined;
  }

  /** What `layer` gives for `symbol`. @throws ConfigError unless it is one tensor. */
  #applied(layer: AnyLayer, symbol: SymbolicTensor): SymbolicTensor {
    if (layer instanceof InputLayer && layer.symbol === symbol) return symbol;
    const output: unknown = layer.apply(symbol);
    if (output instanceof SymbolicTensor) return output;
    throw new ConfigError(
      `${this.label}: ${layer.label} gives several tensors, which a stack of layers has no place for. Use model({ inputs, outputs })`,
    );
  }

  override getConfig(): Record<string, unknown> {
    return {
      name: this.name,
      trainable: this.trainable,
      layers: this.#stack.map((layer) => ({ className: layer.className, config: layer.getConfig() })),
      ...(this.#input === undefined ? {} : { buildInputShape: [...this.#input.shape] }),
    };
  }

  /**
   * A model of a configuration, with new weights.
   *
   * @param customLayers Classes of your own by their `className`.
   * @throws ConfigError for an unknown class.
   */
  static override fromConfig(config: Record<string, unknown>, customLayers: LayerClasses = {}): Sequential {
    checkConfig('Sequential.fromConfig', config);
    checkConfig('Sequential.fromConfig: classes of your own', customLayers);
    const entries = config.layers;
    if (!Array.isArray(entries))
      throw new ConfigError('Sequential.fromConfig: the configuration has no list of layers');
    const model = new Sequential({
      ...(typeof config.name === 'string' ? { name: config.name } : {}),
      ...(config.trainable === false ? { trainable: false } : {}),
      layers: entries.map((entry) => layerFromConfig(entry, customLayers)),
    });
    if (!model.built && Array.isArray(config.buildInputShape)) model.build(config.buildInputShape as Shape);
    return model;
  }

  /** Built once all layers are. */
  #settle(): void {
    this.built = this.#stack.length > 0 && this.#outputs.length === this.#stack.length;
    this.markChanged();
  }
}

addModelClass(Sequential.className, Sequential as unknown as LayerClass);

/** A new {@link Sequential}. */
export function sequential(config?: SequentialConfig): Sequential {
  return new Sequential(config);
}

function baseConfig(config: SequentialConfig): LayerConfig {
  return {
    ...(config.name === undefined ? {} : { name: config.name }),
    ...(config.trainable === undefined ? {} : { trainable: config.trainable }),
  };
}

/** Inputs are cast to this type: integers (pixels, say) become floats unless the first layer says otherwise. */
function inputDType(first: AnyLayer | undefined): DType {
  return first?.dtype ?? 'float32';
}

function symbolFor(batchInputShape: Shape, first: AnyLayer | undefined): SymbolicTensor {
  return new InputLayer({ batchInputShape, dtype: inputDType(first) }).symbol;
}

function beginningOf(layer: AnyLayer): SymbolicTensor | undefined {
  if (layer instanceof InputLayer) return layer.symbol;
  if (layer.batchInputShape !== undefined) return symbolFor([null, ...layer.batchInputShape.slice(1)], layer);
  if (!(layer instanceof Model) || !(layer.inputs instanceof SymbolicTensor)) return undefined;
  const { shape, dtype } = layer.inputs;
  return new InputLayer({ batchInputShape: shape, dtype }).symbol;
}

function shapeOfOne(label: string, shape: Nest<Shape>): Shape {
  if (isShape(shape)) return shape;
  throw new ConfigError(`${label}: a stack of layers has one input; build needs one shape such as [null, 784]`);
}
