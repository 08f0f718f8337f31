import { checkFinite, checkFlag } from '../arguments.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { biasCorrection, updateMoments } from './moments.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Adam}. */
export interface AdamConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Share of the old value in the running mean of gradients. Default 0.9. */
  beta1?: number;
  /** Share of the old value in the running mean of squares. Default 0.999. */
  beta2?: number;
  /** Outside the root and outside the bias correction. Default 1e-7. */
  epsilon?: number;
  /** Whether the largest mean of squares so far divides (Reddi et al., 2018). Default false. */
  amsgrad?: boolean;
}

const adamNames = ['beta1', 'beta2', 'epsilon', 'amsgrad'];

/**
 * Adam (Kingma and Ba, 2015), as in Keras: with `a = lr * sqrt(1 - beta2^t) / (1 - beta1^t)`,
 * `m += (g - m)(1 - beta1); v += (g^2 - v)(1 - beta2); w -= a * m / (sqrt(v) + epsilon)`.
 * @example new optimizers.Adam({ learningRate: 1e-3, beta2: 0.99, clipnorm: 1 })
 */
export class Adam extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;
  protected override readonly slotNames: readonly string[];

  /** @throws ConfigError unless `beta1` and `beta2` are in [0, 1]. */
  constructor(config: AdamConfig = {}) {
    if (new.target === Adam) optimizerOptions('Adam', config, adamNames);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'adam' });
    this.beta1 = share('Adam', 'beta1', config.beta1 ?? 0.9);
    this.beta2 = share('Adam', 'beta2', config.beta2 ?? 0.999);
    this.epsilon = checkFinite('Adam', 'epsilon', config.epsilon ?? 1e-7);
    this.amsgrad = checkFlag('Adam', 'amsgrad', config.amsgrad ?? false);
    this.slotNames = ['momentum', 'velocity', ...(this.amsgrad ? ['velocity_hat'] : [])];
  }

  protected override get slotGroups(): readonly (readonly string[])[] {
    return [['momentum', 'velocity'], ['velocity_hat']];
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [momentum, velocity, largest] = slots as [Variable, Variable, Variable | undefined];
    const step = this.step();
    const alpha = learningRate.mul(biasCorrection(this.beta2, step).sqrt()).div(biasCorrection(this.beta1, step));
    const [m, second] = updateMoments([momentum, velocity], gradient, this);
    const v = largest === undefined ? second : largest.maximum(second);
    largest?.assign(v);
    variable.assign(variable.sub(m.mul(alpha).div(v.sqrt().add(this.epsilon))));
  }

  override getConfig(): Record<string, unknown> {
    const { beta1, beta2, epsilon, amsgrad } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon, amsgrad };
  }
}

/**
 * {@link Adam} with decoupled weight decay, 0.004 by default (Loshchilov and Hutter, 2019).
 * @example new optimizers.AdamW({ learningRate: 1e-3, weightDecay: 0.01 })
 */
export class AdamW extends Adam {
  constructor(config: AdamConfig = {}) {
    if (new.target === AdamW) optimizerOptions('AdamW', config, adamNames);
    super({ ...config, name: config.name ?? 'adamw', weightDecay: config.weightDecay ?? 0.004 });
  }
}
