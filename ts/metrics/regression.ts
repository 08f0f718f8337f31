import { checkNumber, checkWhole, received, withName } from '../arguments.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { aligned } from '../losses/reduction.ts';
import { cosineOf } from '../losses/regression.ts';
import { isInf, where } from '../ops/index.ts';
import { checkAxis } from '../tensor/axes.ts';
import { type Tensor, type TensorLike, toTensor, type Variable } from '../tensor/index.ts';
import { Mean, MeanMetricWrapper, Metric, type MetricConfig } from './metric.ts';

/**
 * Pearson's correlation along an axis: `mean(u * v)` of both, moved to mean 0 and scaled to standard deviation 1.
 * @example metrics.pearsonCorrelation([[1, 2, 3]], [[2, 4, 6]]) // [1]
 */
export function pearsonCorrelation(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  const [targets, predictions] = aligned('pearsonCorrelation', toTensor(yTrue), toTensor(yPred));
  const at = checkAxis('pearsonCorrelation', axis, predictions.rank);
  const standardized = (x: Tensor): Tensor => {
    const centered = x.sub(x.mean(at, true));
    return centered.div(centered.std(at, true));
  };
  return standardized(targets).mul(standardized(predictions)).mean(at);
}

/**
 * The concordance correlation along an axis (Lin, 1989): `2 cov(y, p) / (var(y) + var(p) + (mean(y) - mean(p))^2)`; unlike
 * Pearson's it is below 1 for predictions that are shifted or scaled.
 * @example metrics.concordanceCorrelation([[1, 2, 3]], [[1, 2, 3]]) // [1]
 */
export function concordanceCorrelation(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  const [y, p] = aligned('concordanceCorrelation', toTensor(yTrue), toTensor(yPred));
  const at = checkAxis('concordanceCorrelation', axis, p.rank);
  const [meanY, meanP] = [y.mean(at, true), p.mean(at, true)];
  const spread = y.variance(at, true).add(p.variance(at, true)).add(meanY.sub(meanP).square()).add(1e-7);
  return y.sub(meanY).mul(p.sub(meanP)).mul(2).div(spread).mean(at);
}

type AxisConfig = MetricConfig & { axis?: number };

abstract class AlongAxis extends MeanMetricWrapper {
  readonly axis: number;

  /** @param config axis: along which samples are compared, default -1. */
  constructor(values: (yTrue: Tensor, yPred: Tensor, axis: number) => Tensor, config: AxisConfig = {}) {
    super((yTrue, yPred) => values(yTrue, yPred, this.axis), config);
    this.axis = checkNumber(this.getClassName(), 'axis', config.axis ?? -1);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/**
 * The mean cosine of the angle between targets and predictions: the loss of that name, negated.
 * @example
 * const similarity = new metrics.CosineSimilarity();
 * similarity.updateState(tensor([[0, 2]]), tensor([[0, 1]]));
 * similarity.result() // 1
 */
export class CosineSimilarity extends AlongAxis {
  static override readonly className: string = 'CosineSimilarity';
  static override readonly optionNames: readonly string[] = ['axis'];

  constructor(config: AxisConfig = {}) {
    super((yTrue, yPred, axis) => cosineOf('cosineSimilarity', yTrue, yPred, axis), config);
  }
}

/**
 * The mean of {@link pearsonCorrelation}.
 * @example
 * const correlation = new metrics.PearsonCorrelation();
 * correlation.updateState(tensor([[1, 2, 3]]), tensor([[2, 4, 6]]));
 * correlation.result() // 1
 */
export class PearsonCorrelation extends AlongAxis {
  static override readonly className: string = 'PearsonCorrelation';
  static override readonly optionNames: readonly string[] = ['axis'];

  constructor(config: AxisConfig = {}) {
    super(pearsonCorrelation, config);
  }
}

/**
 * The mean of {@link concordanceCorrelation}.
 * @example
 * const correlation = new metrics.ConcordanceCorrelation();
 * correlation.updateState(tensor([[1, 2, 3]]), tensor([[1, 2, 3]]));
 * correlation.result() // 1
 */
export class ConcordanceCorrelation extends AlongAxis {
  static override readonly className: string = 'ConcordanceCorrelation';
  static override readonly optionNames: readonly string[] = ['axis'];

  constructor(config: AxisConfig = {}) {
    super(concordanceCorrelation, config);
  }
}

/**
 * `sqrt(mean((yTrue - yPred)^2))` over all samples.
 * @example
 * const error = new metrics.RootMeanSquaredError();
 * error.updateState(tensor([[0, 1]]), tensor([[1, 3]]));
 * error.result() // 1.5811
 */
export class RootMeanSquaredError extends Mean {
  static override readonly className: string = 'RootMeanSquaredError';
  static override readonly optionNames: readonly string[] = [];

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const [targets, predictions] = aligned(this.name, toTensor(yTrue), toTensor(yPred));
    this.update(predictions.sub(targets).square(), sampleWeight);
  }

  override result(): Tensor {
    return super.result().sqrt();
  }
}

/** Options of {@link R2Score}. */
export interface R2ScoreConfig extends MetricConfig {
  /** How the scores of several outputs become one; `null`: they stay. Default `'uniformAverage'`. */
  classAggregation?:
    | 'uniformAverage'
    | 'varianceWeightedAverage'
    | 'uniform_average'
    | 'variance_weighted_average'
    | null;
  /** Independent variables, for the adjusted score. Default 0: not adjusted. */
  numRegressors?: number;
}

interface R2State {
  readonly squared: Variable;
  readonly sum: Variable;
  readonly residual: Variable;
  readonly count: Variable;
}

/**
 * The coefficient of determination of `[batch, outputs]`: `1 - sum((y - p)^2) / sum((y - mean(y))^2)`, 1 for right predictions, 0
 * for those no better than the mean.
 * @example
 * const score = new metrics.R2Score();
 * score.updateState(tensor([[1], [2], [3]]), tensor([[1], [2], [4]]));
 * score.result() // 0.5
 */
export class R2Score extends Metric {
  static override readonly className: string = 'R2Score';
  static override readonly optionNames: readonly string[] = ['classAggregation', 'numRegressors'];
  readonly classAggregation: 'uniformAverage' | 'varianceWeightedAverage' | null;
  readonly numRegressors: number;
  readonly #samples: Variable;
  #state: R2State | undefined;

