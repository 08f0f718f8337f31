import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { floatOperand, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { Tensor } from '../tensor/tensor.ts';
import { expandDims, squeeze } from './shape.ts';
import {
  type DataFormat,
  isChannelsFirst,
  type Padding,
  planeOf,
  type RoundingMode,
  type Spatial,
  spatial,
  windowPads,
} from './window.ts';

/** Geometry of pooling. */
export interface PoolOptions {
  /** Steps of the window (default: its size). */
  strides?: Spatial | undefined;
  /** Cells around the input (default `'valid'`: none); never chosen, never counted. */
  padding?: Padding | undefined;
  /** Steps between the cells of a window (default 1). */
  dilations?: Spatial | undefined;
  /** Where the channels are (default last). */
  dataFormat?: DataFormat | undefined;
  /** Output sizes where windows do not end with the input and padding is numbers (default `'floor'`). */
  dimRoundingMode?: RoundingMode | undefined;
}

/** The third argument of a pooling: strides, as TensorFlow.js has it, or all options by name. */
export type PoolStridesOrOptions = Spatial | PoolOptions;

const LAYOUTS = [
  '',
  '[batch, width, channels]',
  '[batch, height, width, channels]',
  '[batch, depth, height, width, channels]',
];

const OPTIONS = ['strides', 'padding', 'dilations', 'dataFormat', 'dimRoundingMode'];

function poolOptions(
  given: PoolStridesOrOptions | undefined,
  padding?: Padding,
  dimRoundingMode?: RoundingMode,
  dataFormat?: DataFormat,
): PoolOptions {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    checkOptionNames('pooling', given, OPTIONS, "{ strides: 2, padding: 'same' }");
    return given as PoolOptions;
  }
  return { strides: given as Spatial | undefined, padding, dimRoundingMode, dataFormat };
}

interface PoolWindows {
  images: Tensor;
  size: number[];
  strides: number[];
  dilation: number[];
  pads: number[];
  channelsFirst: boolean;
}

/** The checked geometry of a pooling of images with a batch axis. */
function windowsOf(name: string, rank: number, images: Tensor, poolSize: Spatial, options: PoolOptions): PoolWindows {
  if (images.rank !== rank + 2) {
    throw new ShapeError(`${name} needs images ${LAYOUTS[rank]}, got ${shown(images.shape)}`);
  }
  const channelsFirst = isChannelsFirst(name, options.dataFormat);
  const size = spatial(poolSize, rank, `${name}: poolSize`);
  const strides = spatial(options.strides ?? size, rank, `${name}: strides`);
  const dilation = spatial(options.dilations ?? 1, rank, `${name}: dilations`);
  const padding = options.padding ?? 'valid';
  const { dataFormat, dimRoundingMode: rounding } = options;
  if (padding === 'causal') throw new ConfigError(`${name}: padding must be 'valid', 'same' or numbers, got 'causal'`);
  const { dims } = planeOf(images.shape, channelsFirst);
  const pads = windowPads(name, dims, { size, strides, dilation, padding, dataFormat, rounding });
  return { images, size, strides, dilation, pads: pads.flat(), channelsFirst };
}

function poolNd(
  name: string,
  rank: number,
  kind: 'max' | 'avg',
  x: TensorLike,
  poolSize: Spatial,
  options: PoolOptions,
): Tensor {
  const images = toTensor(x);
  if (images.rank === rank + 1) return squeeze(poolNd(name, rank, kind, expandDims(images), poolSize, options), 0);
  const { size, strides, dilation, pads, channelsFirst } = windowsOf(name, rank, images, poolSize, options);
  const { handle, result } = floatOperand(images);
  return wrap(native.pool(kind, handle, size, strides, dilation, pads, channelsFirst), 'float32', result);
}

/**
 * The largest element of every window of `x [n, w, c]` (or `[w, c]`); see {@link maxPool}.
 * @example maxPool1d([[[1], [2], [3], [4]]], 2) // [[[2], [4]]]
 */
