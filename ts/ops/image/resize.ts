import { checkIntegers, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { type Native, native } from '../../native.ts';
import { checkOptionNames } from '../../option-names.ts';
import { shown } from '../../tensor/axes.ts';
import { floatOperand, operandOf, type TensorLike, toTensor, wrap } from '../../tensor/convert.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { expandDims, squeeze } from '../shape.ts';
import { type DataFormat, isChannelsFirst, type Spatial, spatial } from '../window.ts';

/** How cells between cells are made. */
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5' | 'area';

const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5', 'area'];

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** Default `'bilinear'`. */
  interpolation?: Interpolation;
  /** Widens the interpolation where the image shrinks, so that no cell is skipped (default false). */
  antialias?: boolean;
  /** First cell on first and last on last, instead of cells of equal size (default false). */
  alignCorners?: boolean;
  /** Where the channels are (default last). */
  dataFormat?: DataFormat;
}

type Coordinates = Parameters<Native['resize']>[3];

function resized(
  name: string,
  x: TensorLike,
  size: Spatial,
  interpolation: Interpolation,
  coordinates: Coordinates,
  options: ResizeOptions,
  dtype?: DType,
): Tensor {
  const images = toTensor(x);
  const rank = typeof size === 'number' ? 2 : checkIntegers(name, 'size', size).length;
  if (images.rank === rank + 1) {
    return squeeze(resized(name, expandDims(images), size, interpolation, coordinates, options, dtype), 0);
  }
  if (rank < 1 || rank > 3 || images.rank !== rank + 2) {
    throw new ShapeError(
      `${name} needs images with ${rank} spatial axes and channels (and a batch), got shape ${shown(images.shape)} and size ${received(size)}`,
    );
  }
  if (!INTERPOLATIONS.includes(interpolation)) {
    throw new ConfigError(
      `${name}: interpolation must be one of ${INTERPOLATIONS.map((i) => `'${i}'`).join(', ')}, got ${received(interpolation)}`,
    );
  }
  const sizes = spatial(size, rank, `${name}: size`);
  const first = isChannelsFirst(name, options.dataFormat);
  const { handle, result } = floatOperand(images);
  const made = native.resize(handle, sizes, interpolation, coordinates, options.antialias ?? false, first);
  return wrap(made, 'float32', dtype ?? (interpolation === 'nearest' ? images.dtype : result));
}

/**
 * Images `x [n, spatial..., c]` (or one) at another size, one to three spatial axes; cells are areas of equal size (half-pixel centres), as
 * Keras and TensorFlow 2 have it. `'bicubic'` is Keys' with a = -1/2. Weights beyond the border are dropped; a NaN reaches only what is
 * made of it. The dtype stays for `'nearest'`, else integers become float32.
 * @throws ShapeError for ranks that do not fit; ConfigError for options outside their range.
 * @example
 * image.resize(ones([2, 8, 8, 3]), [16, 12], { interpolation: 'bicubic', antialias: true }).shape // [2, 16, 12, 3]
 */
export function resize(x: TensorLike, size: Spatial, options: ResizeOptions = {}): Tensor {
  const names = ['interpolation', 'antialias', 'alignCorners', 'dataFormat'];
  checkOptionNames('resize', options, names, "{ interpolation: 'bicubic' }");
  const coordinates = options.alignCorners === true ? 'alignCorners' : 'halfPixel';
  return resized('resize', x, size, options.interpolation ?? 'bilinear', coordinates, options);
}

function placesOf(name: string, alignCorners: boolean, halfPixelCenters: boolean): Coordinates {
  if (alignCorners && halfPixelCenters) {
    throw new ConfigError(`${name}: alignCorners and halfPixelCenters do not go together`);
  }
  if (alignCorners) return 'alignCorners';
  return halfPixelCenters ? 'halfPixel' : 'asymmetric';
}

/**
 * Images `[n, h, w, c]` (or `[h, w, c]`) at another size, bilinear, as float32. TensorFlow.js' defaults: without options cell i is read at
 * `i h / height`, which shifts the image by up to half a cell; {@link resize} does not.
 * @throws ShapeError for ranks that do not fit; ConfigError for both options at once.
 * @example image.resizeBilinear([[[0], [1]]], [1, 4], false, true) // [[[0], [0.25], [0.75], [1]]]
 */
export function resizeBilinear(
  x: TensorLike,
  size: readonly [number, number],
  alignCorners = false,
  halfPixelCenters = false,
): Tensor {
  const coordinates = placesOf('resizeBilinear', alignCorners, halfPixelCenters);
  return resized('resizeBilinear', x, size, 'bilinear', coordinates, {});
}

/**
 * The nearest cells; places as in {@link resizeBilinear}, the dtype stays.
 * @example image.resizeNearestNeighbor([[[0], [1]]], [1, 4]) // [[[0], [0], [1], [1]]]
 */
export function resizeNearestNeighbor(
  x: TensorLike,
  size: readonly [number, number],
  alignCorners = false,
  halfPixelCenters = false,
): Tensor {
  const coordinates = placesOf('resizeNearestNeighbor', alignCorners, halfPixelCenters);
  return resized('resizeNearestNeighbor', x, size, 'nearest', coordinates, {});
}

/**
 * Crops of images `[n, h, w, c]`, resized to `cropSize`: `boxes [k, 4]` are `[y1, x1, y2, x2]` as parts of height - 1 and width - 1 (turned ones
 * flip), `boxInd [k]` names the image of each. What lies outside is `extrapolationValue` (default 0). Gradients reach images and boxes.
 * @throws ShapeError for shapes that do not fit; ConfigError for an unknown method; DataError, when the numbers are computed, for an
 * image that does not exist.
 * @example image.cropAndResize(ones([1, 32, 32, 3]), [[0.1, 0.1, 0.9, 0.9]], [0], [24, 24]).shape // [1, 24, 24, 3]
 */
export function cropAndResize(
  x: TensorLike,
  boxes: TensorLike,
  boxInd: TensorLike,
  cropSize: readonly [number, number],
  method: 'bilinear' | 'nearest' = 'bilinear',
  extrapolationValue = 0,
): Tensor {
  if (method !== 'bilinear' && method !== 'nearest') {
    throw new ConfigError(`cropAndResize: method must be 'bilinear' or 'nearest', got ${received(method)}`);
  }
  const size = spatial(cropSize, 2, 'cropAndResize: cropSize');
  const crops = toTensor(boxes, 'float32');
  const which = toTensor(boxInd, 'int32');
  const { handle, result } = floatOperand(x);
  const left = operandOf(crops, 'float32');
  const right = operandOf(which, 'int32');
  const made = native.cropAndResize(handle, left, right, size, method === 'bilinear', extrapolationValue);
  return wrap(made, 'float32', result);
}
