import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { native } from '../../native.ts';
import { shown } from '../../tensor/axes.ts';
import { floatOperand, operandOf, type TensorLike, toTensor, wrap } from '../../tensor/convert.ts';
import { range, tensor } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { add, cast, clipByValue, div, equal, floor, greaterEqual, less, mul, sub, where } from '../elementwise.ts';
import { gather } from '../gather.ts';
import { slice } from '../indexing.ts';
import { expandDims, reshape, squeeze } from '../shape.ts';
import { spatial } from '../window.ts';

/** What lies outside an image: a constant, its mirror image, itself again, or its border. */
export type FillMode = 'constant' | 'reflect' | 'wrap' | 'nearest';

const FILL_MODES: readonly string[] = ['constant', 'reflect', 'wrap', 'nearest'];

/** Places along an axis of `cells` brought into the image as the fill mode says; `'constant'` leaves them. */
function brought(places: Tensor, cells: number, mode: FillMode): Tensor {
  if (mode === 'constant') return places;
  let inside = places;
  if (mode === 'reflect') {
    // The period is the image and its mirror image; a place below 0 is as far behind the border as above it.
    const period = 2 * cells;
    const from = sub(inside, mul(floor(div(inside, period)), period));
    inside = where(greaterEqual(from, cells), sub(period - 1, from), from);
  } else if (mode === 'wrap') {
    // TensorFlow's rule: the image repeats after its cells, counted by the distance between its outer ones.
    const distance = Math.max(cells - 1, 1);
    const before = add(places, mul(add(floor(div(mul(places, -1), distance)), 1), cells));
    const after = sub(places, mul(floor(div(places, distance)), cells));
    inside = where(less(places, 0), before, where(less(cells - 1, places), after, places));
  }
  return clipByValue(inside, 0, cells - 1);
}

/**
 * Images `x [n, h, w, c]` read at projected places: output cell (x, y) is the input's `((a0 x + a1 y + a2) / k, (a3 x + a4 y + a5) / k)` with
 * `k = a6 x + a7 y + 1`, for `transforms [n or 1, 8]` of rows `a0 .. a7`. The output has `outputShape` (default: that of the input). Gradients
 * reach images and, with `'bilinear'`, transforms.
 * @throws ShapeError for shapes that do not fit; ConfigError for options outside their range.
 * @example
 * // One cell to the right.
 * image.transform([[[[1], [2], [3]]]], [[1, 0, -1, 0, 1, 0, 0, 0]]) // [[[[0], [1], [2]]]]
 */
export function transform(
  x: TensorLike,
  transforms: TensorLike,
  interpolation: 'nearest' | 'bilinear' = 'nearest',
  fillMode: FillMode = 'constant',
  fillValue = 0,
  outputShape?: readonly [number, number],
): Tensor {
  const images = toTensor(x);
  const rows = cast(toTensor(transforms), 'float32');
  const [n = 0, h = 0, w = 0] = images.shape;
  if (images.rank !== 4 || rows.rank !== 2 || rows.shape[1] !== 8 || (rows.shape[0] !== n && rows.shape[0] !== 1)) {
    throw new ShapeError(
      `transform needs images [n, h, w, c] and transforms [n or 1, 8], got ${shown(images.shape)} and ${shown(rows.shape)}`,
    );
  }
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    throw new ConfigError(`transform: interpolation must be 'nearest' or 'bilinear', got ${received(interpolation)}`);
  }
  if (!FILL_MODES.includes(fillMode)) {
    throw new ConfigError(
      `transform: fillMode must be one of ${FILL_MODES.map((m) => `'${m}'`).join(', ')}, got ${received(fillMode)}`,
    );
  }
  const [height, width] = spatial(outputShape ?? [h, w], 2, 'transform: outputShape') as [number, number];
  const at = (i: number): Tensor => reshape(slice(rows, [0, i], [-1, 1]), [-1, 1, 1]);
  const column = reshape(range(0, width), [1, 1, width]);
  const row = reshape(range(0, height), [1, height, 1]);
  const line = (a: number): Tensor => add(add(mul(at(a), column), mul(at(a + 1), row)), a === 6 ? 1 : at(a + 2));
  const k = line(6);
  const ys = brought(div(line(3), k), h, fillMode);
  const xs = brought(div(line(0), k), w, fillMode);
  // A projection through infinity is no place: NaN is made one that is outside.
  const outside = (places: Tensor): Tensor => where(equal(k, 0), -2, places);
  const left = outside(ys);
  const right = outside(xs);
  const which = reshape(range(0, n, 1, 'int32'), [n, 1, 1]);
  const { handle, result } = floatOperand(images);
  const made = native.sampleImage(
    handle,
    operandOf(which, 'int32'),
    operandOf(left, 'float32'),
    operandOf(right, 'float32'),
    interpolation === 'bilinear',
    fillValue,
  );
  return wrap(made, 'float32', result);
}