export function maxPool1d(x: TensorLike, poolSize: Spatial, strides?: PoolStridesOrOptions, pad?: Padding): Tensor {
  return poolNd('maxPool1d', 1, 'max', x, poolSize, poolOptions(strides, pad));
}

/**
 * The largest element of every window of `x [n, h, w, c]` (or `[h, w, c]`). The third argument is strides (default: the window's size;
 * then padding and rounding, as in TensorFlow.js) or an object of options. A NaN counts as the largest; the gradient goes to the first of
 * equals.
 * @throws ShapeError where no window fits; ConfigError for options outside their range.
 * @example maxPool([[[1], [2]], [[3], [4]]], 2, 2, 'valid') // [[[4]]]
 */
export function maxPool(
  x: TensorLike,
  poolSize: Spatial,
  strides?: PoolStridesOrOptions,
  pad?: Padding,
  dimRoundingMode?: RoundingMode,
): Tensor {
  return poolNd('maxPool', 2, 'max', x, poolSize, poolOptions(strides, pad, dimRoundingMode));
}

/**
 * The largest element of every window of `x [n, d, h, w, c]` (or `[d, h, w, c]`); see {@link maxPool}.
 * @example maxPool3d(ones([1, 4, 4, 4, 1]), 2, 2).shape // [1, 2, 2, 2, 1]
 */
export function maxPool3d(
  x: TensorLike,
  poolSize: Spatial,
  strides?: PoolStridesOrOptions,
  pad?: Padding,
  dimRoundingMode?: RoundingMode,
  dataFormat?: DataFormat,
): Tensor {
  return poolNd('maxPool3d', 3, 'max', x, poolSize, poolOptions(strides, pad, dimRoundingMode, dataFormat));
}

/**
 * The mean of every window's real cells of `x [n, w, c]` (or `[w, c]`); see {@link avgPool}.
 * @example avgPool1d([[[1], [2], [3], [4]]], 2) // [[[1.5], [3.5]]]
 */
export function avgPool1d(x: TensorLike, poolSize: Spatial, strides?: PoolStridesOrOptions, pad?: Padding): Tensor {
  return poolNd('avgPool1d', 1, 'avg', x, poolSize, poolOptions(strides, pad));
}

/**
 * The mean of every window's real cells of `x [n, h, w, c]` (or `[h, w, c]`); arguments as for {@link maxPool}.
 * @throws ShapeError where no window fits; ConfigError for options outside their range.
 * @example avgPool([[[1], [2]], [[3], [4]]], 2, 2, 'valid') // [[[2.5]]]
 */
export function avgPool(
  x: TensorLike,
  poolSize: Spatial,
  strides?: PoolStridesOrOptions,
  pad?: Padding,
  dimRoundingMode?: RoundingMode,
): Tensor {
  return poolNd('avgPool', 2, 'avg', x, poolSize, poolOptions(strides, pad, dimRoundingMode));
}

/**
 * The mean of every window's real cells of `x [n, d, h, w, c]` (or `[d, h, w, c]`); see {@link avgPool}.
 * @example avgPool3d(ones([1, 4, 4, 4, 1]), 2, 2, 'valid').shape // [1, 2, 2, 2, 1]
 */
export function avgPool3d(
  x: TensorLike,
  poolSize: Spatial,
  strides?: PoolStridesOrOptions,
  pad?: Padding,
  dimRoundingMode?: RoundingMode,
  dataFormat?: DataFormat,
): Tensor {
  return poolNd('avgPool3d', 3, 'avg', x, poolSize, poolOptions(strides, pad, dimRoundingMode, dataFormat));
}

/**
 * Pooling in as many dimensions as the window has numbers (two for one number), with dilated windows if asked for; strides default to 1
 * (TensorFlow.js' rule, unlike {@link maxPool}).
 * @throws ShapeError where no window fits; ConfigError for options outside their range.
 * @example pool(ones([8, 28, 28, 3]), [3, 3], 'avg', 'same', [1, 1], [2, 2]).shape // [8, 14, 14, 3]
 */
