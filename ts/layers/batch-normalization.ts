import { checkFinite, checkFlag, received } from '../arguments.ts';
import { type Constraint, type ConstraintIdentifier, getConstraint } from '../constraints/index.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../initializers/index.ts';
import { fusedBatchNorm } from '../ops/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../regularizers/index.ts';
import { ones, type Tensor, type Variable, zeros } from '../tensor/index.ts';
import { type CallOptions, Layer, type LayerConfig } from './layer.ts';
import { serialized } from './serialize.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link BatchNormalization}. */
export interface BatchNormalizationConfig extends LayerConfig {
  /** The axis that keeps its statistics apart, the channels. Default -1. */
  axis?: number;
  /** Share of the old value in a moving average. Default 0.99. */
  momentum?: number;
  /** Added to the variance. Default 1e-3. */
  epsilon?: number;
  /** Whether `beta` is added. Default true. */
  center?: boolean;
  /** Whether `gamma` multiplies. Default true. */
  scale?: boolean;
  betaInitializer?: InitializerIdentifier;
  gammaInitializer?: InitializerIdentifier;
  movingMeanInitializer?: InitializerIdentifier;
  movingVarianceInitializer?: InitializerIdentifier;
  betaRegularizer?: RegularizerIdentifier | null;
  gammaRegularizer?: RegularizerIdentifier | null;
  betaConstraint?: ConstraintIdentifier | null;
  gammaConstraint?: ConstraintIdentifier | null;
}

/**
 * `gamma * (x - mean) / sqrt(variance + epsilon) + beta` (Ioffe and Szegedy, 2015).
 *
 * In training, mean and (biased) variance are the batch's, and the moving averages follow:
 * `moving = moving * momentum + batch * (1 - momentum)`. In inference, and when `trainable` is false, they are the moving
 * averages. Weights: gamma, beta, movingMean, movingVariance, each `[channels]`.
 */
