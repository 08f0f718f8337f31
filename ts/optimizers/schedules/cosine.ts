import { checkText } from '../../arguments.ts';
import { checkOptionNames } from '../../option-names.ts';
import type { Tensor } from '../../tensor/index.ts';
import { constant } from '../constant.ts';
import { LearningRateSchedule, rateOption, stepsOption } from './schedule.ts';

/** Options of {@link CosineDecay}. */
export interface CosineDecayConfig {
  /** What the decay, or the warm-up if there is one, begins with. */
  initialLearningRate: number;
  decaySteps: number;
  /** The last rate as a share of the first. Default 0. */
  alpha?: number;
  name?: string;
  /** Rate that the warm-up ends at and the decay begins with. Default: no warm-up. */
  warmupTarget?: number | null;
  /** Steps of the warm-up. Default 0. */
  warmupSteps?: number;
}

/**
 * `r * ((1 - alpha) * (1 + cos(pi * min(step, decaySteps) / decaySteps)) / 2 + alpha)` from `r = initialLearningRate`; with
 * a warm-up the rate first rises along a line to `warmupTarget`, from which it then falls (Loshchilov and Hutter, 2017).
 * @example new optimizers.schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 100 }).call(scalar(50)) // 0.05
 */
export class CosineDecay extends LearningRateSchedule {
  static readonly className: string = 'CosineDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha: number;
  readonly name: string;
  readonly warmupTarget: number | undefined;
  readonly warmupSteps: number;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: CosineDecayConfig) {
    super();
    const owner = 'CosineDecay';
    const names = ['initialLearningRate', 'decaySteps', 'alpha', 'name', 'warmupTarget', 'warmupSteps'];
    checkOptionNames(owner, config, names, '{ initialLearningRate: 0.1, decaySteps: 1000 }');
    this.initialLearningRate = rateOption(owner, 'initialLearningRate', config.initialLearningRate);
    this.decaySteps = stepsOption(owner, 'decaySteps', config.decaySteps);
    this.alpha = rateOption(owner, 'alpha', config.alpha ?? 0);
    this.name = checkText(owner, 'name', config.name ?? owner);
    const { warmupTarget } = config;
    const isWarmed = warmupTarget !== undefined && warmupTarget !== null;
    this.warmupTarget = isWarmed ? rateOption(owner, 'warmupTarget', warmupTarget) : undefined;
    this.warmupSteps = rateOption(owner, 'warmupSteps', config.warmupSteps ?? 0);
  }

  override call(step: Tensor): Tensor {
    const { warmupTarget, warmupSteps, initialLearningRate: first } = this;
    if (warmupTarget === undefined) return this.#decay(step, first);
    const decayed = this.#decay(step.sub(warmupSteps), warmupTarget);
    if (warmupSteps <= 0) return decayed;
    const warmed = step
      .div(warmupSteps)
      .mul(warmupTarget - first)
      .add(first);
    return warmed.where(step.less(warmupSteps), decayed);
  }

  #decay(step: Tensor, from: number): Tensor {
    const fraction = step.minimum(this.decaySteps).div(this.decaySteps);
    return fraction
      .mul(Math.PI)
      .cos()
      .add(1)
      .mul(0.5 * (1 - this.alpha))
      .add(this.alpha)
      .mul(from);
  }

  override getConfig(): Record<string, unknown> {
    const { initialLearningRate, decaySteps, alpha, name, warmupSteps } = this;
    return { initialLearningRate, decaySteps, alpha, name, warmupTarget: this.warmupTarget ?? null, warmupSteps };
  }
}

/** Options of {@link CosineDecayRestarts}. */
export interface CosineDecayRestartsConfig {
  initialLearningRate: number;
  /** Length of the first period. */
  firstDecaySteps: number;
  /** Every period is this many times as long as the one before. Default 2. */
  tMul?: number;
  /** Every period begins with this share of the rate before. Default 1. */
  mMul?: number;
  /** The last rate of a period as a share of the first. Default 0. */
  alpha?: number;
  name?: string;
}

/**
 * Cosine decay that begins anew after every period, `tMul` times as long and from `mMul` times the rate (Loshchilov and Hutter, 2017).
 * @example
 * new optimizers.schedules.CosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 100 }).call(scalar(50)) // 0.05
 */
export class CosineDecayRestarts extends LearningRateSchedule {
  static readonly className: string = 'CosineDecayRestarts';
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;
  readonly name: string;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: CosineDecayRestartsConfig) {
    super();
    const owner = 'CosineDecayRestarts';
    const names = ['initialLearningRate', 'firstDecaySteps', 'tMul', 'mMul', 'alpha', 'name'];
    checkOptionNames(owner, config, names, '{ initialLearningRate: 0.1, firstDecaySteps: 1000 }');
    this.initialLearningRate = rateOption(owner, 'initialLearningRate', config.initialLearningRate);
    this.firstDecaySteps = stepsOption(owner, 'firstDecaySteps', config.firstDecaySteps);
    this.tMul = stepsOption(owner, 'tMul', config.tMul ?? 2);
    this.mMul = rateOption(owner, 'mMul', config.mMul ?? 1);
    this.alpha = rateOption(owner, 'alpha', config.alpha ?? 0);
    this.name = checkText(owner, 'name', config.name ?? 'SGDRDecay');
  }

  override call(step: Tensor): Tensor {
    const { tMul } = this;
    const completed = step.div(this.firstDecaySteps);
    let period: Tensor;
    let fraction: Tensor;
    if (tMul === 1) {
      period = completed.floor();
      fraction = completed.sub(period);
    } else {
      // Period i begins at (1 - tMul^i) / (1 - tMul) lengths of the first. The logarithm alone misses by one where rounding
      // puts a step that begins a period just before it.
      const begin = (i: Tensor): Tensor =>
        constant(tMul)
          .pow(i)
          .sub(1)
          .div(tMul - 1);
      const guess = completed
        .mul(tMul - 1)
        .add(1)
        .log()
        .div(Math.log(tMul))
        .floor();
      period = guess.add(completed.greaterEqual(begin(guess.add(1))).cast('float32'));
      fraction = completed.sub(begin(period)).div(constant(tMul).pow(period));
    }
    const cosine = fraction.mul(Math.PI).cos().add(1).mul(0.5).mul(constant(this.mMul).pow(period));
    return cosine
      .mul(1 - this.alpha)
      .add(this.alpha)
      .mul(this.initialLearningRate);
  }

  override getConfig(): Record<string, unknown> {
    const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha, name } = this;
    return { initialLearningRate, firstDecaySteps, tMul, mMul, alpha, name };
  }
}
