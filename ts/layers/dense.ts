import { received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import { type KernelConfig, KernelLayer, kernelOptionNames } from './kernel-layer.ts';
import { lastSize, positiveInteger } from './options.ts';
import { type Shape, shown } from './shape.ts';

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
export class Dense extends KernelLayer {
  static override readonly className: string = 'Dense';
  static override readonly optionNames: readonly string[] = ['units', ...kernelOptionNames];
  readonly units: number;

  /** @throws ConfigError unless `units` is a whole number above 0. */
  constructor(config: DenseConfig) {
    super(config);
    this.supportsMasking = true;
    this.units = positiveInteger(this.label, 'units', config.units);
  }

  override build(inputShape: Shape): void {
    this.addKernel([lastSize(this.label, inputShape), this.units], this.units);
  }

  override checkInput(shape: Shape): void {
    if (shape.length < 2) {
      throw new ShapeError(
        `${this.label} expects inputs of rank 2 or more ([batch, features]), but got rank ${shape.length} (input shape ${shown(shape)})`,
      );
    }
    const features = this.kernel?.shape[0];
    if (features !== undefined && shape.at(-1) !== features) {
      throw new ShapeError(
        `${this.label} expects ${features} input features but got ${received(shape.at(-1))} (input shape ${shown(shape)})`,
      );
    }
  }

  override call(inputs: Tensor): Tensor {
    if (inputs.rank === 2) return this.activate(this.addBias(inputs.matMul(this.kernel)));
    // One large product instead of a batch of small ones: all leading axes are rows to the one kernel.
    const features = this.kernel.shape[0] as number;
    const rows = inputs.reshape([inputs.size / features, features]);
    const outputs = this.addBias(rows.matMul(this.kernel)).reshape([...inputs.shape.slice(0, -1), this.units]);
    return this.activate(outputs);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), units: this.units };
  }
}
