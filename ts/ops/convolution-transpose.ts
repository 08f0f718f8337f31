import { checkIntegers, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { floatOperand, operandOf, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ConvOptions } from './convolution.ts';
import { expandDims, squeeze } from './shape.ts';
import {
  isChannelsFirst,
  type Padding,
  planeOf,
  type RoundingMode,
  type Spatial,
  spatial,
  windowCounts,
  windowPads,
} from './window.ts';

/** Geometry of a transposed convolution: that of the convolution whose transpose it is. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Cells more than the smallest output at the end of every axis, below its stride (default: Keras' rule, see {@link convTranspose}). */
  outputPadding?: Spatial | undefined;
  /** Spatial sizes of the output; instead of `outputPadding`. */
  outputSize?: readonly number[] | undefined;
}

/** The output's size along one axis, as Keras 3 has it. */
function outputSize(
  cells: number,
  size: number,
  stride: number,
  padding: Padding,
  axis: number,
  more?: number,
): number {
  if (padding === 'same') return more === undefined ? cells * stride : (cells - 1) * stride + (size % 2) + more;
  let around = 0;
  if (typeof padding === 'number') around = 2 * padding;
  else if (typeof padding !== 'string') around = (padding[axis]?.[0] ?? 0) + (padding[axis]?.[1] ?? 0);
  const extra = more ?? (padding === 'valid' ? Math.max(stride - size, 0) : 0);
  return (cells - 1) * stride + size - around + extra;
}

function transposeNd(
  name: string,
  rank: number,
  x: TensorLike,
  kernel: TensorLike,
  options: ConvTransposeOptions,
): Tensor {
  const images = toTensor(x);
  if (images.rank === rank + 1) return squeeze(transposeNd(name, rank, expandDims(images), kernel, options), 0);
  const filters = toTensor(kernel);
  if (images.rank !== rank + 2 || filters.rank !== rank + 2) {
    throw new ShapeError(
      `${name} needs images of rank ${rank + 2} and a kernel [size..., out, in], got ${shown(images.shape)} and ${shown(filters.shape)}`,
    );
  }
  const channelsFirst = isChannelsFirst(name, options.dataFormat);
  const { dims, channels } = planeOf(images.shape, channelsFirst);
  const inputs = filters.shape[rank + 1];
  if (channels !== inputs) {
    throw new ShapeError(
      `${name}: the kernel ${shown(filters.shape)} expects ${inputs} input channels but got ${channels} (input shape ${shown(images.shape)})`,
    );
  }
  const groups = spatial(options.groups ?? 1, 1, `${name}: groups`)[0] as number;
  const strides = spatial(options.strides ?? 1, rank, `${name}: strides`);
  const dilation = spatial(options.dilations ?? 1, rank, `${name}: dilations`);
  const size = filters.shape.slice(0, rank);
  const padding = options.padding ?? 'valid';
  if (padding === 'causal') throw new ConfigError(`${name}: padding 'causal' has no transposed form`);
  const given = options.outputPadding;
  const more = typeof given === 'number' ? size.map(() => given) : given;
  if (
    more?.some((cells, a) => !Number.isInteger(cells) || cells < 0 || cells >= (strides[a] ?? 1) * (dilation[a] ?? 1))
  ) {
    throw new ConfigError(`${name}: outputPadding must be below the strides ${shown(strides)}, got ${received(given)}`);
  }
  const extents = size.map((taps, a) => (taps - 1) * (dilation[a] ?? 1) + 1);
  const output =
    options.outputSize ??
    dims.map((cells, a) => outputSize(cells, extents[a] ?? 1, strides[a] ?? 1, padding, a, more?.[a]));
  const windows = {
    size,
    strides,
    dilation,
    padding,
    dataFormat: options.dataFormat,
    rounding: options.dimRoundingMode,
  };
  const pads = windowPads(name, output, windows);
  const counts = windowCounts(output, pads, windows);
  if (output.length !== rank || counts.some((count, a) => count !== dims[a])) {
    throw new ShapeError(
      `${name}: a convolution makes ${counts.join(' x ')} of an output of ${output.join(' x ')}, but the input has ${dims.join(' x ')} (shape ${shown(images.shape)})`,
    );
  }
  const { handle, result } = floatOperand(images);
  const right = operandOf(filters, 'float32');
  const made = native.convTranspose(handle, right, strides, dilation, pads.flat(), groups, channelsFirst, [...output]);
  return wrap(made, 'float32', result);
}

