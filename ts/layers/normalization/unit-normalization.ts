import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import type { Shape } from '../shape.ts';
import { axesOf, checkAxisOption } from './affine.ts';

/** Options of {@link UnitNormalization}. */
export interface UnitNormalizationConfig extends LayerConfig {
  /** The axis, or axes, along which every vector gets length 1. Default -1. */
  axis?: number | readonly number[];
}

/** Squares under 1e-24 count as it, so that a vector of zeros stays one. */
const LEAST = 1e-24;

/**
 * `x / sqrt(sum(x^2))` with the sum of each sample along `axis`: vectors of length 1. A vector of zeros stays.
 * The output has the input's shape.
 *
 * @example
 * layers.unitNormalization().apply([[3, 4]]) // [[0.6, 0.8]]
 */
export class UnitNormalization extends Layer {
  static override readonly className: string = 'UnitNormalization';
  static override readonly optionNames: readonly string[] = ['axis'];
  readonly axis: number | readonly number[];

  /** @throws ConfigError for an axis that is no whole number. */
  constructor(config: UnitNormalizationConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.axis = checkAxisOption(this.label, config.axis ?? -1);
  }

  override checkInput(shape: Shape): void {
    axesOf(this.label, [this.axis].flat(), shape);
  }

  override call(inputs: Tensor): Tensor {
    const squares = inputs.square().sum(axesOf(this.label, [this.axis].flat(), inputs.shape), true);
    return inputs.mul(squares.maximum(LEAST).rsqrt());
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: typeof this.axis === 'number' ? this.axis : [...this.axis] };
  }
}
