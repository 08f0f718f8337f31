import { checkFinite, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { fill, type Tensor, type Variable, zeros } from '../tensor/index.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions } from './optimizer.ts';

/** Options of {@link Ftrl}. */
export interface FtrlConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** How the rate falls with the sum of squares; 0 or below. Default -0.5. */
  learningRatePower?: number;
  /** What the sums of squares begin with. Default 0.1. */
  initialAccumulatorValue?: number;
  /** Default 0. */
  l1RegularizationStrength?: number;
  /** Default 0. */
  l2RegularizationStrength?: number;
  /** Penalty of the size, as if it were part of the loss. Default 0. */
  l2ShrinkageRegularizationStrength?: number;
  /** Default 0. */
  beta?: number;
}

const strengths = [
  'l1RegularizationStrength',
  'l2RegularizationStrength',
  'l2ShrinkageRegularizationStrength',
] as const;

/**
 * Follow the regularized leader (McMahan et al., 2013): with the sum of squares n, p = -learningRatePower and
 * `z += g + 2 * shrinkage * w - (n_new^p - n^p) / lr * w`, `w = (clip(z, -l1, l1) - z) / (n_new^p / lr + 2 * l2 + beta / lr)`.
 * @example new optimizers.Ftrl({ learningRate: 0.1, l1RegularizationStrength: 0.01 })
 */
export class Ftrl extends Optimizer {
  readonly learningRatePower: number;
  readonly initialAccumulatorValue: number;
  readonly l1RegularizationStrength: number;
  readonly l2RegularizationStrength: number;
  readonly l2ShrinkageRegularizationStrength: number;
  readonly beta: number;
  protected override readonly slotNames: readonly string[] = ['accumulator', 'linear'];

  /** @throws ConfigError for a strength below 0, or a power above. */
  constructor(config: FtrlConfig = {}) {
    const own = ['learningRatePower', 'initialAccumulatorValue', ...strengths, 'beta'];
    if (new.target === Ftrl) optimizerOptions('Ftrl', config, own);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'ftrl' });
    this.learningRatePower = checkFinite('Ftrl', 'learningRatePower', config.learningRatePower ?? -0.5);
    if (this.learningRatePower > 0)
      throw new ConfigError(`Ftrl: learningRatePower must be 0 or below, got ${received(config.learningRatePower)}`);
    const positive = (name: (typeof strengths)[number] | 'initialAccumulatorValue', otherwise: number): number => {
      const value = checkFinite('Ftrl', name, config[name] ?? otherwise);
      if (value >= 0) return value;
      throw new ConfigError(`Ftrl: ${name} must be a number from 0 on, got ${received(value)}`);
    };
    this.initialAccumulatorValue = positive('initialAccumulatorValue', 0.1);
    this.l1RegularizationStrength = positive('l1RegularizationStrength', 0);
    this.l2RegularizationStrength = positive('l2RegularizationStrength', 0);
    this.l2ShrinkageRegularizationStrength = positive('l2ShrinkageRegularizationStrength', 0);
    this.beta = checkFinite('Ftrl', 'beta', config.beta ?? 0);
  }

  protected override initialSlot(slot: string, { shape, dtype }: Variable): Tensor {
    return slot === 'accumulator' ? fill(shape, this.initialAccumulatorValue, dtype) : zeros(shape, dtype);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [accumulator, linear] = slots as [Variable, Variable];
    const l1 = this.l1RegularizationStrength;
    const power = (x: Tensor): Tensor => x.pow(-this.learningRatePower);
    const sum = accumulator.add(gradient.square());
    const shrunk = gradient.add(variable.mul(2 * this.l2ShrinkageRegularizationStrength));
    const change = power(sum).sub(power(accumulator)).div(learningRate).mul(variable);
    const z = linear.add(shrunk.sub(change));
    const quadratic = power(sum)
      .add(this.beta)
      .div(learningRate)
      .add(2 * this.l2RegularizationStrength);
    accumulator.assign(sum);
    linear.assign(z);
    variable.assign(z.clipByValue(-l1, l1).sub(z).div(quadratic));
  }

  override getConfig(): Record<string, unknown> {
    const { learningRatePower, initialAccumulatorValue, l1RegularizationStrength, l2RegularizationStrength } = this;
    const { l2ShrinkageRegularizationStrength, beta } = this;
    return {
      ...super.getConfig(),
      learningRatePower,
      initialAccumulatorValue,
      l1RegularizationStrength,
      l2RegularizationStrength,
      l2ShrinkageRegularizationStrength,
      beta,
    };
  }
}