/** The spatial part of TensorFlow.js' outputShape, which has batch and channels too. */
function sizeOf(name: string, rank: number, x: TensorLike, kernel: TensorLike, shape: readonly number[]): number[] {
  const images = toTensor(x);
  checkIntegers(name, 'outputShape', shape);
  const batched = images.rank === rank + 2;
  const out = toTensor(kernel).shape[rank];
  const expected = [...(batched ? [images.shape[0]] : []), ...shape.slice(batched ? 1 : 0, -1), out];
  if (shape.length !== images.rank || shape.some((dim, a) => dim !== expected[a])) {
    throw new ShapeError(
      `${name}: outputShape has the batch of x ${shown(images.shape)}, ${rank} sizes and the ${out} channels of the kernel, got ${shown(shape)}`,
    );
  }
  return shape.slice(batched ? 1 : 0, -1);
}

/**
 * The transpose of the convolution with `kernel [size..., out, in]` in its input, in one to three dimensions: what its gradient does.
 * The output of a `'valid'` one has `(n - 1) * stride + max(size, stride)` cells along an axis, that of a `'same'` one
 * `n * stride`; with `outputPadding` p `(n - 1) * stride + size + p` and `(n - 1) * stride + size % 2 + p` (Keras 3).
 * @throws ShapeError for shapes that do not fit; ConfigError for options outside their range.
 * @example
 * convTranspose(ones([8, 14, 14, 32]), ones([3, 3, 16, 32]), { strides: 2, padding: 'same' }).shape // [8, 28, 28, 16]
 */
export function convTranspose(x: TensorLike, kernel: TensorLike, options: ConvTransposeOptions = {}): Tensor {
  const names = [
    'strides',
    'padding',
    'dilations',
    'dataFormat',
    'groups',
    'outputPadding',
    'outputSize',
    'dimRoundingMode',
  ];
  checkOptionNames('convTranspose', options, names, "{ strides: 2, padding: 'same' }");
  const rank = toTensor(kernel).rank - 2;
  if (rank < 1 || rank > 3) {
    throw new ShapeError(`convTranspose needs a kernel [size..., out, in] of rank 3 to 5, got rank ${rank + 2}`);
  }
  return transposeNd('convTranspose', rank, x, kernel, options);
}

/**
 * {@link convTranspose} of sequences `[n, w, in]` to `outputShape [n, w, out]`.
 * @example conv1dTranspose(ones([1, 4, 3]), ones([3, 2, 3]), [1, 8, 2], 2, 'same').shape // [1, 8, 2]
 */
export function conv1dTranspose(
  x: TensorLike,
  kernel: TensorLike,
  outputShape: readonly number[],
  strides: Spatial = 1,
  pad: Padding = 'valid',
): Tensor {
  const size = sizeOf('conv1dTranspose', 1, x, kernel, outputShape);
  return transposeNd('conv1dTranspose', 1, x, kernel, { strides, padding: pad, outputSize: size });
}

/**
 * {@link convTranspose} of images `[n, h, w, in]` to `outputShape [n, height, width, out]` with `kernel [kh, kw, out, in]`.
 * @throws ShapeError when the convolution of such an output does not give an image of x's size.
 * @example
 * conv2dTranspose(ones([8, 14, 14, 32]), ones([3, 3, 16, 32]), [8, 28, 28, 16], 2, 'same').shape // [8, 28, 28, 16]
 */
export function conv2dTranspose(
  x: TensorLike,
  kernel: TensorLike,
  outputShape: readonly number[],
  strides: Spatial = 1,
  pad: Padding = 'valid',
  dimRoundingMode?: RoundingMode,
): Tensor {
  const size = sizeOf('conv2dTranspose', 2, x, kernel, outputShape);
  return transposeNd('conv2dTranspose', 2, x, kernel, { strides, padding: pad, outputSize: size, dimRoundingMode });
}

/**
 * {@link convTranspose} of volumes `[n, d, h, w, in]` to `outputShape [n, depth, height, width, out]`.
 * @example
 * conv3dTranspose(ones([1, 2, 2, 2, 3]), ones([3, 3, 3, 2, 3]), [1, 4, 4, 4, 2], 2, 'same').shape // [1, 4, 4, 4, 2]
 */
export function conv3dTranspose(
  x: TensorLike,
  kernel: TensorLike,
  outputShape: readonly number[],
  strides: Spatial = 1,
  pad: Padding = 'valid',
): Tensor {
  const size = sizeOf('conv3dTranspose', 3, x, kernel, outputShape);
  return transposeNd('conv3dTranspose', 3, x, kernel, { strides, padding: pad, outputSize: size });
}
