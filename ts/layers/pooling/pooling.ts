import { avgPool, avgPool1d, avgPool3d, maxPool, maxPool1d, maxPool3d } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { oneOf } from '../options.ts';
import type { Shape } from '../shape.ts';
import {
  checkReach,
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SizeOption,
  type Sizes,
  type SpatialRank,
  sizesOf,
} from '../spatial.ts';

/** Options of pooling layers over `R` spatial axes. */
export interface PoolingConfig<R extends SpatialRank> extends LayerConfig, DataFormatConfig {
  /** Size of the window. Default 2. */
  poolSize?: SizeOption<R>;
  /** Default: the window's size. */
  strides?: SizeOption<R> | null;
  /** `'valid'` (default): whole windows only; `'same'`: an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
}

/** Options of one-dimensional pooling. */
export type Pooling1DConfig = PoolingConfig<1>;
/** Options of two-dimensional pooling. */
export type Pooling2DConfig = PoolingConfig<2>;
/** Options of three-dimensional pooling. */
export type Pooling3DConfig = PoolingConfig<3>;

const optionNames: readonly string[] = ['poolSize', 'strides', 'padding', 'dataFormat'];

const poolings = {
  max: { 1: maxPool1d, 2: maxPool, 3: maxPool3d },
  average: { 1: avgPool1d, 2: avgPool, 3: avgPool3d },
} as const;

/** Windows over `R` spatial axes. */
abstract class Pooling<R extends SpatialRank> extends Layer {
  readonly poolSize: Sizes[R];
  readonly strides: Sizes[R];
  readonly padding: 'valid' | 'same';
  readonly dataFormat: DataFormat;
  readonly #rank: R;
  readonly #kind: 'max' | 'average';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: PoolingConfig<R>, rank: R, kind: 'max' | 'average') {
    super(config);
    this.#rank = rank;
    this.#kind = kind;
    this.poolSize = sizesOf(this.label, 'poolSize', config.poolSize ?? 2, rank);
    this.strides = sizesOf(this.label, 'strides', config.strides ?? this.poolSize, rank);
    this.padding = oneOf(this.label, 'padding', config.padding ?? 'valid', ['valid', 'same']);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.#rank, this.dataFormat);
    if (this.padding === 'same') return;
    checkReach(
      this.label,
      shape,
      this.dataFormat,
      this.poolSize,
      (cells) => `the window is ${cells} cells long`,
      "Use padding: 'same' or fewer poolings before",
    );
  }

  override call(inputs: Tensor): Tensor {
    const { poolSize, strides, padding, dataFormat } = this;
    return poolings[this.#kind][this.#rank](inputs, poolSize, { strides, padding, dataFormat });
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      poolSize: [...this.poolSize],
      strides: [...this.strides],
      padding: this.padding,
      dataFormat: this.dataFormat,
    };
  }
}

/**
 * The largest value of every window.
 *
 * Shapes: input `[batch, length, channels]`, output
 * `[batch, newLength, channels]`.
 *
 * @example
 * layers.maxPooling1d({ poolSize: 2, inputShape: [100, 8] })
 */
export class MaxPooling1D extends Pooling<1> {
  static override readonly className: string = 'MaxPooling1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling1DConfig = {}) {
    super(config, 1, 'max');
  }
}

/**
 * The largest value of every window.
 *
 * Shapes: input `[batch, height, width, channels]`, output
 * `[batch, newHeight, newWidth, channels]`.
 *
 * @example
 * layers.maxPooling2d({ poolSize: 2, inputShape: [28, 28, 8] })
 */
export class MaxPooling2D extends Pooling<2> {
  static override readonly className: string = 'MaxPooling2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling2DConfig = {}) {
    super(config, 2, 'max');
  }
}

/**
 * The largest value of every window.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output
 * `[batch, newDepth, newHeight, newWidth, channels]`.
 *
 * @example
 * layers.maxPooling3d({ poolSize: 2, inputShape: [8, 28, 28, 1] })
 */
export class MaxPooling3D extends Pooling<3> {
  static override readonly className: string = 'MaxPooling3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling3DConfig = {}) {
    super(config, 3, 'max');
  }
}

/**
 * The mean of every window; cells of `'same'` padding are not counted.
 *
 * Shapes: input `[batch, length, channels]`, output
 * `[batch, newLength, channels]`.
 *
 * @example
 * layers.averagePooling1d({ poolSize: 2, inputShape: [100, 8] })
 */
export class AveragePooling1D extends Pooling<1> {
  static override readonly className: string = 'AveragePooling1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling1DConfig = {}) {
    super(config, 1, 'average');
  }
}

/**
 * The mean of every window; cells of `'same'` padding are not counted.
 *
 * Shapes: input `[batch, height, width, channels]`, output
 * `[batch, newHeight, newWidth, channels]`.
 *
 * @example
 * layers.averagePooling2d({ poolSize: 2, inputShape: [28, 28, 8] })
 */
export class AveragePooling2D extends Pooling<2> {
  static override readonly className: string = 'AveragePooling2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling2DConfig = {}) {
    super(config, 2, 'average');
  }
}

/**
 * The mean of every window; cells of `'same'` padding are not counted.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output
 * `[batch, newDepth, newHeight, newWidth, channels]`.
 *
 * @example
 * layers.averagePooling3d({ poolSize: 2, inputShape: [8, 28, 28, 1] })
 */
export class AveragePooling3D extends Pooling<3> {
  static override readonly className: string = 'AveragePooling3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling3DConfig = {}) {
    super(config, 3, 'average');
  }
}
