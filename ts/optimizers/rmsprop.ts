import { checkFinite, checkFlag } from '../arguments.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link RMSprop}. */
export interface RMSpropConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Share of the old value in the running mean of squares. Default 0.9. */
  rho?: number;
  /** Default 0. */
  momentum?: number;
  /** Inside the root. Default 1e-7. */
  epsilon?: number;
  /** Whether the variance rather than the mean of squares divides. Default false. */
  centered?: boolean;
}

/**
 * `v = rho * v + (1 - rho) * g^2; w -= lr * g / sqrt(v + epsilon)`; centered, the square of the gradient's running mean is
 * taken off v (Hinton, 2012).
 * @example new optimizers.RMSprop({ learningRate: 1e-3, momentum: 0.9, centered: true })
 */
export class RMSprop extends Optimizer {
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
  protected override readonly slotNames: readonly string[];

  /** @throws ConfigError unless `rho` and `momentum` are in [0, 1]. */
  constructor(config: RMSpropConfig = {}) {
    if (new.target === RMSprop) optimizerOptions('RMSprop', config, ['rho', 'momentum', 'epsilon', 'centered']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'rmsprop' });
    this.rho = share('RMSprop', 'rho', config.rho ?? 0.9);
    this.momentum = share('RMSprop', 'momentum', config.momentum ?? 0);
    this.epsilon = checkFinite('RMSprop', 'epsilon', config.epsilon ?? 1e-7);
    this.centered = checkFlag('RMSprop', 'centered', config.centered ?? false);
    this.slotNames = [
      'velocity',
      ...(this.momentum > 0 ? ['momentum'] : []),
      ...(this.centered ? ['average_gradient'] : []),
    ];
  }

  protected override get slotGroups(): readonly (readonly string[])[] {
    return this.slotNames.map((name) => [name]);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const slot = (name: string): Variable => slots[this.slotNames.indexOf(name)] as Variable;
    const blend = (average: Variable, value: Tensor): Tensor => {
      const next = average.mul(this.rho).add(value.mul(1 - this.rho));
      average.assign(next);
      return next;
    };
    let denominator = blend(slot('velocity'), gradient.square());
    if (this.centered) denominator = denominator.sub(blend(slot('average_gradient'), gradient).square());
    const increment = gradient.mul(learningRate).div(denominator.add(this.epsilon).sqrt());
    if (this.momentum > 0) {
      const momentum = slot('momentum');
      const next = momentum.mul(this.momentum).add(increment);
      momentum.assign(next);
      variable.assign(variable.sub(next));
    } else {
      variable.assign(variable.sub(increment));
    }
  }

  override getConfig(): Record<string, unknown> {
    const { rho, momentum, epsilon, centered } = this;
    return { ...super.getConfig(), rho, momentum, epsilon, centered };
  }
}
