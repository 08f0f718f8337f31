import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { expandDims, squeeze } from './shape.ts';
import { type Padding, type Pair, pair, windowPadding } from './window.ts';

/** Geometry of a convolution. */
export interface ConvOptions {
  /** Steps of the kernel (default 1). */
  strides?: Pair;
  /** Cells around the input (default `'valid'`: none). */
  padding?: Padding;
  /** Steps between the taps of the kernel (default 1). */
  dilations?: Pair;
}

/**
 * Convolution (cross-correlation) of images `x [n, h, w, in]` (or one image `[h, w, in]`) with a kernel
 * `[kh, kw, in, out]`: `y[n,i,j,o] = sum_{a,b,c} x[n, i*s + a*d, j*s + b*d, c] * kernel[a,b,c,o]`.
 * @throws ShapeError for ranks or channels that do not fit.
 * @example conv2d(images, kernel, { strides: 2, padding: 'same' })
 */
export function conv2d(x: TensorLike, kernel: TensorLike, options: ConvOptions = {}): Tensor {
  checkOptionNames('conv2d', options, ['strides', 'padding', 'dilations'], '{ strides: 2 }');
  const images = toTensor(x);
  if (images.rank === 3) return squeeze(conv2d(expandDims(images), kernel, options), 0);
  const filters = toTensor(kernel);
  if (images.rank !== 4 || filters.rank !== 4) {
    throw new ShapeError(
      `conv2d needs images [batch, height, width, channels] and a kernel [height, width, in, out], got ${shown(images.shape)} and ${shown(filters.shape)}`,
    );
  }
  const [, h = 0, w = 0, channels] = images.shape;
  const [kh = 1, kw = 1, inputs] = filters.shape;
  if (channels !== inputs) {
    throw new ShapeError(
      `conv2d: the kernel ${shown(filters.shape)} expects ${inputs} input channels but got ${channels} (input shape ${shown(images.shape)})`,
    );
  }
  const strides = pair(options.strides ?? 1, 'conv2d: strides');
  const dilation = pair(options.dilations ?? 1, 'conv2d: dilations');
  const { padH, padW } = windowPadding('conv2d', options.padding ?? 'valid', [h, w], [kh, kw], strides, dilation);
  const left = castTo(operand(images), 'float32');
  const right = castTo(operand(filters), 'float32');
  const result = isFloat(images.dtype) ? images.dtype : 'float32';
  return wrap(native.conv2d(left, right, strides, dilation, padH, padW), 'float32', result);
}
