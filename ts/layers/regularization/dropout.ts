import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { where } from '../../ops/index.ts';
import { type Tensor, zerosLike } from '../../tensor/index.ts';
import type { CallOptions } from '../layer.ts';
import type { Shape } from '../shape.ts';
import {
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SpatialRank,
  spatialAxes,
} from '../spatial.ts';
import { checkShare, RandomLayer, type RandomLayerConfig } from './random-layer.ts';

/** Options of {@link Dropout}. */
export interface DropoutConfig extends RandomLayerConfig {
  /** Share of the values that are set to 0, from 0 to 1. */
  rate: number;
  /** Shape of the mask, with the batch; 1 (or `null` for the input's own size) where it is shared along an axis. */
  noiseShape?: readonly (number | null)[] | null;
}

/** The shape of a mask, with the batch, as an option. @throws ConfigError unless whole numbers above 0 and nulls. */
export function noiseShapeOption(label: string, value: unknown): readonly (number | null)[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isSize = (size: unknown): boolean => size === null || (Number.isSafeInteger(size) && (size as number) > 0);
  if (Array.isArray(value) && value.length <= 16 && value.every(isSize)) return [...value];
  throw new ConfigError(`${label}: noiseShape must hold whole numbers above 0 and nulls, got ${received(value)}`);
}

/** `shape` where `noiseShape` says nothing else. */
export function maskShape(shape: readonly number[], noiseShape: readonly (number | null)[] | undefined): number[] {
  return shape.map((size, axis) => noiseShape?.[axis] ?? size);
}

/** What the layers share that set values to 0. */
abstract class Dropping extends RandomLayer {
  readonly rate: number;

  /** @throws ConfigError unless `rate` is in [0, 1]. */
  constructor(config: DropoutConfig) {
    super(config);
    this.rate = checkShare(this.label, 'rate', config.rate);
  }

  /** Shape of the mask for inputs of `shape`. */
  protected abstract maskShape(shape: readonly number[]): number[];

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    if (!training || this.rate === 0) return inputs;
    if (this.rate === 1) return zerosLike(inputs);
    const kept = this.seedGenerator.begin().uniform(this.maskShape(inputs.shape)).greaterEqual(this.rate);
    return where(kept, inputs.mul(1 / (1 - this.rate)), zerosLike(inputs));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rate: this.rate };
  }
}

/**
 * Sets random values to 0 in training and scales the others by `1 / (1 - rate)`; does nothing in inference
 * (Srivastava et al., 2014). The output has the input's shape.
 *
 * @example
 * layers.dropout({ rate: 0.5 })
 */
export class Dropout extends Dropping {
  static override readonly className: string = 'Dropout';
  static override readonly optionNames: readonly string[] = ['rate', 'noiseShape', 'seed'];
  readonly noiseShape: readonly (number | null)[] | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DropoutConfig) {
    super(config);
    this.noiseShape = noiseShapeOption(this.label, config.noiseShape);
  }

  protected override maskShape(shape: readonly number[]): number[] {
    return maskShape(shape, this.noiseShape);
  }

  override getConfig(): Record<string, unknown> {
    const config = super.getConfig();
    return this.noiseShape === undefined ? config : { ...config, noiseShape: [...this.noiseShape] };
  }
}

/** Options of {@link SpatialDropout1D}. */
export interface SpatialDropout1DConfig extends RandomLayerConfig {
  /** Share of the channels that are set to 0, from 0 to 1. */
  rate: number;
}

/** Options of {@link SpatialDropout2D} and {@link SpatialDropout3D}. */
export interface SpatialDropoutConfig extends SpatialDropout1DConfig, DataFormatConfig {}

/** Drops whole channels over `R` spatial axes. */
abstract class SpatialDropout<R extends SpatialRank> extends Dropping {
  readonly dataFormat: DataFormat;
  readonly #rank: R;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SpatialDropoutConfig, rank: R) {
    super(config);
    this.#rank = rank;
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.#rank, this.dataFormat);
  }

  protected override maskShape(shape: readonly number[]): number[] {
    const shared = spatialAxes(this.#rank, this.dataFormat);
    return shape.map((size, axis) => (shared.includes(axis) ? 1 : size));
  }

  override getConfig(): Record<string, unknown> {
    // As in Keras, where the one-dimensional layer has no layout.
    return this.#rank === 1 ? super.getConfig() : { ...super.getConfig(), dataFormat: this.dataFormat };
  }
}

/**
 * {@link Dropout} of whole channels: all steps of a channel are kept or set to 0 together, as neighbouring steps are alike
 * (Tompson et al., 2014).
 *
 * Shapes: input and output `[batch, length, channels]`.
 *
 * @example
 * layers.spatialDropout1d({ rate: 0.2, inputShape: [100, 8] })
 */
export class SpatialDropout1D extends SpatialDropout<1> {
  static override readonly className: string = 'SpatialDropout1D';
  static override readonly optionNames: readonly string[] = ['rate', 'seed'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SpatialDropout1DConfig) {
    super(config, 1);
  }
}

/**
 * {@link Dropout} of whole feature maps; see {@link SpatialDropout1D}.
 *
 * Shapes: input and output `[batch, height, width, channels]`.
 *
 * @example
 * layers.spatialDropout2d({ rate: 0.2, inputShape: [28, 28, 8] })
 */
export class SpatialDropout2D extends SpatialDropout<2> {
  static override readonly className: string = 'SpatialDropout2D';
  static override readonly optionNames: readonly string[] = ['rate', 'seed', 'dataFormat'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SpatialDropoutConfig) {
    super(config, 2);
  }
}

/**
 * {@link Dropout} of whole feature maps; see {@link SpatialDropout1D}.
 *
 * Shapes: input and output `[batch, depth, height, width, channels]`.
 *
 * @example
 * layers.spatialDropout3d({ rate: 0.2, inputShape: [8, 28, 28, 4] })
 */
export class SpatialDropout3D extends SpatialDropout<3> {
  static override readonly className: string = 'SpatialDropout3D';
  static override readonly optionNames: readonly string[] = ['rate', 'seed', 'dataFormat'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SpatialDropoutConfig) {
    super(config, 3);
  }
}
