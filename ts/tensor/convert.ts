import { type NativeTensor, native } from '../native.ts';
import { operandOnly, TensorBase } from './base.ts';
import { checkDType, commonDType, type DType, isFloat, numberDType } from './dtype.ts';
import { inferValues, type NestedArray, type TypedArray } from './infer.ts';
import { Tensor } from './tensor.ts';

/** What is accepted where a tensor is: a tensor or variable, a number or boolean, nested arrays, a typed array. */
export type TensorLike = Tensor | NestedArray | TypedArray;

/** A node and its element type. */
export interface Operand {
  handle: NativeTensor;
  dtype: DType;
}

/**
 * The node of `x`; what is no tensor is copied into one (numbers are float32 unless `dtype` says otherwise). A copied or cast
 * node lives until the next tensor is made: that of the operation that asked for it.
 */
export function operand(x: TensorLike, dtype?: DType): Operand {
  if (TensorBase.is(x)) return { handle: x.operandHandle, dtype: x.dtype };
  if (typeof x === 'number') {
    const type = dtype ?? 'float32';
    return { handle: operandOnly(native.constant(x, type)), dtype: type };
  }
  const values = inferValues(x, undefined, dtype);
  return { handle: operandOnly(native.fromData(values.data, values.shape, values.dtype)), dtype: values.dtype };
}

/** `x` as a node of type `dtype`. */
export function castTo(x: Operand, dtype: DType): NativeTensor {
  return x.dtype === dtype ? x.handle : operandOnly(native.cast(x.handle, dtype));
}

/** `x` as a node of type `dtype`, copied or cast. */
export function operandOf(x: TensorLike, dtype: DType): NativeTensor {
  return castTo(operand(x, TensorBase.is(x) ? undefined : dtype), dtype);
}

/** `x` as a float32 node, and the float type that results are to have. */
export function floatOperand(x: TensorLike): { handle: NativeTensor; result: DType } {
  const found = operand(x);
  return { handle: castTo(found, 'float32'), result: isFloat(found.dtype) ? found.dtype : 'float32' };
}

/** Both operands, a JavaScript number in the type that suits the other, and the type common to both. */
export function operandPair(a: TensorLike, b: TensorLike): { a: Operand; b: Operand; dtype: DType } {
  let first: Operand;
  let second: Operand;
  if (typeof a === 'number' && typeof b !== 'number') {
    second = operand(b);
    first = operand(a, numberDType(a, second.dtype));
  } else {
    first = operand(a);
    second = operand(b, typeof b === 'number' ? numberDType(b, first.dtype) : undefined);
  }
  return { a: first, b: second, dtype: commonDType(first.dtype, second.dtype) };
}

/** `x` itself when it is a tensor, else a new one. */
export function toTensor(x: TensorLike, dtype?: DType): Tensor {
  if (dtype !== undefined) checkDType(dtype);
  return TensorBase.is(x) ? x : new Tensor(operand(x, dtype).handle);
}

/** A tensor of the node, brought to `dtype`. */
export function wrap(handle: NativeTensor, computed: DType, dtype: DType): Tensor {
  return new Tensor(computed === dtype ? handle : native.cast(operandOnly(handle), dtype));
}
