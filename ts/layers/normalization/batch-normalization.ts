import { checkFinite, checkFlag, checkNumber, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../../initializers/index.ts';
import { fusedBatchNorm, moments, stopGradient, where } from '../../ops/index.ts';
import { checkOptionNames } from '../../option-names.ts';
import { ones, type Tensor, type Variable, zeros } from '../../tensor/index.ts';
import type { CallOptions } from '../layer.ts';
import { serialized } from '../serialize.ts';
import { type Shape, shown } from '../shape.ts';
import { type AffineConfig, AffineNormalization, affineOptionNames, axesOf, knownSizes } from './affine.ts';
import { RootInitializer } from './root-initializer.ts';

/** Limits of batch renormalization's corrections. */
export interface RenormClipping {
  /** Least factor. */
  rmin?: number;
  /** Largest factor. */
  rmax?: number;
  /** Largest shift, of either sign. */
  dmax?: number;
}

/** Options of {@link BatchNormalization}. */
export interface BatchNormalizationConfig extends AffineConfig {
  /** The axis that keeps its statistics apart, the channels. Default -1. */
  axis?: number;
  /** Share of the old value in a moving average. Default 0.99. */
  momentum?: number;
  /** Default `'zeros'`. */
  movingMeanInitializer?: InitializerIdentifier;
  /** Default `'ones'`. */
  movingVarianceInitializer?: InitializerIdentifier;
  /** Whether training normalizes with statistics near the moving ones (Ioffe, 2017). Default false. */
  renorm?: boolean;
  /** Default: no limits. */
  renormClipping?: RenormClipping | null;
  /** As `momentum`, for the averages that renormalization corrects with. Default 0.99. */
  renormMomentum?: number;
}

/** The averages that batch renormalization keeps beside the moving mean and variance. */
interface Renorm {
  readonly movingStddev: Variable;
  readonly mean: Variable;
  readonly stddev: Variable;
}

interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * `gamma * (x - mean) / sqrt(variance + epsilon) + beta` (Ioffe and Szegedy, 2015).
 *
 * In training, mean and (biased) variance are the batch's, and the moving averages follow:
 * `moving = moving * momentum + batch * (1 - momentum)`. In inference, and when `trainable` is false, they are the moving
 * averages. With a mask `[batch, ...]` of all axes but the last only the entries that it keeps count.
 *
 * With `renorm` the normalized x of a training step becomes `x * r + d` before gamma and beta, where
 * `r = stddev / renormStddev` and `d = (mean - renormMean) / renormStddev` carry no gradient (Ioffe, 2017): training then
 * sees what inference will. The moving variance follows from a moving standard deviation.
 *
 * Weights: gamma, beta, movingMean, movingVariance, with `renorm` also movingStddev, renormMean, renormStddev, each `[channels]`.
 *
 * @example
 * layers.batchNormalization({ momentum: 0.9, inputShape: [28, 28, 8] })
 */
export class BatchNormalization extends AffineNormalization {
  static override readonly className: string = 'BatchNormalization';
  static override readonly optionNames: readonly string[] = [
    'axis',
    'momentum',
    ...affineOptionNames,
    'movingMeanInitializer',
    'movingVarianceInitializer',
    'renorm',
    'renormClipping',
    'renormMomentum',
  ];
  readonly axis: number;
  readonly momentum: number;
  readonly renorm: boolean;
  readonly renormClipping: Readonly<RenormClipping> | undefined;
  readonly renormMomentum: number;
  readonly #initializers: Readonly<Record<'movingMean' | 'movingVariance', Initializer>>;
  #channels = 0;
  #movingMean: Variable | undefined;
  #movingVariance: Variable | undefined;
  #renorm: Renorm | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: BatchNormalizationConfig = {}) {
    super(config);
    this.axis = config.axis ?? -1;
    if (!Number.isInteger(this.axis))
      throw new ConfigError(`${this.label}: axis must be a whole number, got ${received(this.axis)}`);
    this.momentum = checkFinite(this.label, 'momentum', config.momentum ?? 0.99);
    this.#initializers = {
      movingMean: getInitializer(config.movingMeanInitializer ?? 'zeros'),
      movingVariance: getInitializer(config.movingVarianceInitializer ?? 'ones'),
    };
    this.renorm = checkFlag(this.label, 'renorm', config.renorm ?? false);
    this.renormClipping = checkClipping(this.label, config.renormClipping, this.renorm);
    this.renormMomentum = checkFinite(this.label, 'renormMomentum', config.renormMomentum ?? 0.99);
  }

  /** `[channels]`, the running mean; there once the layer was built. */
  get movingMean(): Variable {
    return this.#movingMean as Variable;
  }

  /** `[channels]`, the running variance; there once the layer was built. */
  get movingVariance(): Variable {
    return this.#movingVariance as Variable;
  }

  override build(inputShape: Shape): void {
    const shape = knownSizes(this.label, axesOf(this.label, [this.axis], inputShape), inputShape) as [number];
    [this.#channels] = shape;
    this.addAffine(shape);
    const average = (name: string, initializer: Initializer): Variable =>
      this.addWeight({ name, shape, initializer, trainable: false });
    const { movingMean, movingVariance } = this.#initializers;
    this.#movingMean = average('moving_mean', movingMean);
    this.#movingVariance = average('moving_variance', movingVariance);
    if (!this.renorm) return;
    const root = new RootInitializer(movingVariance);
    this.#renorm = {
      movingStddev: average('moving_stddev', root),
      mean: average('renorm_mean', movingMean),
      stddev: average('renorm_stddev', root),
    };
  }

  override checkInput(shape: Shape): void {
    const [axis] = axesOf(this.label, [this.axis], shape) as [number];
    if (this.built && shape[axis] !== this.#channels) {
      throw new ShapeError(
        `${this.label} expects ${this.#channels} channels but got ${received(shape[axis])} (input shape ${shown(shape)})`,
      );
    }
  }

  override call(inputs: Tensor, { training, mask }: CallOptions): Tensor {
    const axis = this.axis < 0 ? this.axis + inputs.rank : this.axis;
    if (!training || !this.trainable) return this.#affine(inputs, axis, this.movingMean, this.movingVariance);
    if (mask !== undefined || this.#renorm !== undefined) return this.#corrected(inputs, axis, mask);
    if (axis === inputs.rank - 1) return this.#fused(inputs);
    // The fused operation keeps the statistics of the last axis: bring the channels there and back.
    const order = inputs.shape.map((_, i) => i).filter((i) => i !== axis);
    order.push(axis);
    const inverse = order.map((_, i) => order.indexOf(i));
    return this.#fused(inputs.transpose(order)).transpose(inverse);
  }

  #fused(x: Tensor): Tensor {
    const gamma = this.gamma ?? ones([this.#channels]);
    const beta = this.beta ?? zeros([this.#channels]);
    const { y, mean, variance } = fusedBatchNorm(x, gamma, beta, this.epsilon);
    follow(this.movingMean, mean, this.momentum);
    follow(this.movingVariance, variance, this.momentum);
    return y;
  }

  /** A training step with a mask or with renormalization. */
  #corrected(x: Tensor, axis: number, mask: Tensor | undefined): Tensor {
    const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
    const batch = mask === undefined ? moments(x, others) : this.#maskedMoments(x, others, mask);
    const { mean, variance } = batch;
    if (this.#renorm === undefined) {
      follow(this.movingMean, mean, this.momentum);
      follow(this.movingVariance, variance, this.momentum);
      return this.#affine(x, axis, mean, variance);
    }
    const { factor, shift } = this.#corrections(this.#renorm, batch);
    const gamma = this.gamma === undefined ? factor : factor.mul(this.gamma);
    const scaled = this.gamma === undefined ? shift : shift.mul(this.gamma);
    const beta = this.beta === undefined ? scaled : scaled.add(this.beta);
    this.#followRenormed(this.#renorm, batch);
    return this.#affine(x, axis, mean, variance, gamma, beta);
  }

  /** Batch renormalization's r and d, from the averages before this step. */
  #corrections(renorm: Renorm, { mean, variance }: Moments): { factor: Tensor; shift: Tensor } {
    const { rmin, rmax, dmax } = this.renormClipping ?? {};
    // Averages that begin at 0 must not divide.
    const stddev = renorm.stddev.maximum(Math.sqrt(this.epsilon));
    let factor = variance.add(this.epsilon).sqrt().div(stddev);
    let shift = mean.sub(renorm.mean).div(stddev);
    if (rmin !== undefined) factor = factor.maximum(rmin);
    if (rmax !== undefined) factor = factor.minimum(rmax);
    if (dmax !== undefined) shift = shift.minimum(dmax).maximum(-dmax);
    return { factor: stopGradient(factor), shift: stopGradient(shift) };
  }

  #followRenormed(renorm: Renorm, { mean, variance }: Moments): void {
    const stddev = variance.add(this.epsilon).sqrt();
    follow(renorm.mean, mean, this.renormMomentum);
    follow(renorm.stddev, stddev, this.renormMomentum);
    follow(this.movingMean, mean, this.momentum);
    follow(renorm.movingStddev, stddev, this.momentum);
    this.movingVariance.assign(renorm.movingStddev.read().square().sub(this.epsilon).relu());
  }

  /** Moments over the entries that `mask` keeps; the count gets Keras' 1e-7 so that an empty mask gives 0. */
  #maskedMoments(x: Tensor, others: readonly number[], mask: Tensor): Moments {
    if (mask.rank !== x.rank - 1) {
      throw new ShapeError(
        `${this.label}: the mask must have an axis less than inputs of shape ${shown(x.shape)}, got ${shown(mask.shape)}`,
      );
    }
    const kept = mask.cast('bool').expandDims(-1).broadcastTo(x.shape);
    const count = kept.cast('float32').sum(others, true).add(1e-7);
    // Chosen, not multiplied: what stands in a masked entry may be no number.
    const mean = where(kept, x, 0).sum(others, true).div(count);
    const variance = where(kept, x.sub(mean), 0).square().sum(others, true).div(count);
    return { mean: mean.reshape([this.#channels]), variance: variance.reshape([this.#channels]) };
  }

  /** `x * inv + (beta - mean * inv)`: two operations a value, the rest once a channel. */
  #affine(
    x: Tensor,
    axis: number,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | undefined = this.gamma,
    beta: Tensor | undefined = this.beta,
  ): Tensor {
    let inverse = variance.add(this.epsilon).rsqrt();
    if (gamma !== undefined) inverse = inverse.mul(gamma);
    let shift = mean.mul(inverse).neg();
    if (beta !== undefined) shift = shift.add(beta);
    const behind = x.shape.slice(axis + 1).map(() => 1);
    if (behind.length === 0) return x.mul(inverse).add(shift);
    const along = [this.#channels, ...behind];
    return x.mul(inverse.reshape(along)).add(shift.reshape(along));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      movingMeanInitializer: serialized(this.#initializers.movingMean),
      movingVarianceInitializer: serialized(this.#initializers.movingVariance),
      renorm: this.renorm,
      renormClipping: this.renormClipping === undefined ? null : { ...this.renormClipping },
      renormMomentum: this.renormMomentum,
    };
  }
}

/** A moving average's next value. */
function follow(moving: Variable, value: Tensor, momentum: number): void {
  moving.assign(moving.mul(momentum).add(value.mul(1 - momentum)));
}

/** @throws ConfigError for limits that contradict each other. */
function checkClipping(
  label: string,
  given: RenormClipping | null | undefined,
  renorm: boolean,
): Readonly<RenormClipping> | undefined {
  if (given === undefined || given === null) return renorm ? {} : undefined;
  checkOptionNames(`${label}: renormClipping`, given, ['rmin', 'rmax', 'dmax'], '{ rmin: 0.5, rmax: 2, dmax: 5 }');
  const limits: RenormClipping = {};
  for (const name of ['rmin', 'rmax', 'dmax'] as const) {
    if (given[name] !== undefined && given[name] !== null) limits[name] = checkNumber(label, name, given[name]);
  }
  const { rmin, rmax, dmax } = limits;
  if (rmin !== undefined && rmax !== undefined && !(rmin <= rmax))
    throw new ConfigError(`${label}: renormClipping needs rmin of at most rmax, got ${rmin} and ${rmax}`);
  if (dmax !== undefined && !(dmax >= 0))
    throw new ConfigError(`${label}: renormClipping needs dmax of at least 0, got ${dmax}`);
  return limits;
}
