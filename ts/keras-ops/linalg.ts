import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { luFactor as factored, norm, solveTriangular as triangular } from '../ops/linalg.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

export { einsum, inner, kron, matMul as matmul, tensordot, vdot } from '../ops/index.ts';
export {
  cholesky,
  choleskyInverse,
  det,
  eigh,
  inv,
  logdet,
  lstsq,
  matrixRank,
  norm,
  pinv,
  qr,
  slogdet,
  solve,
  svd,
} from '../ops/linalg.ts';

/**
 * Product of tensors as NumPy's `dot`: the last axis of `x1` with the last but one of `x2`.
 * @example ops.dot([1, 2], [3, 4]) // 11
 */
export function dot(x1: TensorLike, x2: TensorLike): Tensor {
  const [a, b] = [toTensor(x1), toTensor(x2)];
  if (a.rank === 0 || b.rank === 0) return ops.mul(a, b);
  return ops.tensordot(a, b, [[a.rank - 1], [Math.max(b.rank - 2, 0)]]);
}

/** Cross product of vectors of 3 (or 2) elements along axes. @example ops.cross([1, 0, 0], [0, 1, 0]) // [0, 0, 1] */
export function cross(
  x1: TensorLike,
  x2: TensorLike,
  axisa = -1,
  axisb = -1,
  axisc = -1,
  axis?: number | null,
): Tensor {
  const single = axis === undefined || axis === null ? {} : { axis };
  return ops.cross(x1, x2, { axisA: axisa, axisB: axisb, axisC: axisc, ...single });
}

/** All products of elements of the flattened operands. @example ops.outer([1, 2], [3, 4]) // [[3, 4], [6, 8]] */
export function outer(x1: TensorLike, x2: TensorLike): Tensor {
  return ops.outerProduct(ops.flatten(x1), ops.flatten(x2));
}

/**
 * Distances between rows of `x1 [..., p, m]` and `x2 [..., q, m]`: `[..., p, q]`.
 * @example ops.cdist([[0, 0]], [[3, 4]]) // [[5]]
 */
export function cdist(x1: TensorLike, x2: TensorLike): Tensor {
  const [a, b] = [toTensor(x1), toTensor(x2)];
  if (a.rank < 2 || b.rank < 2 || a.shape.at(-1) !== b.shape.at(-1))
    throw new ShapeError(`cdist takes rows of one length, got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  return ops.sqrt(ops.sum(ops.square(ops.sub(ops.expandDims(a, -2), ops.expandDims(b, -3))), -1));
}

/**
 * `x` scaled along axes to norm 1 (of order 1, 2, Infinity, ...); norms under `epsilon` count as it.
 * @example ops.normalize([[3, 4]]) // [[0.6, 0.8]]
 */
export function normalize(x: TensorLike, axis = -1, order = 2, epsilon = 1e-12): Tensor {
  if (typeof order !== 'number' || !(order >= 1))
    throw new ConfigError(`normalize: order must be 1 or more, got ${received(order)}`);
  const source = toTensor(x).toFloat();
  if (order === 2) {
    const squares = ops.maximum(ops.sum(ops.square(source), axis, true), epsilon * epsilon);
    return ops.mul(source, ops.rsqrt(squares));
  }
  return ops.div(source, ops.maximum(norm(source, order, axis, true), epsilon));
}

/**
 * Factors `P a = L U` in one matrix, and the pivots of the rows.
 * @example ops.luFactor([[2, 0], [0, 4]])[0] // [[2, 0], [0, 4]]
 */
export function luFactor(x: TensorLike): [Tensor, Tensor] {
  const { lu, order } = factored(x);
  return [lu, order];
}

/**
 * Solution of `a x = b` with a triangular `a`.
 * @example ops.solveTriangular([[2, 0], [1, 4]], [[2], [5]], true) // [[1], [1]]
 */
export function solveTriangular(a: TensorLike, b: TensorLike, lower = false): Tensor {
  return triangular(a, b, { lower });
}
