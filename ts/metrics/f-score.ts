import { checkFinite, received, withName } from '../arguments.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { type Tensor, toTensor, type Variable } from '../tensor/index.ts';
import { Metric, type MetricConfig } from './metric.ts';

/** How the scores of several classes become one: of all counts together, their mean, their mean by frequency, or not at all. */
export type FScoreAverage = 'micro' | 'macro' | 'weighted' | null;

/** Options of {@link F1Score}. */
export interface F1ScoreConfig extends MetricConfig {
  /** Default `null`: one number a class. */
  average?: FScoreAverage;
  /** A score above counts as yes; `null` (default): the largest of a sample does. */
  threshold?: number | null;
}

interface Counts {
  readonly hits: Variable;
  readonly excess: Variable;
  readonly missed: Variable;
  readonly present: Variable;
}

/**
 * `(1 + beta^2) * precision * recall / (beta^2 * precision + recall)` of targets and predictions `[batch, classes]`.
 * @example new metrics.FBetaScore({ beta: 2, average: 'macro' })
 */
export class FBetaScore extends Metric {
  static override readonly className: string = 'FBetaScore';
  static override readonly optionNames: readonly string[] = ['average', 'beta', 'threshold'];
  readonly average: FScoreAverage;
  readonly beta: number;
  readonly threshold: number | null;
  #counts: Counts | undefined;

  /** @param config beta: how much more recall counts than precision, default 1. @throws ConfigError for an option of the wrong kind. */
  constructor(config: F1ScoreConfig & { beta?: number } = {}) {
    super(withName('FBetaScore', config, 'fbeta_score'));
    const owner = this.getClassName();
    const { average = null, threshold = null } = config;
    if (average !== null && !['micro', 'macro', 'weighted'].includes(average))
      throw new ConfigError(`${owner}: average must be 'micro', 'macro', 'weighted' or null, got ${received(average)}`);
    if (threshold !== null && !(typeof threshold === 'number' && threshold > 0 && threshold <= 1))
      throw new ConfigError(`${owner}: threshold must be above 0 and at most 1, or null, got ${received(threshold)}`);
    this.average = average;
    this.beta = checkFinite(owner, 'beta', config.beta ?? 1);
    if (this.beta <= 0) throw new ConfigError(`${owner}: beta must be above 0, got ${received(this.beta)}`);
    this.threshold = threshold;
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const [y, scores] = [toTensor(yTrue).toFloat(), toTensor(yPred).toFloat()];
    if (scores.rank !== 2 || y.shape.join() !== scores.shape.join()) {
      throw new ShapeError(
        `${this.name}: targets and predictions must be of shape [batch, classes], got [${y.shape.join(', ')}] and [${scores.shape.join(', ')}]`,
      );
    }
    const shape = this.average === 'micro' ? [] : [scores.shape[1] as number];
    this.buildOnce(this.#counts !== undefined, () => {
      const make = (name: string): Variable => this.addVariable(name, shape);
      this.#counts = {
        hits: make('true_positives'),
        excess: make('false_positives'),
        missed: make('false_negatives'),
        present: make('intermediate_weights'),
      };
    });
    const { hits, excess, missed, present } = this.#counts as Counts;
    // A sample without any score decides for nothing.
    const largest = (): Tensor => scores.greaterEqual(scores.max(-1, true)).logicalAnd(scores.abs().greater(1e-9));
    const p = (this.threshold === null ? largest() : scores.greater(this.threshold)).toFloat();
    const weights = sampleWeight === undefined ? undefined : toTensor(sampleWeight).toFloat();
    const column = weights === undefined || weights.rank === 2 ? weights : weights.expandDims(1);
    const total = (x: Tensor): Tensor => {
      const weighted = column === undefined ? x : x.mul(column);
      return this.average === 'micro' ? weighted.sum() : weighted.sum(0);
    };
    hits.assignAdd(total(p.mul(y)));
    excess.assignAdd(total(p.mul(y.neg().add(1))));
    missed.assignAdd(total(p.neg().add(1).mul(y)));
    present.assignAdd(total(y));
  }

  override result(): Tensor {
    if (this.#counts === undefined) throw new StateError(`metric "${this.name}" has seen no data`);
    const { hits, excess, missed, present } = this.#counts;
    const precision = hits.div(hits.add(excess).add(1e-7));
    const recall = hits.div(hits.add(missed).add(1e-7));
    const square = this.beta ** 2;
    const scores = precision
      .mul(recall)
      .div(precision.mul(square).add(recall).add(1e-7))
      .mul(1 + square);
    if (this.average === null) return scores;
    if (this.average === 'weighted') return scores.mul(present.div(present.sum().add(1e-7))).sum();
    return scores.mean();
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), average: this.average, beta: this.beta, threshold: this.threshold };
  }
}

/**
 * `2 * precision * recall / (precision + recall)` of targets and predictions `[batch, classes]`.
 * @example
 * const score = new metrics.F1Score();
 * score.updateState(tensor([[1, 0], [0, 1]]), tensor([[0.9, 0.1], [0.2, 0.8]]));
 * score.result() // [1, 1]
 */
export class F1Score extends FBetaScore {
  static override readonly className: string = 'F1Score';
  static override readonly optionNames: readonly string[] = ['average', 'threshold'];

  constructor(config: F1ScoreConfig = {}) {
    super(withName('F1Score', config, 'f1_score'));
  }

  override getConfig(): Record<string, unknown> {
    const { beta: _, ...config } = super.getConfig();
    return config;
  }
}
