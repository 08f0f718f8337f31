import { ShapeError } from '../../errors.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { type Shape, shown } from '../shape.ts';
import {
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SpatialRank,
  spatialAxes,
} from '../spatial.ts';
import { type Ends, type EndsOption, endsConfig, endsOf } from './sides.ts';

/** Options of {@link Cropping1D}. */
export interface Cropping1DConfig extends LayerConfig {
  /** Steps that are cut off at both ends, or `[before, after]`. Default `[1, 1]`. */
  cropping?: EndsOption<1>;
}

/** Options of {@link Cropping2D}. */
export interface Cropping2DConfig extends LayerConfig, DataFormatConfig {
  /** Cells that are cut off: everywhere, `[height, width]`, or `[[top, bottom], [left, right]]`. Default 0. */
  cropping?: EndsOption<2>;
}

/** Options of {@link Cropping3D}. */
export interface Cropping3DConfig extends LayerConfig, DataFormatConfig {
  /** Cells that are cut off: everywhere, for each axis, or `[before, after]` of each. Default 1. */
  cropping?: EndsOption<3>;
}

/** Cuts cells off at the ends of `R` spatial axes. */
abstract class Cropping<R extends SpatialRank> extends Layer {
  readonly cropping: readonly Ends[];
  readonly dataFormat: DataFormat;
  readonly #rank: R;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: LayerConfig & DataFormatConfig & { cropping?: unknown }, rank: R, otherwise: number) {
    super(config);
    this.#rank = rank;
    this.cropping = endsOf(this.label, 'cropping', config.cropping ?? otherwise, rank);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.#rank, this.dataFormat);
    spatialAxes(this.#rank, this.dataFormat).forEach((axis, i) => {
      const [before, after] = this.cropping[i] as Ends;
      const size = shape[axis];
      if (typeof size !== 'number' || before + after < size) return;
      throw new ShapeError(
        `${this.label}: cropping [${before}, ${after}] leaves nothing of axis ${axis} of an input of shape ${shown(shape)}`,
      );
    });
  }

  override call(inputs: Tensor): Tensor {
    const begin = inputs.shape.map(() => 0);
    const size = [...inputs.shape];
    spatialAxes(this.#rank, this.dataFormat).forEach((axis, i) => {
      const [before, after] = this.cropping[i] as Ends;
      begin[axis] = before;
      size[axis] = (size[axis] as number) - before - after;
    });
    return inputs.slice(begin, size);
  }

  override getConfig(): Record<string, unknown> {
    const config: Record<string, unknown> = { ...super.getConfig(), cropping: endsConfig(this.cropping) };
    // As in Keras, where the one-dimensional layer has no layout.
    if (this.#rank !== 1) config.dataFormat = this.dataFormat;
    return config;
  }
}

/**
 * Cuts cells off at the ends of every spatial axis.
 *
 * Shapes: input `[batch, length, channels]`; the output has `before + after` cells less along the length.
 *
 * @example
 * layers.cropping1d({ cropping: [1, 2], inputShape: [100, 8] })
 */
export class Cropping1D extends Cropping<1> {
  static override readonly className: string = 'Cropping1D';
  static override readonly optionNames: readonly string[] = ['cropping'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Cropping1DConfig = {}) {
    super(config, 1, 1);
  }
}

/**
 * Cuts cells off at the ends of every spatial axis.
 *
 * Shapes: input `[batch, height, width, channels]`; the output has `before + after` cells less along each spatial axis.
 *
 * @example
 * layers.cropping2d({ cropping: 1, inputShape: [28, 28, 8] })
 */
export class Cropping2D extends Cropping<2> {
  static override readonly className: string = 'Cropping2D';
  static override readonly optionNames: readonly string[] = ['cropping', 'dataFormat'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Cropping2DConfig = {}) {
    super(config, 2, 0);
  }
}

/**
 * Cuts cells off at the ends of every spatial axis.
 *
 * Shapes: input `[batch, depth, height, width, channels]`; the output has `before + after` cells less along each spatial axis.
 *
 * @example
 * layers.cropping3d({ cropping: 1, inputShape: [8, 28, 28, 1] })
 */
export class Cropping3D extends Cropping<3> {
  static override readonly className: string = 'Cropping3D';
  static override readonly optionNames: readonly string[] = ['cropping', 'dataFormat'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Cropping3DConfig = {}) {
    super(config, 3, 1);
  }
}
