import { ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { shown } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { expandDims, squeeze } from './shape.ts';
import { type Padding, type Pair, pair, windowPadding } from './window.ts';

/** Geometry of pooling. */
export interface PoolOptions {
  /** Steps of the window (default: its size). */
  strides?: Pair;
  /** Cells around the input (default `'valid'`: none); never chosen, never counted. */
  padding?: Padding;
}

function pool(kind: 'maxPool' | 'avgPool', x: TensorLike, poolSize: Pair, options: PoolOptions): Tensor {
  const images = toTensor(x);
  if (images.rank === 3) return squeeze(pool(kind, expandDims(images), poolSize, options), 0);
  if (images.rank !== 4) {
    throw new ShapeError(`${kind} needs images [batch, height, width, channels], got ${shown(images.shape)}`);
  }
  const size = pair(poolSize, `${kind}: poolSize`);
  const strides = pair(options.strides ?? size, `${kind}: strides`);
  const [, h = 0, w = 0] = images.shape;
  const { padH, padW } = windowPadding(kind, options.padding ?? 'valid', [h, w], size, strides);
  const handle = castTo(operand(images), 'float32');
  const pooled = (kind === 'maxPool' ? native.maxPool2d : native.avgPool2d)(handle, size, strides, padH, padW);
  return wrap(pooled, 'float32', isFloat(images.dtype) ? images.dtype : 'float32');
}

/** The largest element of every window of `x [n, h, w, c]` (or `[h, w, c]`). */
export function maxPool(x: TensorLike, poolSize: Pair, options: PoolOptions = {}): Tensor {
  return pool('maxPool', x, poolSize, options);
}

/** The mean of every window's real cells of `x [n, h, w, c]` (or `[h, w, c]`). */
export function avgPool(x: TensorLike, poolSize: Pair, options: PoolOptions = {}): Tensor {
  return pool('avgPool', x, poolSize, options);
}
