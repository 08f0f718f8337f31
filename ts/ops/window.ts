import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';

/**
 * Cells around the input: `'valid'` (none), `'same'` (output = ceil(input / stride), the odd cell at the end), `'causal'` (one dimension:
 * all of `'same'` at stride 1 before the first cell), a number for all sides, or `[before, after]` for every spatial axis. TensorFlow.js'
 * form with a pair for batch and channels too (`[[0, 0], [top, bottom], [left, right], [0, 0]]`) is taken as well.
 */
export type Padding = 'valid' | 'same' | 'causal' | number | readonly (readonly [number, number])[];

/** A number for both axes, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** A number for all spatial axes, or one for each. */
export type Spatial = number | readonly number[];

/** Where the channels are: last (default) or right after the batch. TensorFlow.js' and Keras' names. */
export type DataFormat =
  | 'channelsLast'
  | 'channels_last'
  | 'NWC'
  | 'NHWC'
  | 'NDHWC'
  | 'channelsFirst'
  | 'channels_first'
  | 'NCW'
  | 'NCHW'
  | 'NCDHW';

/** What is done where windows do not end with the input (numbers as padding only): `'floor'` (default) drops the rest. */
export type RoundingMode = 'floor' | 'round' | 'ceil';

const LAST: readonly string[] = ['channelsLast', 'channels_last', 'NWC', 'NHWC', 'NDHWC'];
const FIRST: readonly string[] = ['channelsFirst', 'channels_first', 'NCW', 'NCHW', 'NCDHW'];

/** Whether a layout has its channels first. @throws ConfigError for an unknown one. */
export function isChannelsFirst(name: string, dataFormat: DataFormat | undefined): boolean {
  if (dataFormat === undefined || LAST.includes(dataFormat)) return false;
  if (FIRST.includes(dataFormat)) return true;
  throw new ConfigError(
    `${name}: dataFormat must be one of ${[...LAST, ...FIRST].map((f) => `'${f}'`).join(', ')}, got ${received(dataFormat)}`,
  );
}

const COUNTS = ['', 'one number', 'two of them', 'three of them'];

/** `value` for each of `rank` axes. @throws ConfigError unless whole numbers from 1 on. */
export function spatial(value: Spatial, rank: number, what: string): number[] {
  const all: readonly number[] = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
  if (!Array.isArray(all) || all.length !== rank || all.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ConfigError(
      `${what} must be a whole number from 1 on or ${COUNTS[rank] ?? `${rank} of them`}, got ${received(value)}`,
    );
  }
  return [...all];
}

/** The spatial dims of a tensor of `rank + 2` axes, and its channels. */
export function planeOf(shape: readonly number[], channelsFirst: boolean): { dims: number[]; channels: number } {
  const dims = channelsFirst ? shape.slice(2) : shape.slice(1, -1);
  return { dims, channels: (channelsFirst ? shape[1] : shape.at(-1)) ?? 0 };
}

/** Geometry of windows over some axes. */
export interface Windows {
  size: readonly number[];
  strides: readonly number[];
  dilation: readonly number[];
  padding: Padding;
  dataFormat?: DataFormat | undefined;
  rounding?: RoundingMode | undefined;
}

function explicit(name: string, windows: Windows, rank: number): [number, number][] {
  const { padding } = windows;
  let sides: readonly (readonly number[])[];
  if (typeof padding === 'number') {
    sides = Array.from({ length: rank }, () => [padding, padding]);
  } else {
    sides = padding as readonly (readonly [number, number])[];
    if (Array.isArray(sides) && sides.length === rank + 2) {
      const first = isChannelsFirst(name, windows.dataFormat);
      const unpadded = [sides[0], first ? sides[1] : sides.at(-1)];
      if (unpadded.some((side) => side?.[0] !== 0 || side?.[1] !== 0)) {
        throw new ConfigError(`${name}: batch and channels are not padded, got ${received(padding)}`);
      }
      sides = first ? sides.slice(2) : sides.slice(1, -1);
    }
  }
  const fits = Array.isArray(sides) && sides.length === rank && sides.every((side) => side.length === 2);
  if (!fits || sides.flat().some((cells) => !Number.isInteger(cells) || cells < 0)) {
    throw new ConfigError(`${name}: padding must be whole numbers from 0 on, got ${received(padding)}`);
  }
  return sides.map((side) => [side[0] as number, side[1] as number]);
}

/** More cells at the end, where windows that do not end with the input count. */
function rounded(
  [before, after]: [number, number],
  dim: number,
  extent: number,
  stride: number,
  mode: RoundingMode,
): [number, number] {
  const steps = (dim + before + after - extent) / stride;
  const count = { floor: Math.floor, round: Math.round, ceil: Math.ceil }[mode](steps);
  return [before, Math.max(after, count * stride + extent - dim - before)];
}

/**
 * Cells before and after every axis of an input of size `dims`.
 * @throws ConfigError for an unknown padding; ShapeError where no window fits.
 */
export function windowPads(name: string, dims: readonly number[], windows: Windows): [number, number][] {
  const { size, strides, dilation, padding, rounding } = windows;
  const rank = dims.length;
  const extents = size.map((taps, a) => (taps - 1) * (dilation[a] ?? 1) + 1);
  const at = (a: number): [number, number, number] => [dims[a] ?? 0, extents[a] ?? 1, strides[a] ?? 1];
  if (rounding !== undefined && !['floor', 'round', 'ceil'].includes(rounding)) {
    throw new ConfigError(`${name}: dimRoundingMode must be 'floor', 'round' or 'ceil', got ${received(rounding)}`);
  }
  let pads: [number, number][];
  if (padding === 'valid') {
    pads = dims.map(() => [0, 0]);
  } else if (padding === 'same') {
    pads = dims.map((_, a) => {
      const [dim, extent, stride] = at(a);
      const total = Math.max((Math.ceil(dim / stride) - 1) * stride + extent - dim, 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  } else if (padding === 'causal' && rank === 1) {
    pads = [[(extents[0] ?? 1) - 1, 0]];
  } else if (typeof padding === 'string') {
    const causal = rank === 1 ? ", 'causal'" : '';
    throw new ConfigError(
      `${name}: padding must be 'valid', 'same'${causal}, a number or [before, after] of every axis, got '${padding}'`,
    );
  } else {
    pads = explicit(name, windows, rank).map((pad, a) => rounded(pad, ...at(a), rounding ?? 'floor'));
  }
  if (pads.some(([before, after], a) => (dims[a] ?? 0) + before + after < (extents[a] ?? 1))) {
    throw new ShapeError(
      `${name}: a window of ${extents.join(' x ')} does not fit an input of ${dims.join(' x ')}. Use a smaller window or padding: 'same'`,
    );
  }
  return pads;
}

/** How many windows fit each axis. */
export function windowCounts(dims: readonly number[], pads: readonly [number, number][], windows: Windows): number[] {
  return dims.map((dim, a) => {
    const extent = ((windows.size[a] ?? 1) - 1) * (windows.dilation[a] ?? 1) + 1;
    const [before, after] = pads[a] ?? [0, 0];
    return Math.floor((dim + before + after - extent) / (windows.strides[a] ?? 1)) + 1;
  });
}
