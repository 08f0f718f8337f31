import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { log, logSoftmax, minimum, mul, notEqual, relu, where } from '../ops/index.ts';
import { onesLike, type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

/** How TensorFlow.js' losses become one number. */
export const Reduction: {
  /** They stay as they are. */
  readonly NONE: 0;
  /** Sum, divided by the sum of the weights. */
  readonly MEAN: 1;
  /** Sum. */
  readonly SUM: 2;
  /** Sum, divided by the number of weights that are not 0. */
  readonly SUM_BY_NONZERO_WEIGHTS: 3;
} = Object.freeze({ NONE: 0, MEAN: 1, SUM: 2, SUM_BY_NONZERO_WEIGHTS: 3 });

/** One of {@link Reduction}. */
export type ReductionCode = 0 | 1 | 2 | 3;

/** Weights by which values are multiplied (broadcast); null is as none. */
export type LossWeights = TensorLike | null | undefined;

/** Both as tensors of one shape. @throws ShapeError when the shapes differ. */
function pairOf(name: string, labels: TensorLike, predictions: TensorLike): [Tensor, Tensor] {
  const [a, b] = [toTensor(labels), toTensor(predictions)];
  if (a.shape.join() !== b.shape.join()) {
    throw new ShapeError(
      `${name}: labels of shape [${a.shape.join(', ')}] do not fit predictions of shape [${b.shape.join(', ')}]`,
    );
  }
  return [a.toFloat(), b.toFloat()];
}

/**
 * Values, weighted and reduced. Default: the sum divided by the number of weights that are not 0 (of all values without weights).
 * @throws ConfigError for an unknown reduction.
 * @example losses.computeWeightedLoss([1, 2, 3], [1, 0, 1]) // 2
 */
export function computeWeightedLoss(
  values: TensorLike,
  weights?: LossWeights,
  reduction: ReductionCode = Reduction.SUM_BY_NONZERO_WEIGHTS,
): Tensor {
  const losses = toTensor(values);
  const factors = weights === undefined || weights === null ? undefined : toTensor(weights).toFloat();
  const weighted = factors === undefined ? losses : mul(losses, factors);
  switch (reduction) {
    case Reduction.NONE:
      return weighted;
    case Reduction.SUM:
      return weighted.sum();
    case Reduction.MEAN: {
      if (factors === undefined) return weighted.mean();
      // Weights that broadcast count as often as they are used.
      return weighted.sum().div(factors.sum().mul(Math.max(losses.size / factors.size, 1)));
    }
    case Reduction.SUM_BY_NONZERO_WEIGHTS: {
      if (factors === undefined) return weighted.mean();
      return weighted.sum().div(
        notEqual(mul(factors, onesLike(losses)), 0)
          .toFloat()
          .sum(),
      );
    }
    default:
      throw new ConfigError(
        `reduction must be one of Reduction.${Object.keys(Reduction).join(', ')}, got ${received(reduction)}`,
      );
  }
}

/**
 * `|labels - predictions|`, weighted and reduced as {@link computeWeightedLoss} does.
 * @example losses.absoluteDifference([1, 2], [1, 4]) // 1
 */
export function absoluteDifference(
  labels: TensorLike,
  predictions: TensorLike,
  weights?: LossWeights,
  reduction?: ReductionCode,
): Tensor {
  const [y, p] = pairOf('absoluteDifference', labels, predictions);
  return computeWeightedLoss(y.sub(p).abs(), weights, reduction);
}

/** `(labels - predictions)^2`, weighted and reduced: `meanSquaredError` with weights or a reduction. @internal */
export function weightedSquaredError(
  labels: TensorLike,
  predictions: TensorLike,
  weights?: LossWeights,
  reduction?: ReductionCode,
): Tensor {
  const [y, p] = pairOf('meanSquaredError', labels, predictions);
  return computeWeightedLoss(y.sub(p).square(), weights, reduction);
}

/**
 * `1 - sum(labels * predictions)` along an axis, of vectors of length 1; weighted and reduced.
 * @example losses.cosineDistance([[0, 1]], [[0, 1]], 1) // 0
 */
export function cosineDistance(
  labels: TensorLike,
  predictions: TensorLike,
  axis: number,
  weights?: LossWeights,
  reduction?: ReductionCode,
): Tensor {
  const [y, p] = pairOf('cosineDistance', labels, predictions);
  return computeWeightedLoss(y.mul(p).sum(axis, true).neg().add(1), weights, reduction);
}

/**
 * `max(0, 1 - s * predictions)` with s = -1 for label 0 and 1 for label 1; weighted and reduced.
 * @example losses.hingeLoss([1, 0], [0.5, 0.5]) // 1
 */
export function hingeLoss(
  labels: TensorLike,
  predictions: TensorLike,
  weights?: LossWeights,
  reduction?: ReductionCode,
): Tensor {
  const [y, p] = pairOf('hingeLoss', labels, predictions);
  const signs = y.mul(2).sub(1);
  return computeWeightedLoss(relu(signs.mul(p).neg().add(1)), weights, reduction);
}

/**
 * Half the squared error up to `delta`, linear beyond: `d * (|e| - d/2)`; weighted and reduced (Huber, 1964).
 * @example losses.huberLoss([0, 0], [1, 3]) // 1.5
 */
export function huberLoss(
  labels: TensorLike,
  predictions: TensorLike,
  weights?: LossWeights,
  delta = 1,
  reduction?: ReductionCode,
): Tensor {
  const [y, p] = pairOf('huberLoss', labels, predictions);
  const error = p.sub(y).abs();
  const near = minimum(error, delta);
  return computeWeightedLoss(near.square().mul(0.5).add(error.sub(near).mul(delta)), weights, reduction);
}

/**
 * `-labels * log(p + epsilon) - (1 - labels) * log(1 - p + epsilon)` of probabilities p; weighted and reduced.
 * @example losses.logLoss([1, 0], [0.5, 0.5]) // 0.6931
 */
export function logLoss(
  labels: TensorLike,
  predictions: TensorLike,
  weights?: LossWeights,
  epsilon = 1e-7,
  reduction?: ReductionCode,
): Tensor {
  const [y, p] = pairOf('logLoss', labels, predictions);
  const hits = y.mul(log(p.add(epsilon))).neg();
  const misses = y
    .neg()
    .add(1)
    .mul(log(p.neg().add(1).add(epsilon)));
  return computeWeightedLoss(hits.sub(misses), weights, reduction);
}

/** Labels moved towards the uniform distribution over `classes`. */
function smoothed(name: string, labels: Tensor, smoothing: number, classes: number): Tensor {
  if (!(typeof smoothing === 'number' && smoothing >= 0 && smoothing <= 1))
    throw new ConfigError(`${name}: labelSmoothing must be a number from 0 to 1, got ${received(smoothing)}`);
  return smoothing === 0 ? labels : labels.mul(1 - smoothing).add(smoothing / classes);
}

/**
 * Cross-entropy of independent classes, `max(x, 0) - x * y + log(1 + e^-|x|)` of logits x; weighted and reduced.
 * @example losses.sigmoidCrossEntropy([1, 0], [0, 0]) // 0.6931
 */
export function sigmoidCrossEntropy(
  labels: TensorLike,
  logits: TensorLike,
  weights?: LossWeights,
  labelSmoothing = 0,
  reduction?: ReductionCode,
): Tensor {
  const name = 'sigmoidCrossEntropy';
  const [given, x] = pairOf(name, labels, logits);
  const y = smoothed(name, given, labelSmoothing, 2);
  // A choice, whose gradient at 0 is right (1/2 - y), rather than max and abs.
  const positive = x.greaterEqual(0);
  const rest = where(positive, x.neg(), x).exp().log1p();
  return computeWeightedLoss(where(positive, x, 0).sub(x.mul(y)).add(rest), weights, reduction);
}

/**
 * Cross-entropy of exclusive classes, `-sum(labels * logSoftmax(logits))` along the last axis; weighted and reduced.
 * @example losses.softmaxCrossEntropy([[1, 0]], [[0, 0]]) // 0.6931
 */
export function softmaxCrossEntropy(
  labels: TensorLike,
  logits: TensorLike,
  weights?: LossWeights,
  labelSmoothing = 0,
  reduction?: ReductionCode,
): Tensor {
  const name = 'softmaxCrossEntropy';
  const [given, x] = pairOf(name, labels, logits);
  const y = smoothed(name, given, labelSmoothing, x.shape.at(-1) ?? 1);
  return computeWeightedLoss(y.mul(logSoftmax(x, -1)).sum(-1).neg(), weights, reduction);
}
