import { image, repeat } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { oneOf, positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import {
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SizeOption,
  type Sizes,
  type SpatialRank,
  sizesOf,
  spatialAxes,
} from '../spatial.ts';

/** Every cell of some axes several times in a row. */
function repeated(x: Tensor, times: readonly number[], rank: SpatialRank, dataFormat: DataFormat): Tensor {
  return spatialAxes(rank, dataFormat).reduce((y, axis, i) => {
    const count = times[i] as number;
    return count === 1 ? y : repeat(y, count, axis);
  }, x);
}

/** Options of {@link UpSampling1D}. */
export interface UpSampling1DConfig extends LayerConfig {
  /** How often every step comes. Default 2. */
  size?: number;
}

/**
 * Every step `size` times in a row.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, length * size, channels]`.
 *
 * @example
 * layers.upSampling1d({ size: 2, inputShape: [100, 8] })
 */
export class UpSampling1D extends Layer {
  static override readonly className: string = 'UpSampling1D';
  static override readonly optionNames: readonly string[] = ['size'];
  readonly size: number;

  /** @throws ConfigError unless `size` is a whole number above 0. */
  constructor(config: UpSampling1DConfig = {}) {
    super(config);
    this.size = positiveInteger(this.label, 'size', config.size ?? 2);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, 1, 'channelsLast');
  }

  override call(inputs: Tensor): Tensor {
    return repeated(inputs, [this.size], 1, 'channelsLast');
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), size: this.size };
  }
}

/** How {@link UpSampling2D} makes cells between cells. */
export type UpSamplingInterpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5';

const interpolations: readonly UpSamplingInterpolation[] = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'];

/** Options of {@link UpSampling2D}. */
export interface UpSampling2DConfig extends LayerConfig, DataFormatConfig {
  /** Factor of height and width. Default 2. */
  size?: SizeOption<2>;
  /** Default `'nearest'`: every cell several times. */
  interpolation?: UpSamplingInterpolation;
}

/**
 * Images `size` times as high and wide, by repetition or by interpolation between the centres of cells.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, height * size[0], width * size[1], channels]`.
 *
 * @example
 * layers.upSampling2d({ size: 2, interpolation: 'bilinear', inputShape: [14, 14, 8] })
 */
export class UpSampling2D extends Layer {
  static override readonly className: string = 'UpSampling2D';
  static override readonly optionNames: readonly string[] = ['size', 'dataFormat', 'interpolation'];
  readonly size: Sizes[2];
  readonly dataFormat: DataFormat;
  readonly interpolation: UpSamplingInterpolation;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: UpSampling2DConfig = {}) {
    super(config);
    this.size = sizesOf(this.label, 'size', config.size ?? 2, 2);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
    this.interpolation = oneOf(this.label, 'interpolation', config.interpolation ?? 'nearest', interpolations);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, 2, this.dataFormat);
  }

  override call(inputs: Tensor): Tensor {
    const { size, dataFormat, interpolation } = this;
    if (interpolation === 'nearest') return repeated(inputs, size, 2, dataFormat);
    const target = spatialAxes(2, dataFormat).map((axis, i) => (inputs.shape[axis] as number) * (size[i] as number));
    return image.resize(inputs, target, { interpolation, dataFormat });
  }

  override getConfig(): Record<string, unknown> {
    const { size, dataFormat, interpolation } = this;
    return { ...super.getConfig(), size: [...size], dataFormat, interpolation };
  }
}

/** Options of {@link UpSampling3D}. */
export interface UpSampling3DConfig extends LayerConfig, DataFormatConfig {
  /** How often every cell comes along depth, height and width. Default 2. */
  size?: SizeOption<3>;
}

/**
 * Every cell `size` times in a row along depth, height and width.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output
 * `[batch, depth * size[0], height * size[1], width * size[2], channels]`.
 *
 * @example
 * layers.upSampling3d({ size: [1, 2, 2], inputShape: [8, 14, 14, 1] })
 */
export class UpSampling3D extends Layer {
  static override readonly className: string = 'UpSampling3D';
  static override readonly optionNames: readonly string[] = ['size', 'dataFormat'];
  readonly size: Sizes[3];
  readonly dataFormat: DataFormat;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: UpSampling3DConfig = {}) {
    super(config);
    this.size = sizesOf(this.label, 'size', config.size ?? 2, 3);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, 3, this.dataFormat);
  }

  override call(inputs: Tensor): Tensor {
    return repeated(inputs, this.size, 3, this.dataFormat);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), size: [...this.size], dataFormat: this.dataFormat };
  }
}
