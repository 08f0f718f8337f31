import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { fill } from '../tensor/index.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions } from './optimizer.ts';

/** Options of {@link Adagrad}. */
export interface AdagradConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** What the sums of squares begin with. Default 0.1. */
  initialAccumulatorValue?: number;
  /** Inside the root. Default 1e-7. */
  epsilon?: number;
}

/**
 * `a += g^2; w -= lr * g / sqrt(a + epsilon)` (Duchi et al., 2011).
 * @example new optimizers.Adagrad({ learningRate: 0.1 })
 */
export class Adagrad extends Optimizer {
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;
  protected override readonly slotNames: readonly string[] = ['accumulator'];

  /** @throws ConfigError for an accumulator below 0. */
  constructor(config: AdagradConfig = {}) {
    if (new.target === Adagrad) optimizerOptions('Adagrad', config, ['initialAccumulatorValue', 'epsilon']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'adagrad' });
    this.initialAccumulatorValue = config.initialAccumulatorValue ?? 0.1;
    if (!(this.initialAccumulatorValue >= 0)) {
      throw new ConfigError(
        `Adagrad: initialAccumulatorValue must be a number from 0 on, got ${received(config.initialAccumulatorValue)}`,
      );
    }
    this.epsilon = config.epsilon ?? 1e-7;
  }

  protected override initialSlot(_slot: string, variable: Variable): Tensor {
    return fill(variable.shape, this.initialAccumulatorValue, variable.dtype);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [accumulator] = slots as [Variable];
    const sum = accumulator.add(gradient.square());
    accumulator.assign(sum);
    variable.assign(variable.sub(gradient.mul(learningRate).div(sum.add(this.epsilon).sqrt())));
  }

  override getConfig(): Record<string, unknown> {
    const { initialAccumulatorValue, epsilon } = this;
    return { ...super.getConfig(), initialAccumulatorValue, epsilon };
  }
}