export class BatchNormalization extends Layer {
  static override readonly className: string = 'BatchNormalization';
  static override readonly optionNames: readonly string[] = [
    'axis',
    'momentum',
    'epsilon',
    'center',
    'scale',
    'betaInitializer',
    'gammaInitializer',
    'movingMeanInitializer',
    'movingVarianceInitializer',
    'betaRegularizer',
    'gammaRegularizer',
    'betaConstraint',
    'gammaConstraint',
  ];
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #initializers: Readonly<Record<'beta' | 'gamma' | 'movingMean' | 'movingVariance', Initializer>>;
  readonly #betaRegularizer: Regularizer | undefined;
  readonly #gammaRegularizer: Regularizer | undefined;
  readonly #betaConstraint: Constraint | undefined;
  readonly #gammaConstraint: Constraint | undefined;
  #channels = 0;
  #gamma: Variable | undefined;
  #beta: Variable | undefined;
  #movingMean: Variable | undefined;
  #movingVariance: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: BatchNormalizationConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.axis = config.axis ?? -1;
    if (!Number.isInteger(this.axis))
      throw new ConfigError(`${this.label}: axis must be a whole number, got ${received(this.axis)}`);
    this.momentum = checkFinite(this.label, 'momentum', config.momentum ?? 0.99);
    this.epsilon = config.epsilon ?? 1e-3;
    if (!(typeof this.epsilon === 'number' && this.epsilon > 0))
      throw new ConfigError(`${this.label}: epsilon must be above 0, got ${received(this.epsilon)}`);
    this.center = checkFlag(this.label, 'center', config.center ?? true);
    this.scale = checkFlag(this.label, 'scale', config.scale ?? true);
    this.#initializers = {
      beta: getInitializer(config.betaInitializer ?? 'zeros'),
      gamma: getInitializer(config.gammaInitializer ?? 'ones'),
      movingMean: getInitializer(config.movingMeanInitializer ?? 'zeros'),
      movingVariance: getInitializer(config.movingVarianceInitializer ?? 'ones'),
    };
    this.#betaRegularizer = config.betaRegularizer ? getRegularizer(config.betaRegularizer) : undefined;
    this.#gammaRegularizer = config.gammaRegularizer ? getRegularizer(config.gammaRegularizer) : undefined;
    this.#betaConstraint = config.betaConstraint ? getConstraint(config.betaConstraint) : undefined;
    this.#gammaConstraint = config.gammaConstraint ? getConstraint(config.gammaConstraint) : undefined;
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
    const channels = inputShape.at(this.axis);
    if (typeof channels !== 'number') {
      throw new ShapeError(
        `${this.label} needs to know the size of axis ${this.axis}, but the input shape is ${shown(inputShape)}`,
      );
    }
    this.#channels = channels;
    const shape = [channels];
    if (this.scale) {
      this.#gamma = this.addWeight({
        name: 'gamma',
        shape,
        initializer: this.#initializers.gamma,
        regularizer: this.#gammaRegularizer,
        constraint: this.#gammaConstraint,
      });
    }
    if (this.center) {
      this.#beta = this.addWeight({
        name: 'beta',
        shape,
        initializer: this.#initializers.beta,
        regularizer: this.#betaRegularizer,
        constraint: this.#betaConstraint,
      });
    }
    this.#movingMean = this.addWeight({
      name: 'moving_mean',
      shape,
      initializer: this.#initializers.movingMean,
      trainable: false,
    });
    this.#movingVariance = this.addWeight({
      name: 'moving_variance',
      shape,
      initializer: this.#initializers.movingVariance,
      trainable: false,
    });
  }

  override checkInput(shape: Shape): void {
    if (this.axis >= shape.length || this.axis < -shape.length) {
      throw new ShapeError(`${this.label}: axis ${this.axis} does not exist in an input of shape ${shown(shape)}`);
    }
    if (this.built && shape.at(this.axis) !== this.#channels) {
      throw new ShapeError(
        `${this.label} expects ${this.#channels} channels but got ${received(shape.at(this.axis))} (input shape ${shown(shape)})`,
      );
    }
  }

  override call(inputs: Tensor, { training, mask }: CallOptions): Tensor {
    const axis = this.axis < 0 ? this.axis + inputs.rank : this.axis;
    if (axis === inputs.rank - 1) return this.#normalize(inputs, training, mask);
    // Statistics are kept along the last axis: bring the channels there and back.
    const order = inputs.shape.map((_, i) => i).filter((i) => i !== axis);
    order.push(axis);
    const inverse = order.map((_, i) => order.indexOf(i));
    return this.#normalize(inputs.transpose(order), training, mask).transpose(inverse);
  }

  #normalize(x: Tensor, training: boolean, mask: Tensor | undefined): Tensor {
    if (!training || !this.trainable) return this.#affine(x, this.movingMean, this.movingVariance);
    if (mask !== undefined) {
      const { mean, variance } = maskedMoments(x, mask);
      this.#follow(mean, variance);
      return this.#affine(x, mean, variance);
    }
    const gamma = this.#gamma ?? ones([this.#channels]);
    const beta = this.#beta ?? zeros([this.#channels]);
    const { y, mean, variance } = fusedBatchNorm(x, gamma, beta, this.epsilon);
    this.#follow(mean, variance);
    return y;
  }

  #follow(mean: Tensor, variance: Tensor): void {
    const follow = (moving: Variable, value: Tensor): void => {
      moving.assign(moving.mul(this.momentum).add(value.mul(1 - this.momentum)));
    };
    follow(this.movingMean, mean);
    follow(this.movingVariance, variance);
  }

  /** `x * inv + (beta - mean * inv)`: two operations a value, the rest once a channel. */
  #affine(x: Tensor, mean: Tensor, variance: Tensor): Tensor {
    let inverse = variance.add(this.epsilon).rsqrt();
    if (this.#gamma !== undefined) inverse = inverse.mul(this.#gamma);
    const shift = mean.mul(inverse).neg();
    return x.mul(inverse).add(this.#beta === undefined ? shift : shift.add(this.#beta));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      betaInitializer: serialized(this.#initializers.beta),
      gammaInitializer: serialized(this.#initializers.gamma),
      movingMeanInitializer: serialized(this.#initializers.movingMean),
      movingVarianceInitializer: serialized(this.#initializers.movingVariance),
      betaRegularizer: serialized(this.#betaRegularizer),
      gammaRegularizer: serialized(this.#gammaRegularizer),
      betaConstraint: serialized(this.#betaConstraint),
      gammaConstraint: serialized(this.#gammaConstraint),
    };
  }
}

/** Moments over the entries that `mask` keeps; the count gets Keras' 1e-7 so that an empty mask gives 0. */
function maskedMoments(x: Tensor, mask: Tensor): { mean: Tensor; variance: Tensor } {
  let weight = mask.cast('float32');
  while (weight.rank < x.rank) weight = weight.expandDims(-1);
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  // Along axes where the mask has size 1 each entry stands for all of them.
  const repeats = axes.reduce(
    (product, axis) => product * (weight.shape[axis] === 1 ? (x.shape[axis] as number) : 1),
    1,
  );
  const count = weight.sum().mul(repeats).add(1e-7);
  const mean = x.mul(weight).sum(axes).div(count);
  const variance = x.sub(mean).square().mul(weight).sum(axes).div(count);
  return { mean, variance };
}
