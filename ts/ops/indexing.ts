import { checkIntegers, checkList, checkWhole } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { shown } from '../tensor/axes.ts';
import { operand, operandOf, type TensorLike, toTensor } from '../tensor/convert.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { unstack } from './joining.ts';
import { reshape } from './shape.ts';

function perAxis(value: number | readonly number[], rank: number, rest: number, what: string): number[] {
  const given = typeof value === 'number' ? [value] : checkIntegers('slice', what, value);
  if (given.length > rank) throw new ShapeError(`slice: ${given.length} ${what} for a tensor of rank ${rank}`);
  while (given.length < rank) given.push(rest);
  return given;
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
  const { shape } = tensor;
  const sizes = asked.slice();
  let inside = true;
  for (let a = 0; a < starts.length; a++) {
    const start = starts[a] as number;
    if (sizes[a] === -1) sizes[a] = (shape[a] as number) - start;
    const count = sizes[a] as number;
    inside &&= start >= 0 && count >= 0 && start + count <= (shape[a] as number);
  }
  if (!inside) {
    const wanted = asked.map((n) => (n === -1 ? 'to the end' : n)).join(', ');
    throw new ShapeError(
      `slice: start ${shown(starts)} and size [${wanted}] leave a tensor of shape ${shown(tensor.shape)}`,
    );
  }
  return new Tensor(native.sliceBlock(tensor.handle, starts, sizes));
}

/** {@link slice} of a tensor of rank 1. @example slice1d([1, 2, 3], 1, 2) // [2, 3] */
export function slice1d(x: TensorLike, begin: number, size?: number): Tensor {
  return slice(x, begin, size);
}

/** {@link slice} of a tensor of rank 2. @example slice2d([[1, 2], [3, 4]], [1, 0], [1, 2]) // [[3, 4]] */
export function slice2d(x: TensorLike, begin: readonly number[], size?: readonly number[]): Tensor {
  return slice(x, begin, size);
}

/** {@link slice} of a tensor of rank 3. @example slice3d([[[1, 2]]], [0, 0, 1], [1, 1, 1]) // [[[2]]] */
export function slice3d(x: TensorLike, begin: readonly number[], size?: readonly number[]): Tensor {
  return slice(x, begin, size);
}

/** {@link slice} of a tensor of rank 4. @example slice4d([[[[1, 2]]]], [0, 0, 0, 1], [1, 1, 1, 1]) // [[[[2]]]] */
export function slice4d(x: TensorLike, begin: readonly number[], size?: readonly number[]): Tensor {
  return slice(x, begin, size);
}

/** What a strided slice takes of one axis. */
interface Cut {
  start: number;
  limit: number;
  /** Negative: from the end; `start` and `limit` are then those of the reversed axis. */
  step: number;
  /** The axis is dropped: one index was named. */
  shrink: boolean;
}

/** One entry of a strided slice on an axis of size `dim`; `begin` and `end` undefined: as far as it goes. */
function cutOf(dim: number, begin: number | undefined, end: number | undefined, step: number): Cut {
  const count = (first: number, last: number): number => Math.max(Math.ceil((last - first) / step), 0);
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? dim : dim - 1;
  const at = (value: number): number => Math.min(Math.max(value < 0 ? value + dim : value, low), high);
  const first = begin === undefined ? (step > 0 ? low : high) : at(begin);
  const last = end === undefined ? (step > 0 ? high : low) : at(end);
  const taken = count(first, last);
  const start = taken === 0 ? 0 : step > 0 ? first : dim - 1 - first;
  return { start, limit: taken === 0 ? 0 : start + (taken - 1) * Math.abs(step) + 1, step, shrink: false };
}

/**
 * `x[begin[0]:end[0]:strides[0], ...]`, as NumPy's slices: negative positions count from the end, negative strides go
 * backwards, positions beyond the ends are cut off, axes left out stay whole. Bit i of a mask speaks of entry i:
 * `beginMask`, `endMask`: as far as it goes; `ellipsisMask`: stands for all axes that have no entry; `newAxisMask`: a new axis
 * of size 1; `shrinkAxisMask`: the one index `begin[i]`, whose axis is dropped.
 * @throws ShapeError for a stride of 0, too many entries, an index outside of its axis.
 * @example stridedSlice([0, 1, 2, 3, 4], [4], [0], [-2]) // [4, 2]
 */
