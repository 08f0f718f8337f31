import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { type LossWeights, type ReductionCode, weightedSquaredError } from './functional.ts';
import { Loss } from './loss.ts';
import { matched } from './reduction.ts';

/**
 * `mean((yTrue - yPred)^2)` over the last axis: one value per sample, as in Keras. With weights (null for none) or a
 * reduction it is TensorFlow.js' `losses.meanSquaredError`: one number, as `computeWeightedLoss` makes it.
 * @example
 * losses.meanSquaredError([[0, 1]], [[1, 3]]) // [2.5]
 * losses.meanSquaredError([[0, 1]], [[1, 3]], null, Reduction.SUM) // 5
 */
export function meanSquaredError(
  yTrue: TensorLike,
  yPred: TensorLike,
  weights?: LossWeights,
  reduction?: ReductionCode,
): Tensor {
  if (weights !== undefined || reduction !== undefined) return weightedSquaredError(yTrue, yPred, weights, reduction);
  const [targets, predictions] = matched('meanSquaredError', toTensor(yTrue), toTensor(yPred));
  return targets.sub(predictions).square().mean(-1);
}

/** `mean(|yTrue - yPred|)` over the last axis: one value per sample. */
export function meanAbsoluteError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const [targets, predictions] = matched('meanAbsoluteError', yTrue, yPred);
  return targets.sub(predictions).abs().mean(-1);
}

/** See {@link meanSquaredError}. */
export class MeanSquaredError extends Loss {
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanSquaredError(yTrue, yPred);
  }
}

/** See {@link meanAbsoluteError}. */
export class MeanAbsoluteError extends Loss {
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanAbsoluteError(yTrue, yPred);
  }
}
