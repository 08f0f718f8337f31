import { types } from 'node:util';
import { DataError, ShapeError } from '../errors.ts';
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
  if (!Array.isArray(shape)) throw new ShapeError(`${what} must be an array of whole numbers, got ${String(shape)}`);
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new ShapeError(`${what} must hold whole numbers from 0 on, got [${shape.join(', ')}]`);
    }
  }
  if (shape.length > 8)
    throw new ShapeError(`${what} may have at most 8 axes, got ${shape.length}: [${shape.join(', ')}]`);
  return [...shape];
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

function typedDType(data: NativeSource): DType {
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 'uint8';
  if (data instanceof Float32Array || data instanceof Float64Array) return 'float32';
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

function shapeOf(values: NestedArray): number[] {
  const shape: number[] = [];
  let level: NestedArray = values;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0] as NestedArray;
  }
  return shape;
}

/** Copies nested rows into `out` from `at` on and gives the next position. */
function flatten(values: NestedArray, shape: readonly number[], axis: number, out: Float64Array, at: number): number {
  if (axis === shape.length) {
    if (typeof values !== 'number' && typeof values !== 'boolean') {
      const got = Array.isArray(values) ? `an array of ${values.length}` : describe(values);
      throw new DataError(
        `The nested array is ragged or holds something else than numbers: expected a number, got ${got}`,
      );
    }
    out[at] = Number(values);
    return at + 1;
  }
  if (!Array.isArray(values) || values.length !== shape[axis]) {
    const got = Array.isArray(values) ? `${values.length}` : describe(values);
    throw new DataError(
      `The nested array is ragged: along axis ${axis} the first row has ${shape[axis]} entries, another ${got}. All rows need one length`,
    );
  }
  let next = at;
  for (const row of values) next = flatten(row as NestedArray, shape, axis + 1, out, next);
  return next;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `${typeof value} ${String(value)}`;
}

function firstLeaf(values: NestedArray): unknown {
  let level: unknown = values;
  while (Array.isArray(level)) level = level[0];
  return level;
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
    if (values.buffer instanceof ArrayBuffer && isDetached(values)) {
      throw new DataError(
        `The ${values.constructor.name} has no memory any more: its buffer was detached (transferred to a worker?)`,
      );
    }
    return {
      data: values instanceof Uint32Array && (wanted ?? 'int32') === 'int32' ? int32Of(values) : values,
      shape: checkedShape(values.length, shape, [values.length]),
      dtype: wanted ?? typedDType(values),
    };
  }
  if (types.isBigInt64Array(values) || types.isBigUint64Array(values)) {
    return inferValues(int32Of(values), shape, wanted ?? 'int32');
  }
  if (typeof values !== 'number' && typeof values !== 'boolean' && !Array.isArray(values)) {
    throw new DataError(`Expected a number, a nested array of numbers or a typed array, got ${describe(values)}`);
  }
  const rows = stack(values as NestedArray);
  return { ...rows, shape: checkedShape(rows.data.length, shape, rows.shape), dtype: wanted ?? rows.dtype };
}

/** Integers of a kind that has no element type here, where they fit int32. */
function int32Of(values: Uint32Array | BigInt64Array | BigUint64Array): Int32Array {
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value < -(2 ** 31) || value >= 2 ** 31) {
      throw new DataError(
        `${values.constructor.name}: element ${i} is ${values[i]}, which does not fit int32, the largest integer type. ` +
          'Scale the values, or convert them to Float32Array',
      );
    }
    result[i] = value;
  }
  return result;
}

/** Rows that are typed arrays (`[new Float32Array(3), new Float32Array(3)]`) are read as nested arrays of numbers. */
function stack(values: NestedArray): Values {
  const plain = containsTyped(values) ? plainRows(values) : values;
  const shape = checkShape(shapeOf(plain), 'The shape of a nested array');
  const out = new Float64Array(sizeOf(shape));
  flatten(plain, shape, 0, out, 0);
  return { data: out, shape, dtype: typeof firstLeaf(plain) === 'boolean' ? 'bool' : 'float32' };
}

function containsTyped(values: unknown): boolean {
  let level: unknown = values;
  while (Array.isArray(level)) level = level[0];
  return isTypedArray(level);
}

function plainRows(values: unknown): NestedArray {
  if (isTypedArray(values)) return Array.from(values);
  if (Array.isArray(values)) return values.map(plainRows);
  return values as NestedArray;
}

function isDetached(values: NativeSource): boolean {
  // ArrayBuffer.prototype.detached came with Node 22; before, a detached view has length 0 over a buffer of 0 bytes,
  // which an empty view can have too, but then its buffer accepts a new view.
  if (values.buffer.byteLength > 0) return false;
  try {
    new Uint8Array(values.buffer);
    return false;
  } catch {
    return true;
  }
}
