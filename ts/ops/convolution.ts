import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { floatOperand, operandOf, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { expandDims, reshape, squeeze } from './shape.ts';
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

/** Geometry of a convolution. */
export interface ConvOptions {
  /** Steps of the kernel (default 1). */
  strides?: Spatial | undefined;
  /** Cells around the input (default `'valid'`: none). */
  padding?: Padding | undefined;
  /** Steps between the taps of the kernel (default 1). */
  dilations?: Spatial | undefined;
  /** Where the channels of the images are (default last). */
  dataFormat?: DataFormat | undefined;
  /** Groups of channels; those of the result see the input's of their own group only (default 1). */
  groups?: number | undefined;
  /** Output sizes where windows do not end with the input and padding is numbers (default `'floor'`). */
  dimRoundingMode?: RoundingMode | undefined;
}

/** The third argument of a convolution: strides, as TensorFlow.js has it, or all options by name. */
export type StridesOrOptions = Spatial | ConvOptions;

const LAYOUTS = [
  '',
  '[batch, width, channels]',
  '[batch, height, width, channels]',
  '[batch, depth, height, width, channels]',
];
const KERNELS = ['', '[width, in, out]', '[height, width, in, out]', '[depth, height, width, in, out]'];

const OPTIONS = ['strides', 'padding', 'dilations', 'dataFormat', 'groups', 'dimRoundingMode'];

/** Options from TensorFlow.js' positional arguments. */
function convOptions(
  given: StridesOrOptions | undefined,
  padding?: Padding,
  dataFormat?: DataFormat,
  dilations?: Spatial,
  dimRoundingMode?: RoundingMode,
): ConvOptions {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    checkOptionNames('convolution', given, OPTIONS, "{ strides: 2, padding: 'same' }");
    return given as ConvOptions;
  }
  return { strides: given as Spatial | undefined, padding, dataFormat, dilations, dimRoundingMode };
}

/** Convolution in `rank` dimensions of images with a batch axis, or of one image. */
function convNd(name: string, rank: number, x: TensorLike, kernel: TensorLike, options: ConvOptions): Tensor {
  const images = toTensor(x);
  if (images.rank === rank + 1) return squeeze(convNd(name, rank, expandDims(images), kernel, options), 0);
  const filters = toTensor(kernel);
  if (images.rank !== rank + 2 || filters.rank !== rank + 2) {
    throw new ShapeError(
      `${name} needs images ${LAYOUTS[rank]} and a kernel ${KERNELS[rank]}, got ${shown(images.shape)} and ${shown(filters.shape)}`,
    );
  }
  const channelsFirst = isChannelsFirst(name, options.dataFormat);
  const { dims, channels } = planeOf(images.shape, channelsFirst);
  const groups = spatial(options.groups ?? 1, 1, `${name}: groups`)[0] as number;
  const inputs = (filters.shape[rank] ?? 0) * groups;
  if (channels !== inputs) {
    const each = groups === 1 ? '' : ` with ${groups} groups`;
    throw new ShapeError(
      `${name}: the kernel ${shown(filters.shape)}${each} expects ${inputs} input channels but got ${channels} (input shape ${shown(images.shape)})`,
    );
  }
  const strides = spatial(options.strides ?? 1, rank, `${name}: strides`);
  const dilation = spatial(options.dilations ?? 1, rank, `${name}: dilations`);
  const pads = windowPads(name, dims, {
    size: filters.shape.slice(0, rank),
    strides,
    dilation,
    padding: options.padding ?? 'valid',
    dataFormat: options.dataFormat,
    rounding: options.dimRoundingMode,
  });
  const { handle, result } = floatOperand(images);
  const right = operandOf(filters, 'float32');
  return wrap(native.conv(handle, right, strides, dilation, pads.flat(), groups, channelsFirst), 'float32', result);
}

/**
 * Convolution (cross-correlation) of sequences `x [n, w, in]` (or one `[w, in]`) with a kernel `[kw, in, out]`:
 * `y[n,j,o] = sum_{b,c} x[n, j*s + b*d, c] * kernel[b,c,o]`. With `padding: 'causal'` no output sees a later input.
 * @throws ShapeError for ranks or channels that do not fit; ConfigError for options outside their range.
 * @example
 * const [series, kernel] = [tensor([[[1], [2], [3]]]), ones([2, 1, 1])];
 * conv1d(series, kernel, 1, 'causal') // [[[1], [3], [5]]]
 */
export function conv1d(
  x: TensorLike,
  kernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dataFormat?: DataFormat,
  dilation?: Spatial,
  dimRoundingMode?: RoundingMode,
): Tensor {
  return convNd('conv1d', 1, x, kernel, convOptions(strides, pad, dataFormat, dilation, dimRoundingMode));
}

/**
 * Convolution (cross-correlation) of images `x [n, h, w, in]` (or one image `[h, w, in]`) with a kernel
 * `[kh, kw, in / groups, out]`: `y[n,i,j,o] = sum_{a,b,c} x[n, i*s + a*d, j*s + b*d, c] * kernel[a,b,c,o]`.
 * The third argument is strides (then padding, layout, dilations, rounding, as in TensorFlow.js) or an object of options.
 * @throws ShapeError for ranks or channels that do not fit; ConfigError for options outside their range.
 * @example conv2d(ones([8, 28, 28, 3]), ones([3, 3, 3, 16]), { strides: 2, padding: 'same' }).shape // [8, 14, 14, 16]
 */
