import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Lion}. */
export interface LionConfig extends OptimizerConfig {
  /** Default 0.001; a third to a tenth of what suits AdamW. */
  learningRate?: LearningRate;
  /** Share of the running mean in the direction. Default 0.9. */
  beta1?: number;
  /** Share of the old value in the running mean. Default 0.99. */
  beta2?: number;
}

/**
 * `w -= lr * sign(beta1 * m + (1 - beta1) * g); m = beta2 * m + (1 - beta2) * g` (Chen et al., 2023).
 * @example new optimizers.Lion({ learningRate: 1e-4, weightDecay: 0.1 })
 */
export class Lion extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  protected override readonly slotNames: readonly string[] = ['momentum'];

  /** @throws ConfigError unless `beta1` is in (0, 1] and `beta2` in [0, 1]. */
  constructor(config: LionConfig = {}) {
    if (new.target === Lion) optimizerOptions('Lion', config, ['beta1', 'beta2']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'lion' });
    this.beta1 = share('Lion', 'beta1', config.beta1 ?? 0.9);
    if (this.beta1 === 0) throw new ConfigError(`Lion: beta1 must be above 0, got ${received(config.beta1)}`);
    this.beta2 = share('Lion', 'beta2', config.beta2 ?? 0.99);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [momentum] = slots as [Variable];
    const blend = (beta: number): Tensor => momentum.mul(beta).add(gradient.mul(1 - beta));
    const direction = blend(this.beta1).sign();
    const next = blend(this.beta2);
    variable.assign(variable.sub(direction.mul(learningRate)));
    momentum.assign(next);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), beta1: this.beta1, beta2: this.beta2 };
  }
}
