import { checkFlag } from '../arguments.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link SGD}. */
export interface SGDConfig extends OptimizerConfig {
  /** Default 0.01. */
  learningRate?: LearningRate;
  /** Share of the last step that goes on, 0 to 1. Default 0. */
  momentum?: number;
  /** Whether the gradient counts twice, as if taken after the step. Default false. */
  nesterov?: boolean;
}

/**
 * Gradient descent: `w -= lr * g`; with momentum `v = momentum * v - lr * g; w += v`, with Nesterov's
 * `w += momentum * v - lr * g`.
 * @example new optimizers.SGD({ learningRate: 0.01, momentum: 0.9, nesterov: true })
 */
export class SGD extends Optimizer {
  readonly momentum: number;
  readonly nesterov: boolean;
  protected override readonly slotNames: readonly string[];

  /** @throws ConfigError unless `momentum` is in [0, 1]. */
  constructor(config: SGDConfig = {}) {
    if (new.target === SGD) optimizerOptions('SGD', config, ['momentum', 'nesterov']);
    super(config.learningRate ?? 0.01, { ...config, name: config.name ?? 'sgd' });
    this.momentum = share('SGD', 'momentum', config.momentum ?? 0);
    this.nesterov = checkFlag('SGD', 'nesterov', config.nesterov ?? false);
    this.slotNames = this.momentum === 0 ? [] : ['momentum'];
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const step = gradient.mul(learningRate);
    const [velocity] = slots;
    if (velocity === undefined) {
      variable.assign(variable.sub(step));
      return;
    }
    const next = velocity.mul(this.momentum).sub(step);
    velocity.assign(next);
    variable.assign(variable.add(this.nesterov ? next.mul(this.momentum).sub(step) : next));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov };
  }
}
