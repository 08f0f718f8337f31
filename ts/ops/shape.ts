import { checkIntegers, checkList, received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxes, checkAxis, shown } from '../tensor/axes.ts';
import { operand, type TensorLike, toTensor } from '../tensor/convert.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';

/**
 * The same elements, row-major, under another shape; one -1 is worked out. @throws ShapeError for another size.
 * @example reshape([1, 2, 3, 4], [2, -1]) // [[1, 2], [3, 4]]
 */
export function reshape(x: TensorLike, shape: readonly number[]): Tensor {
  if (!Array.isArray(shape))
    throw new ShapeError(`reshape: the shape must be an array such as [2, 3], got ${received(shape)}`);
  const dims = checkIntegers('reshape', 'the shape', shape);
  return new Tensor(native.reshape(operand(x).handle, dims));
}

/** All elements along one axis. @example ops.ravel([[1, 2], [3, 4]]) // [1, 2, 3, 4] */
export function flatten(x: TensorLike): Tensor {
  return reshape(x, [-1]);
}

/** A new axis of size 1 at `axis` (default 0; -1 is the last). @example expandDims([1, 2], 1) // [[1], [2]] */
export function expandDims(x: TensorLike, axis = 0): Tensor {
  const tensor = toTensor(x);
  const at = checkAxis('expandDims', axis, tensor.rank + 1);
  return reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)]);
}

/**
 * Without the given axes of size 1 (default: all of them). @throws ShapeError for an axis of another size.
 * @example squeeze([[1], [2]]) // [1, 2]
 */
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

/**
 * Axes in another order: axis i of the result is axis `order[i]` (default: reversed).
 * @example transpose([[1, 2], [3, 4]]) // [[1, 3], [2, 4]]
 */
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

/**
 * Repeated along axes of size 1 and new leading axes, as NumPy's `broadcast_to`.
 * @example broadcastTo([1, 2], [2, 2]) // [[1, 2], [1, 2]]
 */
export function broadcastTo(x: TensorLike, shape: readonly number[]): Tensor {
  return new Tensor(native.broadcastTo(operand(x).handle, checkShape(shape)));
}

/** With `axis1` and `axis2` exchanged. @example swapaxes(zeros([2, 3, 4]), 0, 2).shape // [4, 3, 2] */
export function swapaxes(x: TensorLike, axis1: number, axis2: number): Tensor {
  const tensor = toTensor(x);
  const a = checkAxis('swapaxes', axis1, tensor.rank);
  const b = checkAxis('swapaxes', axis2, tensor.rank);
  return transpose(
    tensor,
    tensor.shape.map((_, i) => (i === a ? b : i === b ? a : i)),
  );
}

/**
 * With the axes `source` at the positions `destination`; the others stay in order.
 * @example moveaxis(zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export function moveaxis(
  x: TensorLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const tensor = toTensor(x);
  const listed = (axes: number | readonly number[]): number[] =>
    (Array.isArray(axes) ? checkIntegers('moveaxis', 'axes', axes) : [axes as number]).map((a) =>
      checkAxis('moveaxis', a, tensor.rank),
    );
  const [from, to] = [listed(source), listed(destination)];
  if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
    throw new ShapeError(`moveaxis: ${shown(from)} and ${shown(to)} must name as many axes, each once`);
  }
  const rest = tensor.shape.map((_, a) => a).filter((a) => !from.includes(a));
  const order = tensor.shape.map((_, a) => {
    const moved = to.indexOf(a);
    return moved < 0 ? (rest.shift() as number) : (from[moved] as number);
  });
  return transpose(tensor, order);
}

/**
 * The shape that two shapes (int32 tensors or lists) broadcast to by NumPy's rule, as an int32 tensor.
 * @throws ShapeError for shapes that do not broadcast.
 * @example broadcastArgs([2, 1], [3]) // [2, 3]
 */
export function broadcastArgs(s0: TensorLike, s1: TensorLike): Tensor {
  const [a, b] = [s0, s1].map((s) => checkShape(Array.from(toTensor(s).dataSync()))) as [number[], number[]];
  const rank = Math.max(a.length, b.length);
  const dims = Array.from({ length: rank }, (_, i) => {
    const [p, q] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError(`broadcastArgs: shapes ${shown(a)} and ${shown(b)} do not broadcast`);
    }
    return p === 1 ? q : p;
  });
  return new Tensor(native.fromData(Int32Array.from(dims), [rank], 'int32'));
}

/**
 * `x` itself. @throws ShapeError unless it has the shape (null: any size).
 * @example ensureShape(ones([2, 3]), [null, 3]).shape // [2, 3]
 */
export function ensureShape(x: TensorLike, shape: readonly (number | null)[]): Tensor {
  const tensor = toTensor(x);
  const sizes = checkList('ensureShape', 'the shape', shape);
  const fits = sizes.length === tensor.rank && sizes.every((dim, a) => dim === null || dim === tensor.shape[a]);
  if (!fits) throw new ShapeError(`ensureShape: expected ${received(shape)}, got ${shown(tensor.shape)}`);
  return tensor;
}
