import { checkConfig } from '../arguments.ts';
import { ConfigError, StateError } from '../errors.ts';
import { InputLayer } from '../layers/input-layer.ts';
import { type CallOptions, Layer, type LayerConfig } from '../layers/layer.ts';
import { type LayerClasses, layerFromConfig } from '../layers/registry.ts';
import type { Shape, TensorSpec } from '../layers/shape.ts';
import { checkOptionNames } from '../option-names.ts';
import type { DType, Tensor } from '../tensor/index.ts';
import { Model } from './model.ts';

/** Options of {@link Sequential}. */
export interface SequentialConfig {
  name?: string;
  /** The layers, in order; more can be added later. */
  layers?: readonly Layer[];
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
  readonly #stack: Layer[] = [];
  #input: TensorSpec | undefined;
  /** What each layer of the stack gives; there once the input is known. */
  #outputs: TensorSpec[] = [];

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

  override get inputSpec(): TensorSpec | undefined {
    return this.#input;
  }

  /** The layers, without an InputLayer. */
  override get layers(): readonly Layer[] {
    return this.#stack.filter((layer) => !(layer instanceof InputLayer));
  }

  override get sublayers(): Layer[] {
    return [...this.#stack];
  }

  protected override get layerOutputs(): readonly (TensorSpec | undefined)[] {
    return this.#stack.flatMap((layer, i) => (layer instanceof InputLayer ? [] : [this.#outputs[i]]));
  }

  /**
   * Adds a layer at the end, built at once if the shape of the input is known.
   *
   * @throws ConfigError for what is no layer, or a name that is taken; ShapeError when it does not fit. The model stays
   * as it was.
   */
  add(layer: Layer): void {
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
    let spec = this.#outputs.at(-1) ?? this.#input;
    if (this.#stack.length === 0) {
      const input = inputOf(layer);
      if (input !== undefined) {
        this.#outputs = [layer.outputSpec(input)];
        this.#input = input;
        spec = undefined;
      }
    }
    if (spec !== undefined) this.#outputs.push(layer.outputSpec(spec));
    this.#stack.push(layer);
    this.#settle();
  }

  /** Takes the last layer off. @throws StateError when there is none. */
  pop(): Layer {
    this.checkNotFitting('pop');
    const layer = this.#stack.pop();
    if (layer === undefined) throw new StateError(`${this.label}: there is no layer to pop`);
    this.#outputs.length = Math.min(this.#outputs.length, this.#stack.length);
    if (this.#stack.length === 0) this.#input = undefined;
    this.#settle();
    return layer;
  }

  /**
   * Makes the weights for inputs of this shape (with the batch): `model.build([null, 784])`.
   *
   * @throws ShapeError when layers do not fit.
   */
  override build(inputShape: Shape): void {
    if (this.#stack.length === 0) throw new StateError(`${this.label} has no layers. Add some first`);
    const input: TensorSpec = this.#input ?? {
      shape: [null, ...inputShape.slice(1)],
      dtype: inputDType(this.#stack[0]),
    };
    const outputs: TensorSpec[] = [];
    let spec = input;
    for (const layer of this.#stack) {
      spec = layer.outputSpec(spec);
      outputs.push(spec);
    }
    this.#input = input;
    this.#outputs = outputs;
    this.#settle();
  }

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    const dtype = this.#input?.dtype;
    let x = inputs;
    if (dtype !== undefined && x.dtype !== dtype) {
      x = inputs.cast(dtype);
      x.mask = inputs.mask;
    }
    for (const layer of this.#stack) x = layer.apply(x, { training });
    return x;
  }

  override computeMask(_inputs: Tensor, _mask: Tensor | undefined): Tensor | undefined {
    // The last layer's output carries its mask already.
    return undefined;
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
  static fromConfig(config: Record<string, unknown>, customLayers: LayerClasses = {}): Sequential {
    checkConfig('Sequential.fromConfig', config);
    checkConfig('Sequential.fromConfig: classes of your own', customLayers);
    const entries = config.layers;
    if (!Array.isArray(entries))
      throw new ConfigError('Sequential.fromConfig: the configuration has no list of layers');
    const model = new Sequential({
      ...(typeof config.name === 'string' ? { name: config.name } : {}),
      layers: entries.map((entry) => layerFromConfig(entry, { Sequential, ...customLayers })),
    });
    if (!model.built && Array.isArray(config.buildInputShape)) model.build(config.buildInputShape as Shape);
    if (config.trainable === false) model.trainable = false;
    return model;
  }

  /** Built once all layers are. */
  #settle(): void {
    this.built = this.#stack.length > 0 && this.#outputs.length === this.#stack.length;
    this.markChanged();
  }
}

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
function inputDType(first: Layer | undefined): DType {
  return first?.dtype ?? 'float32';
}

function inputOf(layer: Layer): TensorSpec | undefined {
  if (layer.batchInputShape !== undefined) {
    return { shape: [null, ...layer.batchInputShape.slice(1)], dtype: inputDType(layer) };
  }
  return layer instanceof Model ? layer.inputSpec : undefined;
}
