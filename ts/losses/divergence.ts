import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { Loss } from './loss.ts';
import { aligned, matched } from './reduction.ts';

/** What keeps logarithms away from 0, as in Keras. */
const epsilon = 1e-7;

/**
 * `sum(yTrue * log(yTrue / yPred))` over the last axis, both clipped to [1e-7, 1] (Kullback and Leibler, 1951): how far the
 * distribution of the predictions is from that of the targets.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.klDivergence([[1, 0]], [[0.5, 0.5]]) // [0.6931]
 */
export function klDivergence(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = aligned('klDivergence', toTensor(yTrue), toTensor(yPred));
  const [y, p] = [targets.clipByValue(epsilon, 1), predictions.clipByValue(epsilon, 1)];
  return y.mul(y.div(p).log()).sum(-1);
}

/**
 * `mean(yPred - yTrue * log(yPred + 1e-7))` over the last axis: how unlikely counts are for the predicted means.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.poisson([[0, 2]], [[1, 1]]) // [1]
 */
export function poisson(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = matched('poisson', toTensor(yTrue), toTensor(yPred));
  return predictions.sub(targets.mul(predictions.add(epsilon).log())).mean(-1);
}

/** See {@link klDivergence}. @example new losses.KLDivergence() */
export class KLDivergence extends Loss {
  static override readonly className: string = 'KLDivergence';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return klDivergence(yTrue, yPred);
  }
}

/** See {@link poisson}. @example new losses.Poisson() */
export class Poisson extends Loss {
  static override readonly className: string = 'Poisson';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return poisson(yTrue, yPred);
  }
}