export function pool(
  x: TensorLike,
  windowShape: Spatial,
  poolingType: 'avg' | 'max',
  pad: Padding = 'valid',
  dilations: Spatial = 1,
  strides: Spatial = 1,
  dimRoundingMode?: RoundingMode,
): Tensor {
  if (poolingType !== 'avg' && poolingType !== 'max') {
    throw new ConfigError(`pool: poolingType must be 'avg' or 'max', got ${received(poolingType)}`);
  }
  const rank = typeof windowShape === 'number' ? 2 : windowShape.length;
  if (rank < 1 || rank > 3) throw new ConfigError(`pool: windows have one to three axes, got ${received(windowShape)}`);
  return poolNd('pool', rank, poolingType, x, windowShape, { strides, padding: pad, dilations, dimRoundingMode });
}

/**
 * {@link maxPool} of `x [n, h, w, c]`, and where each maximum lies (int32): `(row * w + column) * c + channel`, in the whole batch
 * (`((image * h + row) * w + ...`) with `includeBatchInIndex`.
 * @throws ShapeError where no window fits; ConfigError for options outside their range.
 * @example
 * const { result, indexes } = maxPoolWithArgmax([[[[1], [2]], [[3], [4]]]], 2, 2, 'valid');
 * result // [[[[4]]]]
 * indexes // [[[[3]]]]
 */
export function maxPoolWithArgmax(
  x: TensorLike,
  poolSize: Spatial,
  strides?: Spatial,
  pad: Padding = 'valid',
  includeBatchInIndex = false,
): { result: Tensor; indexes: Tensor } {
  const images = toTensor(x);
  const options = { strides, padding: pad };
  const windows = windowsOf('maxPoolWithArgmax', 2, images, poolSize, options);
  const { handle, result } = floatOperand(images);
  const made = native.maxPoolWithArgmax(handle, windows.size, windows.strides, windows.pads, includeBatchInIndex);
  const [largest, places] = made as [(typeof made)[0], (typeof made)[0]];
  return { result: wrap(largest, 'float32', result), indexes: new Tensor(places) };
}

function adaptive(
  name: string,
  kind: 'max' | 'avg',
  x: TensorLike,
  outputSize: Spatial,
  dataFormat?: DataFormat,
): Tensor {
  const images = toTensor(x);
  const rank = images.rank - 2;
  if (rank < 1 || rank > 3) {
    throw new ShapeError(
      `${name} needs images with batch, one to three spatial axes and channels, got ${shown(images.shape)}`,
    );
  }
  const sizes = spatial(outputSize, rank, `${name}: outputSize`);
  const { handle, result } = floatOperand(images);
  const made = native.adaptivePool(kind, handle, sizes, isChannelsFirst(name, dataFormat));
  return wrap(made, 'float32', result);
}

/**
 * Means over bins of images `x [n, spatial..., c]` (one to three spatial axes), so many along each axis: bin i of m over n cells is
 * `floor(i n / m)..ceil((i + 1) n / m)`.
 * @throws ShapeError for ranks that do not fit; ConfigError for sizes below 1.
 * @example adaptiveAveragePool(ones([8, 30, 30, 3]), [7, 7]).shape // [8, 7, 7, 3]
 */
export function adaptiveAveragePool(x: TensorLike, outputSize: Spatial, dataFormat?: DataFormat): Tensor {
  return adaptive('adaptiveAveragePool', 'avg', x, outputSize, dataFormat);
}

/**
 * The largest elements of the bins of {@link adaptiveAveragePool}.
 * @example adaptiveMaxPool(ones([1, 8, 8, 3]), [3, 3]).shape // [1, 3, 3, 3]
 */
export function adaptiveMaxPool(x: TensorLike, outputSize: Spatial, dataFormat?: DataFormat): Tensor {
  return adaptive('adaptiveMaxPool', 'max', x, outputSize, dataFormat);
}
