import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { moments } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type Shape, shown } from '../shape.ts';
import { type AffineConfig, AffineNormalization, affineOptionNames, axesOf, knownSizes } from './affine.ts';

/** Options of {@link GroupNormalization}. */
export interface GroupNormalizationConfig extends AffineConfig {
  /** Number of groups; divides the channels. -1: one a channel, which is instance normalization. Default 32. */
  groups?: number;
  /** The axis of the channels. Default -1. */
  axis?: number;
}

/**
 * `gamma * (x - mean) / sqrt(variance + epsilon) + beta` with the mean and the (biased) variance of each sample over a group
 * of neighbouring channels and all other axes; the same in training and inference (Wu and He, 2018).
 *
 * The output has the input's shape. Weights: gamma, beta, each `[channels]`.
 *
 * @example
 * layers.groupNormalization({ groups: 8, inputShape: [28, 28, 32] })
 */
export class GroupNormalization extends AffineNormalization {
  static override readonly className: string = 'GroupNormalization';
  static override readonly optionNames: readonly string[] = ['groups', 'axis', ...affineOptionNames];
  readonly groups: number;
  readonly axis: number;
  #channels = 0;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GroupNormalizationConfig = {}) {
    super(config);
    this.groups = config.groups ?? 32;
    if (!(this.groups === -1 || (Number.isSafeInteger(this.groups) && this.groups > 0))) {
      throw new ConfigError(
        `${this.label}: groups must be a whole number above 0, or -1 for one a channel, got ${received(this.groups)}`,
      );
    }
    this.axis = config.axis ?? -1;
    if (!Number.isSafeInteger(this.axis) || this.axis === 0) {
      throw new ConfigError(`${this.label}: axis must be a whole number other than 0, got ${received(this.axis)}`);
    }
  }

  override build(inputShape: Shape): void {
    const [channels] = knownSizes(this.label, axesOf(this.label, [this.axis], inputShape), inputShape) as [number];
    if (this.groups !== -1 && channels % this.groups !== 0) {
      throw new ConfigError(`${this.label}: groups (${this.groups}) must divide the channels (${channels})`);
    }
    this.#channels = channels;
    this.addAffine([channels]);
  }

  override checkInput(shape: Shape): void {
    const [axis] = axesOf(this.label, [this.axis], shape) as [number];
    if (axis === 0) throw new ShapeError(`${this.label} expects inputs [batch, ...], but got ${shown(shape)}`);
    if (this.built && shape[axis] !== this.#channels) {
      throw new ShapeError(
        `${this.label} expects ${this.#channels} channels but got ${received(shape[axis])} (input shape ${shown(shape)})`,
      );
    }
  }

  override call(inputs: Tensor): Tensor {
    const axis = this.axis < 0 ? this.axis + inputs.rank : this.axis;
    const groups = this.groups === -1 ? this.#channels : this.groups;
    const each = this.#channels / groups;
    const x = inputs.reshape([...inputs.shape.slice(0, axis), groups, each, ...inputs.shape.slice(axis + 1)]);
    const others = x.shape.map((_, a) => a).filter((a) => a !== 0 && a !== axis);
    const { mean, variance } = moments(x, others, true);
    // `x * inverse + shift`: two operations a value, the rest once a channel.
    const along = x.shape.map((size, a) => (a === axis || a === axis + 1 ? size : 1));
    let inverse = variance.add(this.epsilon).rsqrt();
    if (this.gamma !== undefined) inverse = inverse.mul(this.gamma.reshape(along));
    let shift = mean.mul(inverse).neg();
    if (this.beta !== undefined) shift = shift.add(this.beta.reshape(along));
    return x.mul(inverse).add(shift).reshape(inputs.shape);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), groups: this.groups, axis: this.axis };
  }
}
