import type { Tensor } from '../tensor/index.ts';
import { Loss } from './loss.ts';
import { matched } from './reduction.ts';

/** `mean((yTrue - yPred)^2)` over the last axis: one value per sample. */
export function meanSquaredError(yTrue: Tensor, yPred: Tensor): Tensor {
  const [targets, predictions] = matched('meanSquaredError', yTrue, yPred);
  return targets.sub(predictions).square().mean(-1);
}

/** `mean(|yTrue - yPred|)` over the last axis: one value per sample. */
export function meanAbsoluteError(yTrue: Tensor, yPred: Tensor): Tensor {
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