  /** @throws ConfigError for another aggregation. */
  constructor(config: R2ScoreConfig = {}) {
    super(withName('R2Score', config, 'r2_score'));
    const { classAggregation = 'uniformAverage' } = config;
    const word = typeof classAggregation === 'string' ? classAggregation.replaceAll('_', '').toLowerCase() : null;
    if (classAggregation !== null && word !== 'uniformaverage' && word !== 'varianceweightedaverage') {
      throw new ConfigError(
        `R2Score: classAggregation must be 'uniformAverage', 'varianceWeightedAverage' or null, got ${received(classAggregation)}`,
      );
    }
    this.classAggregation =
      word === null ? null : word === 'uniformaverage' ? 'uniformAverage' : 'varianceWeightedAverage';
    this.numRegressors = checkWhole('R2Score', 'numRegressors', config.numRegressors ?? 0);
    this.#samples = this.addVariable('num_samples');
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const [y, p] = aligned(this.name, toTensor(yTrue), toTensor(yPred));
    if (y.rank !== 2)
      throw new ShapeError(`${this.name}: expected [batch, outputs], got shape [${yPred.shape.join(', ')}]`);
    const outputs = [y.shape[1] as number];
    this.buildOnce(this.#state !== undefined, () => {
      const make = (name: string): Variable => this.addVariable(name, outputs);
      this.#state = {
        squared: make('squared_sum'),
        sum: make('sum'),
        residual: make('residual'),
        count: make('count'),
      };
    });
    const { squared, sum, residual, count } = this.#state as R2State;
    const rough = sampleWeight === undefined ? undefined : toTensor(sampleWeight).toFloat();
    const column = rough?.rank === 1 ? rough.expandDims(1) : rough;
    const weighted = (x: Tensor): Tensor => (column === undefined ? x : x.mul(column)).sum(0);
    sum.assignAdd(weighted(y));
    squared.assignAdd(weighted(y.square()));
    residual.assignAdd(weighted(p.sub(y).square()));
    count.assignAdd(weighted(y.mul(0).add(1)));
    this.#samples.assignAdd(y.size);
  }

  override result(): Tensor {
    if (this.#state === undefined) throw new StateError(`metric "${this.name}" has seen no data`);
    const { squared, sum, residual, count } = this.#state;
    const total = squared.sub(sum.square().div(count));
    const raw = residual.div(total).neg().add(1);
    const scores = where(isInf(raw), 0, raw);
    const score =
      this.classAggregation === null
        ? scores
        : this.classAggregation === 'uniformAverage'
          ? scores.mean()
          : total.mul(scores).sum().div(total.sum());
    if (this.numRegressors === 0) return score;
    const spare = this.#samples.sub(1 + this.numRegressors);
    const adjusted = score.neg().add(1).mul(this.#samples.sub(1)).div(spare.maximum(1)).neg().add(1);
    // With no more samples than variables there is nothing to adjust by.
    return where(spare.greater(0), adjusted, score);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), classAggregation: this.classAggregation, numRegressors: this.numRegressors };
  }
}
