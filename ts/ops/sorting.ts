import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type NativeTensor, native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { commonDType, computeDType } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { cast, greater, isFinite, less, logicalAnd } from './elementwise.ts';
import { gather } from './gather.ts';
import { positions } from './positions.ts';
import { sum } from './reduction.ts';
import { expandDims, reshape, squeeze } from './shape.ts';

/** The smallest first, or the largest first. */
export type SortDirection = 'ascending' | 'descending';

function ordered(name: string, x: TensorLike, axis: number, direction: SortDirection): [Tensor, NativeTensor] {
  if (direction !== 'ascending' && direction !== 'descending') {
    throw new ConfigError(`${name}: direction must be 'ascending' or 'descending', got ${received(direction)}`);
  }
  const tensor = toTensor(x);
  const computed = computeDType(tensor.dtype);
  const at = checkAxis(name, axis, tensor.rank);
  const [values, indices] = native.sort(castTo(operand(tensor), computed), at, direction === 'descending') as [
    NativeTensor,
    NativeTensor,
  ];
  return [wrap(values, computed, tensor.dtype), indices];
}

/**
 * In order along an axis (default the last). Stable; NaN counts as larger than all numbers: the last ascending, the first
 * descending.
 * @example sort([3, 1, 2]) // [1, 2, 3]
 */
export function sort(x: TensorLike, axis = -1, direction: SortDirection = 'ascending'): Tensor {
  const [values, indices] = ordered('sort', x, axis, direction);
  indices.dispose();
  return values;
}

/** Positions (int32) of the elements in the order that {@link sort} puts them. @example argsort([3, 1, 2]) // [1, 2, 0] */
export function argsort(x: TensorLike, axis = -1, direction: SortDirection = 'ascending'): Tensor {
  const [values, indices] = ordered('argsort', x, axis, direction);
  values.dispose();
  return new Tensor(indices);
}

/**
 * The `k` largest elements along the last axis and their positions (int32), in descending order; of equals the first.
 * `sorted: false` is accepted; the order is the same. @throws ShapeError for k beyond the axis.
 * @example topk([1, 5, 3], 2).values // [5, 3]
 */
export function topk(x: TensorLike, k = 1, sorted = true): { values: Tensor; indices: Tensor } {
  void sorted;
  const tensor = toTensor(x);
  if (tensor.rank === 0) throw new ShapeError('topk needs a tensor of rank 1 or more, got a scalar');
  const n = tensor.shape.at(-1) ?? 0;
  if (!Number.isSafeInteger(k) || k < 0 || k > n) {
    throw new ShapeError(
      `topk: k must be 0 to ${n}, the size of the last axis of ${shown(tensor.shape)}, got ${received(k)}`,
    );
  }
  const computed = computeDType(tensor.dtype);
  const [values, indices] = native.topK(castTo(operand(tensor), computed), k) as [NativeTensor, NativeTensor];
  return { values: wrap(values, computed, tensor.dtype), indices: new Tensor(indices) };
}

/**
 * Whether each target (class index, shape `[...]`) is among the k largest of its row of `predictions [..., classes]`: fewer
 * than k are larger. False where the prediction is not finite.
 * @throws DataError, when the numbers are computed, for a target that is no class.
 * @example inTopK([[0.5, 0.1, 0.4]], [2], 2) // [1]
 */
export function inTopK(predictions: TensorLike, targets: TensorLike, k = 1): Tensor {
  const scores = cast(predictions, 'float32');
  const labels = positions(targets);
  const rows = scores.shape.slice(0, -1);
  if (scores.rank !== labels.rank + 1 || rows.some((dim, a) => dim !== labels.shape[a])) {
    throw new ShapeError(
      `inTopK takes one target for every row of predictions, got shapes ${shown(scores.shape)} and ${shown(labels.shape)}`,
    );
  }
  if (!Number.isSafeInteger(k) || k < 1)
    throw new ConfigError(`inTopK: k must be a whole number from 1 on, got ${received(k)}`);
  const own = gather(scores, expandDims(labels, -1), labels.rank, labels.rank);
  const larger = sum(cast(greater(scores, own), 'int32'), -1);
  return logicalAnd(less(larger, k), isFinite(squeeze(own, -1)));
}

/**
 * {@link inTopK} under the name TensorFlow.js has; it need not be awaited.
 * @example await inTopKAsync([[0.5, 0.1, 0.4]], [2], 2) // [1]
 */
export async function inTopKAsync(predictions: TensorLike, targets: TensorLike, k = 1): Promise<Tensor> {
  return inTopK(predictions, targets, k);
}

/**
 * Where each value would be inserted in its ascending row, int32: `sortedSequence [..., n]`, `values [..., k]`; before equal
 * elements (`side` 'left') or behind them ('right'). A sorted vector serves values of any shape.
 * @example searchSorted([1, 3, 5], [3, 4]) // [1, 2]
 */
export function searchSorted(sortedSequence: TensorLike, values: TensorLike, side: 'left' | 'right' = 'left'): Tensor {
  if (side !== 'left' && side !== 'right') {
    throw new ConfigError(`searchSorted: side must be 'left' or 'right', got ${received(side)}`);
  }
  const [sequence, sought] = [toTensor(sortedSequence), toTensor(values)];
  const computed = computeDType(commonDType(sequence.dtype, sought.dtype));
  const [rows, wanted] = [cast(sequence, computed), cast(sought, computed)];
  const right = side === 'right';
  if (rows.rank === 1 && wanted.rank !== 1) {
    return reshape(new Tensor(native.searchSorted(rows.handle, reshape(wanted, [-1]).handle, right)), wanted.shape);
  }
  return new Tensor(native.searchSorted(rows.handle, wanted.handle, right));
}

/**
 * {@link searchSorted} on the left side: how many elements are less than each value.
 * @example lowerBound([1, 3, 5], [3]) // [1]
 */
export function lowerBound(sortedSequence: TensorLike, values: TensorLike): Tensor {
  return searchSorted(sortedSequence, values, 'left');
}

/**
 * {@link searchSorted} on the right side: how many elements are not greater than each value.
 * @example upperBound([1, 3, 5], [3]) // [2]
 */
export function upperBound(sortedSequence: TensorLike, values: TensorLike): Tensor {
  return searchSorted(sortedSequence, values, 'right');
}

/**
 * The bin of each element among ascending edges, int32: bin i is `bins[i - 1] <= x < bins[i]`.
 * @example digitize([0, 1.5, 9], [1, 2, 3]) // [0, 1, 3]
 */
export function digitize(x: TensorLike, bins: TensorLike): Tensor {
  return searchSorted(bins, x, 'right');
}
