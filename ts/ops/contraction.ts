import { checkFlag } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { castTo, operandPair, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensordot } from './einsum.ts';
import { mul, sub } from './elementwise.ts';
import { stack, unstack } from './joining.ts';
import { reshape, transpose } from './shape.ts';

/**
 * Matrix product `[..., m, k] x [..., k, n] -> [..., m, n]`, leading axes broadcast; a flag says that an operand is stored
 * with its last two axes swapped. A vector on the left is a row, on the right a column; the result has no axis for it.
 * Integers are multiplied as float32.
 * @throws ShapeError for scalars, a transposed vector, or inner sizes that differ.
 * @example matMul([[1, 2]], [[3], [4]]) // [[11]]
 */
export function matMul(a: TensorLike, b: TensorLike, transposeA = false, transposeB = false): Tensor {
  checkFlag('matMul', 'transposeA', transposeA);
  checkFlag('matMul', 'transposeB', transposeB);
  const pair = operandPair(a, b);
  const product = native.matMul(castTo(pair.a, 'float32'), castTo(pair.b, 'float32'), transposeA, transposeB);
  return wrap(product, 'float32', isFloat(pair.dtype) ? pair.dtype : 'float32');
}

/**
 * Sum of products over the last axis of `a` and the last but one of `b` (its only one, if `b` is a vector): the matrix
 * product of vectors and matrices. Tensors of higher rank keep all their other axes (NumPy's rule); a scalar multiplies.
 * @throws ShapeError when the sizes of the two axes differ.
 * @example dot([1, 2], [3, 4]) // 11
 */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a), toTensor(b)];
  if (x.rank === 0 || y.rank === 0) return mul(x, y);
  const axis = Math.max(y.rank - 2, 0);
  if (x.shape.at(-1) !== y.shape[axis]) {
    throw new ShapeError(
      `dot: the last axis of shape ${shown(x.shape)} and axis ${axis} of shape ${shown(y.shape)} have different sizes`,
    );
  }
  return x.rank <= 2 && y.rank <= 2 ? matMul(x, y) : tensordot(x, y, [-1, axis]);
}

/**
 * Sum of products over the last axes of both. A scalar multiplies. @throws ShapeError when their sizes differ.
 * @example ops.inner([1, 2], [3, 4]) // 11
 */
export function inner(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a), toTensor(b)];
  if (x.rank === 0 || y.rank === 0) return mul(x, y);
  return tensordot(x, y, [-1, -1]);
}

/**
 * Sum of the products of all elements, in row-major order. @throws ShapeError when the sizes differ.
 * @example ops.vdot([1, 2], [3, 4]) // 11
 */
export function vdot(a: TensorLike, b: TensorLike): Tensor {
  return matMul(reshape(a, [-1]), reshape(b, [-1]));
}

/**
 * `a[i] * b[j]` of two vectors. Higher ranks are flattened first, as `keras.ops.outer` does.
 * @example outerProduct([1, 2], [3, 4]) // [[3, 4], [6, 8]]
 */
export function outerProduct(a: TensorLike, b: TensorLike): Tensor {
  return mul(reshape(a, [-1, 1]), reshape(b, [1, -1]));
}

/**
 * Kronecker product: every element of `a` times all of `b`. Ranks are made equal by leading axes of size 1; axis i of the
 * result has size `a.shape[i] * b.shape[i]`.
 * @example kron([1, 10], [1, 2]) // [1, 2, 10, 20]
 */
export function kron(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a), toTensor(b)];
  const rank = Math.max(x.rank, y.rank);
  const full = (t: Tensor): number[] => [...new Array<number>(rank - t.rank).fill(1), ...t.shape];
  const [left, right] = [full(x), full(y)];
  const product = mul(
    reshape(
      x,
      left.flatMap((n) => [n, 1]),
    ),
    reshape(
      y,
      right.flatMap((n) => [1, n]),
    ),
  );
  return reshape(
    product,
    left.map((n, i) => n * (right[i] as number)),
  );
}

/** Where {@link cross} finds and puts the vectors. */
export interface CrossOptions {
  /** Axis of the vectors in `a` (default -1). */
  axisA?: number;
  /** Axis of the vectors in `b` (default -1). */
  axisB?: number;
  /** Axis of the vectors in the result (default -1). */
  axisC?: number;
  /** All three at once. */
  axis?: number;
}

/**
 * Cross product of vectors of 3 elements (or of 2, whose third is 0) along an axis; the other axes broadcast. Of two
 * vectors of 2 elements the result is the third component alone, without an axis for it.
 * @throws ShapeError when an axis has neither 2 nor 3 elements.
 * @example cross([1, 0, 0], [0, 1, 0]) // [0, 0, 1]
 */
export function cross(a: TensorLike, b: TensorLike, options: CrossOptions = {}): Tensor {
  checkOptionNames('cross', options, ['axisA', 'axisB', 'axisC', 'axis'], '{ axis: 0 }');
  const { axisA = -1, axisB = -1, axisC = -1, axis } = options;
  const components = (x: TensorLike, at: number): Tensor[] => {
    const tensor = toTensor(x);
    const found = checkAxis('cross', at, tensor.rank);
    const size = tensor.shape[found];
    if (size !== 2 && size !== 3) {
      throw new ShapeError(`cross: axis ${found} of shape ${shown(tensor.shape)} must have 2 or 3 elements`);
    }
    return unstack(tensor, found);
  };
  const [x0, x1, x2] = components(a, axis ?? axisA) as [Tensor, Tensor, Tensor?];
  const [y0, y1, y2] = components(b, axis ?? axisB) as [Tensor, Tensor, Tensor?];
  const third = sub(mul(x0, y1), mul(x1, y0));
  if (x2 === undefined && y2 === undefined) return third;
  const difference = (p: Tensor | undefined, q: Tensor | undefined): Tensor => {
    if (p === undefined) return mul(q as Tensor, -1);
    return q === undefined ? p : sub(p, q);
  };
  const product = (p: Tensor | undefined, q: Tensor | undefined): Tensor | undefined =>
    p === undefined || q === undefined ? undefined : mul(p, q);
  const first = difference(product(x1, y2), product(x2, y1));
  const second = difference(product(x2, y0), product(x0, y2));
  return stack([first, second, third], axis ?? axisC);
}

/** Swaps the last two axes. @example matrixTranspose([[1, 2], [3, 4]]) // [[1, 3], [2, 4]] */
export function matrixTranspose(x: TensorLike): Tensor {
  const tensor = toTensor(x);
  if (tensor.rank < 2) throw new ShapeError(`matrixTranspose needs rank 2 or more, got shape ${shown(tensor.shape)}`);
  const { rank } = tensor;
  return transpose(tensor, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}
