import { checkFinite, checkNumber, received, withName } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { softplus, where } from '../ops/index.ts';
import { checkAxis } from '../tensor/axes.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { type LossWeights, type ReductionCode, weightedSquaredError } from './functional.ts';
import { Loss, type LossConfig } from './loss.ts';
import { aligned, matched } from './reduction.ts';

/** What keeps divisors and logarithms away from 0, as in Keras. */
const epsilon = 1e-7;

/** Targets and predictions `[batch, ..., n]` that are compared one by one. */
function pairOf(name: string, yTrue: TensorLike, yPred: TensorLike): [Tensor, Tensor] {
  return matched(name, toTensor(yTrue), toTensor(yPred));
}

/**
 * `mean((yTrue - yPred)^2)` over the last axis: one value per sample, as in Keras. With weights (null for none) or a
 * reduction it is TensorFlow.js' `losses.meanSquaredError`: one number, as `computeWeightedLoss` makes it.
 * @throws ShapeError when the shapes do not fit.
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
  const [targets, predictions] = pairOf('meanSquaredError', yTrue, yPred);
  return targets.sub(predictions).square().mean(-1);
}

/**
 * `mean(|yTrue - yPred|)` over the last axis: one value per sample.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.meanAbsoluteError([[0, 1]], [[1, 3]]) // [1.5]
 */
export function meanAbsoluteError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = pairOf('meanAbsoluteError', yTrue, yPred);
  return targets.sub(predictions).abs().mean(-1);
}

/**
 * `100 * mean(|yTrue - yPred| / max(|yTrue|, 1e-7))` over the last axis: one value per sample.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.meanAbsolutePercentageError([[1, 4]], [[2, 3]]) // [62.5]
 */
export function meanAbsolutePercentageError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = pairOf('meanAbsolutePercentageError', yTrue, yPred);
  return targets.sub(predictions).div(targets.abs().maximum(epsilon)).abs().mean(-1).mul(100);
}

/**
 * `mean((log(yTrue + 1) - log(yPred + 1))^2)` over the last axis, both kept above 1e-7: one value per sample.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.meanSquaredLogarithmicError([[0]], [[Math.E - 1]]) // [1]
 */
export function meanSquaredLogarithmicError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = pairOf('meanSquaredLogarithmicError', yTrue, yPred);
  const logOf = (x: Tensor): Tensor => x.maximum(epsilon).add(1).log();
  return logOf(predictions).sub(logOf(targets)).square().mean(-1);
}

/** Vectors along an axis, of length 1 (of 0 where they are 0). */
function unit(x: Tensor, axis: number): Tensor {
  // The bound is inside the root: a vector of zeros then has the gradient 0, not 0/0.
  return x.mul(
    x
      .square()
      .sum(axis, true)
      .maximum(epsilon ** 2)
      .rsqrt(),
  );
}

/** The cosine of the angle between vectors along an axis: what the loss, negated, and the metric give. @internal */
export function cosineOf(name: string, yTrue: TensorLike, yPred: TensorLike, axis: number): Tensor {
  const [targets, predictions] = aligned(name, toTensor(yTrue), toTensor(yPred));
  const at = checkAxis(name, axis, predictions.rank);
  return unit(targets, at).mul(unit(predictions, at)).sum(at);
}

/**
 * `-sum(yTrue / |yTrue| * yPred / |yPred|)` along an axis: -1 for vectors of one direction, 1 for opposite ones.
 * @param axis Default the last.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.cosineSimilarity([[0, 2]], [[0, 1]]) // [-1]
 */
export function cosineSimilarity(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  return cosineOf('cosineSimilarity', yTrue, yPred, axis).neg();
}

/**
 * Half the squared error up to `delta`, linear beyond, the mean over the last axis (Huber, 1964):
 * `mean(e^2 / 2 where |e| <= delta, else delta * |e| - delta^2 / 2)` with `e = yPred - yTrue`.
 * @param delta Default 1.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.huber([[0, 0]], [[1, 3]]) // [1.5]
 */
export function huber(yTrue: TensorLike, yPred: TensorLike, delta = 1): Tensor {
  checkNumber('huber', 'delta', delta);
  const [targets, predictions] = pairOf('huber', yTrue, yPred);
  const error = predictions.sub(targets);
  const size = error.abs();
  const far = size.mul(delta).sub(delta ** 2 / 2);
  return where(size.lessEqual(delta), error.square().mul(0.5), far).mean(-1);
}

/**
 * `mean(log(cosh(yPred - yTrue)))` over the last axis: about `e^2 / 2` near 0, `|e| - log 2` far away.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.logCosh([[0]], [[1]]) // [0.4338]
 */
export function logCosh(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = pairOf('logCosh', yTrue, yPred);
  const error = predictions.sub(targets);
  return error
    .add(softplus(error.mul(-2)))
    .sub(Math.LN2)
    .mean(-1);
}

/** See {@link meanSquaredError}. @example new losses.MeanSquaredError({ reduction: 'sum' }) */
export class MeanSquaredError extends Loss {
  static override readonly className: string = 'MeanSquaredError';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanSquaredError(yTrue, yPred);
  }
}

/** See {@link meanAbsoluteError}. @example new losses.MeanAbsoluteError() */
export class MeanAbsoluteError extends Loss {
  static override readonly className: string = 'MeanAbsoluteError';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanAbsoluteError(yTrue, yPred);
  }
}

/** See {@link meanAbsolutePercentageError}. @example new losses.MeanAbsolutePercentageError() */
export class MeanAbsolutePercentageError extends Loss {
  static override readonly className: string = 'MeanAbsolutePercentageError';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanAbsolutePercentageError(yTrue, yPred);
  }
}

/** See {@link meanSquaredLogarithmicError}. @example new losses.MeanSquaredLogarithmicError() */
export class MeanSquaredLogarithmicError extends Loss {
  static override readonly className: string = 'MeanSquaredLogarithmicError';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanSquaredLogarithmicError(yTrue, yPred);
  }
}

/** See {@link cosineSimilarity}. @example new losses.CosineSimilarity({ axis: 1 }) */
export class CosineSimilarity extends Loss {
  static override readonly className: string = 'CosineSimilarity';
  static override readonly optionNames: readonly string[] = ['axis'];
  readonly axis: number;

  /** @param config axis: of the vectors, default -1. */
  constructor(config: LossConfig & { axis?: number } = {}) {
    super(config);
    this.axis = checkNumber('CosineSimilarity', 'axis', config.axis ?? -1);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return cosineSimilarity(yTrue, yPred, this.axis);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** See {@link huber}. @example new losses.Huber({ delta: 0.5 }) */
export class Huber extends Loss {
  static override readonly className: string = 'Huber';
  static override readonly optionNames: readonly string[] = ['delta'];
  readonly delta: number;

  /** @param config delta: where the loss becomes linear, default 1. @throws ConfigError unless delta is above 0. */
  constructor(config: LossConfig & { delta?: number } = {}) {
    super(withName('Huber', config, 'huber_loss'));
    this.delta = checkFinite('Huber', 'delta', config.delta ?? 1);
    if (this.delta <= 0) throw new ConfigError(`Huber: delta must be above 0, got ${received(config.delta)}`);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return huber(yTrue, yPred, this.delta);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), delta: this.delta };
  }
}

/** See {@link logCosh}. @example new losses.LogCosh() */
export class LogCosh extends Loss {
  static override readonly className: string = 'LogCosh';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return logCosh(yTrue, yPred);
  }
}