export function stridedSlice(
  x: TensorLike,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[] = [],
  beginMask = 0,
  endMask = 0,
  ellipsisMask = 0,
  newAxisMask = 0,
  shrinkAxisMask = 0,
): Tensor {
  const tensor = toTensor(x);
  const [firsts, ends, steps] = [
    checkIntegers('stridedSlice', 'begin', begin),
    checkIntegers('stridedSlice', 'end', end),
    checkIntegers('stridedSlice', 'strides', strides),
  ];
  for (const mask of [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask]) {
    checkWhole('stridedSlice', 'a mask', mask);
  }
  const entries = Math.max(firsts.length, ends.length, steps.length);
  if (entries > 16) throw new ShapeError(`stridedSlice: ${entries} entries, and a tensor has at most 8 axes`);
  const has = (mask: number, i: number): boolean => ((mask >> i) & 1) === 1;
  const all = Array.from({ length: entries }, (_, i) => i);
  const ellipses = all.filter((i) => has(ellipsisMask, i));
  const named = all.filter((i) => !has(ellipsisMask, i) && !has(newAxisMask, i)).length;
  if (ellipses.length > 1) throw new ShapeError('stridedSlice: only one entry may be the ellipsis');
  if (named > tensor.rank) {
    throw new ShapeError(`stridedSlice: ${named} entries for a tensor of shape ${shown(tensor.shape)}`);
  }
  const cuts: Cut[] = [];
  const shape: number[] = [];
  const add = (cut: Cut): void => {
    cuts.push(cut);
    if (!cut.shrink) shape.push(Math.ceil((cut.limit - cut.start) / Math.abs(cut.step)));
  };
  const whole = (count: number): void => {
    for (let n = 0; n < count; n++) add(cutOf(tensor.shape[cuts.length] ?? 0, undefined, undefined, 1));
  };
  for (const i of all) {
    if (has(ellipsisMask, i)) {
      whole(tensor.rank - named);
    } else if (has(newAxisMask, i)) {
      shape.push(1);
    } else {
      const dim = tensor.shape[cuts.length] ?? 0;
      const step = steps[i] ?? 1;
      if (step === 0) throw new ShapeError(`stridedSlice: strides must not be 0, got ${shown(steps)}`);
      const [from, to] = [has(beginMask, i) ? undefined : firsts[i], has(endMask, i) ? undefined : ends[i]];
      add(has(shrinkAxisMask, i) ? indexCut(dim, firsts[i] ?? 0, cuts.length) : cutOf(dim, from, to, step));
    }
  }
  whole(tensor.rank - cuts.length);
  const backwards = cuts.flatMap((cut, a) => (cut.step < 0 ? [a] : []));
  const turned = backwards.length === 0 ? tensor : new Tensor(native.reverse(tensor.handle, backwards));
  const taken = native.slice(
    turned.handle,
    cuts.map((cut) => cut.start),
    cuts.map((cut) => cut.limit),
    cuts.map((cut) => Math.abs(cut.step)),
  );
  return reshape(new Tensor(taken), shape);
}

function indexCut(dim: number, index: number, axis: number): Cut {
  const start = index < 0 ? index + dim : index;
  if (start < 0 || start >= dim) {
    throw new ShapeError(`stridedSlice: index ${index} is outside of axis ${axis} of size ${dim}`);
  }
  return { start, limit: start + 1, step: 1, shrink: true };
}

/**
 * The block of `sizes` that starts at `starts` (int32 scalars, clamped so that the block lies inside): starts may be computed.
 * @example dynamicSlice([1, 2, 3], [1], [2]) // [2, 3]
 */
export function dynamicSlice(x: TensorLike, starts: readonly TensorLike[], sizes: readonly number[]): Tensor {
  return new Tensor(
    native.dynamicSlice(
      operand(x).handle,
      checkList('dynamicSlice', 'starts', starts).map((s) => operandOf(s, 'int32')),
      checkShape(sizes, 'dynamicSlice: sizes'),
    ),
  );
}

/**
 * `x` with the block at `starts` (int32 scalars, clamped) replaced by `update`.
 * @example dynamicUpdateSlice([1, 2, 3], [9], [1]) // [1, 9, 3]
 */
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

/**
 * `inputs` with the block at `startIndices` (numbers, or an int32 vector that may be computed; clamped so that the block lies
 * inside) replaced by `updates`: Keras' `slice_update`.
 * @example ops.sliceUpdate([1, 2, 3], [1], [9]) // [1, 9, 3]
 */
export function sliceUpdate(inputs: TensorLike, startIndices: TensorLike, updates: TensorLike): Tensor {
  const starts = Array.isArray(startIndices) ? (startIndices as TensorLike[]) : unstack(toTensor(startIndices));
  return dynamicUpdateSlice(inputs, updates, starts);
}
