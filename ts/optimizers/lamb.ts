import { checkFinite } from '../arguments.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { constant } from './constant.ts';
import { biasCorrection, updateMoments } from './moments.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Lamb}. */
export interface LambConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Share of the old value in the running mean of gradients. Default 0.9. */
  beta1?: number;
  /** Share of the old value in the running mean of squares. Default 0.999. */
  beta2?: number;
  /** Outside the root. Default 1e-7. */
  epsilon?: number;
}

/**
 * Adam whose step is as long as the weight (You et al., 2020): with `u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)`,
 * `w -= lr * |w| / |u| * u`; the ratio is 1 where a norm is 0.
 * @example new optimizers.Lamb({ learningRate: 1e-3 })
 */
export class Lamb extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  protected override readonly slotNames: readonly string[] = ['momentum', 'velocity'];

  /** @throws ConfigError unless `beta1` and `beta2` are in [0, 1]. */
  constructor(config: LambConfig = {}) {
    if (new.target === Lamb) optimizerOptions('Lamb', config, ['beta1', 'beta2', 'epsilon']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'lamb' });
    this.beta1 = share('Lamb', 'beta1', config.beta1 ?? 0.9);
    this.beta2 = share('Lamb', 'beta2', config.beta2 ?? 0.999);
    this.epsilon = checkFinite('Lamb', 'epsilon', config.epsilon ?? 1e-7);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [momentum, velocity] = slots as [Variable, Variable];
    const step = this.step();
    const [m, v] = updateMoments([momentum, velocity], gradient, this);
    const update = m
      .div(biasCorrection(this.beta1, step))
      .div(v.div(biasCorrection(this.beta2, step)).sqrt().add(this.epsilon));
    const length = variable.square().sum().sqrt();
    const updateLength = update.square().sum().sqrt();
    const both = length.greater(0).logicalAnd(updateLength.greater(0));
    const ratio = length.div(updateLength).where(both, constant(1));
    variable.assign(variable.sub(update.mul(ratio.mul(learningRate))));
  }

  override getConfig(): Record<string, unknown> {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }
}
