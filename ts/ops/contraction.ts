import { checkFlag } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { shown } from '../tensor/axes.ts';
import { castTo, operandPair, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { mul } from './elementwise.ts';
import { sum } from './reduction.ts';
import { expandDims, reshape } from './shape.ts';

/**
 * Matrix product `[..., m, k] x [..., k, n] -> [..., m, n]`, leading axes broadcast; a flag says that an operand is stored
 * with its last two axes swapped. Integers are multiplied as float32.
 * @throws ShapeError for ranks under 2 or inner sizes that differ.
 * @example matMul([[1, 2]], [[3], [4]]) // [[11]]
 */
export function matMul(a: TensorLike, b: TensorLike, transposeA = false, transposeB = false): Tensor {
  checkFlag('matMul', 'transposeA', transposeA);
  checkFlag('matMul', 'transposeB', transposeB);
  const pair = operandPair(a, b);
  const product = native.matMul(castTo(pair.a, 'float32'), castTo(pair.b, 'float32'), transposeA, transposeB);
  return wrap(product, 'float32', isFloat(pair.dtype) ? pair.dtype : 'float32');
}

/** Product of vectors and matrices (ranks 1 and 2): sums over the last axis of `a` and the first of `b`. */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a), toTensor(b)];
  if (x.rank < 1 || x.rank > 2 || y.rank < 1 || y.rank > 2 || x.shape.at(-1) !== y.shape[0]) {
    throw new ShapeError(
      `dot: shapes ${shown(x.shape)} and ${shown(y.shape)} are no vectors or matrices with one inner size`,
    );
  }
  if (x.rank === 1 && y.rank === 1) return sum(mul(x, y));
  const left = x.rank === 1 ? expandDims(x, 0) : x;
  const right = y.rank === 1 ? expandDims(y, 1) : y;
  return reshape(matMul(left, right), [...x.shape.slice(0, -1), ...y.shape.slice(1)]);
}

/** `a[i] * b[j]` of two vectors. */
export function outerProduct(a: TensorLike, b: TensorLike): Tensor {
  return mul(expandDims(a, 1), expandDims(b, 0));
}
