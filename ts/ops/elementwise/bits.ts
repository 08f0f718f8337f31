// Bits of integers. JavaScript numbers and arrays are taken as int32; bool and small integers are computed in int32.
import type { TensorLike } from '../../tensor/convert.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { bitwise, integral, invert } from './build.ts';

/**
 * The bits that both have, broadcast; of booleans the logical and. @throws ShapeError for floats.
 * @example bitwiseAnd(tensor([6], [1], 'int32'), tensor([3], [1], 'int32')) // [2]
 */
export function bitwiseAnd(a: TensorLike, b: TensorLike): Tensor {
  return bitwise('bitwiseAnd', 'logicalAnd', a, b);
}

/**
 * The bits that one of both has, broadcast; of booleans the logical or. @throws ShapeError for floats.
 * @example ops.bitwiseOr(tensor([6], [1], 'int32'), tensor([3], [1], 'int32')) // [7]
 */
export function bitwiseOr(a: TensorLike, b: TensorLike): Tensor {
  return bitwise('bitwiseOr', 'logicalOr', a, b);
}

/**
 * The bits that exactly one of both has, broadcast; of booleans the logical one. @throws ShapeError for floats.
 * @example ops.bitwiseXor(tensor([6], [1], 'int32'), tensor([3], [1], 'int32')) // [5]
 */
export function bitwiseXor(a: TensorLike, b: TensorLike): Tensor {
  return bitwise('bitwiseXor', 'logicalXor', a, b);
}

/**
 * Every bit turned: `-x - 1`; of booleans the logical not. @throws ShapeError for floats.
 * @example ops.bitwiseNot(tensor([0], [1], 'int32')) // [-1]
 */
export function bitwiseNot(x: TensorLike): Tensor {
  return invert(x);
}

/**
 * `a * 2^b`, broadcast, in 32 bits; 0 where b is not within 0..31. @throws ShapeError for floats.
 * @example ops.leftShift(tensor([3], [1], 'int32'), tensor([2], [1], 'int32')) // [12]
 */
export function leftShift(a: TensorLike, b: TensorLike): Tensor {
  return integral('leftShift', a, b);
}

/**
 * `floor(a / 2^b)`, broadcast; 0 or -1, as the sign of a, where b is not within 0..31. @throws ShapeError for floats.
 * @example ops.rightShift(tensor([12], [1], 'int32'), tensor([2], [1], 'int32')) // [3]
 */
export function rightShift(a: TensorLike, b: TensorLike): Tensor {
  return integral('rightShift', a, b);
}
