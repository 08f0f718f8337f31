import { checkFlag, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { where } from '../ops/index.ts';
import { type Tensor, tensor, type Variable } from '../tensor/index.ts';
import { type Confusion, confusionOf, evenThresholds, thresholdsOf } from './confusion.ts';
import { Metric, type MetricConfig } from './metric.ts';

/** Options of {@link AUC}. */
export interface AUCConfig extends MetricConfig {
  /** Points of the curve. Default 200. */
  numThresholds?: number;
  /** Thresholds of your own, from 0 to 1; both ends are added. They replace `numThresholds`. */
  thresholds?: readonly number[] | null;
  /** True against false positive rate, precision against recall, or both as gains (Flach and Kull, 2015). Default `'ROC'`. */
  curve?: 'ROC' | 'PR' | 'PRGAIN' | 'roc' | 'pr' | 'prgain';
  /** Height between two points: the middle (for `'PR'` as Davis and Goadrich, 2006), the larger, the smaller. Default `'interpolation'`. */
  summationMethod?: 'interpolation' | 'majoring' | 'minoring';
  /** Whether every label has a curve of its own, whose areas are averaged; else all labels make one. Default false. */
  multiLabel?: boolean;
  /** How many labels there are, if `multiLabel`; else the first batch tells. */
  numLabels?: number | null;
  /** How much each label counts. */
  labelWeights?: readonly number[] | null;
  /** Whether predictions are logits. Default false. */
  fromLogits?: boolean;
}

const kinds = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const;

function word<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => typeof value === 'string' && one.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  throw new ConfigError(`AUC: ${name} must be one of ${allowed.join(', ')}, got ${received(value)}`);
}

/**
 * The area under the ROC or the precision-recall curve, by counts at thresholds: the chance that a positive sample has a larger
 * score than a negative one.
 * @example new metrics.AUC({ curve: 'PR' })
 */
export class AUC extends Metric {
  static override readonly className: string = 'AUC';
  static override readonly optionNames: readonly string[] = [
    'numThresholds',
    'thresholds',
    'curve',
    'summationMethod',
    'multiLabel',
    'numLabels',
    'labelWeights',
    'fromLogits',
  ];
  readonly #own: readonly number[] | null;
  readonly #thresholds: readonly number[];
  readonly #curve: 'ROC' | 'PR' | 'PRGAIN';
  readonly #method: 'interpolation' | 'majoring' | 'minoring';
  readonly #multiLabel: boolean;
  readonly #numLabels: number | null;
  readonly #labelWeights: readonly number[] | null;
  readonly #fromLogits: boolean;
  #counts: Readonly<Record<keyof Confusion, Variable>> | undefined;

