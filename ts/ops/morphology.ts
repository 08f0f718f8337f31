import { ShapeError } from '../errors.ts';
import { shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { add, maximum } from './elementwise.ts';
import { stridedSlice } from './indexing.ts';
import { pad } from './padding.ts';
import { expandDims, reshape, squeeze } from './shape.ts';
import { type Spatial, spatial, windowCounts, windowPads } from './window.ts';

/**
 * Grey-scale dilation of images `[n, h, w, c]` (or one image) by a structure `[fh, fw, c]`:
 * `y[n,i,j,c] = max_{a,b} x[n, i*s + a*d, j*s + b*d, c] + filter[a,b,c]`; cells outside of the image do not count.
 * @throws ShapeError for ranks or channels that do not fit.
 * @example dilation2d(ones([1, 4, 4, 1]), zeros([2, 2, 1]), 1, 'same').shape // [1, 4, 4, 1]
 */
export function dilation2d(
  x: TensorLike,
  filter: TensorLike,
  strides: Spatial,
  padding: 'valid' | 'same',
  dilations: Spatial = 1,
  _dataFormat: 'NHWC' = 'NHWC',
): Tensor {
  const [images, structure] = [toTensor(x), toTensor(filter)];
  if (images.rank === 3) return squeeze(dilation2d(expandDims(images), structure, strides, padding, dilations), 0);
  if (images.rank !== 4 || structure.rank !== 3 || images.shape[3] !== structure.shape[2]) {
    throw new ShapeError(
      `dilation2d needs images [batch, height, width, channels] and a filter [height, width, channels], got ${shown(images.shape)} and ${shown(structure.shape)}`,
    );
  }
  const dims = images.shape.slice(1, 3);
  const windows = {
    size: structure.shape.slice(0, 2),
    strides: spatial(strides, 2, 'dilation2d: strides'),
    dilation: spatial(dilations, 2, 'dilation2d: dilations'),
    padding,
  };
  const pads = windowPads('dilation2d', dims, windows);
  const [rows, columns] = windowCounts(dims, pads, windows) as [number, number];
  const padded = pad(images.toFloat(), [[0, 0], ...pads, [0, 0]], Number.NEGATIVE_INFINITY);
  const [stepH, stepW] = windows.strides as [number, number];
  let result: Tensor | undefined;
  for (const [a, row] of structure.toFloat().unstack(0).entries()) {
    for (const [b, tap] of row.unstack(0).entries()) {
      const [top, left] = [a * (windows.dilation[0] as number), b * (windows.dilation[1] as number)];
      const cells = stridedSlice(
        padded,
        [0, top, left, 0],
        [
          images.shape[0] as number,
          top + (rows - 1) * stepH + 1,
          left + (columns - 1) * stepW + 1,
          images.shape[3] as number,
        ],
        [1, stepH, stepW, 1],
      );
      const raised = add(cells, reshape(tap, [1, 1, 1, -1]));
      result = result === undefined ? raised : maximum(result, raised);
    }
  }
  if (result === undefined) throw new ShapeError(`dilation2d: the filter ${shown(structure.shape)} has no taps`);
  return result;
}
