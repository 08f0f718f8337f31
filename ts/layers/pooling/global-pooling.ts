import { checkFlag } from '../../arguments.ts';
import { ShapeError } from '../../errors.ts';
import { where } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type CallOptions, Layer, type LayerConfig } from '../layer.ts';
import { type Shape, shown } from '../shape.ts';
import {
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SpatialRank,
  spatialAxes,
} from '../spatial.ts';

/** Options of global pooling layers. */
export interface GlobalPoolingConfig extends LayerConfig, DataFormatConfig {
  /** Whether the spatial axes stay, with size 1. Default false. */
  keepDims?: boolean;
}

const optionNames: readonly string[] = ['keepDims', 'dataFormat'];

/** One value a channel of everything in `R` spatial axes. */
abstract class GlobalPooling<R extends SpatialRank> extends Layer {
  readonly keepDims: boolean;
  readonly dataFormat: DataFormat;
  readonly #rank: R;
  readonly #kind: 'max' | 'mean';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig, rank: R, kind: 'max' | 'mean') {
    super(config);
    this.#rank = rank;
    this.#kind = kind;
    this.keepDims = checkFlag(this.label, 'keepDims', config.keepDims ?? false);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.#rank, this.dataFormat);
  }

  override call(inputs: Tensor, _options: CallOptions): Tensor {
    return inputs[this.#kind](spatialAxes(this.#rank, this.dataFormat), this.keepDims);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), keepDims: this.keepDims, dataFormat: this.dataFormat };
  }
}

/**
 * The largest value of every channel over all steps.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, channels]`, with `keepDims`
 * `[batch, 1, channels]`.
 *
 * @example
 * layers.globalMaxPooling1d({ inputShape: [100, 8] })
 */
export class GlobalMaxPooling1D extends GlobalPooling<1> {
  static override readonly className: string = 'GlobalMaxPooling1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig = {}) {
    super(config, 1, 'max');
  }
}

/**
 * The largest value of every channel over height and width.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, channels]`, with `keepDims`
 * `[batch, 1, 1, channels]`.
 *
 * @example
 * layers.globalMaxPooling2d({ inputShape: [28, 28, 8] })
 */
export class GlobalMaxPooling2D extends GlobalPooling<2> {
  static override readonly className: string = 'GlobalMaxPooling2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig = {}) {
    super(config, 2, 'max');
  }
}

/**
 * The largest value of every channel over depth, height and width.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output `[batch, channels]`, with `keepDims`
 * `[batch, 1, 1, 1, channels]`.
 *
 * @example
 * layers.globalMaxPooling3d({ inputShape: [8, 28, 28, 1] })
 */
export class GlobalMaxPooling3D extends GlobalPooling<3> {
  static override readonly className: string = 'GlobalMaxPooling3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig = {}) {
    super(config, 3, 'max');
  }
}

/**
 * The mean of every channel over all steps; with a mask, over the steps that
 * count: `sum(mask * x) / sum(mask)`.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, channels]`, with `keepDims`
 * `[batch, 1, channels]`.
 *
 * @example
 * layers.globalAveragePooling1d({ inputShape: [100, 8] })
 */
export class GlobalAveragePooling1D extends GlobalPooling<1> {
  static override readonly className: string = 'GlobalAveragePooling1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig = {}) {
    super(config, 1, 'mean');
    this.supportsMasking = true;
  }

  /** No axis of steps is left that a mask could speak of. */
  override computeMask(): undefined {
    return undefined;
  }

  /** @throws ShapeError for a mask that is not `[batch, length]`. */
  override call(inputs: Tensor, options: CallOptions): Tensor {
    const { mask } = options;
    if (mask === undefined) return super.call(inputs, options);
    const steps = this.dataFormat === 'channelsLast' ? 1 : 2;
    if (mask.shape.join() !== `${inputs.shape[0]},${inputs.shape[steps]}`) {
      throw new ShapeError(
        `${this.label}: the mask must be [batch, length] of inputs of shape ${shown(inputs.shape)}, got ${shown(mask.shape)}`,
      );
    }
    const counted = mask.cast('bool').expandDims(steps === 1 ? 2 : 1);
    // Chosen, not multiplied: what stands in a masked step may be no number.
    const total = where(counted, inputs, 0).sum(steps, this.keepDims);
    return total.div(counted.cast('float32').sum(steps, this.keepDims));
  }
}

/**
 * The mean of every channel over height and width.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, channels]`, with `keepDims`
 * `[batch, 1, 1, channels]`.
 *
 * @example
 * layers.globalAveragePooling2d({ inputShape: [28, 28, 8] })
 */
export class GlobalAveragePooling2D extends GlobalPooling<2> {
  static override readonly className: string = 'GlobalAveragePooling2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig = {}) {
    super(config, 2, 'mean');
  }
}

/**
 * The mean of every channel over depth, height and width.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output `[batch, channels]`, with `keepDims`
 * `[batch, 1, 1, 1, channels]`.
 *
 * @example
 * layers.globalAveragePooling3d({ inputShape: [8, 28, 28, 1] })
 */
export class GlobalAveragePooling3D extends GlobalPooling<3> {
  static override readonly className: string = 'GlobalAveragePooling3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPoolingConfig = {}) {
    super(config, 3, 'mean');
  }
}