  /** @throws ConfigError for an option of the wrong kind. */
  constructor(config: AUCConfig = {}) {
    super(config);
    const own = config.thresholds ?? null;
    this.#own = own === null ? null : thresholdsOf('AUC', own, 0.5).sort((a, b) => a - b);
    this.#thresholds =
      this.#own === null
        ? evenThresholds(checkWhole('AUC', 'numThresholds', config.numThresholds ?? 200, 2))
        : [0, ...this.#own, 1];
    this.#curve = word('curve', config.curve ?? 'ROC', ['ROC', 'PR', 'PRGAIN']);
    const methods = ['interpolation', 'majoring', 'minoring'] as const;
    this.#method = word('summationMethod', config.summationMethod ?? 'interpolation', methods);
    this.#multiLabel = checkFlag('AUC', 'multiLabel', config.multiLabel ?? false);
    const { numLabels = null, labelWeights = null } = config;
    this.#numLabels = numLabels === null ? null : checkWhole('AUC', 'numLabels', numLabels, 1);
    if (this.#numLabels !== null && !this.#multiLabel)
      throw new ConfigError('AUC: numLabels goes with multiLabel: true only');
    if (labelWeights !== null && !(Array.isArray(labelWeights) && labelWeights.every((w) => typeof w === 'number')))
      throw new ConfigError(`AUC: labelWeights must be a list of numbers, got ${received(labelWeights)}`);
    this.#labelWeights = labelWeights;
    this.#fromLogits = checkFlag('AUC', 'fromLogits', config.fromLogits ?? false);
    if (!this.#multiLabel) this.#build([]);
    else if (this.#numLabels !== null) this.#build([this.#numLabels]);
  }

  #build(labels: readonly number[]): void {
    const make = (name: string): Variable => this.addVariable(name, [this.#thresholds.length, ...labels]);
    this.#counts = {
      truePositives: make('true_positives'),
      falsePositives: make('false_positives'),
      trueNegatives: make('true_negatives'),
      falseNegatives: make('false_negatives'),
    };
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    if (this.#multiLabel) {
      const labels = yPred.shape[1];
      if (yPred.rank !== 2 || labels === undefined || labels !== (this.#numLabels ?? labels)) {
        throw new ShapeError(
          `${this.name}: multiLabel needs predictions of shape [batch, ${this.#numLabels ?? 'labels'}], got [${yPred.shape.join(', ')}]`,
        );
      }
      this.buildOnce(this.#counts !== undefined, () => this.#build([labels]));
    }
    const scores = this.#fromLogits ? yPred.toFloat().sigmoid() : yPred;
    const confusion = confusionOf(this.name, yTrue, scores, sampleWeight, {
      thresholds: this.#thresholds,
      multiLabel: this.#multiLabel,
      labelWeights: this.#multiLabel ? null : this.#labelWeights,
      withEnds: true,
    });
    for (const kind of kinds) this.#counts?.[kind].assignAdd(confusion[kind].cast(this.dtype));
  }

  override result(): Tensor {
    if (this.#counts === undefined) throw new StateError(`metric "${this.name}" has seen no data`);
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = this.#counts;
    const [tp, fp, tn, fn] = [truePositives, falsePositives, trueNegatives, falseNegatives].map((x) =>
      x.read().toFloat(),
    ) as [Tensor, Tensor, Tensor, Tensor];
    if (this.#curve === 'PR' && this.#method === 'interpolation') return this.#total(interpolated(tp, fp, fn));
    const recall = tp.divNoNan(tp.add(fn));
    if (this.#curve === 'ROC') return this.#area(fp.divNoNan(fp.add(tn)), recall);
    if (this.#curve === 'PR') return this.#area(recall, tp.divNoNan(tp.add(fp)));
    const scale = tp.add(fn).divNoNan(tn.add(fp));
    const gain = (missed: Tensor, none: number): Tensor =>
      where(tp.equal(0), none, scale.mul(missed.divNoNan(tp)).neg().add(1));
    return this.#area(gain(fn, 0).maximum(0), gain(fp, 1));
  }

  /** Sum of the rectangles between neighbouring points. */
  #area(x: Tensor, y: Tensor): Tensor {
    const [left, right] = [before(y), after(y)];
    const heights =
      this.#method === 'interpolation'
        ? left.add(right).div(2)
        : this.#method === 'minoring'
          ? left.minimum(right)
          : left.maximum(right);
    return this.#total(before(x).sub(after(x)).mul(heights));
  }

  #total(parts: Tensor): Tensor {
    if (!this.#multiLabel) return parts.sum();
    const areas = parts.sum(0);
    if (this.#labelWeights === null) return areas.mean();
    const weights = tensor([...this.#labelWeights]);
    return areas.mul(weights).sum().divNoNan(weights.sum());
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      numThresholds: this.#thresholds.length,
      curve: this.#curve,
      summationMethod: this.#method,
      multiLabel: this.#multiLabel,
      numLabels: this.#numLabels,
      labelWeights: this.#labelWeights,
      fromLogits: this.#fromLogits,
      ...(this.#own === null ? {} : { thresholds: this.#own }),
    };
  }
}

/** All points but the last. */
function before(x: Tensor): Tensor {
  return x.slice(
    x.shape.map(() => 0),
    x.shape.map((size, axis) => (axis === 0 ? size - 1 : size)),
  );
}

/** All points but the first. */
function after(x: Tensor): Tensor {
  return x.slice(
    x.shape.map((_, axis) => (axis === 0 ? 1 : 0)),
    x.shape.map((size, axis) => (axis === 0 ? size - 1 : size)),
  );
}

/** Areas between points of the precision-recall curve, with true positives linear in all positives between them. */
function interpolated(tp: Tensor, fp: Tensor, fn: Tensor): Tensor {
  const gained = before(tp).sub(after(tp));
  const all = tp.add(fp);
  const slope = gained.divNoNan(before(all).sub(after(all)).maximum(0));
  const intercept = after(tp).sub(slope.mul(after(all)));
  const both = before(all).greater(0).logicalAnd(after(all).greater(0));
  const ratio = where(both, before(all).divNoNan(after(all)), 1);
  return slope.mul(gained.add(intercept.mul(ratio.log()))).divNoNan(after(tp).add(after(fn)).maximum(0));
}
