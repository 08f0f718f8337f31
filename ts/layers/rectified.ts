import { elu, leakyRelu } from '../activations/index.ts';
import { checkFinite } from '../arguments.ts';
import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { nonNegative } from './options.ts';

/** Options of {@link LeakyReLU}. */
export interface LeakyReLUConfig extends LayerConfig {
  /** Slope below 0. Default 0.3. */
  negativeSlope?: number;
  /** TensorFlow.js' name of `negativeSlope`. */
  alpha?: number;
}

/**
 * `x` if `x >= 0`, else `negativeSlope * x` (Maas et al., 2013). The output has the input's shape.
 *
 * @example
 * layers.leakyReLU({ negativeSlope: 0.1 })
 */
export class LeakyReLU extends Layer {
  static override readonly className: string = 'LeakyReLU';
  static override readonly optionNames: readonly string[] = ['negativeSlope', 'alpha'];
  readonly negativeSlope: number;

  /** @throws ConfigError for a slope below 0. */
  constructor(config: LeakyReLUConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.negativeSlope = nonNegative(this.label, 'negativeSlope', config.negativeSlope ?? config.alpha ?? 0.3);
  }

  override call(inputs: Tensor): Tensor {
    return leakyRelu(inputs, this.negativeSlope);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), negativeSlope: this.negativeSlope };
  }
}

/** Options of {@link ELU}. */
export interface ELUConfig extends LayerConfig {
  /** What the output tends to for very negative inputs, negated. Default 1. */
  alpha?: number;
}

/**
 * `x` if `x >= 0`, else `alpha * (exp(x) - 1)` (Clevert et al., 2016). The output has the input's shape.
 *
 * @example
 * layers.elu({ alpha: 0.5 })
 */
export class ELU extends Layer {
  static override readonly className: string = 'ELU';
  static override readonly optionNames: readonly string[] = ['alpha'];
  readonly alpha: number;

  /** @throws ConfigError unless `alpha` is a finite number. */
  constructor(config: ELUConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.alpha = checkFinite(this.label, 'alpha', config.alpha ?? 1);
  }

  override call(inputs: Tensor): Tensor {
    return elu(inputs, this.alpha);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}
