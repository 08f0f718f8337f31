import { checkConfig, checkFinite, checkWhole, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { scalar, type Tensor, Variable } from '../tensor/index.ts';
import { assignIf } from './assign-if.ts';
import { get, type OptimizerIdentifier } from './get.ts';
import { Optimizer } from './optimizer.ts';

/** Options of {@link LossScaleOptimizer}. */
export interface LossScaleConfig {
  /** The optimizer that takes the steps. */
  innerOptimizer: Optimizer;
  /** Default 2^15. */
  initialScale?: number;
  /** Steps without an overflow after which the scale is doubled. Default 2000. */
  dynamicGrowthSteps?: number;
  name?: string;
}

/**
 * Multiplies the loss by a scale so that gradients in float16 do not vanish, and divides them by it. A step with a gradient
 * that is not finite is left out and halves the scale; `dynamicGrowthSteps` good steps in a row double it (Micikevicius et al., 2018).
 * @example new optimizers.LossScaleOptimizer({ innerOptimizer: new optimizers.Adam() })
 */
export class LossScaleOptimizer extends Optimizer {
  readonly innerOptimizer: Optimizer;
  readonly initialScale: number;
  readonly dynamicGrowthSteps: number;
  protected override readonly slotNames: readonly string[] = [];
  readonly #counter: Variable;
  readonly #scale: Variable;

  /** @throws ConfigError for what is no optimizer, or one that scales the loss itself. */
  constructor(config: LossScaleConfig) {
    const names = ['innerOptimizer', 'initialScale', 'dynamicGrowthSteps', 'name'];
    checkOptionNames('LossScaleOptimizer', config, names, '{ innerOptimizer: train.adam() }');
    super(0, { name: config.name ?? 'loss_scale_optimizer' });
    const { innerOptimizer } = config;
    if (!(innerOptimizer instanceof Optimizer))
      throw new ConfigError(`LossScaleOptimizer: innerOptimizer must be an optimizer, got ${received(innerOptimizer)}`);
    if (innerOptimizer.lossScaleFactor !== undefined)
      throw new ConfigError('LossScaleOptimizer: the inner optimizer must have no lossScaleFactor');
    this.innerOptimizer = innerOptimizer;
    this.initialScale = checkFinite('LossScaleOptimizer', 'initialScale', config.initialScale ?? 2 ** 15);
    this.dynamicGrowthSteps = checkWhole(
      'LossScaleOptimizer',
      'dynamicGrowthSteps',
      config.dynamicGrowthSteps ?? 2000,
      1,
    );
    this.#counter = new Variable(scalar(0, 'int32'), false, `${this.name}/step_counter`);
    this.#scale = new Variable(scalar(this.initialScale), false, `${this.name}/dynamic_scale`);
  }

  override get learningRate(): number {
    return this.innerOptimizer.learningRate;
  }

  override set learningRate(value: number) {
    this.innerOptimizer.learningRate = value;
  }

  /** The scale at the moment. */
  get dynamicScale(): Variable {
    return this.#scale;
  }

  override build(variables: readonly Variable[]): void {
    super.build(variables);
    this.innerOptimizer.build(variables);
  }

  override scaleLoss(loss: Tensor): Tensor {
    return loss.mul(this.#scale);
  }

  override apply(gradients: readonly (Tensor | null)[], variables: readonly Variable[]): void {
    if (!this.isBuiltFor(variables)) this.build(variables);
    const present = gradients.filter((gradient) => gradient !== null && gradient !== undefined) as Tensor[];
    if (present.length === 0) {
      this.innerOptimizer.apply(gradients, variables);
      return;
    }
    const scale = this.#scale.read();
    const count = this.#counter.read();
    const finite = present.map((gradient) => gradient.isFinite().all()).reduce((all, one) => all.logicalAnd(one));
    const unscaled = gradients.map((gradient) => gradient?.div(scale) ?? null);
    assignIf(
      finite,
      () => {
        this.innerOptimizer.apply(unscaled, variables);
        const grows = count.equal(this.dynamicGrowthSteps - 1);
        this.#counter.assign(scalar(0, 'int32').where(grows, count.add(1)));
        this.#scale.assign(scale.mul(2).where(grows, scale));
      },
      (variable) => {
        if (variable === this.#counter) return scalar(0, 'int32');
        return variable === this.#scale ? scale.mul(0.5) : variable.read();
      },
    );
  }

  /** An optimizer of the options that `getConfig` gives, the inner one among them as a class and its options. */
  static override fromConfig<T extends Optimizer>(this: new (config: never) => T, config: Record<string, unknown>): T {
    checkConfig('fromConfig', config);
    return new this({ ...config, innerOptimizer: get(config.innerOptimizer as OptimizerIdentifier) } as never);
  }

  override finalizeVariableValues(variables: readonly Variable[]): void {
    this.innerOptimizer.finalizeVariableValues(variables);
  }

  override averageOf(variable: Variable): Variable | undefined {
    return this.innerOptimizer.averageOf(variable);
  }

  protected override get extraVariables(): readonly Variable[] {
    return [this.#counter, this.#scale, ...this.innerOptimizer.variables];
  }

  protected override updateStep(): void {}

  override getConfig(): Record<string, unknown> {
    const { name, innerOptimizer, initialScale, dynamicGrowthSteps } = this;
    const inner = { className: innerOptimizer.getClassName(), config: innerOptimizer.getConfig() };
    return { name, innerOptimizer: inner, initialScale, dynamicGrowthSteps };
  }
}
