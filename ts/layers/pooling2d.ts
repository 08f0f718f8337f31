import { checkFlag } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { avgPool, maxPool } from '../ops/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { checkRank, oneOf, pair } from './options.ts';
import { type Shape, shown } from './shape.ts';

/** Options of pooling layers. */
export interface Pooling2DConfig extends LayerConfig {
  /** Height and width of the window. Default 2. */
  poolSize?: number | readonly [number, number];
  /** Default: the window's size. */
  strides?: number | readonly [number, number] | null;
  /** `'valid'` (default): whole windows only; `'same'`: an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
  /** Channels are last; the option is there for programs that say so. */
  dataFormat?: 'channelsLast';
}

const poolOptionNames = ['poolSize', 'strides', 'padding', 'dataFormat'];

/** What the pooling layers share: windows over `[batch, height, width, channels]`. */
export abstract class Pooling2D extends Layer {
  readonly poolSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: 'valid' | 'same';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Pooling2DConfig = {}) {
    super(config);
    this.poolSize = pair(this.label, 'poolSize', config.poolSize ?? 2);
    this.strides = pair(this.label, 'strides', config.strides ?? this.poolSize);
    this.padding = oneOf(this.label, 'padding', config.padding ?? 'valid', ['valid', 'same']);
    oneOf(this.label, 'dataFormat', config.dataFormat ?? 'channelsLast', ['channelsLast']);
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, 4, '[batch, height, width, channels]');
    if (this.padding === 'same') return;
    for (const axis of [0, 1] as const) {
      const size = shape[axis + 1];
      const window = this.poolSize[axis];
      if (typeof size === 'number' && size < window) {
        throw new ShapeError(
          `${this.label}: the window is ${window} cells long, but the input has ${size} along its ${axis === 0 ? 'height' : 'width'} ` +
            `(input shape ${shown(shape)}). Use padding: 'same' or fewer poolings before`,
        );
      }
    }
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      poolSize: [...this.poolSize],
      strides: [...this.strides],
      padding: this.padding,
      dataFormat: 'channelsLast',
    };
  }
}

/**
 * The largest value of every window.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, channels]`.
 */
export class MaxPooling2D extends Pooling2D {
  static override readonly className: string = 'MaxPooling2D';
  static override readonly optionNames: readonly string[] = poolOptionNames;

  override call(inputs: Tensor): Tensor {
    return maxPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/**
 * The mean of every window; cells of `'same'` padding are not counted.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, channels]`.
 */
export class AveragePooling2D extends Pooling2D {
  static override readonly className: string = 'AveragePooling2D';
  static override readonly optionNames: readonly string[] = poolOptionNames;

  override call(inputs: Tensor): Tensor {
    return avgPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/** Options of {@link GlobalAveragePooling2D}. */
export interface GlobalPooling2DConfig extends LayerConfig {
  /** Whether height and width stay, with size 1. Default false. */
  keepDims?: boolean;
  /** Channels are last; the option is there for programs that say so. */
  dataFormat?: 'channelsLast';
}

/**
 * The mean of every channel over height and width.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, channels]`, with `keepDims` `[batch, 1, 1, channels]`.
 */
export class GlobalAveragePooling2D extends Layer {
  static override readonly className: string = 'GlobalAveragePooling2D';
  static override readonly optionNames: readonly string[] = ['keepDims', 'dataFormat'];
  readonly keepDims: boolean;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GlobalPooling2DConfig = {}) {
    super(config);
    this.keepDims = checkFlag(this.label, 'keepDims', config.keepDims ?? false);
    oneOf(this.label, 'dataFormat', config.dataFormat ?? 'channelsLast', ['channelsLast']);
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, 4, '[batch, height, width, channels]');
  }

  override call(inputs: Tensor): Tensor {
    return inputs.mean([1, 2], this.keepDims);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), keepDims: this.keepDims, dataFormat: 'channelsLast' };
  }
}
