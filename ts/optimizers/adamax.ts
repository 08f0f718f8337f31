import type { Tensor, Variable } from '../tensor/index.ts';
import { constant } from './constant.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Adamax}. */
export interface AdamaxConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Share of the old value in the running mean of gradients. Default 0.9. */
  beta1?: number;
  /** How fast the largest gradient is forgotten. Default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

/**
 * Adam with the largest gradient in place of the mean of squares (Kingma and Ba, 2015):
 * `m += (g - m)(1 - beta1); u = max(beta2 * u, |g|); w -= lr / (1 - beta1^t) * m / (u + epsilon)`.
 * @example new optimizers.Adamax({ learningRate: 2e-3 })
 */
export class Adamax extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  protected override readonly slotNames: readonly string[] = ['momentum', 'norm'];

  /** @throws ConfigError unless `beta1` and `beta2` are in [0, 1]. */
  constructor(config: AdamaxConfig = {}) {
    if (new.target === Adamax) optimizerOptions('Adamax', config, ['beta1', 'beta2', 'epsilon']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'adamax' });
    this.beta1 = share('Adamax', 'beta1', config.beta1 ?? 0.9);
    this.beta2 = share('Adamax', 'beta2', config.beta2 ?? 0.999);
    this.epsilon = config.epsilon ?? 1e-7;
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [momentum, norm] = slots as [Variable, Variable];
    const m = momentum.add(gradient.sub(momentum).mul(1 - this.beta1));
    const u = norm.mul(this.beta2).maximum(gradient.abs());
    momentum.assign(m);
    norm.assign(u);
    const rate = learningRate.div(constant(1).sub(constant(this.beta1).pow(this.step())));
    variable.assign(variable.sub(rate.mul(m).div(u.add(this.epsilon))));
  }

  override getConfig(): Record<string, unknown> {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }
}
