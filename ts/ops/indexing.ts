import { checkIntegers, checkList, received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { castTo, operand, operandOf, type TensorLike, toTensor } from '../tensor/convert.ts';
import { computeDType, type DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { cast, equal, where } from './elementwise.ts';
import { expandDims } from './shape.ts';

function perAxis(value: number | readonly number[], rank: number, rest: number, what: string): number[] {
  const given = typeof value === 'number' ? [value] : checkIntegers('slice', what, value);
  if (given.length > rank) throw new ShapeError(`slice: ${given.length} ${what} for a tensor of rank ${rank}`);
  return Array.from({ length: rank }, (_, a) => given[a] ?? rest);
}

/**
 * The block that starts at `begin` with `size` elements along every axis; -1, and axes left out, mean "to the end".
 * @throws ShapeError when the block leaves the tensor.
 * @example slice(tensor([1, 2, 3, 4]), 1, 2) // [2, 3]
 */
export function slice(x: TensorLike, begin: number | readonly number[], size?: number | readonly number[]): Tensor {
  const tensor = toTensor(x);
  const starts = perAxis(begin, tensor.rank, 0, 'starts');
  const asked = perAxis(size ?? [], tensor.rank, -1, 'sizes');
  const sizes = asked.map((n, a) => (n === -1 ? (tensor.shape[a] ?? 0) - (starts[a] ?? 0) : n));
  const inside = starts.every((start, a) => {
    const count = sizes[a] ?? 0;
    return (
      Number.isInteger(start) &&
      Number.isInteger(count) &&
      start >= 0 &&
      count >= 0 &&
      start + count <= (tensor.shape[a] ?? 0)
    );
  });
  if (!inside) {
    const wanted = asked.map((n) => (n === -1 ? 'to the end' : n)).join(', ');
    throw new ShapeError(
      `slice: start ${shown(starts)} and size [${wanted}] leave a tensor of shape ${shown(tensor.shape)}`,
    );
  }
  return new Tensor(native.sliceBlock(tensor.handle, starts, sizes));
}

/** `x[begin[0]:end[0]:strides[0], ...]`; negative positions count from the end, strides are at least 1, axes left out stay whole. */
export function stridedSlice(
  x: TensorLike,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[] = [],
): Tensor {
  const tensor = toTensor(x);
  const [from, to, by] = [
    checkIntegers('stridedSlice', 'begin', begin),
    checkIntegers('stridedSlice', 'end', end),
    checkIntegers('stridedSlice', 'strides', strides),
  ];
  const position = (value: number, dim: number): number => Math.min(Math.max(value < 0 ? value + dim : value, 0), dim);
  const starts = tensor.shape.map((dim, a) => position(from[a] ?? 0, dim));
  const limits = tensor.shape.map((dim, a) => Math.max(position(to[a] ?? dim, dim), starts[a] ?? 0));
  const steps = tensor.shape.map((_, a) => by[a] ?? 1);
  if (steps.some((step) => !Number.isInteger(step) || step < 1)) {
    throw new ShapeError(
      `stridedSlice: strides must be whole numbers from 1 on, got ${shown(steps)}. Use reverse() to go backwards`,
    );
  }
  return new Tensor(native.slice(tensor.handle, starts, limits, steps));
}

/**
 * The slices of `x` along `axis` (default 0) that `ids` (whole numbers, any rank) name.
 * @throws DataError, when the numbers are computed, for an id outside `0 .. dim - 1`.
 * @example gather(tensor([10, 20, 30]), [2, 0]) // [30, 10]
 */
export function gather(x: TensorLike, ids: TensorLike, axis = 0): Tensor {
  const tensor = toTensor(x);
  return new Tensor(native.gather(tensor.handle, operandOf(ids, 'int32'), checkAxis('gather', axis, tensor.rank)));
}

/** `x` with every slice of `updates` (shaped as {@link gather}'s result) added at its id along `axis` (default 0). */
export function scatterAdd(x: TensorLike, ids: TensorLike, updates: TensorLike, axis = 0): Tensor {
  const tensor = toTensor(x);
  const dtype = computeDType(tensor.dtype);
  const handle = castTo(operand(tensor), dtype);
  const added = native.scatterAdd(
    handle,
    operandOf(ids, 'int32'),
    operandOf(updates, dtype),
    checkAxis('scatterAdd', axis, tensor.rank),
  );
  return new Tensor(added);
}

/** The block of `sizes` that starts at `starts` (int32 scalars, clamped so that the block lies inside): starts may be computed. */
export function dynamicSlice(x: TensorLike, starts: readonly TensorLike[], sizes: readonly number[]): Tensor {
  return new Tensor(
    native.dynamicSlice(
      operand(x).handle,
      checkList('dynamicSlice', 'starts', starts).map((s) => operandOf(s, 'int32')),
      checkShape(sizes, 'dynamicSlice: sizes'),
    ),
  );
}

/** `x` with the block at `starts` (int32 scalars, clamped) replaced by `update`. */
export function dynamicUpdateSlice(x: TensorLike, update: TensorLike, starts: readonly TensorLike[]): Tensor {
  const target = operand(x);
  const block = operandOf(update, target.dtype);
  return new Tensor(
    native.dynamicUpdateSlice(
      target.handle,
      block,
      checkList('dynamicUpdateSlice', 'starts', starts).map((s) => operandOf(s, 'int32')),
    ),
  );
}

/** A new last axis of size `depth` holding `onValue` (1) at the id and `offValue` (0) elsewhere; ids outside give all off. */
export function oneHot(ids: TensorLike, depth: number, onValue = 1, offValue = 0, dtype: DType = 'float32'): Tensor {
  if (!Number.isSafeInteger(depth) || depth < 0)
    throw new ShapeError(`oneHot: depth must be a whole number from 0 on, got ${received(depth)}`);
  const positions = new Tensor(native.iota([depth], 0, 'int32'));
  const hit = equal(expandDims(cast(ids, 'int32'), -1), positions);
  return cast(where(hit, onValue, offValue), dtype);
}
