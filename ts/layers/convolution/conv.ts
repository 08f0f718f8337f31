import { ConfigError } from '../../errors.ts';
import { conv1d, conv2d, conv3d } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { kernelOptionNames } from '../kernel-layer.ts';
import { positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import { channelsOf, type SpatialRank } from '../spatial.ts';
import {
  type ConvPadding,
  SpatialKernel,
  type SpatialKernelConfig,
  spatialKernelOptionNames,
} from './spatial-kernel.ts';

/** Options of convolutions over `R` spatial axes. */
export interface ConvConfig<R extends SpatialRank> extends SpatialKernelConfig<R> {
  /** Channels of the output. */
  filters: number;
  /** `'valid'` (default): no padding; `'same'`: an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
  /** Groups of channels that are convolved apart; divides channels and filters. Default 1. */
  groups?: number;
}

/** Options of {@link Conv1D}. */
export interface Conv1DConfig extends Omit<ConvConfig<1>, 'padding'> {
  /**
   * `'valid'` (default): no padding; `'same'`: an output of `ceil(input / stride)`; `'causal'`: all padding before the first
   * step, so that no output depends on a later input.
   */
  padding?: ConvPadding;
}

/** Options of {@link Conv2D}. */
export type Conv2DConfig = ConvConfig<2>;

/** Options of {@link Conv3D}. */
export type Conv3DConfig = ConvConfig<3>;

const optionNames: readonly string[] = ['filters', ...spatialKernelOptionNames, 'groups', ...kernelOptionNames];

const convolutions = { 1: conv1d, 2: conv2d, 3: conv3d } as const;

/** Convolution (cross-correlation) over `R` spatial axes, plus bias and activation. */
abstract class Conv<R extends SpatialRank> extends SpatialKernel<R> {
  readonly filters: number;
  readonly groups: number;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(
    config: Omit<ConvConfig<R>, 'padding'> & { padding?: ConvPadding },
    rank: R,
    paddings?: readonly ConvPadding[],
  ) {
    super(config, rank, paddings);
    this.filters = positiveInteger(this.label, 'filters', config.filters);
    this.groups = positiveInteger(this.label, 'groups', config.groups ?? 1);
    if (this.filters % this.groups !== 0) {
      throw new ConfigError(`${this.label}: groups (${this.groups}) must divide filters (${this.filters})`);
    }
  }

  protected override get inputChannels(): number | undefined {
    return this.kernel === undefined ? undefined : (this.kernel.shape[this.rank] as number) * this.groups;
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(this.label, inputShape, this.dataFormat);
    if (channels % this.groups !== 0) {
      throw new ConfigError(`${this.label}: groups (${this.groups}) must divide the input channels (${channels})`);
    }
    this.addKernel([...this.kernelSize, channels / this.groups, this.filters], this.filters);
  }

  override call(inputs: Tensor): Tensor {
    const { groups } = this;
    return this.finish(convolutions[this.rank](inputs, this.kernel, { ...this.geometry, groups }));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), filters: this.filters, groups: this.groups };
  }
}

/**
 * One-dimensional convolution (cross-correlation) of sequences, plus bias and activation:
 * `y[n,i,o] = activation(sum_{a,c} x[n, i * stride + a * dilation, c] * kernel[a,c,o] + bias[o])`.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, newLength, filters]`, kernel
 * `[kernelLength, channels / groups, filters]`, bias `[filters]`.
 *
 * @example
 * layers.conv1d({ filters: 32, kernelSize: 3, padding: 'causal', activation: 'relu', inputShape: [100, 8] })
 */
export class Conv1D extends Conv<1> {
  static override readonly className: string = 'Conv1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv1DConfig) {
    super(config, 1, ['valid', 'same', 'causal']);
  }
}

/**
 * Two-dimensional convolution (cross-correlation), plus bias and activation:
 * `y[n,i,j,o] = activation(sum_{a,b,c} x[n, i * stride + a * dilation, j * stride + b * dilation, c] * kernel[a,b,c,o] + bias[o])`.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, filters]`,
 * kernel `[kernelHeight, kernelWidth, channels / groups, filters]`, bias `[filters]`.
 *
 * @example
 * layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] })
 */
export class Conv2D extends Conv<2> {
  static override readonly className: string = 'Conv2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv2DConfig) {
    super(config, 2);
  }
}

/**
 * Three-dimensional convolution (cross-correlation) of volumes or clips, plus bias and activation; as {@link Conv2D} with one
 * axis more.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output `[batch, newDepth, newHeight, newWidth, filters]`, kernel
 * `[kernelDepth, kernelHeight, kernelWidth, channels / groups, filters]`, bias `[filters]`.
 *
 * @example
 * layers.conv3d({ filters: 8, kernelSize: [2, 3, 3], inputShape: [16, 32, 32, 1] })
 */
export class Conv3D extends Conv<3> {
  static override readonly className: string = 'Conv3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv3DConfig) {
    super(config, 3);
  }
}
