import { pad } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import type { Shape } from '../shape.ts';
import {
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SpatialRank,
  spatialAxes,
} from '../spatial.ts';
import { type Ends, type EndsOption, endsConfig, endsOf } from './sides.ts';

/** Options of layers that pad `R` spatial axes. */
export interface ZeroPaddingConfig<R extends SpatialRank> extends LayerConfig, DataFormatConfig {
  /** Zeros that are added: at all ends, at both ends of each axis, or `[before, after]` of each. Default 1. */
  padding?: EndsOption<R>;
}

/** Options of {@link ZeroPadding1D}. */
export type ZeroPadding1DConfig = ZeroPaddingConfig<1>;
/** Options of {@link ZeroPadding2D}. */
export type ZeroPadding2DConfig = ZeroPaddingConfig<2>;
/** Options of {@link ZeroPadding3D}. */
export type ZeroPadding3DConfig = ZeroPaddingConfig<3>;

const optionNames: readonly string[] = ['padding', 'dataFormat'];

/** Adds zeros at the ends of `R` spatial axes. */
abstract class ZeroPadding<R extends SpatialRank> extends Layer {
  readonly padding: readonly Ends[];
  readonly dataFormat: DataFormat;
  readonly #rank: R;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ZeroPaddingConfig<R>, rank: R) {
    super(config);
    this.#rank = rank;
    this.padding = endsOf(this.label, 'padding', config.padding ?? 1, rank);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.#rank, this.dataFormat);
  }

  override call(inputs: Tensor): Tensor {
    const ends = inputs.shape.map((): Ends => [0, 0]);
    spatialAxes(this.#rank, this.dataFormat).forEach((axis, i) => {
      ends[axis] = this.padding[i] as Ends;
    });
    return pad(inputs, ends);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), padding: endsConfig(this.padding), dataFormat: this.dataFormat };
  }
}

/**
 * Adds zeros at the ends of every spatial axis.
 *
 * Shapes: input `[batch, length, channels]`; the output has `before + after` cells more along the length.
 *
 * @example
 * layers.zeroPadding1d({ padding: [2, 0], inputShape: [100, 8] })
 */
export class ZeroPadding1D extends ZeroPadding<1> {
  static override readonly className: string = 'ZeroPadding1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ZeroPadding1DConfig = {}) {
    super(config, 1);
  }
}

/**
 * Adds zeros at the ends of every spatial axis.
 *
 * Shapes: input `[batch, height, width, channels]`; the output has `before + after` cells more along each spatial axis.
 *
 * @example
 * layers.zeroPadding2d({ padding: 1, inputShape: [28, 28, 8] })
 */
export class ZeroPadding2D extends ZeroPadding<2> {
  static override readonly className: string = 'ZeroPadding2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ZeroPadding2DConfig = {}) {
    super(config, 2);
  }
}

/**
 * Adds zeros at the ends of every spatial axis.
 *
 * Shapes: input `[batch, depth, height, width, channels]`; the output has `before + after` cells more along each spatial axis.
 *
 * @example
 * layers.zeroPadding3d({ padding: 1, inputShape: [8, 28, 28, 1] })
 */
export class ZeroPadding3D extends ZeroPadding<3> {
  static override readonly className: string = 'ZeroPadding3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ZeroPadding3DConfig = {}) {
    super(config, 3);
  }
}
