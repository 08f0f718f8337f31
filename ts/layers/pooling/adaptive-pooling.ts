import { adaptiveAveragePool, adaptiveMaxPool } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed } from '../options.ts';
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
} from '../spatial.ts';

/** Options of adaptive pooling layers over `R` spatial axes. */
export interface AdaptivePoolingConfig<R extends SpatialRank> extends LayerConfig, DataFormatConfig {
  /** Number of bins along each axis, the size of the output. */
  outputSize: SizeOption<R>;
}

/** Options of one-dimensional adaptive pooling. */
export type AdaptivePooling1DConfig = AdaptivePoolingConfig<1>;
/** Options of two-dimensional adaptive pooling. */
export type AdaptivePooling2DConfig = AdaptivePoolingConfig<2>;
/** Options of three-dimensional adaptive pooling. */
export type AdaptivePooling3DConfig = AdaptivePoolingConfig<3>;

const optionNames: readonly string[] = ['outputSize', 'dataFormat'];

const poolings = { max: adaptiveMaxPool, average: adaptiveAveragePool } as const;

/** So many bins along each axis, whatever the size of the input. */
abstract class AdaptivePooling<R extends SpatialRank> extends Layer {
  readonly outputSize: Sizes[R];
  readonly dataFormat: DataFormat;
  readonly #rank: R;
  readonly #kind: 'max' | 'average';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePoolingConfig<R>, rank: R, kind: 'max' | 'average') {
    super(needed(new.target.className, config));
    this.#rank = rank;
    this.#kind = kind;
    this.outputSize = sizesOf(this.label, 'outputSize', config.outputSize, rank);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.#rank, this.dataFormat);
  }

  override call(inputs: Tensor): Tensor {
    return poolings[this.#kind](inputs, this.outputSize, this.dataFormat);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), outputSize: [...this.outputSize], dataFormat: this.dataFormat };
  }
}

/**
 * The largest value of each of `outputSize` bins along an axis of any size: bin i of m over n cells is `floor(i n / m)..ceil((i + 1) n / m)`.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, outputSize, channels]`.
 *
 * @example
 * layers.adaptiveMaxPooling1d({ outputSize: 4, inputShape: [100, 8] })
 */
export class AdaptiveMaxPooling1D extends AdaptivePooling<1> {
  static override readonly className: string = 'AdaptiveMaxPooling1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePooling1DConfig) {
    super(config, 1, 'max');
  }
}

/**
 * The largest value of each of `outputSize` bins along an axis of any size: bin i of m over n cells is `floor(i n / m)..ceil((i + 1) n / m)`.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, ...outputSize, channels]`.
 *
 * @example
 * layers.adaptiveMaxPooling2d({ outputSize: 4, inputShape: [28, 28, 8] })
 */
export class AdaptiveMaxPooling2D extends AdaptivePooling<2> {
  static override readonly className: string = 'AdaptiveMaxPooling2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePooling2DConfig) {
    super(config, 2, 'max');
  }
}

/**
 * The largest value of each of `outputSize` bins along an axis of any size: bin i of m over n cells is `floor(i n / m)..ceil((i + 1) n / m)`.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output `[batch, ...outputSize, channels]`.
 *
 * @example
 * layers.adaptiveMaxPooling3d({ outputSize: 4, inputShape: [8, 28, 28, 1] })
 */
export class AdaptiveMaxPooling3D extends AdaptivePooling<3> {
  static override readonly className: string = 'AdaptiveMaxPooling3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePooling3DConfig) {
    super(config, 3, 'max');
  }
}

/**
 * The mean of each of `outputSize` bins along an axis of any size: bin i of m over n cells is `floor(i n / m)..ceil((i + 1) n / m)`.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, outputSize, channels]`.
 *
 * @example
 * layers.adaptiveAveragePooling1d({ outputSize: 4, inputShape: [100, 8] })
 */
export class AdaptiveAveragePooling1D extends AdaptivePooling<1> {
  static override readonly className: string = 'AdaptiveAveragePooling1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePooling1DConfig) {
    super(config, 1, 'average');
  }
}

/**
 * The mean of each of `outputSize` bins along an axis of any size: bin i of m over n cells is `floor(i n / m)..ceil((i + 1) n / m)`.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, ...outputSize, channels]`.
 *
 * @example
 * layers.adaptiveAveragePooling2d({ outputSize: 4, inputShape: [28, 28, 8] })
 */
export class AdaptiveAveragePooling2D extends AdaptivePooling<2> {
  static override readonly className: string = 'AdaptiveAveragePooling2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePooling2DConfig) {
    super(config, 2, 'average');
  }
}

/**
 * The mean of each of `outputSize` bins along an axis of any size: bin i of m over n cells is `floor(i n / m)..ceil((i + 1) n / m)`.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output `[batch, ...outputSize, channels]`.
 *
 * @example
 * layers.adaptiveAveragePooling3d({ outputSize: 4, inputShape: [8, 28, 28, 1] })
 */
export class AdaptiveAveragePooling3D extends AdaptivePooling<3> {
  static override readonly className: string = 'AdaptiveAveragePooling3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdaptivePooling3DConfig) {
    super(config, 3, 'average');
  }
}
