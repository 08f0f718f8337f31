import { checkIntegers, checkList, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor } from '../tensor/convert.ts';
import { commonDType, type DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { gather } from './gather.ts';
import { slice } from './indexing.ts';
import { broadcastTo, expandDims, flatten, reshape, squeeze } from './shape.ts';

/** Repeated `times[a]` times along every axis a. @example tile(tensor([1, 2]), [2]) // [1, 2, 1, 2] */
export function tile(x: TensorLike, reps: readonly number[]): Tensor {
  const tensor = toTensor(x);
  const times = checkShape(reps, 'tile: repetitions');
  if (times.length !== tensor.rank) {
    throw new ShapeError(`tile: ${times.length} repetitions ${shown(times)} for a tensor of rank ${tensor.rank}`);
  }
  return tensor.shape.reduce<Tensor>((tiled, dim, a) => {
    if (times[a] === 1) return tiled;
    const { shape } = tiled;
    const spread = broadcastTo(expandDims(tiled, a), [...shape.slice(0, a), times[a] ?? 1, ...shape.slice(a)]);
    return reshape(spread, [...shape.slice(0, a), dim * (times[a] ?? 1), ...shape.slice(a + 1)]);
  }, tensor);
}

/**
 * End to end along an existing axis (default 0). @throws ShapeError unless all other axes agree.
 * @example ops.concatenate([[1, 2], [3]]) // [1, 2, 3]
 */
export function concat(xs: readonly TensorLike[], axis = 0): Tensor {
  const list = checkList('concat', 'its first argument', xs);
  if (list.length === 0) throw new ShapeError('concat needs at least one tensor');
  const operands = list.map((x) => operand(x));
  const dtype = operands.reduce<DType>((d, x) => commonDType(d, x.dtype), operands[0]?.dtype ?? 'float32');
  const handles = operands.map((x) => castTo(x, dtype));
  return new Tensor(native.concat(handles, checkAxis('concat', axis, handles[0]?.shape.length ?? 0)));
}

/**
 * Along a new axis (default 0). @throws ShapeError unless all shapes agree.
 * @example stack([[1, 2], [3, 4]], 1) // [[1, 3], [2, 4]]
 */
export function stack(xs: readonly TensorLike[], axis = 0): Tensor {
  const list = checkList('stack', 'its first argument', xs);
  if (list.length === 0) throw new ShapeError('stack needs at least one tensor');
  const tensors = list.map((x) => toTensor(x));
  const first = tensors[0] as Tensor;
  const other = tensors.find((t) => t.shape.join() !== first.shape.join());
  if (other !== undefined) throw new ShapeError(`stack: shapes ${shown(first.shape)} and ${shown(other.shape)} differ`);
  const at = checkAxis('stack', axis, first.rank + 1);
  return concat(
    tensors.map((t) => expandDims(t, at)),
    at,
  );
}

/**
 * The slices along an axis (default 0), without that axis.
 * @example
 * const [a, b] = unstack([[1, 2], [3, 4]]);
 * b // [3, 4]
 */
export function unstack(x: TensorLike, axis = 0): Tensor[] {
  const tensor = toTensor(x);
  const at = checkAxis('unstack', axis, tensor.rank);
  return split(tensor, tensor.shape[at] || [], at).map((part) => squeeze(part, at));
}

/** A tensor each: more of them would hold the event loop for seconds. */
const MOST_PARTS = 2 ** 17;

/**
 * Cut along an axis (default 0) into a number of equal parts, or into parts of given sizes, one of which may be -1: the rest.
 * @example
 * const [a, b] = split([1, 2, 3, 4], 2);
 * b // [3, 4]
 */
export function split(x: TensorLike, parts: number | readonly number[], axis = 0): Tensor[] {
  const tensor = toTensor(x);
  const at = checkAxis('split', axis, tensor.rank);
  const dim = tensor.shape[at] ?? 0;
  const count = Array.isArray(parts) ? parts.length : (parts as number);
  if (count > MOST_PARTS) throw new ShapeError(`split: at most ${MOST_PARTS} parts, got ${count}`);
  if (typeof parts === 'number' && (!Number.isInteger(parts) || parts < 1 || dim % parts !== 0)) {
    throw new ShapeError(`split: axis ${at} of size ${dim} does not divide into ${parts} equal parts`);
  }
  const sizes =
    typeof parts === 'number' ? new Array<number>(parts).fill(dim / parts) : checkIntegers('split', 'parts', parts);
  const open = sizes.indexOf(-1);
  if (open >= 0) sizes[open] = dim - sizes.reduce((sum, size, i) => (i === open ? sum : sum + size), 0);
  if (sizes.some((size) => size < 0)) {
    throw new ShapeError(`split: sizes must be whole numbers from 0 on, got ${received(parts)}`);
  }
  if (sizes.reduce((a, b) => a + b, 0) !== dim) {
    throw new ShapeError(`split: sizes ${shown(sizes)} do not add up to ${dim}, the size of axis ${at}`);
  }
  let from = 0;
  return sizes.map((size) => {
    const begin = tensor.shape.map((_, a) => (a === at ? from : 0));
    from += size;
    return slice(
      tensor,
      begin,
      tensor.shape.map((d, a) => (a === at ? size : d)),
    );
  });
}

/** {@link concat} of tensors of rank 1. @example concat1d([[1, 2], [3]]) // [1, 2, 3] */
export function concat1d(xs: readonly TensorLike[]): Tensor {
  return concat(ranked('concat1d', 1, xs));
}

/** {@link concat} of tensors of rank 2. @example concat2d([[[1, 2]], [[3, 4]]], 0) // [[1, 2], [3, 4]] */
export function concat2d(xs: readonly TensorLike[], axis = 0): Tensor {
  return concat(ranked('concat2d', 2, xs), axis);
}

/** {@link concat} of tensors of rank 3. @example concat3d([ones([1, 2, 3]), ones([1, 2, 3])], 0).shape // [2, 2, 3] */
export function concat3d(xs: readonly TensorLike[], axis = 0): Tensor {
  return concat(ranked('concat3d', 3, xs), axis);
}

/**
 * {@link concat} of tensors of rank 4.
 * @example concat4d([ones([1, 1, 2, 3]), ones([1, 1, 2, 3])], 0).shape // [2, 1, 2, 3]
 */
export function concat4d(xs: readonly TensorLike[], axis = 0): Tensor {
  return concat(ranked('concat4d', 4, xs), axis);
}

function ranked(name: string, rank: number, xs: readonly TensorLike[]): Tensor[] {
  const tensors = checkList(name, 'its argument', xs).map((x) => toTensor(x));
  const other = tensors.find((t) => t.rank !== rank);
  if (other !== undefined)
    throw new ShapeError(`${name} takes tensors of rank ${rank}, got shape ${shown(other.shape)}`);
  return tensors;
}

/**
 * Every element `repeats` times (or element i `repeats[i]` times) along an axis; without one, of all elements in a row.
 * @example repeat([1, 2], 2) // [1, 1, 2, 2]
 */
export function repeat(x: TensorLike, repeats: number | readonly number[], axis?: number): Tensor {
  const tensor = axis === undefined ? flatten(x) : toTensor(x);
  const at = checkAxis('repeat', axis ?? 0, tensor.rank);
  const dim = tensor.shape[at] ?? 0;
  if (typeof repeats === 'number') {
    checkWhole('repeat', 'repetitions', repeats);
    const { shape } = tensor;
    const spread = broadcastTo(expandDims(tensor, at + 1), [
      ...shape.slice(0, at + 1),
      repeats,
      ...shape.slice(at + 1),
    ]);
    return reshape(spread, [...shape.slice(0, at), dim * repeats, ...shape.slice(at + 1)]);
  }
  return gather(tensor, repeatedIds(checkIntegers('repeat', 'repetitions', repeats), dim, at), at);
}

function repeatedIds(repeats: readonly number[], dim: number, axis: number): Int32Array {
  if (repeats.length !== dim && repeats.length !== 1) {
    throw new ShapeError(
      `repeat: ${repeats.length} repetitions for axis ${axis} of size ${dim}; give one for every element`,
    );
  }
  for (const n of repeats) checkWhole('repeat', 'repetitions', n);
  const times = (i: number): number => repeats[repeats.length === 1 ? 0 : i] ?? 0;
  const total = Array.from({ length: dim }, (_, i) => times(i)).reduce((sum, n) => sum + n, 0);
  if (total > 2 ** 28) throw new ShapeError(`repeat: ${total} elements along axis ${axis} are too many`);
  const ids = new Int32Array(total);
  for (let i = 0, at = 0; i < dim; at += times(i), i++) ids.fill(i, at, at + times(i));
  return ids;
}

/**
 * Rows and columns of a grid: for vectors x (n) and y (m), two `[m, n]` tensors. Any number of vectors is taken; the last
 * argument may be `{ indexing: 'ij' }`, which gives `[n, m]` (NumPy's matrix order) instead of 'xy'.
 * @example const [xs, ys] = meshgrid([1, 2, 3], [4, 5]) // xs: [[1, 2, 3], [1, 2, 3]], ys: [[4, 4, 4], [5, 5, 5]]
 */
export function meshgrid(...args: readonly (TensorLike | { indexing?: 'xy' | 'ij' })[]): Tensor[] {
  const last = args.at(-1);
  const hasOptions = typeof last === 'object' && last !== null && 'indexing' in last;
  const indexing = hasOptions ? ((last as { indexing?: string }).indexing ?? 'xy') : 'xy';
  if (indexing !== 'xy' && indexing !== 'ij') {
    throw new ConfigError(`meshgrid: indexing must be 'xy' or 'ij', got ${received(indexing)}`);
  }
  const vectors = (hasOptions ? args.slice(0, -1) : args).map((x) => toTensor(x as TensorLike));
  if (vectors.length > 8) throw new ShapeError(`meshgrid: tensors have at most 8 axes, got ${vectors.length} vectors`);
  const long = vectors.find((v) => v.rank > 1);
  if (long !== undefined) throw new ShapeError(`meshgrid takes vectors, got shape ${shown(long.shape)}`);
  // In 'xy' the first two axes change places.
  const place = (i: number): number => (indexing === 'xy' && vectors.length > 1 && i < 2 ? 1 - i : i);
  const shape = vectors.map((_, a) => vectors[place(a)]?.size ?? 1);
  return vectors.map((v, i) => {
    const dims = shape.map((_, a) => (a === place(i) ? v.size : 1));
    return broadcastTo(reshape(v, dims), shape);
  });
}
