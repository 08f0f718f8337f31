import { checkIntegers, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { shown } from '../tensor/axes.ts';
import { castTo, type Operand, operand, operandPair, type TensorLike, wrap } from '../tensor/convert.ts';
import { commonDType, type DType, isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The type of a product whose operands have type `dtype`: products are computed in float32. */
function productType(dtype: DType): DType {
  return isFloat(dtype) ? dtype : 'float32';
}

/**
 * Einstein summation. `equation` names the axes of every operand and of the result: axes of one name are multiplied
 * together, those that the result does not name are summed. A name twice in one term takes the diagonal; `...` stands for
 * any axes, which broadcast. Without `->` the result has the axes of `...`, then the names that occur once, in
 * alphabetical order. Several operands are contracted from left to right. Integers are multiplied as float32.
 * Has gradients of any order.
 * @throws ConfigError when the equation cannot be read. ShapeError when an operand does not fit it.
 * @example
 * einsum('bij,bjk->bik', ones([8, 2, 3]), ones([8, 3, 4])).shape // [8, 2, 4]
 * einsum('ii->', [[1, 2], [3, 4]]) // 5
 */
export function einsum(equation: string, ...operands: TensorLike[]): Tensor {
  if (typeof equation !== 'string') {
    throw new ConfigError(`einsum: the equation must be a string such as 'ij,jk->ik', got ${received(equation)}`);
  }
  const given: Operand[] = operands.map((x) => operand(x));
  const dtype = given.reduce<DType>((d, x) => commonDType(d, x.dtype), given[0]?.dtype ?? 'float32');
  const result = native.einsum(
    equation,
    given.map((x) => castTo(x, 'float32')),
  );
  return wrap(result, 'float32', productType(dtype));
}

/** Which axes {@link tensordot} sums over: how many, or the axes of `a` and those of `b` they are paired with. */
export type TensordotAxes = number | readonly [number | readonly number[], number | readonly number[]];

/**
 * Sums the products of `a` and `b` over pairs of axes; the result has the other axes of `a`, then those of `b`.
 * A number `n` pairs the last `n` axes of `a` with the first `n` of `b` (default 2); 0 is the outer product.
 * @throws ShapeError when the axes do not exist or their sizes differ.
 * @example
 * tensordot([[1, 2]], [[3], [4]], 1) // [[11]]
 * tensordot([[1, 2]], [[3], [4]], [[0, 1], [1, 0]]) // 11
 */
export function tensordot(a: TensorLike, b: TensorLike, axes: TensordotAxes = 2): Tensor {
  const pair = operandPair(a, b);
  const [x, y] = [castTo(pair.a, 'float32'), castTo(pair.b, 'float32')];
  let first: number[];
  let second: number[];
  if (typeof axes === 'number') {
    const [shapeA, shapeB] = [x.shape, y.shape];
    if (!Number.isInteger(axes) || axes < 0 || axes > shapeA.length || axes > shapeB.length) {
      throw new ShapeError(
        `tensordot: axes must be a number from 0 to the smaller rank, got ${received(axes)} for shapes ${shown(shapeA)} and ${shown(shapeB)}`,
      );
    }
    first = Array.from({ length: axes }, (_, i) => shapeA.length - axes + i);
    second = Array.from({ length: axes }, (_, i) => i);
  } else if (Array.isArray(axes) && axes.length === 2) {
    [first, second] = axes.map((side) =>
      checkIntegers('tensordot', 'axes', typeof side === 'number' ? [side] : side),
    ) as [number[], number[]];
  } else {
    throw new ConfigError('tensordot: axes is a number, or a pair: axes of a and axes of b, such as [[1], [0]]');
  }
  return wrap(native.tensordot(x, y, first, second), 'float32', productType(pair.dtype));
}
