import { ShapeError } from '../errors.ts';
import { native, type ScatterKind } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { fill } from '../tensor/create.ts';
import { computeDType, type DType, isFloat } from '../tensor/dtype.ts';
import { checkShape, sizeOf } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { cast, divNoNan } from './elementwise.ts';
import { countOf, positions } from './positions.ts';
import { broadcastTo, reshape } from './shape.ts';

/**
 * `x` with every slice of `updates` (shaped as {@link gather}'s result) added at its id along `axis` (default 0).
 * @example scatterAdd([1, 2, 3], [1], [9]) // [1, 11, 3]
 */
export function scatterAdd(x: TensorLike, ids: TensorLike, updates: TensorLike, axis = 0): Tensor {
  const tensor = toTensor(x);
  const dtype = computeDType(tensor.dtype);
  const [base, found, added] = [cast(tensor, dtype), positions(ids), cast(toTensor(updates, dtype), dtype)];
  const at = checkAxis('scatterAdd', axis, tensor.rank);
  return new Tensor(native.scatterAdd(base.handle, found.handle, added.handle, at));
}

/** `x` with updates combined at lists of indices, computed in the type that the kind of update takes. */
function scatterInto(kind: ScatterKind, x: Tensor, indices: TensorLike, updates: TensorLike): Tensor {
  const computed = kind === 'set' ? x.dtype : computeDType(x.dtype);
  const base = cast(x, computed);
  const found = positions(indices);
  const values = cast(toTensor(updates, computed), computed);
  const shape = [...found.shape.slice(0, -1), ...x.shape.slice(found.shape.at(-1) ?? 0)];
  // A single number is an update for all.
  const wide = values.rank === 0 ? broadcastTo(values, shape) : values;
  return wrap(native.scatterND(kind, base.handle, found.handle, wide.handle), computed, x.dtype);
}

/**
 * Zeros of `shape` with the slices `updates [i..., rest...]` added where `indices [i..., m]` say; updates of one index add up.
 * @throws DataError, when the numbers are computed, for an index outside of the shape.
 * @example scatterND([[4], [1], [4]], [9, 10, 1], [5]) // [0, 10, 0, 0, 10]
 */
export function scatterND(indices: TensorLike, updates: TensorLike, shape: readonly number[]): Tensor {
  const values = toTensor(updates);
  const dtype: DType = isFloat(values.dtype) ? values.dtype : computeDType(values.dtype);
  return scatterInto('add', fill(checkShape(shape), 0, dtype), indices, values);
}

/**
 * `x` with the slices that `indices [i..., m]` name replaced by `updates [i..., rest...]`; of several the last stays.
 * @throws DataError, when the numbers are computed, for an index outside of `x`.
 * @example tensorScatterUpdate([1, 1, 1], [[2], [0]], [5, 7]) // [7, 1, 5]
 */
