import { checkIntegers, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxes, checkAxis, shown } from '../tensor/axes.ts';
import { castTo, operand, operandOf, type TensorLike, toTensor } from '../tensor/convert.ts';
import { commonDType, type DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { slice } from './indexing.ts';

/** The same elements, row-major, under another shape; one -1 is worked out. @throws ShapeError for another size. */
export function reshape(x: TensorLike, shape: readonly number[]): Tensor {
  if (!Array.isArray(shape))
    throw new ShapeError(`reshape: the shape must be an array such as [2, 3], got ${received(shape)}`);
  const dims = checkIntegers('reshape', 'the shape', shape);
  return new Tensor(native.reshape(operand(x).handle, dims));
}

/** All elements along one axis. */
export function flatten(x: TensorLike): Tensor {
  return reshape(x, [-1]);
}

/** A new axis of size 1 at `axis` (default 0; -1 is the last). */
export function expandDims(x: TensorLike, axis = 0): Tensor {
  const tensor = toTensor(x);
  const at = checkAxis('expandDims', axis, tensor.rank + 1);
  return reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)]);
}

/** Without the given axes of size 1 (default: all of them). @throws ShapeError for an axis of another size. */
export function squeeze(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const tensor = toTensor(x);
  const axes = axis === undefined ? undefined : checkAxes('squeeze', axis, tensor.rank);
  for (const a of axes ?? []) {
    if (tensor.shape[a] !== 1)
      throw new ShapeError(`squeeze: axis ${a} of shape ${shown(tensor.shape)} has not size 1`);
  }
  return reshape(
    tensor,
    tensor.shape.filter((dim, a) => (axes === undefined ? dim !== 1 : !axes.includes(a))),
  );
}

/** Axes in another order: axis i of the result is axis `order[i]` (default: reversed). */
export function transpose(x: TensorLike, order?: readonly number[]): Tensor {
  const tensor = toTensor(x);
  const given =
    (order ?? undefined) === undefined
      ? undefined
      : checkIntegers('transpose', 'order', order).map((a) => checkAxis('transpose', a, tensor.rank));
  const axes = given ?? tensor.shape.map((_, a) => tensor.rank - 1 - a);
  if (axes.length !== tensor.rank || new Set(axes).size !== tensor.rank) {
    throw new ShapeError(
      `transpose: order ${shown(axes)} is no permutation of the ${tensor.rank} axes of ${shown(tensor.shape)}`,
    );
  }
  return new Tensor(native.transpose(tensor.handle, axes));
}

/** Repeated along axes of size 1 and new leading axes, as NumPy's `broadcast_to`. */
export function broadcastTo(x: TensorLike, shape: readonly number[]): Tensor {
  return new Tensor(native.broadcastTo(operand(x).handle, checkShape(shape)));
}

/** Repeated `reps[a]` times along every axis a. @example tile(tensor([1, 2]), [2]) // [1, 2, 1, 2] */
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

/** @throws ConfigError for what is no list. */
function checkTensors(name: string, xs: readonly TensorLike[]): void {
  if (!Array.isArray(xs)) throw new ConfigError(`${name} takes an array of tensors, got ${received(xs)}`);
}

/** End to end along an existing axis (default 0). @throws ShapeError unless all other axes agree. */
export function concat(xs: readonly TensorLike[], axis = 0): Tensor {
  checkTensors('concat', xs);
  if (xs.length === 0) throw new ShapeError('concat needs at least one tensor');
  const operands = xs.map((x) => operand(x));
  const dtype = operands.reduce<DType>((d, x) => commonDType(d, x.dtype), operands[0]?.dtype ?? 'float32');
  const handles = operands.map((x) => castTo(x, dtype));
  return new Tensor(native.concat(handles, checkAxis('concat', axis, handles[0]?.shape.length ?? 0)));
}

/** Along a new axis (default 0). @throws ShapeError unless all shapes agree. */
export function stack(xs: readonly TensorLike[], axis = 0): Tensor {
  checkTensors('stack', xs);
  if (xs.length === 0) throw new ShapeError('stack needs at least one tensor');
  const tensors = xs.map((x) => toTensor(x));
  const first = tensors[0] as Tensor;
  const other = tensors.find((t) => t.shape.join() !== first.shape.join());
  if (other !== undefined) throw new ShapeError(`stack: shapes ${shown(first.shape)} and ${shown(other.shape)} differ`);
  const at = checkAxis('stack', axis, first.rank + 1);
  return concat(
    tensors.map((t) => expandDims(t, at)),
    at,
  );
}

/** The slices along an axis (default 0), without that axis. */
export function unstack(x: TensorLike, axis = 0): Tensor[] {
  const tensor = toTensor(x);
  const at = checkAxis('unstack', axis, tensor.rank);
  return split(tensor, tensor.shape[at] || [], at).map((part) => squeeze(part, at));
}

function checkSizes(sizes: readonly number[]): number[] {
  const copy = checkIntegers('split', 'parts', sizes);
  if (copy.every((size) => size >= 0)) return copy;
  throw new ShapeError(`split: sizes must be whole numbers from 0 on, got ${received(sizes)}`);
}

/** Cut along an axis (default 0) into a number of equal parts, or into parts of given sizes. */
export function split(x: TensorLike, parts: number | readonly number[], axis = 0): Tensor[] {
  const tensor = toTensor(x);
  const at = checkAxis('split', axis, tensor.rank);
  const dim = tensor.shape[at] ?? 0;
  if (typeof parts === 'number' && (!Number.isInteger(parts) || parts < 1 || dim % parts !== 0)) {
    throw new ShapeError(`split: axis ${at} of size ${dim} does not divide into ${parts} equal parts`);
  }
  const sizes = typeof parts === 'number' ? new Array<number>(parts).fill(dim / parts) : checkSizes(parts);
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

/** The elements in reverse order along axes (default all). */
export function reverse(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const tensor = toTensor(x);
  return new Tensor(native.reverse(tensor.handle, checkAxes('reverse', axis, tensor.rank)));
}

/** With `[before, after]` elements of `value` (default 0) at the ends of every axis. */
export function pad(x: TensorLike, paddings: readonly (readonly [number, number])[], value = 0): Tensor {
  const tensor = toTensor(x);
  if (!Array.isArray(paddings))
    throw new ShapeError(`pad: paddings must be an array of pairs, got ${received(paddings)}`);
  if (paddings.length !== tensor.rank) {
    throw new ShapeError(
      `pad: ${paddings.length} pairs for a tensor of rank ${tensor.rank}; give [before, after] for every axis`,
    );
  }
  const pairs = Array.from(paddings as readonly (readonly [number, number])[], (pair) => {
    const both = checkShape(pair, 'pad: [before, after]');
    if (both.length !== 2) throw new ShapeError(`pad: every axis needs [before, after], got ${received(pair)}`);
    return both as [number, number];
  });
  const low = pairs.map(([before]) => before);
  const high = pairs.map(([, after]) => after);
  return new Tensor(
    native.pad(
      tensor.handle,
      operandOf(value, tensor.dtype),
      low,
      high,
      low.map(() => 0),
    ),
  );
}
