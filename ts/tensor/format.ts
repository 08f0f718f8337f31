import type { DType, TensorData } from './dtype.ts';

/** Rows, nested as deep as the tensor's rank; the number itself for a scalar. Booleans are 0 and 1. */
export type NestedNumbers = number | NestedNumbers[];

/** Flat numbers as nested rows. */
export function nest(data: TensorData, shape: readonly number[]): NestedNumbers {
  let at = 0;
  const build = (axis: number): NestedNumbers => {
    if (axis === shape.length) return data[at++] ?? Number.NaN;
    return Array.from({ length: shape[axis] ?? 0 }, () => build(axis + 1));
  };
  return build(0);
}

/** Longest axis shown whole; longer ones show their first and last three entries. */
const EDGE = 3;
const WHOLE = 2 * EDGE + 1;

function formatNumber(value: number, dtype: DType): string {
  if (dtype === 'bool') return value ? 'true' : 'false';
  if (dtype === 'int32' || dtype === 'int8' || dtype === 'uint8' || !Number.isFinite(value)) return String(value);
  // Seven digits are what a float32 holds; exact short numbers stay short.
  return String(Number.parseFloat(value.toPrecision(7)));
}

/** Numbers as text, rows in brackets (each on a line of its own when `multiline`), long axes shortened with `...`. */
export function formatValues(data: TensorData, shape: readonly number[], dtype: DType, multiline = false): string {
  const strides: number[] = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  const build = (axis: number, offset: number): string => {
    if (axis === shape.length) return formatNumber(data[offset] ?? Number.NaN, dtype);
    const length = shape[axis] ?? 0;
    const entry = (i: number): string => build(axis + 1, offset + i * (strides[axis] ?? 1));
    const shown = length <= WHOLE ? range(0, length).map(entry) : [];
    if (length > WHOLE) {
      shown.push(...range(0, EDGE).map(entry), '...', ...range(length - EDGE, length).map(entry));
    }
    const between = multiline && axis < shape.length - 1 ? `,\n${' '.repeat(axis + 1)}` : ', ';
    return `[${shown.join(between)}]`;
  };
  return build(0, 0);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