export function tensorScatterUpdate(x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor {
  return scatterInto('set', toTensor(x), indices, updates);
}

/**
 * `x` with `updates` added at `indices`, as {@link tensorScatterUpdate} places them.
 * @example tensorScatterAdd([1, 2, 3], [[1]], [9]) // [1, 11, 3]
 */
export function tensorScatterAdd(x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor {
  return scatterInto('add', toTensor(x), indices, updates);
}

/**
 * `x` with the larger of its own elements and `updates` at `indices`; the gradient is shared by equal ones.
 * @example tensorScatterMax([1, 2, 3], [[1]], [9]) // [1, 9, 3]
 */
export function tensorScatterMax(x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor {
  return scatterInto('max', toTensor(x), indices, updates);
}

/**
 * `x` with the smaller of its own elements and `updates` at `indices`; the gradient is shared by equal ones.
 * @example tensorScatterMin([1, 2, 3], [[1]], [0]) // [1, 0, 3]
 */
export function tensorScatterMin(x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor {
  return scatterInto('min', toTensor(x), indices, updates);
}

/**
 * A tensor of `shape` with `values` (a number for all, or one for each) at `indices [n, rank]` (or `[n]` for rank 1) and
 * `defaultValue` (0) elsewhere; of several values of one index the last stays.
 * @throws DataError, when the numbers are computed, for an index outside of the shape.
 * @example sparseToDense([1, 3], [5, 7], [4]) // [0, 5, 0, 7]
 */
export function sparseToDense(
  indices: TensorLike,
  values: TensorLike,
  shape: readonly number[],
  defaultValue: TensorLike = 0,
): Tensor {
  const found = positions(indices);
  const rows = found.rank === 2 ? found : reshape(found, [-1, checkShape(shape).length]);
  const given = toTensor(values);
  const dtype = given.dtype;
  const start = broadcastTo(cast(toTensor(defaultValue, dtype), dtype), checkShape(shape));
  return scatterInto('set', start, rows, given);
}

/** The slices of `x` joined by the segment that each belongs to: `ids` has the shape of the first axes of `x`. */
function segments(
  name: string,
  kind: 'add' | 'max' | 'min' | 'mul',
  x: TensorLike,
  ids: TensorLike,
  count: number | undefined,
  start: number,
): Tensor {
  const tensor = toTensor(x);
  const found = positions(ids);
  if (found.shape.some((dim, a) => tensor.shape[a] !== dim)) {
    throw new ShapeError(
      `${name}: segment ids of shape ${shown(found.shape)} do not number the first axes of shape ${shown(tensor.shape)}`,
    );
  }
  const computed = computeDType(tensor.dtype);
  const [segmentCount = 0] = checkShape(
    [count ?? countOf(name, 'the number of segments', found)],
    `${name}: the number of segments`,
  );
  const inner = tensor.shape.slice(found.rank);
  const flat = reshape(cast(tensor, computed), [sizeOf(found.shape), ...inner]);
  const empty = fill([segmentCount, ...inner], computed === 'int32' ? clampInt(start) : start, computed);
  const rows = reshape(found, [sizeOf(found.shape)]);
  // Sums have a kernel of their own, which adds whole vectors.
  const joined =
    kind === 'add'
      ? native.scatterAdd(empty.handle, rows.handle, flat.handle, 0)
      : native.scatter(kind, empty.handle, rows.handle, flat.handle);
  return wrap(joined, computed, isFloat(tensor.dtype) ? tensor.dtype : computed);
}

const clampInt = (value: number): number => Math.max(Math.min(value, 2 ** 31 - 1), -(2 ** 31));

/**
 * Sums of the slices of `x` of one segment: `y[s] = sum of x[i] with ids[i] = s`, shape `[numSegments, rest...]`; 0 where a
 * segment is empty. `ids` has the shape of the first axes of `x`, in any order.
 * @throws DataError, when the numbers are computed, for an id outside `0 .. numSegments - 1`.
 * @example unsortedSegmentSum([1, 2, 3], [1, 0, 1], 2) // [2, 4]
 */
export function unsortedSegmentSum(x: TensorLike, ids: TensorLike, numSegments: number): Tensor {
  return segments('unsortedSegmentSum', 'add', x, ids, numSegments, 0);
}

/**
 * {@link unsortedSegmentSum} as Keras has it: without `numSegments` there are as many segments as the largest id asks for,
 * which needs the ids' numbers.
 * @example unsortedSegmentSum([1, 3, 5], [0, 0, 1], 2) // [4, 5]
 */
export function segmentSum(data: TensorLike, segmentIds: TensorLike, numSegments?: number): Tensor {
  return segments('segmentSum', 'add', data, segmentIds, numSegments, 0);
}

/**
 * The largest of each segment; -infinity (the smallest int32) where it is empty. The gradient is shared by equal ones.
 * @example ops.segmentMax([1, 3, 5], [0, 0, 1], 2) // [3, 5]
 */
export function segmentMax(data: TensorLike, segmentIds: TensorLike, numSegments?: number): Tensor {
  return segments('segmentMax', 'max', data, segmentIds, numSegments, Number.NEGATIVE_INFINITY);
}

/**
 * The smallest of each segment; infinity (the largest int32) where it is empty. The gradient is shared by equal ones.
 * @example ops.segmentMin([1, 3, 5], [0, 0, 1], 2) // [1, 5]
 */
export function segmentMin(data: TensorLike, segmentIds: TensorLike, numSegments?: number): Tensor {
  return segments('segmentMin', 'min', data, segmentIds, numSegments, Number.POSITIVE_INFINITY);
}

/** The product of each segment; 1 where it is empty. @example ops.segmentProd([1, 3, 5], [0, 0, 1], 2) // [3, 5] */
export function segmentProd(data: TensorLike, segmentIds: TensorLike, numSegments?: number): Tensor {
  return segments('segmentProd', 'mul', data, segmentIds, numSegments, 1);
}

/** The mean of each segment; 0 where it is empty. @example segmentMean([1, 3, 5], [0, 0, 1], 2) // [2, 5] */
export function segmentMean(data: TensorLike, segmentIds: TensorLike, numSegments?: number): Tensor {
  const found = positions(segmentIds);
  const count = numSegments ?? countOf('segmentMean', 'the number of segments', found);
  const sums = segments('segmentMean', 'add', data, found, count, 0);
  const sizes = segments('segmentMean', 'add', fill(found.shape, 1), found, count, 0);
  return divNoNan(sums, reshape(sizes, [count, ...sums.shape.slice(1).map(() => 1)]));
}
