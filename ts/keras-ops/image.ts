// `keras.ops.image`, the namespace `ops.image`: images `[n, h, w, c]` or `[h, w, c]`, channels last unless told otherwise.
import { checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { image, type Spatial } from '../ops/index.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { layout } from './layout.ts';

/** Turned to channels last and back around `f`. */
function channelsLast(
  name: string,
  x: TensorLike,
  dataFormat: string | null | undefined,
  f: (x: Tensor) => Tensor,
): Tensor {
  const images = toTensor(x);
  if (images.rank !== 3 && images.rank !== 4)
    throw new ShapeError(`${name} takes images [n, h, w, c] or [h, w, c], got [${images.shape.join(', ')}]`);
  if (layout(name, dataFormat) === 'channelsLast') return f(images);
  return ops.moveaxis(f(ops.moveaxis(images, -3, -1)), -1, -3);
}

/**
 * Images read at affine (projected) places, as `transforms [8]` or `[n, 8]` say.
 * @example ops.image.affineTransform(ones([1, 4, 4, 3]), tensor([[1, 0, 0, 0, 1, 0, 0, 0]])).shape // [1, 4, 4, 3]
 */
export function affineTransform(
  images: TensorLike,
  transforms: TensorLike,
  interpolation: 'nearest' | 'bilinear' = 'bilinear',
  fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest' = 'constant',
  fillValue = 0,
  dataFormat?: string | null,
): Tensor {
  return channelsLast('affineTransform', images, dataFormat, (x) =>
    image.affineTransform(x, transforms, interpolation, fillMode, fillValue),
  );
}

/** Images at another size. @example ops.image.resize(ones([2, 8, 8, 3]), [4, 6]).shape // [2, 4, 6, 3] */
export function resize(
  images: TensorLike,
  size: readonly [number, number],
  interpolation: 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5' | 'area' = 'bilinear',
  antialias = false,
  dataFormat?: string | null,
): Tensor {
  return image.resize(images, size, { interpolation, antialias, dataFormat: layout('resize', dataFormat) });
}

/**
 * Windows of images as rows of numbers.
 * @example ops.image.extractPatches(ones([1, 4, 4, 3]), 2).shape // [1, 2, 2, 12]
 */
export function extractPatches(
  images: TensorLike,
  size: Spatial,
  strides?: Spatial | null,
  dilationRate: Spatial = 1,
  padding: 'valid' | 'same' = 'valid',
  dataFormat?: string | null,
): Tensor {
  return image.extractPatches(images, size, {
    strides: strides ?? size,
    dilations: dilationRate,
    padding,
    dataFormat: layout('extractPatches', dataFormat),
  });
}

/** Images blurred by a bell curve. @example ops.image.gaussianBlur(ones([1, 8, 8, 3])).shape // [1, 8, 8, 3] */
export function gaussianBlur(
  images: TensorLike,
  kernelSize: Spatial = 3,
  sigma: Spatial = 1,
  dataFormat?: string | null,
): Tensor {
  return channelsLast('gaussianBlur', images, dataFormat, (x) => image.gaussianBlur(x, kernelSize, sigma));
}

/**
 * `0.2989 R + 0.5870 G + 0.1140 B`, one channel.
 * @example ops.image.rgbToGrayscale(ones([1, 4, 4, 3])).shape // [1, 4, 4, 1]
 */
export function rgbToGrayscale(images: TensorLike, dataFormat?: string | null): Tensor {
  return channelsLast('rgbToGrayscale', images, dataFormat, image.rgbToGrayscale);
}

/** The three channels of images, each `[..., 1]`. */
function channelsOf(name: string, x: Tensor): [Tensor, Tensor, Tensor] {
  if (x.shape.at(-1) !== 3) throw new ShapeError(`${name} takes 3 channels, got shape [${x.shape.join(', ')}]`);
  return ops.split(x.toFloat(), 3, -1) as [Tensor, Tensor, Tensor];
}

/**
 * Red, green and blue (0 to 1) as hue, saturation and value (0 to 1).
 * @example ops.image.rgbToHsv([[[1, 0, 0]]]) // [[[0, 1, 1]]]
 */
export function rgbToHsv(images: TensorLike, dataFormat?: string | null): Tensor {
  return channelsLast('rgbToHsv', images, dataFormat, (x) => {
    const [r, g, b] = channelsOf('rgbToHsv', x);
    const value = ops.maximum(ops.maximum(r, g), b);
    const range = ops.sub(value, ops.minimum(ops.minimum(r, g), b));
    const saturation = ops.divNoNan(range, value);
    const sixth = ops.divNoNan(1 / 6, range);
    const ofGreen = ops.add(ops.mul(sixth, ops.sub(b, r)), 2 / 6);
    const ofBlue = ops.add(ops.mul(sixth, ops.sub(r, g)), 4 / 6);
    const hue = ops.where(
      ops.equal(r, value),
      ops.mul(sixth, ops.sub(g, b)),
      ops.where(ops.equal(g, value), ofGreen, ofBlue),
    );
    const positive = ops.where(range.greater(0), ops.where(hue.less(0), hue.add(1), hue), 0);
    return ops.concat([positive, saturation, value], -1);
  });
}

/**
 * Hue, saturation and value (0 to 1) as red, green and blue.
 * @example ops.image.hsvToRgb([[[0, 1, 1]]]) // [[[1, 0, 0]]]
 */
export function hsvToRgb(images: TensorLike, dataFormat?: string | null): Tensor {
  return channelsLast('hsvToRgb', images, dataFormat, (x) => {
    const [hue, saturation, value] = channelsOf('hsvToRgb', x);
    const six = hue.mul(6);
    const share = (t: Tensor): Tensor => t.clipByValue(0, 1);
    const red = share(six.sub(3).abs().sub(1));
    const green = share(six.sub(2).abs().neg().add(2));
    const blue = share(six.sub(4).abs().neg().add(2));
    const mixed = (t: Tensor): Tensor => saturation.neg().add(1).add(saturation.mul(t)).mul(value);
    return ops.concat([red, green, blue].map(mixed), -1);
  });
}

/** What is before, inside and after along one axis, two of which are given. */
function sides(
  name: string,
  axis: string,
  whole: number,
  before: number | null | undefined,
  after: number | null | undefined,
  target: number | null | undefined,
  grows: boolean,
): [number, number] {
  const given = [before, after, target].map((value, i) =>
    value === undefined || value === null
      ? undefined
      : checkWhole(name, `${axis} ${['before', 'after', 'target'][i]}`, value),
  );
  if (given.filter((value) => value === undefined).length !== 1)
    throw new ConfigError(
      `${name}: give two of three for the ${axis}: before, after, target; got ${received([before, after, target])}`,
    );
  const [first, last, size] = given;
  const rest = size === undefined ? 0 : grows ? size - whole : whole - size;
  const start = first ?? rest - (last as number);
  const end = last ?? rest - start;
  if (start < 0 || end < 0 || (!grows && start + end > whole))
    throw new ShapeError(`${name}: the ${axis} of ${whole} does not go with ${received([before, after, target])}`);
  return [start, end];
}

/**
 * Images without what is cut off at their sides: two of top, bottom, target height, and two of left, right, target width.
 * @example ops.image.cropImages(ones([1, 6, 6, 3]), 1, 2, 1, 1).shape // [1, 4, 3, 3]
 */
export function cropImages(
  images: TensorLike,
  topCropping?: number | null,
  leftCropping?: number | null,
  bottomCropping?: number | null,
  rightCropping?: number | null,
  targetHeight?: number | null,
  targetWidth?: number | null,
  dataFormat?: string | null,
): Tensor {
  return channelsLast('cropImages', images, dataFormat, (x) => {
    const [h, w, c] = x.shape.slice(-3) as [number, number, number];
    const [top, bottom] = sides('cropImages', 'height', h, topCropping, bottomCropping, targetHeight, false);
    const [left, right] = sides('cropImages', 'width', w, leftCropping, rightCropping, targetWidth, false);
    const lead = x.shape.slice(0, -3);
    return ops.slice(x, [...lead.map(() => 0), top, left, 0], [...lead, h - top - bottom, w - left - right, c]);
  });
}

/**
 * Images with zeros at their sides: two of top, bottom, target height, and two of left, right, target width.
 * @example ops.image.padImages(ones([1, 4, 4, 3]), 1, 1, 1, 1).shape // [1, 6, 6, 3]
 */
export function padImages(
  images: TensorLike,
  topPadding?: number | null,
  leftPadding?: number | null,
  bottomPadding?: number | null,
  rightPadding?: number | null,
  targetHeight?: number | null,
  targetWidth?: number | null,
  dataFormat?: string | null,
): Tensor {
  return channelsLast('padImages', images, dataFormat, (x) => {
    const [h, w] = x.shape.slice(-3) as [number, number];
    const rows = sides('padImages', 'height', h, topPadding, bottomPadding, targetHeight, true);
    const columns = sides('padImages', 'width', w, leftPadding, rightPadding, targetWidth, true);
    const lead = x.shape.slice(0, -3).map((): [number, number] => [0, 0]);
    return ops.pad(x, [...lead, rows, columns, [0, 0]]);
  });
}
