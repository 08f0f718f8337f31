import { ShapeError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';

/** How the values of a batch become one number. */
export type Reduction = 'sumOverBatchSize' | 'sum' | 'mean' | 'none';

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

/** Targets as floats of the predictions' shape. @throws ShapeError when the shapes do not fit. */
export function matched(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  let [targets, predictions] = toSameRank(yTrue, yPred);
  // One value a sample has no last axis to average over: it is its own mean.
  if (targets.rank === 1 && predictions.rank === 1) {
    targets = targets.expandDims(-1);
    predictions = predictions.expandDims(-1);
  }
  if (targets.shape.join() !== predictions.shape.join()) {
    throw new ShapeError(
      `${name}: targets of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]. ` +
        'The last layer must give as many values as the targets have',
    );
  }
  return [targets.cast(predictions.dtype), predictions];
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
    default:
      return values.rank === 0 ? weighted : weighted.mean();
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
