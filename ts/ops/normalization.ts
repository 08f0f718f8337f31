import { checkNumber } from '../arguments.ts';
import { native } from '../native.ts';
import { checkAxis } from '../tensor/axes.ts';
import { castTo, floatOperand, operand, operandOf, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';

/** `e^x / sum(e^x)` along an axis (default the last), without overflow. */
export function softmax(x: TensorLike, axis = -1): Tensor {
  const tensor = toTensor(x);
  const { handle, result } = floatOperand(tensor);
  return wrap(native.softmax(handle, checkAxis('softmax', axis, tensor.rank)), 'float32', result);
}

/** `x - log(sum(e^x))` along an axis (default the last), without overflow. */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  const tensor = toTensor(x);
  const { handle, result } = floatOperand(tensor);
  return wrap(native.logSoftmax(handle, checkAxis('logSoftmax', axis, tensor.rank)), 'float32', result);
}

/**
 * Cross-entropy of whole-number `labels [...]` and `logits [..., classes]`: `logSumExp(logits) - logits[label]` for every row.
 * @throws DataError, when the numbers are computed, for a label outside `0 .. classes - 1`.
 */
export function softmaxCrossEntropy(logits: TensorLike, labels: TensorLike): Tensor {
  return new Tensor(native.softmaxCrossEntropy(floatOperand(logits).handle, operandOf(labels, 'int32')));
}

/** What {@link batchNorm} gives: the normalized tensor and the moments `[channels]` of the batch. */
export interface BatchNormResult {
  y: Tensor;
  mean: Tensor;
  variance: Tensor;
}

/** `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` with the biased moments over all axes but the last. */
export function batchNorm(x: TensorLike, gamma: TensorLike, beta: TensorLike, epsilon = 1e-3): BatchNormResult {
  checkNumber('batchNorm', 'epsilon', epsilon);
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
