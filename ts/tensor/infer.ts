import { types } from 'node:util';
import { received } from '../arguments.ts';
import { DataError, NativeError, ShapeError } from '../errors.ts';
import type { NativeSource } from '../native.ts';
import { checkDType, type DType } from './dtype.ts';

/** Nested arrays of numbers or booleans, regular (every row of one length); typed arrays may be rows. */
export type NestedArray = number | boolean | TypedArray | readonly NestedArray[];

/** Typed arrays (and Node Buffers) of any numeric kind. */
export type TypedArray = NativeSource | BigInt64Array | BigUint64Array;

/** Numbers as they come: flat memory, its shape and element type. */
export interface Values {
  data: NativeSource;
  shape: number[];
  dtype: DType;
}

/** Whether `x` is a typed array that numbers can be read from. */
export function isTypedArray(x: unknown): x is NativeSource {
  return types.isTypedArray(x) && !types.isBigInt64Array(x) && !types.isBigUint64Array(x);
}

/** `shape`, checked. @throws ShapeError unless it is a list of at most 8 whole numbers from 0 on. */
export function checkShape(shape: readonly number[], what = 'shape'): number[] {
  if (!Array.isArray(shape)) throw new ShapeError(`${what} must be an array of whole numbers, got ${received(shape)}`);
  if (shape.length > 8)
    throw new ShapeError(`${what} may have at most 8 axes, got ${shape.length}: ${received(shape)}`);
  const copy: number[] = Array.from(shape as readonly number[]);
  for (const dim of copy) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new ShapeError(`${what} must hold whole numbers from 0 on, got ${received(copy)}`);
    }
  }
  return copy;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

function typedDType(data: NativeSource): DType {
  // Not `instanceof`: the array may belong to another global object (Jest's).
  if (types.isInt8Array(data)) return 'int8';
  if (types.isUint8Array(data) || types.isUint8ClampedArray(data)) return 'uint8';
  if (types.isFloat32Array(data) || types.isFloat64Array(data)) return 'float32';
  return 'int32';
}

function checkedShape(size: number, shape: readonly number[] | undefined, fallback: number[]): number[] {
  if (shape === undefined) return fallback;
  const checked = checkShape(shape);
  if (sizeOf(checked) !== size) {
    throw new ShapeError(`shape [${checked.join(', ')}] holds ${sizeOf(checked)} values, but ${size} were given`);
  }
  return checked;
}

/** Lengths along the first rows. @throws ShapeError for what is nested deeper than any tensor, as an array that holds itself. */
function shapeOf(values: unknown): { shape: number[]; leaf: unknown } {
  const shape: number[] = [];
  let level = values;
  while (Array.isArray(level) || isTypedArray(level)) {
    if (shape.length === 8) {
      throw new ShapeError(
        'The shape of a nested array may have at most 8 axes; this one is nested deeper, or holds itself',
      );
    }
    shape.push(level.length);
    level = level[0];
  }
  return { shape, leaf: level };
}

/** Copies nested rows (arrays or typed arrays) into `out` from `at` on and gives the next position. */
function flatten(values: unknown, shape: readonly number[], axis: number, out: Float64Array, at: number): number {
  if (axis === shape.length) {
    if (typeof values !== 'number' && typeof values !== 'boolean') {
      throw new DataError(
        `The nested array is ragged or holds something else than numbers: expected a number, got ${received(values)}`,
      );
    }
    out[at] = Number(values);
    return at + 1;
  }
  const rows = Array.isArray(values) || isTypedArray(values) ? values : undefined;
  if (rows === undefined || rows.length !== shape[axis]) {
    const got = rows === undefined ? received(values) : rows.length;
    throw new DataError(
      `The nested array is ragged: along axis ${axis} the first row has ${shape[axis]} entries, another ${got}. All rows need one length`,
    );
  }
  let next = at;
  for (let i = 0; i < rows.length; i++) next = flatten(rows[i], shape, axis + 1, out, next);
  // A getter or a proxy may change the array meanwhile.
  if (next - at !== sizeOf(shape.slice(axis)))
    throw new DataError('The nested array changed its length while it was read');
  return next;
}

/**
 * Memory, shape and element type of `values`: numbers are float32, booleans bool, typed arrays their own type
 * (Uint8Array and Buffer uint8, other integers int32, Float64Array float32).
 * @throws DataError for ragged arrays, detached buffers, integers that do not fit and what is no number; ShapeError for a
 * shape of another size.
 */
export function inferValues(values: unknown, shape?: readonly number[], dtype?: DType): Values {
  const wanted = dtype === undefined ? undefined : checkDType(dtype);
  if (isTypedArray(values)) {
    checkMemory(values);
    return {
      data: types.isUint32Array(values) && (wanted ?? 'int32') === 'int32' ? int32Of(values) : values,
      shape: checkedShape(values.length, shape, [values.length]),
      dtype: wanted ?? typedDType(values),
    };
  }
  if (types.isBigInt64Array(values) || types.isBigUint64Array(values)) {
    checkMemory(values);
    return inferValues(int32Of(values), shape, wanted ?? 'int32');
  }
  if (typeof values !== 'number' && typeof values !== 'boolean' && !Array.isArray(values)) {
    throw new DataError(`Expected a number, a nested array of numbers or a typed array, got ${received(values)}`);
  }
  const rows = stack(values);
  return { ...rows, shape: checkedShape(rows.data.length, shape, rows.shape), dtype: wanted ?? rows.dtype };
}

/** Integers of a kind that has no element type here, where they fit int32. */
function int32Of(values: Uint32Array | BigInt64Array | BigUint64Array): Int32Array {
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value < -(2 ** 31) || value >= 2 ** 31) {
      throw new DataError(
        `${values[Symbol.toStringTag]}: element ${i} is ${values[i]}, which does not fit int32, the largest integer type. ` +
          'Scale the values, or convert them to Float32Array',
      );
    }
    result[i] = value;
  }
  return result;
}

/** Rows that are typed arrays (`[new Float32Array(3), new Float32Array(3)]`) are read as nested arrays of numbers. */
function stack(values: unknown): Values {
  const { shape, leaf } = shapeOf(values);
  // Before the memory is asked for: an array of a huge length is most likely empty.
  if (leaf !== undefined || sizeOf(shape) > 0) flatten(leaf, [], 0, new Float64Array(1), 0);
  const out = allocate(Float64Array, sizeOf(shape));
  flatten(values, shape, 0, out, 0);
  return { data: out, shape, dtype: typeof leaf === 'boolean' ? 'bool' : 'float32' };
}

/** JavaScript memory. @throws NativeError when there is none. */
export function allocate<T>(Class: new (length: number) => T, size: number): T {
  try {
    return new Class(size);
  } catch {
    throw new NativeError(`out of memory: there is no room for an array of ${size} numbers`);
  }
}

const typedArrayAt = Object.getPrototypeOf(Uint8Array.prototype).at as (this: unknown, index: number) => unknown;

/** @throws DataError for a view whose buffer was detached, or has become smaller. */
function checkMemory(values: NativeSource | BigInt64Array | BigUint64Array): void {
  if (values.length > 0) return;
  try {
    // Reads nothing of an empty view, and throws for one that has lost its memory.
    typedArrayAt.call(values, 0);
  } catch {
    throw new DataError(
      `The ${values[Symbol.toStringTag]} has no memory any more: its buffer was detached (transferred to a worker?) or made smaller`,
    );
  }
}
