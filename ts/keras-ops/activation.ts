import { received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { checkAxes, checkAxis } from '../tensor/axes.ts';
import { range, type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

export {
  elu,
  hardSigmoid,
  leakyRelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  silu as swish,
  softplus,
  softsign,
} from '../activations/index.ts';
export { logSigmoid } from '../ops/index.ts';

import { gelu as geluOf, hardSigmoid } from '../activations/index.ts';

/** `x * P(X <= x)` of a normal X; approximated by a hyperbolic tangent unless `approximate` is false (Hendrycks and Gimpel, 2016). */
export function gelu(x: TensorLike, approximate = true): Tensor {
  return geluOf(toTensor(x), approximate);
}

/** The first half along an axis times the sigmoid of the second (Dauphin et al., 2017). */
export function glu(x: TensorLike, axis = -1): Tensor {
  const [a, gate] = ops.split(x, 2, axis) as [Tensor, Tensor];
  return ops.mul(a, ops.sigmoid(gate));
}

/** `max(x, 0) + min(0, alpha * (e^(x / alpha) - 1))` (Barron, 2017). */
export function celu(x: TensorLike, alpha = 1): Tensor {
  const source = toTensor(x);
  return source.maximum(0).add(source.div(alpha).minimum(0).expm1().mul(alpha));
}

/** `x * hardSigmoid(x)`. */
export function hardSilu(x: TensorLike): Tensor {
  return ops.mul(x, hardSigmoid(toTensor(x)));
}
export { hardSilu as hardSwish };

/** `x` cut off at -1 and 1. */
export function hardTanh(x: TensorLike): Tensor {
  return ops.clipByValue(x, -1, 1);
}

/** 0 between `-threshold` and `threshold`, else `x`. */
export function hardShrink(x: TensorLike, threshold = 0.5): Tensor {
  const source = toTensor(x);
  return ops.where(source.abs().greater(threshold), source, 0);
}

/** `x` moved towards 0 by `threshold`. */
export function softShrink(x: TensorLike, threshold = 0.5): Tensor {
  const source = toTensor(x);
  return ops.where(
    source.greater(threshold),
    source.sub(threshold),
    ops.where(source.less(-threshold), source.add(threshold), 0),
  );
}

/** `x - tanh(x)`. */
export function tanhShrink(x: TensorLike): Tensor {
  return ops.sub(x, ops.tanh(x));
}

/** `(x + sqrt(x^2 + b)) / 2`. */
export function squareplus(x: TensorLike, b = 4): Tensor {
  const source = toTensor(x);
  return source.add(source.square().add(b).sqrt()).div(2);
}

/** 0 below -1, `(x + 1)^2 / 4` up to 1, `x` above. */
export function sparsePlus(x: TensorLike): Tensor {
  const source = toTensor(x);
  return ops.where(source.lessEqual(-1), 0, ops.where(source.less(1), source.add(1).square().div(4), source));
}

/** 0 below -1, `(x + 1) / 2` up to 1, 1 above. */
export function sparseSigmoid(x: TensorLike): Tensor {
  return toTensor(x).add(1).div(2).clipByValue(0, 1);
}

/** Softmax whose small shares are 0: the nearest point of the simplex (Martins and Astudillo, 2016). */
export function sparsemax(x: TensorLike, axis = -1): Tensor {
  const source = toTensor(x);
  const at = checkAxis('sparsemax', axis, source.rank);
  const count = source.shape[at] as number;
  const along = source.shape.map((_, a) => (a === at ? count : 1));
  const sorted = ops.sort(source, at, 'descending');
  const k = range(1, count + 1).reshape(along);
  const sums = ops.cumsum(sorted, at);
  const support = k.mul(sorted).add(1).greater(sums);
  const size = support.toFloat().sum(at, true);
  const total = sorted.mul(support.toFloat()).sum(at, true);
  return source.sub(total.sub(1).div(size)).maximum(0);
}

/** The rows of `x` along several axes as one: softmax over them together. */
function overAxes(
  name: string,
  f: (x: Tensor, axis: number) => Tensor,
  x: TensorLike,
  axis: number | readonly number[],
): Tensor {
  const source = toTensor(x);
  if (typeof axis === 'number') return f(source, axis);
  const axes = checkAxes(name, axis, source.rank);
  if (axes.length === 0) throw new ShapeError(`${name}: no axis is given, got ${received(axis)}`);
  const rest = source.shape.map((_, a) => a).filter((a) => !axes.includes(a));
  const order = [...rest, ...axes];
  const moved = ops.transpose(source, order);
  const flat = f(moved.reshape([...rest.map((a) => source.shape[a] as number), -1]), -1);
  return ops.transpose(
    flat.reshape(moved.shape),
    order.map((_, a) => order.indexOf(a)),
  );
}

/** `e^x / sum(e^x)` along one axis or several together. */
export function softmax(x: TensorLike, axis: number | readonly number[] = -1): Tensor {
  return overAxes('softmax', ops.softmax, x, axis);
}

/** `x - log(sum(e^x))` along one axis or several together. */
export function logSoftmax(x: TensorLike, axis: number | readonly number[] = -1): Tensor {
  return overAxes('logSoftmax', ops.logSoftmax, x, axis);
}
