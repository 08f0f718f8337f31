// What layers over one to three spatial axes share: sizes of each axis, where the channels are, and what errors call the axes.
import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { checkRank } from './options.ts';
import { type Shape, shown } from './shape.ts';

/** A number for each spatial axis, by how many there are. */
export interface Sizes {
  1: readonly [number];
  2: readonly [number, number];
  3: readonly [number, number, number];
}

/** How many spatial axes there are. */
export type SpatialRank = keyof Sizes;

/** A number for all spatial axes, or one for each. */
export type SizeOption<R extends SpatialRank> = number | Sizes[R];

/** Where the channels are: after the spatial axes, or right after the batch. Keras' spelling is taken too. */
export type DataFormatOption = 'channelsLast' | 'channelsFirst' | 'channels_last' | 'channels_first';

/** As {@link DataFormatOption}, in the one spelling that layers and configurations keep. */
export type DataFormat = 'channelsLast' | 'channelsFirst';

/** The option of layers with channels. */
export interface DataFormatConfig {
  /** Where the channels are. Default `'channelsLast'`: `[batch, ...sizes, channels]`. */
  dataFormat?: DataFormatOption | null;
}

const axisNames: Readonly<Record<SpatialRank, readonly string[]>> = {
  1: ['length'],
  2: ['height', 'width'],
  3: ['depth', 'height', 'width'],
};

const counts: Readonly<Record<SpatialRank, string>> = {
  1: 'one such as [3]',
  2: 'two such as [3, 3]',
  3: 'three such as [3, 3, 3]',
};

/** A size for every spatial axis. @throws ConfigError for anything but whole numbers from `least` on. */
export function sizesOf<R extends SpatialRank>(
  label: string,
  name: string,
  value: unknown,
  rank: R,
  least: 0 | 1 = 1,
): Sizes[R] {
  const given: readonly unknown[] = Array.isArray(value)
    ? value.slice(0, 9)
    : Array.from({ length: rank }, () => value);
  if (given.length === rank && given.every((size) => Number.isSafeInteger(size) && (size as number) >= least))
    return given as unknown as Sizes[R];
  const from = least === 0 ? 'from 0 on' : 'above 0';
  throw new ConfigError(`${label}: ${name} must be a whole number ${from}, or ${counts[rank]}, got ${received(value)}`);
}

/** The layout that an option names. @throws ConfigError for another one. */
export function dataFormatOf(label: string, value: unknown): DataFormat {
  if (value === undefined || value === null || value === 'channelsLast' || value === 'channels_last')
    return 'channelsLast';
  if (value === 'channelsFirst' || value === 'channels_first') return 'channelsFirst';
  throw new ConfigError(`${label}: dataFormat must be 'channelsLast' or 'channelsFirst', got ${received(value)}`);
}

/** The axes of a layer's inputs, for errors: `[batch, height, width, channels]`. */
function layoutOf(rank: SpatialRank, dataFormat: DataFormat): string {
  const sizes = axisNames[rank];
  const axes = dataFormat === 'channelsLast' ? [...sizes, 'channels'] : ['channels', ...sizes];
  return `[batch, ${axes.join(', ')}]`;
}

/** Throws unless `shape` has batch, channels and `rank` spatial axes. */
export function checkSpatialRank(label: string, shape: Shape, rank: SpatialRank, dataFormat: DataFormat): void {
  checkRank(label, shape, rank + 2, layoutOf(rank, dataFormat));
}

/** Positions of the spatial axes. */
export function spatialAxes(rank: SpatialRank, dataFormat: DataFormat): number[] {
  const first = dataFormat === 'channelsLast' ? 1 : 2;
  return Array.from({ length: rank }, (_, axis) => first + axis);
}

/** Position of the channels in inputs with `rank` spatial axes. */
export function channelAxis(rank: SpatialRank, dataFormat: DataFormat): number {
  return dataFormat === 'channelsLast' ? rank + 1 : 1;
}

/** Throws where an input has fewer cells than `reach` asks for along an axis. */
export function checkReach(
  label: string,
  shape: Shape,
  dataFormat: DataFormat,
  reach: readonly number[],
  what: (cells: number) => string,
  advice: string,
): void {
  const rank = reach.length as SpatialRank;
  spatialAxes(rank, dataFormat).forEach((axis, i) => {
    const size = shape[axis];
    const cells = reach[i] as number;
    if (typeof size !== 'number' || size >= cells) return;
    throw new ShapeError(
      `${label}: ${what(cells)}, but the input has ${size} along its ${axisNames[rank][i]} (input shape ${shown(shape)}). ${advice}`,
    );
  });
}

/** The size of the axis of channels, which weights depend on. @throws ShapeError when it is unknown. */
export function channelsOf(label: string, shape: Shape, dataFormat: DataFormat): number {
  const size = dataFormat === 'channelsLast' ? shape.at(-1) : shape[1];
  if (typeof size === 'number') return size;
  const which = dataFormat === 'channelsLast' ? 'last axis' : 'axis 1';
  throw new ShapeError(`${label} needs to know the size of the ${which}, but the input shape is ${shown(shape)}`);
}
