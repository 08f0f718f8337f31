import { checkNumber } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { where } from '../ops/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link Masking}. */
export interface MaskingConfig extends LayerConfig {
  /** What all features of a step are when it does not count. Default 0. */
  maskValue?: number;
}

/**
 * Says which steps of a sequence count: those with a feature other than `maskValue`. The others are set to 0, and what comes
 * after (recurrent layers, attention, losses, metrics) leaves them out.
 *
 * Shapes: input and output `[batch, ..., features]`, mask `[batch, ...]`.
 *
 * @example
 * sequential({ layers: [layers.masking({ inputShape: [null, 8] }), layers.lstm({ units: 32 })] })
 */
export class Masking extends Layer {
  static override readonly className: string = 'Masking';
  static override readonly optionNames: readonly string[] = ['maskValue'];
  readonly maskValue: number;

  /** @throws ConfigError unless `maskValue` is a number. */
  constructor(config: MaskingConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.maskValue = checkNumber(this.label, 'maskValue', config.maskValue ?? 0);
  }

  override checkInput(shape: Shape): void {
    if (shape.length < 2) {
      throw new ShapeError(
        `${this.label} expects inputs of rank 2 or more ([batch, steps, features]), but got rank ${shape.length} (input shape ${shown(shape)})`,
      );
    }
  }

  override computeMask(inputs: Tensor): Tensor {
    return inputs.notEqual(this.maskValue).any(-1);
  }

  override call(inputs: Tensor): Tensor {
    return where(inputs.notEqual(this.maskValue).any(-1, true), inputs, 0);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), maskValue: this.maskValue };
  }
}
