// Activations that look at all values along an axis.
import { received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { checkAxes, checkAxis } from '../tensor/axes.ts';
import { range, type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

/** `f` along one axis, or along several together, which are brought to the end as one. */
function overAxes(
  name: string,
  f: (x: Tensor, axis: number) => Tensor,
  input: TensorLike,
  axis: number | readonly number[],
): Tensor {
  const x = toTensor(input);
  if (typeof axis === 'number') return f(x, axis);
  const axes = checkAxes(name, axis, x.rank);
  if (axes.length === 0) throw new ShapeError(`${name}: no axis is given, got ${received(axis)}`);
  if (axes.length === 1) return f(x, axes[0] as number);
  const rest = x.shape.map((_, a) => a).filter((a) => !axes.includes(a));
  const order = [...rest, ...axes];
  const moved = ops.transpose(x, order);
  const joined = axes.reduce((size, a) => size * (x.shape[a] as number), 1);
  const flat = f(moved.reshape([...rest.map((a) => x.shape[a] as number), joined]), -1);
  return ops.transpose(
    flat.reshape(moved.shape),
    order.map((_, a) => order.indexOf(a)),
  );
}

/**
 * `exp(x) / sum(exp(x))` along an axis (default the last), or along several together.
 * @example
 * activations.softmax([[0, 0], [1, 1]]) // [[0.5, 0.5], [0.5, 0.5]]
 * activations.softmax(zeros([1, 2, 2]), [1, 2]) // [[[0.25, 0.25], [0.25, 0.25]]]
 */
export function softmax(input: TensorLike, axis: number | readonly number[] = -1): Tensor {
  return overAxes('softmax', ops.softmax, input, axis);
}

/**
 * `log(softmax(x))` along an axis (default the last), or along several together.
 * @example activations.logSoftmax([[0, 0]]) // [[-0.6931, -0.6931]]
 */
export function logSoftmax(input: TensorLike, axis: number | readonly number[] = -1): Tensor {
  return overAxes('logSoftmax', ops.logSoftmax, input, axis);
}

/**
 * Softmax whose small shares are 0: the nearest point of the simplex (Martins and Astudillo, 2016).
 * @example activations.sparsemax([[1, 0.5, -1]]) // [[0.75, 0.25, 0]]
 */
export function sparsemax(input: TensorLike, axis = -1): Tensor {
  const x = toTensor(input);
  const at = checkAxis('sparsemax', axis, x.rank);
  const count = x.shape[at] as number;
  const along = x.shape.map((_, a) => (a === at ? count : 1));
  const sorted = ops.sort(x, at, 'descending');
  const k = range(1, count + 1).reshape(along);
  const sums = ops.cumsum(sorted, at);
  const support = k.mul(sorted).add(1).greater(sums);
  const size = support.toFloat().sum(at, true);
  const total = sorted.mul(support.toFloat()).sum(at, true);
  return x.sub(total.sub(1).div(size)).maximum(0);
}
