import { checkFinite } from '../arguments.ts';
import { scalar, type Tensor, Variable } from '../tensor/index.ts';
import { constant } from './constant.ts';
import { biasCorrection, updateMoments } from './moments.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Nadam}. */
export interface NadamConfig extends OptimizerConfig {
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
 * Adam with Nesterov's momentum (Dozat, 2015): with `u_t = beta1 * (1 - 0.96^t / 2)` and their product `P_t`,
 * `m += (g - m)(1 - beta1); v += (g^2 - v)(1 - beta2)`,
 * `w -= lr * (u_{t+1} m / (1 - P_t u_{t+1}) + (1 - u_t) g / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + epsilon)`.
 * @example new optimizers.Nadam({ learningRate: 1e-3 })
 */
export class Nadam extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  protected override readonly slotNames: readonly string[] = ['momentum', 'velocity'];
  readonly #product: Variable;

  /** @throws ConfigError unless `beta1` and `beta2` are in [0, 1]. */
  constructor(config: NadamConfig = {}) {
    if (new.target === Nadam) optimizerOptions('Nadam', config, ['beta1', 'beta2', 'epsilon']);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'nadam' });
    this.beta1 = share('Nadam', 'beta1', config.beta1 ?? 0.9);
    this.beta2 = share('Nadam', 'beta2', config.beta2 ?? 0.999);
    this.epsilon = checkFinite('Nadam', 'epsilon', config.epsilon ?? 1e-7);
    this.#product = new Variable(scalar(1), false, `${this.name}/u_product`);
  }

  protected override get extraVariables(): readonly Variable[] {
    return [this.#product];
  }

  /** `u` of a step. */
  #share(step: Tensor): Tensor {
    return constant(1).sub(constant(0.96).pow(step).mul(0.5)).mul(this.beta1);
  }

  protected override beginUpdate(): void {
    this.#product.assign(this.#product.mul(this.#share(this.step())));
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [momentum, velocity] = slots as [Variable, Variable];
    const step = this.step();
    const next = this.#share(step.add(1));
    const product = this.#product.read();
    const [m, v] = updateMoments([momentum, velocity], gradient, this);
    const ahead = m.mul(next).div(constant(1).sub(product.mul(next)));
    const now = gradient.mul(constant(1).sub(this.#share(step))).div(constant(1).sub(product));
    const root = v.div(biasCorrection(this.beta2, step)).sqrt();
    variable.assign(variable.sub(ahead.add(now).mul(learningRate).div(root.add(this.epsilon))));
  }

  override getConfig(): Record<string, unknown> {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }
}
