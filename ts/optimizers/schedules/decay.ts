import { checkFlag, checkList, checkText } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { checkOptionNames } from '../../option-names.ts';
import type { Tensor } from '../../tensor/index.ts';
import { constant } from '../constant.ts';
import { LearningRateSchedule, rateOption, stepsOption } from './schedule.ts';

/** Options of {@link ExponentialDecay} and {@link InverseTimeDecay}. */
export interface DecayConfig {
  initialLearningRate: number;
  /** Steps after which `decayRate` counts once. */
  decaySteps: number;
  decayRate: number;
  /** Whether the rate falls in stairs, every `decaySteps` steps. Default false. */
  staircase?: boolean;
  name?: string;
}

const decayNames = ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase', 'name'];

/** What the two share: `p = step / decaySteps`, rounded down in stairs. */
abstract class RatedDecay extends LearningRateSchedule {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
  readonly name: string;

  constructor(owner: string, config: DecayConfig) {
    super();
    checkOptionNames(owner, config, decayNames, '{ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.9 }');
    this.initialLearningRate = rateOption(owner, 'initialLearningRate', config.initialLearningRate);
    this.decaySteps = stepsOption(owner, 'decaySteps', config.decaySteps);
    this.decayRate = rateOption(owner, 'decayRate', config.decayRate);
    this.staircase = checkFlag(owner, 'staircase', config.staircase ?? false);
    this.name = checkText(owner, 'name', config.name ?? owner);
  }

  protected progress(step: Tensor): Tensor {
    const p = step.div(this.decaySteps);
    return this.staircase ? p.floor() : p;
  }

  override getConfig(): Record<string, unknown> {
    const { initialLearningRate, decaySteps, decayRate, staircase, name } = this;
    return { initialLearningRate, decaySteps, decayRate, staircase, name };
  }
}

/**
 * `initialLearningRate * decayRate ^ (step / decaySteps)`.
 * @example new optimizers.schedules.ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.9 })
 */
export class ExponentialDecay extends RatedDecay {
  static readonly className: string = 'ExponentialDecay';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DecayConfig) {
    super('ExponentialDecay', config);
  }

  override call(step: Tensor): Tensor {
    return constant(this.decayRate).pow(this.progress(step)).mul(this.initialLearningRate);
  }
}

/**
 * `initialLearningRate / (1 + decayRate * step / decaySteps)`.
 * @example
 * new optimizers.schedules.InverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 1 }).call(scalar(10)) // 0.05
 */
export class InverseTimeDecay extends RatedDecay {
  static readonly className: string = 'InverseTimeDecay';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DecayConfig) {
    super('InverseTimeDecay', config);
  }

  override call(step: Tensor): Tensor {
    return constant(this.initialLearningRate).div(this.progress(step).mul(this.decayRate).add(1));
  }
}

/** Options of {@link PiecewiseConstantDecay}. */
export interface PiecewiseConstantDecayConfig {
  /** Steps at which the rate changes, rising. */
  boundaries: readonly number[];
  /** Rates between them, one more. */
  values: readonly number[];
  name?: string;
}

/**
 * `values[i]` up to and including the step `boundaries[i]`, the last value after them.
 * @example
 * new optimizers.schedules.PiecewiseConstantDecay({ boundaries: [100], values: [0.1, 0.01] }).call(scalar(101)) // 0.01
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static readonly className: string = 'PiecewiseConstantDecay';
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
  readonly name: string;

  /** @throws ConfigError unless there is one value more than boundaries. */
  constructor(config: PiecewiseConstantDecayConfig) {
    super();
    const owner = 'PiecewiseConstantDecay';
    checkOptionNames(owner, config, ['boundaries', 'values', 'name'], '{ boundaries: [100], values: [0.1, 0.01] }');
    const numbers = (name: 'boundaries' | 'values'): number[] =>
      checkList(owner, name, config[name]).map((value, i) => rateOption(owner, `${name}[${i}]`, value));
    this.boundaries = numbers('boundaries');
    this.values = numbers('values');
    if (this.boundaries.length === 0 || this.values.length !== this.boundaries.length + 1) {
      throw new ConfigError(
        `${owner}: there must be boundaries and one value more, got ${this.boundaries.length} boundaries and ${this.values.length} values`,
      );
    }
    this.name = checkText(owner, 'name', config.name ?? 'PiecewiseConstant');
  }

  override call(step: Tensor): Tensor {
    let rate = constant(this.values[0] as number);
    this.boundaries.forEach((boundary, i) => {
      rate = constant(this.values[i + 1] as number).where(step.greater(boundary), rate);
    });
    return rate;
  }

  override getConfig(): Record<string, unknown> {
    return { boundaries: [...this.boundaries], values: [...this.values], name: this.name };
  }
}

/** Options of {@link PolynomialDecay}. */
export interface PolynomialDecayConfig {
  initialLearningRate: number;
  decaySteps: number;
  /** Default 0.0001. */
  endLearningRate?: number;
  /** Default 1, a straight line. */
  power?: number;
  /** Whether the decay begins anew after its end, longer every time. Default false. */
  cycle?: boolean;
  name?: string;
}

/**
 * `(initialLearningRate - endLearningRate) * (1 - min(step, decaySteps) / decaySteps) ^ power + endLearningRate`; in cycles
 * `decaySteps` is taken as often as it takes to reach the step.
 * @example
 * new optimizers.schedules.PolynomialDecay({ initialLearningRate: 0.1, decaySteps: 10, endLearningRate: 0 }).call(scalar(5)) // 0.05
 */
export class PolynomialDecay extends LearningRateSchedule {
  static readonly className: string = 'PolynomialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;
  readonly name: string;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: PolynomialDecayConfig) {
    super();
    const owner = 'PolynomialDecay';
    const names = ['initialLearningRate', 'decaySteps', 'endLearningRate', 'power', 'cycle', 'name'];
    checkOptionNames(owner, config, names, '{ initialLearningRate: 0.1, decaySteps: 1000 }');
    this.initialLearningRate = rateOption(owner, 'initialLearningRate', config.initialLearningRate);
    this.decaySteps = stepsOption(owner, 'decaySteps', config.decaySteps);
    this.endLearningRate = rateOption(owner, 'endLearningRate', config.endLearningRate ?? 0.0001);
    this.power = rateOption(owner, 'power', config.power ?? 1);
    this.cycle = checkFlag(owner, 'cycle', config.cycle ?? false);
    this.name = checkText(owner, 'name', config.name ?? owner);
  }

  override call(step: Tensor): Tensor {
    const turns = step.div(this.decaySteps);
    const progress = this.cycle ? turns.div(turns.ceil().maximum(1)) : turns.minimum(1);
    return constant(1)
      .sub(progress)
      .pow(this.power)
      .mul(this.initialLearningRate - this.endLearningRate)
      .add(this.endLearningRate);
  }

  override getConfig(): Record<string, unknown> {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle, name } = this;
    return { initialLearningRate, decaySteps, endLearningRate, power, cycle, name };
  }
}
