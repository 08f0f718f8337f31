import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';

/** Element types. Arithmetic is done in float32 and int32; the others store and cast. */
export type DType = 'float32' | 'bfloat16' | 'float16' | 'int32' | 'int8' | 'uint8' | 'bool';

/** What a tensor's numbers come back as: float types as Float32Array, bool (0 or 1) as Uint8Array. */
export type TensorData = Float32Array | Int32Array | Uint8Array | Int8Array;

/** All element types. */
export const dtypes: readonly DType[] = ['float32', 'bfloat16', 'float16', 'int32', 'int8', 'uint8', 'bool'];

/** Whether gradients flow through values of this type. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'bfloat16' || dtype === 'float16';
}

/** `dtype` itself, checked. @throws ConfigError for an unknown name. */
export function checkDType(dtype: unknown): DType {
  if (dtypes.includes(dtype as DType)) return dtype as DType;
  throw new ConfigError(`dtype must be one of ${dtypes.join(', ')}, got ${received(dtype)}`);
}

/** The type two operands are brought to: bool and small integers to int32 in arithmetic, any float wins over integers. */
export function commonDType(a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) && isFloat(b)) return 'float32';
  if (isFloat(a)) return a === 'float32' || b === 'bool' || b === 'int8' || b === 'uint8' ? a : 'float32';
  if (isFloat(b)) return commonDType(b, a);
  return 'int32';
}

/** The type that a JavaScript number takes beside an operand of type `other`. */
export function numberDType(value: number, other: DType): DType {
  if (isFloat(other)) return other;
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'int32' : 'float32';
}

/** The type arithmetic of `dtype` is done in. */
export function computeDType(dtype: DType): 'float32' | 'int32' {
  return isFloat(dtype) ? 'float32' : 'int32';
}
