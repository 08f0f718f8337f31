import { checkNumber, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { castTo, floatOperand, operand, operandOf, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { add, div, mul, pow, rsqrt, square, sub } from './elementwise.ts';
import { slice } from './indexing.ts';
import { pad } from './padding.ts';

/** `e^x / sum(e^x)` along an axis (default the last), without overflow. @example softmax([[0, 0]]) // [[0.5, 0.5]] */
export function softmax(x: TensorLike, axis = -1): Tensor {
  const tensor = toTensor(x);
  const { handle, result } = floatOperand(tensor);
  return wrap(native.softmax(handle, checkAxis('softmax', axis, tensor.rank)), 'float32', result);
}

/**
 * `x - log(sum(e^x))` along an axis (default the last), without overflow.
 * @example logSoftmax([[0, 0]]) // [[-0.6931, -0.6931]]
 */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  const tensor = toTensor(x);
  const { handle, result } = floatOperand(tensor);
  return wrap(native.logSoftmax(handle, checkAxis('logSoftmax', axis, tensor.rank)), 'float32', result);
}

/**
 * Cross-entropy of whole-number `labels [...]` and `logits [..., classes]`: `logSumExp(logits) - logits[label]` for every row.
 * @throws DataError, when the numbers are computed, for a label outside `0 .. classes - 1`.
 * @example softmaxCrossEntropy([[0, 0]], [1]) // [0.6931]
 */
export function softmaxCrossEntropy(logits: TensorLike, labels: TensorLike): Tensor {
  return new Tensor(native.softmaxCrossEntropy(floatOperand(logits).handle, operandOf(labels, 'int32')));
}

/** What {@link fusedBatchNorm} gives: the normalized tensor and the moments `[channels]` of the batch. */
export interface BatchNormResult {
  y: Tensor;
  mean: Tensor;
  variance: Tensor;
}

/**
 * `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` with the biased moments over all axes but the last.
 * @example
 * const { mean, variance } = fusedBatchNorm([[1], [3]], [1], [0]);
 * mean // [2]
 * variance // [1]
 */
export function fusedBatchNorm(x: TensorLike, gamma: TensorLike, beta: TensorLike, epsilon = 1e-3): BatchNormResult {
  checkNumber('fusedBatchNorm', 'epsilon', epsilon);
  const found = operand(x);
  const [y, mean, variance] = native.batchNorm(
    castTo(found, 'float32'),
    operandOf(gamma, 'float32'),
    operandOf(beta, 'float32'),
    epsilon,
  ) as [Tensor['handle'], Tensor['handle'], Tensor['handle']];
  const result = isFloat(found.dtype) ? found.dtype : 'float32';
  return { y: wrap(y, 'float32', result), mean: new Tensor(mean), variance: new Tensor(variance) };
}

/**
 * `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` with the biased moments of every row along the last axis.
 * @example fusedLayerNorm([[1, 3]], [1, 1], [0, 0], 1e-9) // [[-1, 1]]
 */
export function fusedLayerNorm(x: TensorLike, gamma: TensorLike, beta: TensorLike, epsilon: number): Tensor {
  const { handle, result } = floatOperand(x);
  const y = native.layerNorm(handle, operandOf(gamma, 'float32'), operandOf(beta, 'float32'), epsilon);
  return wrap(y, 'float32', result);
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + offset` with given moments, all broadcast against `x`
 * (defaults: offset 0, scale 1).
 * @throws ShapeError for moments of ranks or sizes that do not broadcast.
 * @example batchNorm([[1], [3]], [2], [1], [0], [1], 0) // [[-1], [1]]
 */
export function batchNorm(
  x: TensorLike,
  mean: TensorLike,
  variance: TensorLike,
  offset?: TensorLike | null,
  scale?: TensorLike | null,
  varianceEpsilon = 1e-3,
): Tensor {
  const factor = rsqrt(add(variance, varianceEpsilon));
  const normal = mul(sub(x, mean), scale === undefined || scale === null ? factor : mul(factor, scale));
  return offset === undefined || offset === null ? normal : add(normal, offset);
}

function rankedBatchNorm(rank: number): typeof batchNorm {
  return (x, ...rest) => {
    const tensor = toTensor(x);
    if (tensor.rank !== rank) throw new ShapeError(`batchNorm${rank}d takes rank ${rank}, got ${shown(tensor.shape)}`);
    return batchNorm(tensor, ...rest);
  };
}

/** {@link batchNorm} of rank 2. @example batchNorm2d([[1], [3]], [2], [1], [0], [1], 0) // [[-1], [1]] */
export const batchNorm2d: typeof batchNorm = rankedBatchNorm(2);
/** {@link batchNorm} of rank 3. @example batchNorm3d(ones([1, 2, 3]), [1, 1, 1], [1, 1, 1]).shape // [1, 2, 3] */
export const batchNorm3d: typeof batchNorm = rankedBatchNorm(3);
/** {@link batchNorm} of rank 4. @example batchNorm4d(ones([1, 2, 2, 3]), [1, 1, 1], [1, 1, 1]).shape // [1, 2, 2, 3] */
export const batchNorm4d: typeof batchNorm = rankedBatchNorm(4);

/**
 * `x / (bias + alpha * sum(x^2))^beta`, the sum over the channels at most `depthRadius` away (Krizhevsky et al., 2012).
 * @throws ShapeError unless x is images `[n, h, w, c]` or one image `[h, w, c]`.
 * @example localResponseNormalization(ones([1, 2, 2, 8])).shape // [1, 2, 2, 8]
 */
export function localResponseNormalization(x: TensorLike, depthRadius = 5, bias = 1, alpha = 1, beta = 0.5): Tensor {
  const tensor = toTensor(x);
  if (tensor.rank !== 3 && tensor.rank !== 4) {
    throw new ShapeError(
      `localResponseNormalization takes images [n, h, w, c] or [h, w, c], got ${shown(tensor.shape)}`,
    );
  }
  if (!Number.isInteger(depthRadius) || depthRadius < 0)
    throw new ConfigError(
      `localResponseNormalization: depthRadius must be a whole number from 0 on, got ${received(depthRadius)}`,
    );
  const channels = tensor.shape.at(-1) as number;
  // Farther than the number of channels there is nothing to add.
  const radius = Math.min(depthRadius, channels);
  const sides = tensor.shape.map(
    (_, axis) => (axis === tensor.rank - 1 ? [radius, radius] : [0, 0]) as [number, number],
  );
  const padded = pad(square(tensor), sides);
  const size = tensor.shape;
  const starts = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    size.map((__, axis) => (axis === size.length - 1 ? i : 0)),
  );
  const total = starts.map((start) => slice(padded, start, size)).reduce((sum, part) => add(sum, part));
  return mul(tensor, pow(add(mul(total, alpha), bias), -beta));
}

/**
 * A moving average's next value: `v + (x - v) * (1 - decay)`, the step divided by `1 - decay^step` while `zeroDebias` is on.
 * @throws ConfigError for `zeroDebias` without a step.
 * @example movingAverage([1], [3], 0.5, undefined, false) // [2]
 */
export function movingAverage(
  v: TensorLike,
  x: TensorLike,
  decay: TensorLike,
  step?: TensorLike,
  zeroDebias = true,
): Tensor {
  const update = mul(sub(x, v), sub(1, decay));
  if (!zeroDebias) return add(v, update);
  if (step === undefined) throw new ConfigError('movingAverage: zeroDebias needs the step, counted from 1');
  return add(v, div(update, sub(1, pow(decay, step))));
}
