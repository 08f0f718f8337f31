import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';

/** `'valid'` (none), `'same'` (output = ceil(input / stride), the odd cell at the end), a number for all sides, or `[[top, bottom], [left, right]]`. */
export type Padding = 'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]];

/** A number for both axes, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** `value` for both axes, checked. @throws ConfigError unless whole numbers from 1 on. */
export function pair(value: Pair, what: string): [number, number] {
  const both: readonly number[] = typeof value === 'number' ? [value, value] : value;
  const [h, w] = Array.isArray(both) ? both : [];
  if (
    !Array.isArray(both) ||
    both.length !== 2 ||
    !Number.isInteger(h) ||
    !Number.isInteger(w) ||
    (h as number) < 1 ||
    (w as number) < 1
  ) {
    throw new ConfigError(`${what} must be a whole number from 1 on or two of them, got ${received(value)}`);
  }
  return [h as number, w as number];
}

/** Cells before and after one axis. */
function side(padding: Padding, axis: 0 | 1, dim: number, extent: number, stride: number): [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding === 'same') {
    const total = Math.max((Math.ceil(dim / stride) - 1) * stride + extent - dim, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
  if (typeof padding === 'number') return [padding, padding];
  const given: unknown = Array.isArray(padding) && padding.length === 2 ? padding[axis] : undefined;
  // What is no pair is refused with all the others.
  return Array.isArray(given) && given.length === 2 ? [given[0], given[1]] : [Number.NaN, Number.NaN];
}

/** Explicit padding of rows and columns. @throws ConfigError for an unknown padding; ShapeError where no window fits. */
export function windowPadding(
  name: string,
  padding: Padding,
  dims: readonly [number, number],
  size: readonly [number, number],
  strides: readonly [number, number],
  dilation: readonly [number, number] = [1, 1],
): { padH: [number, number]; padW: [number, number] } {
  if (typeof padding === 'string' && padding !== 'valid' && padding !== 'same') {
    throw new ConfigError(
      `${name}: padding must be 'valid', 'same', a number or [[top, bottom], [left, right]], got ${received(padding)}`,
    );
  }
  const extents = [(size[0] - 1) * dilation[0] + 1, (size[1] - 1) * dilation[1] + 1] as const;
  const padH = side(padding, 0, dims[0], extents[0], strides[0]);
  const padW = side(padding, 1, dims[1], extents[1], strides[1]);
  if ([...padH, ...padW].some((cells) => !Number.isInteger(cells) || cells < 0)) {
    throw new ConfigError(`${name}: padding must be whole numbers from 0 on, got ${received(padding)}`);
  }
  if (dims[0] + padH[0] + padH[1] < extents[0] || dims[1] + padW[0] + padW[1] < extents[1]) {
    throw new ShapeError(
      `${name}: a window of ${extents.join(' x ')} does not fit an input of ${dims.join(' x ')}. Use a smaller window or padding: 'same'`,
    );
  }
  return { padH, padW };
}
