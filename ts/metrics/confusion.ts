// Counts of right and wrong decisions at thresholds, which the classes of this family share.
import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { toSameRank } from '../losses/reduction.ts';
import { cumsum, oneHot, topk, unsortedSegmentSum, where } from '../ops/index.ts';
import { shown } from '../tensor/axes.ts';
import { type Tensor, tensor, toTensor } from '../tensor/index.ts';

/** Below any score: the threshold of the classes that `topK` picks, and the score of the others. */
export const lowest = -1e10;

/** Thresholds as an option: one, or several, which give one number each. */
export type Thresholds = number | readonly number[] | null;

/** Thresholds as a list. @throws ConfigError unless they are in [0, 1]. */
export function thresholdsOf(owner: string, thresholds: Thresholds | undefined, standard: number): number[] {
  if (thresholds === undefined || thresholds === null) return [standard];
  const list: unknown[] = Array.isArray(thresholds) ? Array.from(thresholds) : [thresholds];
  const wrong = list.find((t) => !(typeof t === 'number' && t >= 0 && t <= 1));
  if (wrong === undefined && list.length > 0) return list as number[];
  throw new ConfigError(`${owner}: thresholds must be numbers from 0 to 1, got ${received(thresholds)}`);
}

/** `count` thresholds from 0 to 1. */
export function evenThresholds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i / (count - 1));
}

/** Whether thresholds are as {@link evenThresholds} makes them: then a score says by itself how many it is above. */
export function isEven(thresholds: readonly number[]): boolean {
  const n = thresholds.length;
  return n >= 3 && thresholds.every((t, i) => Math.abs(t - i / (n - 1)) <= 1e-7 + (1e-5 * i) / (n - 1));
}

/** How scores are counted. */
export interface ConfusionOptions {
  readonly thresholds: readonly number[];
  readonly topK?: number | null;
  readonly classId?: number | null;
  /** Whether every label has counts of its own: `[thresholds, labels]`. */
  readonly multiLabel?: boolean;
  readonly labelWeights?: readonly number[] | null;
  /** Whether the first and the last threshold count scores of 0 and 1, too. */
  readonly withEnds?: boolean;
}

/** Counts by threshold. */
export interface Confusion {
  readonly truePositives: Tensor;
  readonly falsePositives: Tensor;
  readonly trueNegatives: Tensor;
  readonly falseNegatives: Tensor;
}

/** Only the k largest of each row; the others are below any threshold. */
function onlyTop(scores: Tensor, k: number): Tensor {
  const { indices } = topk(scores, k);
  const isTop = oneHot(indices, scores.shape.at(-1) as number)
    .sum(-2)
    .greater(0);
  return where(isTop, scores, lowest);
}

/** The scores of one class, `[..., 1]`. */
function ofClass(name: string, x: Tensor, classId: number): Tensor {
  const last = x.rank - 1;
  if (x.rank < 2 || classId >= (x.shape[last] as number))
    throw new ShapeError(`${name}: there is no class ${classId} in shape ${shown(x.shape)}`);
  return x.slice(
    x.shape.map((_, axis) => (axis === last ? classId : 0)),
    x.shape.map((size, axis) => (axis === last ? 1 : size)),
  );
}

/** The counts of a batch. @throws ShapeError when the shapes do not fit. */
export function confusionOf(
  name: string,
  yTrue: Tensor,
  yPred: Tensor,
  sampleWeight: Tensor | undefined,
  options: ConfusionOptions,
): Confusion {
  let [scores, labels] = toSameRank(toTensor(yPred).toFloat(), toTensor(yTrue).toFloat());
  if (scores.shape.join() !== labels.shape.join()) {
    throw new ShapeError(
      `${name}: targets of shape ${shown(yTrue.shape)} do not fit predictions of shape ${shown(yPred.shape)}`,
    );
  }
  const { topK = null, classId = null, thresholds, multiLabel = false, labelWeights = null } = options;
  if (topK !== null) scores = onlyTop(scores, topK);
  if (classId !== null) {
    scores = ofClass(name, scores, classId);
    labels = ofClass(name, labels, classId);
  }
  const isTrue = labels.notEqual(0).toFloat();
  let weights = isTrue.mul(0).add(1);
  if (sampleWeight !== undefined) {
    let given = toTensor(sampleWeight).toFloat();
    while (given.rank < scores.rank) given = given.expandDims(-1);
    if (given.rank > scores.rank && given.shape.at(-1) === 1) given = given.squeeze(-1);
    weights = weights.mul(given);
  }
  if (labelWeights !== null) weights = weights.mul(tensor([...labelWeights]));
  const columns = multiLabel ? (scores.shape.at(-1) as number) : 1;
  const flat = (x: Tensor): Tensor => x.reshape([x.size / columns, columns]);
  const positives = flat(isTrue.mul(weights));
  const negatives = flat(isTrue.neg().add(1).mul(weights));
  const count = thresholds.length;
  const above = isEven(thresholds)
    ? (x: Tensor): Tensor => aboveEven(flat(scores), x, count, options.withEnds ?? false)
    : (x: Tensor): Tensor => aboveEach(flat(scores), x, thresholds, options.withEnds ?? false);
  const shaped = (x: Tensor): Tensor => x.reshape(multiLabel ? [count, columns] : [count]);
  const truePositives = shaped(above(positives));
  const falsePositives = shaped(above(negatives));
  const total = (x: Tensor): Tensor => (multiLabel ? x.sum(0) : x.sum());
  return {
    truePositives,
    falsePositives,
    falseNegatives: total(positives).sub(truePositives),
    trueNegatives: total(negatives).sub(falsePositives),
  };
}

/** Sums of `values` whose score is above each of evenly spaced thresholds: scores go into buckets, which are summed up. */
function aboveEven(scores: Tensor, values: Tensor, count: number, withEnds: boolean): Tensor {
  const columns = scores.shape[1] as number;
  const ceiling = scores
    .clipByValue(0, 1)
    .mul(count - 1)
    .ceil();
  // NaN is above nothing.
  const known = where(ceiling.equal(ceiling), ceiling, 0);
  const buckets = (withEnds ? known.maximum(1) : known).cast('int32');
  const offsets = tensor(Int32Array.from({ length: columns }, (_, i) => i));
  const sums = unsortedSegmentSum(
    values.reshape([values.size]),
    buckets.mul(columns).add(offsets).reshape([values.size]),
    count * columns,
  );
  return cumsum(sums.reshape([count, columns]), 0, true, true);
}

/** Sums of `values` whose score is above each threshold, by comparing every score with every threshold. */
function aboveEach(scores: Tensor, values: Tensor, thresholds: readonly number[], withEnds: boolean): Tensor {
  const last = thresholds.length - 1;
  const widened = thresholds.map((t, i) => (withEnds && i === 0 ? t - 1e-7 : withEnds && i === last ? t + 1e-7 : t));
  const limits = tensor(widened).reshape([thresholds.length, 1, 1]);
  return where(scores.expandDims(0).greater(limits), values.expandDims(0), 0).sum(1);
}
