// From operands of any kind to the node of an elementwise function: which dtype it is computed in, and which it gives.
import { type BinaryKind, native, type UnaryKind } from '../../native.ts';
import { TensorBase } from '../../tensor/base.ts';
import {
  castTo,
  floatOperand,
  type Operand,
  operand,
  operandPair,
  type TensorLike,
  wrap,
} from '../../tensor/convert.ts';
import { computeDType, type DType, isFloat } from '../../tensor/dtype.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** A function that is real-valued also of integers: they are cast to float32 first. */
export function real(kind: UnaryKind, x: TensorLike): Tensor {
  const { handle, result } = floatOperand(x);
  return wrap(native.unary(kind, handle), 'float32', result);
}

/** A function that keeps integers integers (bool and small ones become int32). */
export function arithmetic(kind: UnaryKind, x: TensorLike): Tensor {
  const found = operand(x);
  const computed = computeDType(found.dtype);
  return wrap(native.unary(kind, castTo(found, computed)), computed, isFloat(found.dtype) ? found.dtype : computed);
}

/** A rounding function: integers are rounded already. */
export function rounding(kind: UnaryKind, x: TensorLike): Tensor {
  const found = operand(x);
  return isFloat(found.dtype) ? real(kind, x) : new Tensor(found.handle);
}

/** A test that gives bool. */
export function test(kind: UnaryKind, x: TensorLike): Tensor {
  return new Tensor(native.unary(kind, floatOperand(x).handle));
}

/** A function of two operands in their common type (bool and small integers in int32), or always in float32. */
export function pairwise(kind: BinaryKind, a: TensorLike, b: TensorLike, alwaysReal = false): Tensor {
  // Most pairs are of this kind, and small ones take less time than finding their types.
  if (TensorBase.is(a) && TensorBase.is(b) && a.dtype === 'float32' && b.dtype === 'float32') {
    return new Tensor(native.binary(kind, a.operandHandle, b.operandHandle));
  }
  const pair = operandPair(a, b);
  const computed = alwaysReal ? 'float32' : computeDType(pair.dtype);
  const result: DType = isFloat(pair.dtype) ? pair.dtype : computed;
  return wrap(native.binary(kind, castTo(pair.a, computed), castTo(pair.b, computed)), computed, result);
}

/** A comparison in the common type, as bool. */
export function compare(kind: BinaryKind, a: TensorLike, b: TensorLike): Tensor {
  const pair = operandPair(a, b);
  const computed = computeDType(pair.dtype);
  return new Tensor(native.binary(kind, castTo(pair.a, computed), castTo(pair.b, computed)));
}

/** A function of truths: numbers are true where they are not 0. */
export function logical(kind: BinaryKind, a: TensorLike, b: TensorLike): Tensor {
  return new Tensor(native.binary(kind, castTo(operand(a), 'bool'), castTo(operand(b), 'bool')));
}

/** An operand of whole numbers: numbers and arrays are taken as int32, tensors must hold integers or booleans. */
function wholeOperand(x: TensorLike): Operand {
  const found = operand(x);
  return isFloat(found.dtype) && !(x instanceof Tensor) ? operand(x, 'int32') : found;
}

/** A function of integers: bool and small integers are computed in int32; floats are refused by the operation. */
export function integral(kind: BinaryKind, a: TensorLike, b: TensorLike): Tensor {
  return whole(kind, wholeOperand(a), wholeOperand(b));
}

function whole(kind: BinaryKind, a: Operand, b: Operand): Tensor {
  const int = (x: Operand) => (isFloat(x.dtype) ? x.handle : castTo(x, 'int32'));
  return new Tensor(native.binary(kind, int(a), int(b)));
}

/** A function of bits: of two booleans the logical one, else of integers. */
export function bitwise(kind: BinaryKind, truth: BinaryKind, a: TensorLike, b: TensorLike): Tensor {
  const [first, second] = [wholeOperand(a), wholeOperand(b)];
  if (first.dtype !== 'bool' || second.dtype !== 'bool') return whole(kind, first, second);
  return new Tensor(native.binary(truth, first.handle, second.handle));
}

/** The bits of integers turned, or booleans negated. */
export function invert(x: TensorLike): Tensor {
  const found = wholeOperand(x);
  if (found.dtype === 'bool') return new Tensor(native.unary('logicalNot', found.handle));
  return new Tensor(native.unary('bitwiseNot', isFloat(found.dtype) ? found.handle : castTo(found, 'int32')));
}