export function conv2d(
  x: TensorLike,
  kernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dataFormat?: DataFormat,
  dilations?: Spatial,
  dimRoundingMode?: RoundingMode,
): Tensor {
  return convNd('conv2d', 2, x, kernel, convOptions(strides, pad, dataFormat, dilations, dimRoundingMode));
}

/**
 * Convolution of volumes `x [n, d, h, w, in]` (or one `[d, h, w, in]`) with a kernel `[kd, kh, kw, in / groups, out]`.
 * @throws ShapeError for ranks or channels that do not fit; ConfigError for options outside their range.
 * @example conv3d(ones([2, 8, 8, 8, 1]), ones([3, 3, 3, 1, 4]), 1, 'same').shape // [2, 8, 8, 8, 4]
 */
export function conv3d(
  x: TensorLike,
  kernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dataFormat?: DataFormat,
  dilations?: Spatial,
): Tensor {
  return convNd('conv3d', 3, x, kernel, convOptions(strides, pad, dataFormat, dilations));
}

/** A kernel `[size..., channels, multiplier]` as that of a convolution with a group a channel. */
function channelKernel(name: string, rank: number, kernel: TensorLike): { filters: Tensor; groups: number } {
  const given = toTensor(kernel);
  if (given.rank !== rank + 2) {
    throw new ShapeError(`${name} needs a kernel [size..., channels, multiplier], got ${shown(given.shape)}`);
  }
  const [channels = 0, multiplier = 0] = given.shape.slice(rank);
  return {
    filters: reshape(given, [...given.shape.slice(0, rank), 1, channels * multiplier]),
    groups: Math.max(channels, 1),
  };
}

function depthwise(name: string, rank: number, x: TensorLike, kernel: TensorLike, options: ConvOptions): Tensor {
  const { filters, groups } = channelKernel(name, rank, kernel);
  return convNd(name, rank, x, filters, { ...options, groups });
}

/**
 * {@link depthwiseConv2d} of sequences `[n, w, channels]`, kernel `[kw, channels, multiplier]`.
 * @example depthwiseConv1d(ones([1, 8, 3]), ones([3, 3, 2]), 1, 'same').shape // [1, 8, 6]
 */
export function depthwiseConv1d(
  x: TensorLike,
  kernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dataFormat?: DataFormat,
  dilation?: Spatial,
): Tensor {
  return depthwise('depthwiseConv1d', 1, x, kernel, convOptions(strides, pad, dataFormat, dilation));
}

/**
 * Every channel by its own filters: images `[n, h, w, channels]`, kernel `[kh, kw, channels, multiplier]`, result
 * `[n, oh, ow, channels * multiplier]` with the results of a channel together.
 * @throws ShapeError for ranks or channels that do not fit; ConfigError for options outside their range.
 * @example depthwiseConv2d(ones([8, 28, 28, 3]), ones([3, 3, 3, 2]), 1, 'same').shape // [8, 28, 28, 6]
 */
export function depthwiseConv2d(
  x: TensorLike,
  kernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dataFormat?: DataFormat,
  dilations?: Spatial,
  dimRoundingMode?: RoundingMode,
): Tensor {
  return depthwise('depthwiseConv2d', 2, x, kernel, convOptions(strides, pad, dataFormat, dilations, dimRoundingMode));
}

function separable(
  name: string,
  rank: number,
  x: TensorLike,
  depthwiseKernel: TensorLike,
  pointwiseKernel: TensorLike,
  options: ConvOptions,
): Tensor {
  const pointwise = toTensor(pointwiseKernel);
  if (pointwise.rank === rank + 2 && pointwise.shape.slice(0, rank).some((size) => size !== 1)) {
    throw new ShapeError(`${name}: the pointwise kernel is 1 cell in size, got shape ${shown(pointwise.shape)}`);
  }
  const channels = depthwise(name, rank, x, depthwiseKernel, options);
  return convNd(name, rank, channels, pointwise, { dataFormat: options.dataFormat });
}

/**
 * {@link separableConv2d} of sequences: kernels `[kw, channels, multiplier]` and `[1, channels * multiplier, out]`.
 * @example separableConv1d(ones([1, 8, 3]), ones([3, 3, 2]), ones([1, 6, 4]), 1, 'same').shape // [1, 8, 4]
 */
export function separableConv1d(
  x: TensorLike,
  depthwiseKernel: TensorLike,
  pointwiseKernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dilation?: Spatial,
  dataFormat?: DataFormat,
): Tensor {
  const options = convOptions(strides, pad, dataFormat, dilation);
  return separable('separableConv1d', 1, x, depthwiseKernel, pointwiseKernel, options);
}

/**
 * {@link depthwiseConv2d}, then a convolution of 1 x 1 with `pointwiseKernel [1, 1, channels * multiplier, out]`.
 * @throws ShapeError for ranks or channels that do not fit; ConfigError for options outside their range.
 * @example
 * const [depthwise, pointwise] = [ones([3, 3, 3, 2]), ones([1, 1, 6, 16])];
 * separableConv2d(ones([8, 28, 28, 3]), depthwise, pointwise, 1, 'same').shape // [8, 28, 28, 16]
 */
export function separableConv2d(
  x: TensorLike,
  depthwiseKernel: TensorLike,
  pointwiseKernel: TensorLike,
  strides?: StridesOrOptions,
  pad?: Padding,
  dilation?: Spatial,
  dataFormat?: DataFormat,
): Tensor {
  const options = convOptions(strides, pad, dataFormat, dilation);
  return separable('separableConv2d', 2, x, depthwiseKernel, pointwiseKernel, options);
}
