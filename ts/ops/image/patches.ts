import { checkLength, checkList, checkNumber, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { checkOptionNames } from '../../option-names.ts';
import { shown } from '../../tensor/axes.ts';
import { type TensorLike, toTensor } from '../../tensor/convert.ts';
import { tensor } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { depthwiseConv2d } from '../convolution.ts';
import { stridedSlice } from '../indexing.ts';
import { concat } from '../joining.ts';
import { pad } from '../padding.ts';
import { broadcastTo, expandDims, squeeze, transpose } from '../shape.ts';
import { type DataFormat, isChannelsFirst, type Spatial, spatial, windowCounts, windowPads } from '../window.ts';

/**
 * The windows of images `x [n, h, w, c]` (or one) as rows of numbers: `[n, oh, ow, height * width * c]`, the cells of a window row by row. Keras'
 * `extract_patches`: strides default to the window's size; `'same'` pads with zeros.
 * @throws ShapeError where no window fits; ConfigError for options outside their range.
 * @example image.extractPatches(ones([2, 64, 64, 3]), 16).shape // [2, 4, 4, 768]
 */
export function extractPatches(
  x: TensorLike,
  size: Spatial,
  options: { strides?: Spatial; dilations?: Spatial; padding?: 'valid' | 'same'; dataFormat?: DataFormat } = {},
): Tensor {
  const images = toTensor(x);
  checkOptionNames('extractPatches', options, ['strides', 'dilations', 'padding', 'dataFormat'], '{ strides: 2 }');
  if (images.rank === 3) return squeeze(extractPatches(expandDims(images), size, options), 0);
  if (images.rank !== 4) {
    throw new ShapeError(`extractPatches needs images [n, h, w, c] or [h, w, c], got shape ${shown(images.shape)}`);
  }
  const first = isChannelsFirst('extractPatches', options.dataFormat);
  const last = first ? transpose(images, [0, 2, 3, 1]) : images;
  const [n = 0, h = 0, w = 0, c = 0] = last.shape;
  const windows = {
    size: spatial(size, 2, 'extractPatches: size'),
    strides: spatial(options.strides ?? size, 2, 'extractPatches: strides'),
    dilation: spatial(options.dilations ?? 1, 2, 'extractPatches: dilations'),
    padding: options.padding ?? 'valid',
  };
  const pads = windowPads('extractPatches', [h, w], windows);
  const [rows = 0, columns = 0] = windowCounts([h, w], pads, windows);
  const [down = 1, along = 1] = windows.strides;
  const [dilationH = 1, dilationW = 1] = windows.dilation;
  const padded = pads.flat().some((cells) => cells > 0) ? pad(last, [[0, 0], ...pads, [0, 0]]) : last;
  const cells: Tensor[] = [];
  for (let a = 0; a < (windows.size[0] ?? 0); a++) {
    for (let b = 0; b < (windows.size[1] ?? 0); b++) {
      const start = [0, a * dilationH, b * dilationW, 0];
      const end = [n, a * dilationH + (rows - 1) * down + 1, b * dilationW + (columns - 1) * along + 1, c];
      cells.push(stridedSlice(padded, start, end, [1, down, along, 1]));
    }
  }
  const patches = concat(cells, -1);
  return first ? transpose(patches, [0, 3, 1, 2]) : patches;
}

/** A bell curve over `size` cells, of sum 1. */
function bell(size: number, sigma: number): number[] {
  checkLength('gaussianBlur', 'kernelSize', size);
  const all = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma ** 2)));
  const total = all.reduce((a, b) => a + b, 0);
  return all.map((value) => value / total);
}

/**
 * Images `x [n, h, w, c]` (or one) blurred by a bell curve over `kernelSize` cells (default 3; odd) with standard deviation `sigma` (default 1), both of
 * height and width; zeros around the image.
 * @throws ShapeError for other ranks; ConfigError for options outside their range.
 * @example image.gaussianBlur(ones([2, 8, 8, 3]), 5, 1.5).shape // [2, 8, 8, 3]
 */
export function gaussianBlur(x: TensorLike, kernelSize: Spatial = 3, sigma: Spatial = 1): Tensor {
  const images = toTensor(x);
  const sizes = spatial(kernelSize, 2, 'gaussianBlur: kernelSize');
  const [deviationH, deviationW] =
    typeof sigma === 'number' ? [sigma, sigma] : checkList('gaussianBlur', 'sigma', sigma);
  checkNumber('gaussianBlur', 'sigma', deviationH);
  checkNumber('gaussianBlur', 'sigma', deviationW);
  if (sizes.some((size) => size % 2 === 0) || !((deviationH ?? 0) > 0) || !((deviationW ?? 0) > 0)) {
    throw new ConfigError(
      `gaussianBlur: kernelSize must be odd and sigma positive, got ${received(kernelSize)} and ${received(sigma)}`,
    );
  }
  const [height = 1, width = 1] = sizes;
  const channels = images.shape.at(-1) ?? 0;
  const rows = tensor(bell(height, deviationH as number), [height, 1, 1, 1]);
  const columns = tensor(bell(width, deviationW as number), [1, width, 1, 1]);
  const down = depthwiseConv2d(images, broadcastTo(rows, [height, 1, channels, 1]), 1, 'same');
  return depthwiseConv2d(down, broadcastTo(columns, [1, width, channels, 1]), 1, 'same');
}
