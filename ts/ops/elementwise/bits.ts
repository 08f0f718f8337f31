// Bits of integers. JavaScript numbers and arrays are taken as int32; bool and small integers are computed in int32.
import type { TensorLike } from '../../tensor/convert.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { bitwise, integral, invert } from './build.ts';

/** The bits that both have, broadcast; of booleans the logical and. @throws ShapeError for floats. */
export function bitwiseAnd(a: TensorLike, b: TensorLike): Tensor {
  return bitwise('bitwiseAnd', 'logicalAnd', a, b);
}

/** The bits that one of both has, broadcast; of booleans the logical or. @throws ShapeError for floats. */
export function bitwiseOr(a: TensorLike, b: TensorLike): Tensor {
  return bitwise('bitwiseOr', 'logicalOr', a, b);
}

/** The bits that exactly one of both has, broadcast; of booleans the logical one. @throws ShapeError for floats. */
export function bitwiseXor(a: TensorLike, b: TensorLike): Tensor {
  return bitwise('bitwiseXor', 'logicalXor', a, b);
}

/** Every bit turned: `-x - 1`; of booleans the logical not. @throws ShapeError for floats. */
export function bitwiseNot(x: TensorLike): Tensor {
  return invert(x);
}

/** `a * 2^b`, broadcast, in 32 bits; 0 where b is not within 0..31. @throws ShapeError for floats. */
export function leftShift(a: TensorLike, b: TensorLike): Tensor {
  return integral('leftShift', a, b);
}

/** `floor(a / 2^b)`, broadcast; 0 or -1, as the sign of a, where b is not within 0..31. @throws ShapeError for floats. */
export function rightShift(a: TensorLike, b: TensorLike): Tensor {
  return integral('rightShift', a, b);
}
