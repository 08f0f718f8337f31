import { relu } from '../activations/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { nonNegative } from './options.ts';

/** Options of {@link ReLU}. */
export interface ReLUConfig extends LayerConfig {
  /** Largest value of the output. Default `null`: none. */
  maxValue?: number | null;
  /** Slope below the threshold. Default 0. */
  negativeSlope?: number;
  /** What the input must pass. Default 0. */
  threshold?: number;
}

/**
 * `maxValue` if `x >= maxValue`, `x` if `x > threshold`, else `negativeSlope * (x - threshold)`; by default `max(x, 0)`.
 * The output has the input's shape.
 *
 * @example
 * layers.reLU({ maxValue: 6 })
 */
export class ReLU extends Layer {
  static override readonly className: string = 'ReLU';
  static override readonly optionNames: readonly string[] = ['maxValue', 'negativeSlope', 'threshold'];
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;

  /** @throws ConfigError for options below 0. */
  constructor(config: ReLUConfig = {}) {
    super(config);
    this.supportsMasking = true;
    const atLeastZero = (name: string, value: unknown): number => nonNegative(this.label, name, value);
    const { maxValue = null } = config;
    this.maxValue = maxValue === null ? null : atLeastZero('maxValue', maxValue);
    this.negativeSlope = atLeastZero('negativeSlope', config.negativeSlope ?? 0);
    this.threshold = atLeastZero('threshold', config.threshold ?? 0);
  }

  override call(inputs: Tensor): Tensor {
    return relu(inputs, this.negativeSlope, this.maxValue, this.threshold);
  }

  override getConfig(): Record<string, unknown> {
    const { maxValue, negativeSlope, threshold } = this;
    return { ...super.getConfig(), maxValue, negativeSlope, threshold };
  }
}
