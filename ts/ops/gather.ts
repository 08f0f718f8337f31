import { received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { operandOf, type TensorLike, toTensor } from '../tensor/convert.ts';
import type { DType } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { add, cast, equal, less, where } from './elementwise.ts';
import { positions } from './positions.ts';
import { broadcastTo, expandDims, flatten, moveaxis, reshape } from './shape.ts';

/**
 * The slices of `x` along `axis` (default 0) that `ids` (whole numbers, any rank) name. With `batchDims` b the first b axes of
 * both are batch axes: entry i of `x` is looked up by entry i of the ids.
 * @throws DataError, when the numbers are computed, for an id outside `0 .. dim - 1`.
 * @example gather([10, 20, 30], [2, 0]) // [30, 10]
 */
export function gather(x: TensorLike, ids: TensorLike, axis = 0, batchDims = 0): Tensor {
  const tensor = toTensor(x);
  const at = checkAxis('gather', axis, tensor.rank);
  if (batchDims === 0) return new Tensor(native.gather(tensor.handle, operandOf(ids, 'int32'), at));
  return gatherBatch(tensor, positions(ids), at, batchDims);
}

function gatherBatch(x: Tensor, ids: Tensor, axis: number, batchDims: number): Tensor {
  const whole = Number.isSafeInteger(batchDims) ? batchDims : Number.NaN;
  const b = whole < 0 ? whole + ids.rank : whole;
  const fits = b >= 0 && b <= Math.min(ids.rank, axis);
  if (!fits || ids.shape.slice(0, b).some((dim, a) => x.shape[a] !== dim)) {
    throw new ShapeError(
      `gather: batchDims ${received(batchDims)} needs equal first axes in front of axis ${axis}, got shapes ${shown(x.shape)} and ids ${shown(ids.shape)}`,
    );
  }
  const [batch, looked] = [ids.shape.slice(0, b), ids.shape.slice(b)];
  const count = looked.reduce((n, dim) => n * dim, 1);
  const found = new Tensor(native.batchGather(moveaxis(x, axis, b).handle, reshape(ids, [...batch, count]).handle));
  // The looked-up axis stands behind the batch: back to its place, then into the axes of the ids.
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  return reshape(moveaxis(found, b, axis), [...before, ...looked, ...after]);
}

/**
 * `y[..., i, ...] = x[..., ids[..., i, ...], ...]` along an axis (default the last; null: of all elements in a row), NumPy's
 * `take_along_axis`: the other axes of both broadcast, negative ids count from the end.
 * @throws DataError, when the numbers are computed, for an id outside of the axis.
 * @example takeAlongAxis([[1, 2], [3, 4]], [[1], [0]]) // [[2], [3]]
 */
export function takeAlongAxis(x: TensorLike, ids: TensorLike, axis: number | null = -1): Tensor {
  if (axis === null) return takeAlongAxis(flatten(x), flatten(positions(ids)), 0);
  const tensor = toTensor(x);
  const found = positions(ids);
  if (tensor.rank !== found.rank) {
    throw new ShapeError(
      `takeAlongAxis takes ids of the rank of x, got shapes ${shown(tensor.shape)} and ${shown(found.shape)}`,
    );
  }
  const at = checkAxis('takeAlongAxis', axis, tensor.rank);
  const [rows, own] = [moveaxis(tensor, at, -1), moveaxis(found, at, -1)];
  const batch = rows.shape.slice(0, -1).map((dim, a) => (dim === 1 ? (own.shape[a] ?? 1) : dim));
  const n = rows.shape.at(-1) ?? 0;
  const front = where(less(own, 0), add(own, n), own);
  const wide = broadcastTo(front, [...batch, own.shape.at(-1) ?? 0]);
  return moveaxis(new Tensor(native.batchGather(broadcastTo(rows, [...batch, n]).handle, wide.handle)), -1, at);
}

/**
 * The slices that lists of indices name: `indices [i..., m]`, each of the first m axes of `x`, give `[i..., rest...]`.
 * @throws DataError, when the numbers are computed, for an index outside of `x`.
 * @example gatherND([[1, 2], [3, 4]], [[0, 1], [1, 0]]) // [2, 3]
 */
export function gatherND(x: TensorLike, indices: TensorLike): Tensor {
  const tensor = toTensor(x);
  return new Tensor(native.gatherND(tensor.handle, operandOf(indices, 'int32')));
}

/**
 * A new axis of size `depth` (default the last) holding `onValue` (1) at the id and `offValue` (0) elsewhere; ids outside give
 * all off. float32 unless `dtype` says otherwise (TensorFlow.js: int32).
 * @example oneHot([1, 0], 2) // [[0, 1], [1, 0]]
 */
export function oneHot(
  ids: TensorLike,
  depth: number,
  onValue = 1,
  offValue = 0,
  dtype: DType = 'float32',
  axis = -1,
): Tensor {
  if (!Number.isSafeInteger(depth) || depth < 0)
    throw new ShapeError(`oneHot: depth must be a whole number from 0 on, got ${received(depth)}`);
  const found = positions(ids);
  const at = checkAxis('oneHot', axis, found.rank + 1);
  const shape = Array.from({ length: found.rank + 1 - at }, (_, i) => (i === 0 ? depth : 1));
  const hit = equal(expandDims(found, at), new Tensor(native.iota(shape, 0, 'int32')));
  return cast(where(hit, onValue, offValue), dtype);
}
