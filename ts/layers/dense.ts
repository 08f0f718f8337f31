import * as activations from '../activations/index.ts';
import { type InitializerIdentifier, type Initializer, initializers } from '../initializers/index.ts';
import { type Regularizer, type RegularizerIdentifier, regularizers } from '../regularizers/index.ts';
import { ShapeError } from '../errors.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { lastSize, positiveInteger } from './options.ts';
import { type Shape, shown } from './shape.ts';

/** Options that layers with a kernel and a bias share. */
export interface KernelConfig extends LayerConfig {
  /** Applied to the result. Default: none. */
  activation?: activations.ActivationIdentifier | null;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Default `'glorotUniform'`. */
  kernelInitializer?: InitializerIdentifier | Initializer;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerIdentifier | Initializer;
  kernelRegularizer?: RegularizerIdentifier | Regularizer | null;
  biasRegularizer?: RegularizerIdentifier | Regularizer | null;
}

/** Options of {@link Dense}. */
export interface DenseConfig extends KernelConfig {
  /** Size of the last axis of the output. */
  units: number;
}

/**
 * `activation(x . kernel + bias)` over the last axis.
 *
 * Shapes: input `[batch, ..., features]`, output `[batch, ..., units]`, kernel `[features, units]`, bias `[units]`.
 *
 * @example
 * layers.dense({ units: 10, activation: 'softmax' })
 */
export class Dense extends Layer {
  static override readonly className: string = 'Dense';
  readonly units: number;
  readonly useBias: boolean;
  readonly #activation: activations.Activation;
  readonly #kernelInitializer: Initializer;
  readonly #biasInitializer: Initializer;
  readonly #kernelRegularizer: Regularizer | undefined;
  readonly #biasRegularizer: Regularizer | undefined;
  #kernel: Variable | undefined;
  #bias: Variable | undefined;

  /** @throws ConfigError unless `units` is a whole number above 0. */
  constructor(config: DenseConfig) {
    super(config);
    this.supportsMasking = true;
    this.units = positiveInteger(this.label, 'units', config.units);
    this.useBias = config.useBias ?? true;
    this.#activation = activations.get(config.activation);
    this.#kernelInitializer = initializers.get(config.kernelInitializer ?? 'glorotUniform');
    this.#biasInitializer = initializers.get(config.biasInitializer ?? 'zeros');
    this.#kernelRegularizer = config.kernelRegularizer ? regularizers.get(config.kernelRegularizer) : undefined;
    this.#biasRegularizer = config.biasRegularizer ? regularizers.get(config.biasRegularizer) : undefined;
  }

  /** `[features, units]`. @throws TypeError-free access only after the layer was built. */
  get kernel(): Variable {
    return this.#kernel as Variable;
  }

  /** `[units]`, `undefined` without a bias. */
  get bias(): Variable | undefined {
    return this.#bias;
  }

  override build(inputShape: Shape): void {
    const features = lastSize(this.label, inputShape);
    this.#kernel = this.addWeight({
      name: 'kernel',
      shape: [features, this.units],
      initializer: this.#kernelInitializer,
      regularizer: this.#kernelRegularizer,
    });
    if (!this.useBias) return;
    this.#bias = this.addWeight({
      name: 'bias',
      shape: [this.units],
      initializer: this.#biasInitializer,
      regularizer: this.#biasRegularizer,
    });
  }

  override checkInput(shape: Shape): void {
    if (shape.length < 2) {
      throw new ShapeError(`${this.label} expects inputs of rank 2 or more ([batch, features]), but got rank ${shape.length} (input shape ${shown(shape)})`);
    }
    const features = this.#kernel?.shape[0];
    if (features !== undefined && shape.at(-1) !== features) {
      throw new ShapeError(
        `${this.label} expects ${features} input features but got ${String(shape.at(-1))} (input shape ${shown(shape)})`,
      );
    }
  }

  override call(inputs: Tensor): Tensor {
    const features = inputs.shape.at(-1) as number;
    // One large product instead of a batch of small ones: leading axes are rows to a kernel that all of them share.
    const rows = inputs.rank > 2 ? inputs.reshape([inputs.size / features, features]) : inputs;
    let outputs = rows.matMul(this.kernel);
    if (this.#bias !== undefined) outputs = outputs.add(this.#bias);
    if (inputs.rank > 2) outputs = outputs.reshape([...inputs.shape.slice(0, -1), this.units]);
    return this.#activation.apply(outputs);
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: this.#activation.name,
      useBias: this.useBias,
      kernelInitializer: initializers.serialize(this.#kernelInitializer),
      biasInitializer: initializers.serialize(this.#biasInitializer),
      kernelRegularizer: regularizers.serialize(this.#kernelRegularizer),
      biasRegularizer: regularizers.serialize(this.#biasRegularizer),
    };
  }
}
