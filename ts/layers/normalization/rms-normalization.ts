import { ShapeError } from '../../errors.ts';
import { rmsNormalization } from '../../keras-ops/nn.ts';
import type { Tensor, Variable } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { type Shape, shown } from '../shape.ts';
import { axesOf, checkAxisOption, checkEpsilon, knownSizes } from './affine.ts';

/** Options of {@link RMSNormalization}. */
export interface RMSNormalizationConfig extends LayerConfig {
  /** The axis, or axes, that the mean square is taken over. Default -1. */
  axis?: number | readonly number[];
  /** Added to the mean square. Default 1e-6. */
  epsilon?: number;
}

/**
 * `scale * x / sqrt(mean(x^2) + epsilon)` with the mean of each sample along `axis` (Zhang and Sennrich, 2019).
 *
 * The output has the input's shape. Weight: scale, of the sizes of `axis`, at first 1.
 *
 * @example
 * layers.rmsNormalization({ inputShape: [10, 64] })
 */
export class RMSNormalization extends Layer {
  static override readonly className: string = 'RMSNormalization';
  static override readonly optionNames: readonly string[] = ['axis', 'epsilon'];
  readonly axis: number | readonly number[];
  readonly epsilon: number;
  #sizes: readonly number[] = [];
  #scale: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: RMSNormalizationConfig = {}) {
    super(config);
    this.axis = checkAxisOption(this.label, config.axis ?? -1);
    this.epsilon = checkEpsilon(this.label, config.epsilon ?? 1e-6);
  }

  #axes(shape: Shape): number[] {
    return axesOf(this.label, [this.axis].flat(), shape);
  }

  /** The factor; there once the layer was built. */
  get scale(): Variable {
    return this.#scale as Variable;
  }

  override build(inputShape: Shape): void {
    this.#sizes = knownSizes(this.label, this.#axes(inputShape), inputShape);
    this.#scale = this.addWeight({ name: 'scale', shape: this.#sizes, initializer: 'ones' });
  }

  override checkInput(shape: Shape): void {
    const axes = this.#axes(shape);
    if (!this.built || axes.every((axis, i) => shape[axis] === this.#sizes[i])) return;
    throw new ShapeError(
      `${this.label} expects sizes [${this.#sizes}] of axis [${axes}], but the input shape is ${shown(shape)}`,
    );
  }

  override call(inputs: Tensor): Tensor {
    return rmsNormalization(inputs, this.scale, this.#axes(inputs.shape), this.epsilon);
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      axis: typeof this.axis === 'number' ? this.axis : [...this.axis],
      epsilon: this.epsilon,
    };
  }
}
