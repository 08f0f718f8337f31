import type { Tensor, Variable } from '../tensor/index.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Adadelta}. */
export interface AdadeltaConfig extends OptimizerConfig {
  /** Default 0.001; the paper's form has 1. */
  learningRate?: LearningRate;
  /** Share of the old value in the running means. Default 0.95. */
  rho?: number;
  /** Inside both roots. Default 1e-7. */
  epsilon?: number;
}

/**
 * `a = rho * a + (1 - rho) * g^2; d = sqrt(u + epsilon) / sqrt(a + epsilon) * g; u = rho * u + (1 - rho) * d^2; w -= lr * d`
 * (Zeiler, 2012).
 * @example new optimizers.Adadelta({ learningRate: 1, rho: 0.9 })
 */
export class Adadelta extends Optimizer {
  readonly rho: number;
  readonly epsilon: number;
  protected override readonly slotNames: readonly string[] = ['accumulated_grad', 'accumulated_delta_var'];

  /** @throws ConfigError unless `rho` is in [0, 1]. */
  constructor(config: AdadeltaConfig = {}) {
    if (new.target === Adadelta) optimizerOptions('Adadelta', config, ['rho', 'epsilon']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'adadelta' });
    this.rho = share('Adadelta', 'rho', config.rho ?? 0.95);
    this.epsilon = config.epsilon ?? 1e-7;
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [squares, steps] = slots as [Variable, Variable];
    const blend = (average: Variable, value: Tensor): Tensor => average.mul(this.rho).add(value.mul(1 - this.rho));
    const root = (x: Tensor): Tensor => x.add(this.epsilon).sqrt();
    const square = blend(squares, gradient.square());
    const delta = root(steps).mul(gradient).div(root(square));
    squares.assign(square);
    steps.assign(blend(steps, delta.square()));
    variable.assign(variable.sub(delta.mul(learningRate)));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon };
  }
}
