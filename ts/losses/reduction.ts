import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';

/**
 * How the values of a batch become one number: `'sumOverBatchSize'` and `'mean'` divide their sum by their number,
 * `'meanWithSampleWeight'` by the sum of the weights; `'none'` leaves them as they are.
 */
export type Reduction = 'sumOverBatchSize' | 'sum' | 'mean' | 'meanWithSampleWeight' | 'none';

/** A reduction in this library's or Keras' spelling; `null` is `'none'`. */
export type ReductionName = Reduction | 'sum_over_batch_size' | 'mean_with_sample_weight' | null;

const reductions: readonly Reduction[] = ['sumOverBatchSize', 'sum', 'mean', 'meanWithSampleWeight', 'none'];

/** A reduction in this library's spelling. @throws ConfigError for an unknown one. */
export function checkReduction(owner: string, reduction: unknown): Reduction {
  if (reduction === null) return 'none';
  const plain = typeof reduction === 'string' ? reduction.replaceAll('_', '').toLowerCase() : undefined;
  const known = reductions.find((name) => name.toLowerCase() === plain);
  if (known !== undefined) return known;
  throw new ConfigError(`${owner}: reduction must be one of ${reductions.join(', ')}, got ${received(reduction)}`);
}

/** `[n]` against `[n, 1]`: one of both gets (or loses) the last axis, so that they never broadcast to `[n, n]`. */
export function toSameRank(a: Tensor, b: Tensor): [Tensor, Tensor] {
  if (a.rank === b.rank + 1 && a.shape.at(-1) === 1) {
    return b.rank === 1 ? [a, b.expandDims(-1)] : [a.squeeze(-1), b];
  }
  if (b.rank === a.rank + 1 && b.shape.at(-1) === 1) {
    return a.rank === 1 ? [a.expandDims(-1), b] : [a, b.squeeze(-1)];
  }
  return [a, b];
}

/** As {@link aligned}, for losses that average over the last axis: one value a sample has none, and is its own mean. */
export function matched(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  const [targets, predictions] = aligned(name, yTrue, yPred);
  return targets.rank === 1 ? [targets.expandDims(-1), predictions.expandDims(-1)] : [targets, predictions];
}

/** Targets as floats of the predictions' shape. @throws ShapeError when the shapes do not fit. */
export function aligned(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  const [targets, predictions] = toSameRank(yTrue, yPred);
  if (targets.shape.join() !== predictions.shape.join()) {
    throw new ShapeError(
      `${name}: targets of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]. ` +
        'The last layer must give as many values as the targets have',
    );
  }
  return [targets.toFloat(), predictions.toFloat()];
}

/**
 * Weights the values and reduces them. `sumOverBatchSize` divides by the number of values, not by the sum of the weights;
 * with a mask, the mean is over the entries that it keeps.
 */
export function reduceWeighted(
  values: Tensor,
  sampleWeight: Tensor | undefined,
  mask: Tensor | undefined,
  reduction: Reduction,
): Tensor {
  const weights = combineWeights(values, sampleWeight, mask, reduction);
  const weighted = weights === undefined ? values : values.mul(weights);
  switch (reduction) {
    case 'none':
      return weighted;
    case 'sum':
      return weighted.sum();
    case 'meanWithSampleWeight':
      return weights === undefined ? weighted.mean() : weighted.sum().divNoNan(weights.sum());
    default:
      return weighted.rank === 0 ? weighted : weighted.mean();
  }
}

function combineWeights(
  values: Tensor,
  sampleWeight: Tensor | undefined,
  mask: Tensor | undefined,
  reduction: Reduction,
): Tensor | undefined {
  let weights = sampleWeight?.cast('float32');
  if (mask !== undefined) {
    let kept = mask.cast('float32');
    if (reduction === 'sumOverBatchSize' || reduction === 'mean') {
      // The mean over kept entries: the others have weight 0, and the divisor stays the number of all.
      kept = kept.mul(kept.size).div(kept.sum().maximum(1e-7));
    }
    weights = weights === undefined ? kept : kept.mul(alignWeights(kept, weights));
  }
  if (weights === undefined) return undefined;
  return alignWeights(values, weights);
}

/** Weights with the rank of the values: `[n]` weighs all entries of a sample. */
export function alignWeights(values: Tensor, weights: Tensor): Tensor {
  // A loss of the whole batch is one value, which all the weights count for.
  if (values.rank === 0) return weights;
  let [, aligned] = toSameRank(values, weights);
  while (aligned.rank < values.rank) aligned = aligned.expandDims(-1);
  const fits =
    aligned.rank === values.rank && aligned.shape.every((size, axis) => size === 1 || size === values.shape[axis]);
  if (!fits) {
    throw new ShapeError(
      `sample weights of shape [${weights.shape.join(', ')}] do not fit loss values of shape [${values.shape.join(', ')}]`,
    );
  }
  return aligned;
}
