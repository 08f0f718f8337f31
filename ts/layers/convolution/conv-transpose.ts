import { ConfigError } from '../../errors.ts';
import { convTranspose } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { kernelOptionNames } from '../kernel-layer.ts';
import { positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import { channelsOf, type SizeOption, type Sizes, type SpatialRank, sizesOf } from '../spatial.ts';
import { SpatialKernel, type SpatialKernelConfig, spatialKernelOptionNames } from './spatial-kernel.ts';

/** Options of transposed convolutions over `R` spatial axes. */
export interface ConvTransposeConfig<R extends SpatialRank> extends SpatialKernelConfig<R> {
  /** Channels of the output. */
  filters: number;
  /** `'valid'` (default) or `'same'`: that of the convolution whose transpose it is. */
  padding?: 'valid' | 'same';
  /** Cells that are added at the end of every axis, fewer than its stride. Default `null`: as many as the sizes below need. */
  outputPadding?: SizeOption<R> | null;
}

/** Options of {@link Conv1DTranspose}. */
export type Conv1DTransposeConfig = ConvTransposeConfig<1>;
/** Options of {@link Conv2DTranspose}. */
export type Conv2DTransposeConfig = ConvTransposeConfig<2>;
/** Options of {@link Conv3DTranspose}. */
export type Conv3DTransposeConfig = ConvTransposeConfig<3>;

const optionNames: readonly string[] = ['filters', ...spatialKernelOptionNames, 'outputPadding', ...kernelOptionNames];

/** Transposed convolution over `R` spatial axes, plus bias and activation. */
abstract class ConvTranspose<R extends SpatialRank> extends SpatialKernel<R> {
  readonly filters: number;
  readonly outputPadding: Sizes[R] | null;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ConvTransposeConfig<R>, rank: R) {
    super(config, rank);
    this.filters = positiveInteger(this.label, 'filters', config.filters);
    const { outputPadding = null } = config;
    this.outputPadding = outputPadding === null ? null : sizesOf(this.label, 'outputPadding', outputPadding, rank, 0);
    if (this.outputPadding?.some((cells, i) => cells >= (this.strides[i] as number))) {
      throw new ConfigError(
        `${this.label}: outputPadding must be below the strides, got [${this.outputPadding}] and [${this.strides}]`,
      );
    }
  }

  protected override get inputChannels(): number | undefined {
    return this.kernel?.shape[this.rank + 1];
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(this.label, inputShape, this.dataFormat);
    this.addKernel([...this.kernelSize, this.filters, channels], this.filters);
  }

  /** The output is larger than the kernel, whatever the input. */
  protected override checkExtent(): void {}

  override call(inputs: Tensor): Tensor {
    const outputPadding = this.outputPadding ?? undefined;
    return this.finish(convTranspose(inputs, this.kernel, { ...this.geometry, outputPadding }));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      filters: this.filters,
      outputPadding: this.outputPadding === null ? null : [...this.outputPadding],
    };
  }
}

/**
 * The transpose of a one-dimensional convolution, plus bias and activation; see {@link Conv2DTranspose}.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, newLength, filters]`, kernel `[kernelLength, filters, channels]`,
 * bias `[filters]`.
 *
 * @example
 * layers.conv1dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', inputShape: [50, 8] })
 */
export class Conv1DTranspose extends ConvTranspose<1> {
  static override readonly className: string = 'Conv1DTranspose';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv1DTransposeConfig) {
    super(config, 1);
  }
}

/**
 * The transpose of a two-dimensional convolution (what the gradient of {@link Conv2D} does to images), plus bias and
 * activation: every input cell adds `x * kernel` to the output, at steps of `strides` (Dumoulin and Visin, 2016).
 *
 * An axis of `n` cells becomes `n * stride` with padding `'same'` and `(n - 1) * stride + max(reach, stride)` with
 * `'valid'`, where the kernel reaches over `(kernelSize - 1) * dilationRate + 1` cells; with `outputPadding` p it becomes
 * `(n - 1) * stride + reach % 2 + p` and `(n - 1) * stride + reach + p`.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, filters]`, kernel
 * `[kernelHeight, kernelWidth, filters, channels]`, bias `[filters]`.
 *
 * @example
 * layers.conv2dTranspose({ filters: 16, kernelSize: 3, strides: 2, padding: 'same', inputShape: [14, 14, 32] })
 */
export class Conv2DTranspose extends ConvTranspose<2> {
  static override readonly className: string = 'Conv2DTranspose';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv2DTransposeConfig) {
    super(config, 2);
  }
}

/**
 * The transpose of a three-dimensional convolution, plus bias and activation; see {@link Conv2DTranspose}.
 *
 * Shapes: input `[batch, depth, height, width, channels]`, output `[batch, newDepth, newHeight, newWidth, filters]`, kernel
 * `[kernelDepth, kernelHeight, kernelWidth, filters, channels]`, bias `[filters]`.
 *
 * @example
 * layers.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2, inputShape: [4, 8, 8, 3] })
 */
export class Conv3DTranspose extends ConvTranspose<3> {
  static override readonly className: string = 'Conv3DTranspose';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv3DTransposeConfig) {
    super(config, 3);
  }
}