/**
 * {@link transform} under Keras' name and with its defaults: bilinear. `transforms [8]` or `[n, 8]`.
 * @example image.affineTransform(ones([1, 4, 4, 3]), [[1, 0, 0, 0, 1, 0, 0, 0]]).shape // [1, 4, 4, 3]
 */
export function affineTransform(
  x: TensorLike,
  transforms: TensorLike,
  interpolation: 'nearest' | 'bilinear' = 'bilinear',
  fillMode: FillMode = 'constant',
  fillValue = 0,
): Tensor {
  const images = toTensor(x);
  const rows = toTensor(transforms);
  const all = rows.rank === 1 ? expandDims(rows) : rows;
  if (images.rank === 3) {
    return squeeze(transform(expandDims(images), all, interpolation, fillMode, fillValue), 0);
  }
  return transform(images, all, interpolation, fillMode, fillValue);
}

/**
 * Images `[n, h, w, c]` turned by `radians` counter-clockwise about `center` (a part of width and height, default the middle); nearest cells.
 * What comes from outside is `fillValue`: a number, or red, green and blue; a fourth channel becomes 255.
 * @throws ShapeError for another rank; ConfigError for a fill of another length.
 * @example image.rotateWithOffset(ones([1, 8, 8, 3]), Math.PI / 8, 127).shape // [1, 8, 8, 3]
 */
export function rotateWithOffset(
  x: TensorLike,
  radians: number,
  fillValue: number | readonly [number, number, number] = 0,
  center: number | readonly [number, number] = 0.5,
): Tensor {
  const images = toTensor(x);
  if (images.rank !== 4) {
    throw new ShapeError(`rotateWithOffset needs images [n, h, w, c], got shape ${shown(images.shape)}`);
  }
  if (typeof fillValue !== 'number' && fillValue.length !== 3) {
    throw new ConfigError(`rotateWithOffset: fillValue is a number or three, got ${received(fillValue)}`);
  }
  const [n = 0, h = 0, w = 0, c = 0] = images.shape;
  const [partX, partY] = typeof center === 'number' ? [center, center] : center;
  const [middleX, middleY] = [w * partX, h * partY];
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  const sources = new Int32Array(h * w);
  const inside = new Uint8Array(h * w);
  for (let row = 0; row < h; row++) {
    for (let column = 0; column < w; column++) {
      const fromX = Math.round((column - middleX) * cosine - (row - middleY) * sine + middleX);
      const fromY = Math.round((column - middleX) * sine + (row - middleY) * cosine + middleY);
      if (fromX < 0 || fromX >= w || fromY < 0 || fromY >= h) continue;
      sources[row * w + column] = fromY * w + fromX;
      inside[row * w + column] = 1;
    }
  }
  const fill = Array.from({ length: c }, (_, channel) => {
    if (channel === 3) return 255;
    return typeof fillValue === 'number' ? fillValue : (fillValue[channel] ?? 0);
  });
  const turned = gather(reshape(images, [n, h * w, c]), tensor(sources, [h * w], 'int32'), 1);
  const real = tensor(inside, [1, h * w, 1], 'bool');
  const filled = where(real, turned, cast(tensor(fill, [1, 1, c]), images.dtype));
  return reshape(filled, [n, h, w, c]);
}
