import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { shown } from '../../tensor/axes.ts';
import { type TensorLike, toTensor } from '../../tensor/convert.ts';
import { range } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { cast, equal, greater, lessEqual, mul, round, where } from '../elementwise.ts';
import { reverse } from '../padding.ts';
import { argMax, sum } from '../reduction.ts';
import { broadcastTo, expandDims, flatten, reshape, transpose } from '../shape.ts';

/** Shares of red, green and blue in what an eye takes for brightness (ITU-R BT.601). */
const LUMA = [0.2989, 0.587, 0.114];

function channelsOf(name: string, x: TensorLike, allowed: readonly number[]): { images: Tensor; channels: number } {
  const images = toTensor(x);
  const channels = images.shape.at(-1) ?? 0;
  if (images.rank < 2 || !allowed.includes(channels)) {
    throw new ShapeError(
      `${name} needs images with ${allowed.join(' or ')} channels last, got shape ${shown(images.shape)}`,
    );
  }
  return { images, channels };
}

/**
 * Images `[..., 1]` with their one channel three times.
 * @throws ShapeError for another number of channels.
 * @example image.grayscaleToRGB(ones([4, 4, 1])).shape // [4, 4, 3]
 */
export function grayscaleToRGB(x: TensorLike): Tensor {
  const { images } = channelsOf('grayscaleToRGB', x, [1]);
  return broadcastTo(images, [...images.shape.slice(0, -1), 3]);
}

/**
 * Images `[..., 3]` in shades of grey, `0.2989 r + 0.587 g + 0.114 b`; the dtype stays.
 * @throws ShapeError for another number of channels.
 * @example image.rgbToGrayscale(ones([4, 4, 3])).shape // [4, 4, 1]
 */
export function rgbToGrayscale(x: TensorLike): Tensor {
  const { images } = channelsOf('rgbToGrayscale', x, [3]);
  return cast(sum(mul(cast(images, 'float32'), LUMA), -1, true), images.dtype);
}

function spatialAxes(name: string, images: Tensor): [number, number] {
  if (images.rank !== 3 && images.rank !== 4) {
    throw new ShapeError(`${name} needs images [n, h, w, c] or [h, w, c], got shape ${shown(images.shape)}`);
  }
  return [images.rank - 3, images.rank - 2];
}

/**
 * Images with left and right exchanged. @throws ShapeError unless `[n, h, w, c]` or `[h, w, c]`.
 * @example image.flipLeftRight([[[[1], [2]]]]) // [[[[2], [1]]]]
 */
export function flipLeftRight(x: TensorLike): Tensor {
  const images = toTensor(x);
  return reverse(images, spatialAxes('flipLeftRight', images)[1]);
}

/**
 * Images with top and bottom exchanged. @throws ShapeError unless `[n, h, w, c]` or `[h, w, c]`.
 * @example image.flipUpDown([[[[1]], [[2]]]]) // [[[[2]], [[1]]]]
 */
export function flipUpDown(x: TensorLike): Tensor {
  const images = toTensor(x);
  return reverse(images, spatialAxes('flipUpDown', images)[0]);
}

/**
 * Images turned counter-clockwise by `k` quarters (default 1; any whole number).
 * @throws ShapeError unless `[n, h, w, c]` or `[h, w, c]`; ConfigError unless k is whole.
 * @example image.rot90(ones([1, 4, 6, 3])).shape // [1, 6, 4, 3]
 */
export function rot90(x: TensorLike, k = 1): Tensor {
  const images = toTensor(x);
  const [rows, columns] = spatialAxes('rot90', images);
  if (!Number.isInteger(k)) throw new ConfigError(`rot90: k must be a whole number, got ${received(k)}`);
  const quarters = ((k % 4) + 4) % 4;
  const order = images.shape.map((_, axis) => axis);
  order[rows] = columns;
  order[columns] = rows;
  if (quarters === 0) return images;
  if (quarters === 2) return reverse(images, [rows, columns]);
  return quarters === 1 ? reverse(transpose(images, order), rows) : reverse(transpose(images, order), columns);
}

/** The grey level that parts a histogram of 256 into two classes with most variance between them (Otsu 1979). */
function otsu(gray: Tensor): Tensor {
  const levels = range(0, 256);
  const counts = sum(cast(equal(expandDims(flatten(round(gray)), -1), levels), 'float32'), 0);
  // Row t: the levels up to t.
  const below = cast(lessEqual(expandDims(levels, 0), expandDims(levels, 1)), 'float32');
  const low = sum(mul(below, counts), 1);
  const lowSum = sum(mul(mul(below, counts), levels), 1);
  const high = low.neg().add(sum(counts));
  const highSum = lowSum.neg().add(sum(mul(counts, levels)));
  const between = mul(mul(low, high), lowSum.div(low).sub(highSum.div(high)).square());
  // An empty class has no mean, and parts nothing.
  const parts = greater(mul(low, high), 0);
  return cast(argMax(where(parts, between, 0)), 'float32');
}

/**
 * An image `[h, w, 1]` or `[h, w, 3]` (of 0 to 255; colours become shades of grey) as 255 where it is brighter than a threshold and 0 elsewhere
 * (int32 `[h, w, 1]`); the other way round if `inverted`. The threshold is `threshValue * 255`, or Otsu's.
 * @throws ShapeError for other shapes; ConfigError for options outside their range.
 * @example image.threshold(randomUniform([8, 8, 1], 0, 255).toInt(), 'otsu').shape // [8, 8, 1]
 */
export function threshold(
  x: TensorLike,
  method: 'binary' | 'otsu' = 'binary',
  inverted = false,
  threshValue = 0.5,
): Tensor {
  const { images, channels } = channelsOf('threshold', x, [1, 3]);
  if (images.rank !== 3) throw new ShapeError(`threshold needs one image [h, w, c], got shape ${shown(images.shape)}`);
  if (method !== 'binary' && method !== 'otsu') {
    throw new ConfigError(`threshold: method must be 'binary' or 'otsu', got ${received(method)}`);
  }
  const bright = cast(images, 'float32');
  const gray = channels === 3 ? rgbToGrayscale(bright) : bright;
  const limit = method === 'otsu' ? reshape(otsu(gray), [1]) : threshValue * 255;
  const taken = inverted ? lessEqual(gray, limit) : greater(gray, limit);
  return cast(mul(cast(taken, 'int32'), 255), 'int32');
}
