import { ShapeError } from '../../errors.ts';
import { layerNormalization } from '../../keras-ops/nn.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type Shape, shown } from '../shape.ts';
import {
  type AffineConfig,
  AffineNormalization,
  affineOptionNames,
  axesOf,
  checkAxisOption,
  knownSizes,
} from './affine.ts';

/** Options of {@link LayerNormalization}. */
export interface LayerNormalizationConfig extends AffineConfig {
  /** The axis, or axes, that a mean and a variance are taken over. Default -1. */
  axis?: number | readonly number[];
}

/**
 * `gamma * (x - mean) / sqrt(variance + epsilon) + beta` with the mean and the (biased) variance of each sample along `axis`,
 * the same in training and inference (Ba, Kiros and Hinton, 2016).
 *
 * The output has the input's shape. Weights: gamma, beta, each of the sizes of `axis`.
 *
 * @example
 * layers.layerNormalization({ epsilon: 1e-6, inputShape: [10, 64] })
 */
export class LayerNormalization extends AffineNormalization {
  static override readonly className: string = 'LayerNormalization';
  static override readonly optionNames: readonly string[] = ['axis', ...affineOptionNames];
  readonly axis: number | readonly number[];
  #sizes: readonly number[] = [];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: LayerNormalizationConfig = {}) {
    super(config);
    this.axis = checkAxisOption(this.label, config.axis ?? -1);
  }

  #axes(shape: Shape): number[] {
    return axesOf(this.label, [this.axis].flat(), shape);
  }

  override build(inputShape: Shape): void {
    this.#sizes = knownSizes(this.label, this.#axes(inputShape), inputShape);
    this.addAffine(this.#sizes);
  }

  override checkInput(shape: Shape): void {
    const axes = this.#axes(shape);
    if (!this.built || axes.every((axis, i) => shape[axis] === this.#sizes[i])) return;
    throw new ShapeError(
      `${this.label} expects sizes [${this.#sizes}] of axis [${axes}], but the input shape is ${shown(shape)}`,
    );
  }

  override call(inputs: Tensor): Tensor {
    return layerNormalization(inputs, this.gamma, this.beta, this.#axes(inputs.shape), this.epsilon);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: typeof this.axis === 'number' ? this.axis : [...this.axis] };
  }
}
