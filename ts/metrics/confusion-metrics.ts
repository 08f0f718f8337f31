import { checkWhole, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { type Confusion, confusionOf, evenThresholds, lowest, type Thresholds, thresholdsOf } from './confusion.ts';
import { Metric, type MetricConfig } from './metric.ts';

/** Options of metrics of decisions. */
export interface ThresholdConfig extends MetricConfig {
  /** A score above counts as yes: one number from 0 to 1, or several for several results. Default 0.5. */
  thresholds?: Thresholds;
}

/** Options of {@link Precision} and {@link Recall}. */
export interface DecisionConfig extends ThresholdConfig {
  /** Only the k largest scores of a sample count as yes; all of them unless there are thresholds. Default `null`. */
  topK?: number | null;
  /** The one class that counts. Default `null`: all. */
  classId?: number | null;
}

type Kind = keyof Confusion;

function only(values: Tensor, count: number): Tensor {
  return count === 1 ? values.reshape([]) : values;
}

/** A metric that adds up some of the four counts. */
abstract class Counting extends Metric {
  protected readonly counts: Partial<Record<Kind, Variable>> = {};

  protected count(kinds: readonly Kind[], thresholds: number): void {
    for (const kind of kinds)
      this.counts[kind] = this.addVariable(
        kind.replace(/[A-Z]/g, (a) => `_${a.toLowerCase()}`),
        [thresholds],
      );
  }

  protected addCounts(confusion: Confusion): void {
    for (const [kind, variable] of Object.entries(this.counts))
      variable.assignAdd(confusion[kind as Kind].cast(this.dtype));
  }

  /** The share of the first count in both. */
  protected share(a: Kind, b: Kind): Tensor {
    const first = (this.counts[a] as Variable).toFloat();
    return first.divNoNan(first.add(this.counts[b] as Variable));
  }
}

abstract class ConditionCount extends Counting {
  readonly thresholds: Thresholds;
  readonly #list: number[];
  readonly #kind: Kind;

  constructor(kind: Kind, config: ThresholdConfig = {}) {
    super(config);
    this.#kind = kind;
    this.thresholds = config.thresholds ?? null;
    this.#list = thresholdsOf(this.getClassName(), config.thresholds, 0.5);
    this.count([kind], this.#list.length);
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    this.addCounts(confusionOf(this.name, yTrue, yPred, sampleWeight, { thresholds: this.#list }));
  }

  override result(): Tensor {
    return only((this.counts[this.#kind] as Variable).read(), this.#list.length);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), thresholds: this.thresholds };
  }
}

/**
 * How many (or how much weight of) yes are right.
 * @example
 * const count = new metrics.TruePositives();
 * count.updateState(tensor([1, 1, 0]), tensor([0.7, 0.9, 0.9]));
 * count.result() // 2
 */
export class TruePositives extends ConditionCount {
  static override readonly className: string = 'TruePositives';
  static override readonly optionNames: readonly string[] = ['thresholds'];

  constructor(config: ThresholdConfig = {}) {
    super('truePositives', config);
  }
}

/**
 * How many (or how much weight of) no are right.
 * @example
 * const count = new metrics.TrueNegatives();
 * count.updateState(tensor([1, 0, 0]), tensor([0.2, 0.1, 0.9]));
 * count.result() // 1
 */
export class TrueNegatives extends ConditionCount {
  static override readonly className: string = 'TrueNegatives';
  static override readonly optionNames: readonly string[] = ['thresholds'];

  constructor(config: ThresholdConfig = {}) {
    super('trueNegatives', config);
  }
}

/**
 * How many (or how much weight of) yes are wrong.
 * @example
 * const count = new metrics.FalsePositives();
 * count.updateState(tensor([1, 0, 0]), tensor([0.2, 0.9, 0.9]));
 * count.result() // 2
 */
export class FalsePositives extends ConditionCount {
  static override readonly className: string = 'FalsePositives';
  static override readonly optionNames: readonly string[] = ['thresholds'];

  constructor(config: ThresholdConfig = {}) {
    super('falsePositives', config);
  }
}

/**
 * How many (or how much weight of) no are wrong.
 * @example
 * const count = new metrics.FalseNegatives();
 * count.updateState(tensor([1, 1, 0]), tensor([0.2, 0.9, 0.9]));
 * count.result() // 1
 */
export class FalseNegatives extends ConditionCount {
  static override readonly className: string = 'FalseNegatives';
  static override readonly optionNames: readonly string[] = ['thresholds'];

  constructor(config: ThresholdConfig = {}) {
    super('falseNegatives', config);
  }
}

abstract class Share extends Counting {
  readonly thresholds: Thresholds;
  readonly topK: number | null;
  readonly classId: number | null;
  readonly #list: number[];
  readonly #other: Kind;

  constructor(other: Kind, config: DecisionConfig = {}) {
    super(config);
    const owner = this.getClassName();
    this.#other = other;
    this.thresholds = config.thresholds ?? null;
    this.topK = config.topK === undefined || config.topK === null ? null : checkWhole(owner, 'topK', config.topK, 1);
    this.classId =
      config.classId === undefined || config.classId === null ? null : checkWhole(owner, 'classId', config.classId);
    this.#list = thresholdsOf(owner, config.thresholds, this.topK === null ? 0.5 : lowest);
    this.count(['truePositives', other], this.#list.length);
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const { topK, classId } = this;
    this.addCounts(confusionOf(this.name, yTrue, yPred, sampleWeight, { thresholds: this.#list, topK, classId }));
  }

  override result(): Tensor {
    return only(this.share('truePositives', this.#other), this.#list.length);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), thresholds: this.thresholds, topK: this.topK, classId: this.classId };
  }
}

/**
 * The share of yes that are right: `truePositives / (truePositives + falsePositives)`, 0 without any.
 * @example
 * const precision = new metrics.Precision();
 * precision.updateState(tensor([1, 0, 1]), tensor([0.9, 0.9, 0.1]));
 * precision.result() // 0.5
 */
export class Precision extends Share {
  static override readonly className: string = 'Precision';
  static override readonly optionNames: readonly string[] = ['thresholds', 'topK', 'classId'];

  constructor(config: DecisionConfig = {}) {
    super('falsePositives', config);
  }
}

/**
 * The share of what is true that is found: `truePositives / (truePositives + falseNegatives)`, 0 without any.
 * @example
 * const recall = new metrics.Recall();
 * recall.updateState(tensor([1, 0, 1]), tensor([0.9, 0.9, 0.1]));
 * recall.result() // 0.5
 */
export class Recall extends Share {
  static override readonly className: string = 'Recall';
  static override readonly optionNames: readonly string[] = ['thresholds', 'topK', 'classId'];

  constructor(config: DecisionConfig = {}) {
    super('falseNegatives', config);
  }
}

/** Options of metrics that look for the best threshold under a condition. */
export interface ConstrainedConfig extends MetricConfig {
  /** How many thresholds from 0 to 1 are tried. Default 200. */
  numThresholds?: number;
  /** The one class that counts. Default `null`: all. */
  classId?: number | null;
}

const constrainedNames = ['numThresholds', 'classId'];

/** A share at the threshold where another share has at least a value. */
abstract class Constrained extends Counting {
  readonly numThresholds: number;
  readonly classId: number | null;
  readonly #thresholds: number[];
  readonly #option: string;
  readonly #least: number;

  constructor(option: string, least: unknown, config: ConstrainedConfig) {
    super(config);
    const owner = this.getClassName();
    if (!(typeof least === 'number' && least >= 0 && least <= 1))
      throw new ConfigError(`${owner}: ${option} must be a number from 0 to 1, got ${received(least)}`);
    this.#option = option;
    this.#least = least;
    this.numThresholds = checkWhole(owner, 'numThresholds', config.numThresholds ?? 200, 1);
    this.classId =
      config.classId === undefined || config.classId === null ? null : checkWhole(owner, 'classId', config.classId);
    this.#thresholds = this.numThresholds === 1 ? [0.5] : evenThresholds(this.numThresholds);
    this.count(['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'], this.numThresholds);
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const options = { thresholds: this.#thresholds, classId: this.classId };
    this.addCounts(confusionOf(this.name, yTrue, yPred, sampleWeight, options));
  }

  /** The largest `wanted` where `held` is large enough, 0 if it never is. */
  protected best(held: Tensor, wanted: Tensor): Tensor {
    return held.greaterEqual(this.#least).toFloat().mul(wanted).max();
  }

  override getConfig(): Record<string, unknown> {
    const { numThresholds, classId } = this;
    return { ...super.getConfig(), numThresholds, [this.#option]: this.#least, classId };
  }
}

/**
 * The largest sensitivity (recall) at thresholds whose specificity is at least `specificity`.
 * @example
 * const sensitivity = new metrics.SensitivityAtSpecificity({ specificity: 0.5 });
 * sensitivity.updateState(tensor([0, 0, 1, 1]), tensor([0.1, 0.4, 0.3, 0.9]));
 * sensitivity.result() // 1
 */
export class SensitivityAtSpecificity extends Constrained {
  static override readonly className: string = 'SensitivityAtSpecificity';
  static override readonly optionNames: readonly string[] = ['specificity', ...constrainedNames];

  /** @throws ConfigError unless specificity is from 0 to 1. */
  constructor(config: ConstrainedConfig & { specificity: number }) {
    super('specificity', config?.specificity, config);
  }

  override result(): Tensor {
    return this.best(this.share('trueNegatives', 'falsePositives'), this.share('truePositives', 'falseNegatives'));
  }
}

/**
 * The largest specificity at thresholds whose sensitivity (recall) is at least `sensitivity`.
 * @example
 * const specificity = new metrics.SpecificityAtSensitivity({ sensitivity: 0.5 });
 * specificity.updateState(tensor([0, 0, 1, 1]), tensor([0.1, 0.4, 0.3, 0.9]));
 * specificity.result() // 1
 */
export class SpecificityAtSensitivity extends Constrained {
  static override readonly className: string = 'SpecificityAtSensitivity';
  static override readonly optionNames: readonly string[] = ['sensitivity', ...constrainedNames];

  /** @throws ConfigError unless sensitivity is from 0 to 1. */
  constructor(config: ConstrainedConfig & { sensitivity: number }) {
    super('sensitivity', config?.sensitivity, config);
  }

  override result(): Tensor {
    return this.best(this.share('truePositives', 'falseNegatives'), this.share('trueNegatives', 'falsePositives'));
  }
}

/**
 * The largest precision at thresholds whose recall is at least `recall`.
 * @example
 * const precision = new metrics.PrecisionAtRecall({ recall: 0.5 });
 * precision.updateState(tensor([0, 0, 1, 1]), tensor([0.1, 0.4, 0.3, 0.9]));
 * precision.result() // 1
 */
export class PrecisionAtRecall extends Constrained {
  static override readonly className: string = 'PrecisionAtRecall';
  static override readonly optionNames: readonly string[] = ['recall', ...constrainedNames];

  /** @throws ConfigError unless recall is from 0 to 1. */
  constructor(config: ConstrainedConfig & { recall: number }) {
    super('recall', config?.recall, config);
  }

  override result(): Tensor {
    return this.best(this.share('truePositives', 'falseNegatives'), this.share('truePositives', 'falsePositives'));
  }
}

/**
 * The largest recall at thresholds whose precision is at least `precision`.
 * @example
 * const recall = new metrics.RecallAtPrecision({ precision: 0.8 });
 * recall.updateState(tensor([0, 0, 1, 1]), tensor([0.1, 0.4, 0.3, 0.9]));
 * recall.result() // 0.5
 */
export class RecallAtPrecision extends Constrained {
  static override readonly className: string = 'RecallAtPrecision';
  static override readonly optionNames: readonly string[] = ['precision', ...constrainedNames];

  /** @throws ConfigError unless precision is from 0 to 1. */
  constructor(config: ConstrainedConfig & { precision: number }) {
    super('precision', config?.precision, config);
  }

  override result(): Tensor {
    return this.best(this.share('truePositives', 'falsePositives'), this.share('truePositives', 'falseNegatives'));
  }
}
