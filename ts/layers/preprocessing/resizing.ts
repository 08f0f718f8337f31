import { checkFinite, checkFlag } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { image, pad } from '../../ops/index.ts';
import { isFloat } from '../../tensor/dtype.ts';
import type { DType, Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed, oneOf, positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import { type DataFormat, type DataFormatConfig, dataFormatOf } from '../spatial.ts';
import { aspectWindow, checkImages, type Extent, extentOf, imageAxes } from './aspect.ts';

/** How {@link Resizing} makes cells between cells. */
export type ResizingInterpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5' | 'area';

const interpolations: readonly ResizingInterpolation[] = [
  'nearest',
  'bilinear',
  'bicubic',
  'lanczos3',
  'lanczos5',
  'area',
];

/** Options of {@link Resizing}. */
export interface ResizingConfig extends LayerConfig, DataFormatConfig {
  /** Rows of the output. */
  height: number;
  /** Columns of the output. */
  width: number;
  /** Default `'bilinear'`. */
  interpolation?: ResizingInterpolation;
  /** Whether the largest window in the middle with the output's aspect ratio is resized, not the whole image. Default false. */
  cropToAspectRatio?: boolean;
  /** Whether the image is first padded on both sides to the output's aspect ratio. Default false. */
  padToAspectRatio?: boolean;
  /** How the padding is filled: `'constant'`, the only way there is. */
  fillMode?: 'constant';
  /** What the padding holds. Default 0. */
  fillValue?: number;
  /** Whether interpolation widens where images shrink, so that no cell is skipped. Default false. */
  antialias?: boolean;
}

/** The least and largest numbers that survive a cast from float32. */
const limits: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int8: [-128, 127],
  // The largest float32 below 2^31.
  int32: [-(2 ** 31), 2 ** 31 - 128],
};

/**
 * Images at another size, by interpolation between the centres of cells.
 *
 * Shapes: input `[batch, h, w, channels]` or `[h, w, channels]`, output `[batch, height, width, channels]` or without the batch,
 * in the dtype of the input: whole numbers are rounded (halves to even) and kept within the dtype's limits.
 *
 * @example
 * layers.resizing({ height: 224, width: 224, interpolation: 'bicubic', antialias: true, inputShape: [null, null, 3] })
 */
export class Resizing extends Layer {
  static override readonly className: string = 'Resizing';
  static override readonly optionNames: readonly string[] = [
    'height',
    'width',
    'interpolation',
    'cropToAspectRatio',
    'padToAspectRatio',
    'fillMode',
    'fillValue',
    'antialias',
    'dataFormat',
  ];
  readonly height: number;
  readonly width: number;
  readonly interpolation: ResizingInterpolation;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillMode: 'constant';
  readonly fillValue: number;
  readonly antialias: boolean;
  readonly dataFormat: DataFormat;

  /** @throws ConfigError for options outside their allowed values, or for both ways to keep the aspect ratio. */
  constructor(config: ResizingConfig) {
    super(needed('Resizing', config));
    const { label } = this;
    this.height = positiveInteger(label, 'height', config.height);
    this.width = positiveInteger(label, 'width', config.width);
    this.interpolation = oneOf(label, 'interpolation', config.interpolation ?? 'bilinear', interpolations);
    this.cropToAspectRatio = checkFlag(label, 'cropToAspectRatio', config.cropToAspectRatio ?? false);
    this.padToAspectRatio = checkFlag(label, 'padToAspectRatio', config.padToAspectRatio ?? false);
    if (this.cropToAspectRatio && this.padToAspectRatio)
      throw new ConfigError(`${label}: only one of cropToAspectRatio and padToAspectRatio can be true`);
    this.fillMode = oneOf(label, 'fillMode', config.fillMode ?? 'constant', ['constant']);
    this.fillValue = checkFinite(label, 'fillValue', config.fillValue ?? 0);
    this.antialias = checkFlag(label, 'antialias', config.antialias ?? false);
    this.dataFormat = dataFormatOf(label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkImages(this.label, shape, this.dataFormat);
  }

  override call(inputs: Tensor): Tensor {
    const { interpolation, antialias, dataFormat } = this;
    const size: Extent = [this.height, this.width];
    const resized = image.resize(this.#framed(inputs, size), size, { interpolation, antialias, dataFormat });
    return resized.dtype === inputs.dtype ? resized : saturated(resized, inputs.dtype);
  }

  /** What is resized: the images, a window of them, or the images in a frame. */
  #framed(x: Tensor, size: Extent): Tensor {
    if (this.cropToAspectRatio) return aspectWindow(x, size, this.dataFormat);
    return this.padToAspectRatio ? this.#padded(x, size) : x;
  }

  /** Keras pads both sides alike, one cell less in all where the difference is odd, and the height alone where it needs padding. */
  #padded(x: Tensor, [targetHeight, targetWidth]: Extent): Tensor {
    const [height, width] = extentOf(x, this.dataFormat);
    const side = (whole: number, other: number, own: number, across: number): number =>
      Math.trunc((Math.max(whole, Math.trunc((other * own) / across)) - whole) / 2);
    const above = side(height, width, targetHeight, targetWidth);
    const beside = above > 0 ? 0 : side(width, height, targetWidth, targetHeight);
    if (above === 0 && beside === 0) return x;
    const sides = x.shape.map((): [number, number] => [0, 0]);
    const [rows, columns] = imageAxes(x.rank, this.dataFormat);
    sides[rows] = [above, above];
    sides[columns] = [beside, beside];
    // What fills the frame need be no number of the images' dtype.
    return pad(isFloat(x.dtype) ? x : x.cast('float32'), sides, this.fillValue);
  }

  override getConfig(): Record<string, unknown> {
    const { height, width, interpolation, cropToAspectRatio, padToAspectRatio } = this;
    const { fillMode, fillValue, antialias, dataFormat } = this;
    const frame = { cropToAspectRatio, padToAspectRatio, fillMode, fillValue };
    return { ...super.getConfig(), height, width, interpolation, ...frame, antialias, dataFormat };
  }
}

/** Numbers in another dtype: rounded for whole numbers, and none beyond its limits. */
function saturated(x: Tensor, dtype: DType): Tensor {
  const range = limits[dtype];
  if (range === undefined) return x.cast(dtype);
  return (dtype === 'bool' ? x : x.round()).clipByValue(...range).cast(dtype);
}
