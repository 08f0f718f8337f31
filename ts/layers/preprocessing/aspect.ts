// Windows of images, one or a batch, that the image layers cut.
import { ShapeError } from '../../errors.ts';
import { slice } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type Shape, shown } from '../shape.ts';
import type { DataFormat } from '../spatial.ts';

/** Height and width. */
export type Extent = readonly [number, number];

/** The axes of height and width of an image or a batch of them. */
export function imageAxes(rank: number, dataFormat: DataFormat): Extent {
  return dataFormat === 'channelsLast' ? [rank - 3, rank - 2] : [rank - 2, rank - 1];
}

/** Height and width of images. */
export function extentOf(x: Tensor, dataFormat: DataFormat): Extent {
  const [rows, columns] = imageAxes(x.rank, dataFormat);
  return [x.shape[rows] as number, x.shape[columns] as number];
}

/** Throws unless `shape` is that of an image or of a batch of them. */
export function checkImages(label: string, shape: Shape, dataFormat: DataFormat): void {
  if (shape.length === 3 || shape.length === 4) return;
  const axes = dataFormat === 'channelsLast' ? 'height, width, channels' : 'channels, height, width';
  throw new ShapeError(
    `${label} expects images [batch, ${axes}], or one [${axes}], but got rank ${shape.length} (input shape ${shown(shape)})`,
  );
}

/** `size` rows and columns of images, from `start` on. */
export function windowOf(x: Tensor, start: Extent, size: Extent, dataFormat: DataFormat): Tensor {
  const begin = new Array<number>(x.rank).fill(0);
  const sizes = [...x.shape];
  for (const [i, axis] of imageAxes(x.rank, dataFormat).entries()) {
    begin[axis] = start[i] as number;
    sizes[axis] = size[i] as number;
  }
  return slice(x, begin, sizes);
}

/** The largest window in the middle of images that has the aspect ratio of `target`. */
export function aspectWindow(x: Tensor, [targetHeight, targetWidth]: Extent, dataFormat: DataFormat): Tensor {
  const [height, width] = extentOf(x, dataFormat);
  const fitted = (whole: number, other: number, own: number, across: number): number =>
    Math.max(Math.min(whole, Math.trunc((other * own) / across)), 1);
  const size: Extent = [
    fitted(height, width, targetHeight, targetWidth),
    fitted(width, height, targetWidth, targetHeight),
  ];
  const start: Extent = [Math.trunc((height - size[0]) / 2), Math.trunc((width - size[1]) / 2)];
  return windowOf(x, start, size, dataFormat);
}
