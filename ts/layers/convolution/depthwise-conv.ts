import type { ConstraintIdentifier } from '../../constraints/index.ts';
import type { InitializerIdentifier } from '../../initializers/index.ts';
import { depthwiseConv1d, depthwiseConv2d } from '../../ops/index.ts';
import type { RegularizerIdentifier } from '../../regularizers/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import { channelsOf } from '../spatial.ts';
import { SpatialKernel, type SpatialKernelConfig, spatialKernelOptionNames } from './spatial-kernel.ts';

/** Options of depthwise convolutions over `R` spatial axes. */
export interface DepthwiseConvConfig<R extends 1 | 2>
  extends Omit<SpatialKernelConfig<R>, 'kernelInitializer' | 'kernelRegularizer' | 'kernelConstraint'> {
  /** `'valid'` (default): no padding; `'same'`: an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
  /** Filters of each channel. Default 1. */
  depthMultiplier?: number;
  /** Default `'glorotUniform'`. */
  depthwiseInitializer?: InitializerIdentifier;
  depthwiseRegularizer?: RegularizerIdentifier | null;
  depthwiseConstraint?: ConstraintIdentifier | null;
}

/** Options of {@link DepthwiseConv1D}. */
export type DepthwiseConv1DConfig = DepthwiseConvConfig<1>;
/** Options of {@link DepthwiseConv2D}. */
export type DepthwiseConv2DConfig = DepthwiseConvConfig<2>;

const optionNames: readonly string[] = [
  ...spatialKernelOptionNames,
  'depthMultiplier',
  'activation',
  'useBias',
  'depthwiseInitializer',
  'biasInitializer',
  'depthwiseRegularizer',
  'biasRegularizer',
  'depthwiseConstraint',
  'biasConstraint',
];

const convolutions = { 1: depthwiseConv1d, 2: depthwiseConv2d } as const;

/** Convolution of every channel with filters of its own, plus bias and activation. */
abstract class DepthwiseConv<R extends 1 | 2> extends SpatialKernel<R> {
  static override readonly kernelPrefix: 'kernel' | 'depthwise' = 'depthwise';
  readonly depthMultiplier: number;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DepthwiseConvConfig<R>, rank: R) {
    super(config, rank);
    this.depthMultiplier = positiveInteger(this.label, 'depthMultiplier', config.depthMultiplier ?? 1);
  }

  protected override get inputChannels(): number | undefined {
    return this.kernel?.shape[this.rank];
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(this.label, inputShape, this.dataFormat);
    this.addKernel([...this.kernelSize, channels, this.depthMultiplier], channels * this.depthMultiplier);
  }

  override call(inputs: Tensor): Tensor {
    return this.finish(convolutions[this.rank](inputs, this.kernel, this.geometry));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), depthMultiplier: this.depthMultiplier };
  }
}

/**
 * One-dimensional convolution of every channel with filters of its own, plus bias and activation; see {@link DepthwiseConv2D}.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, newLength, channels * depthMultiplier]` with the results of a
 * channel together, kernel `[kernelLength, channels, depthMultiplier]`, bias `[channels * depthMultiplier]`.
 *
 * @example
 * layers.depthwiseConv1d({ kernelSize: 5, padding: 'same', inputShape: [100, 16] })
 */
export class DepthwiseConv1D extends DepthwiseConv<1> {
  static override readonly className: string = 'DepthwiseConv1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DepthwiseConv1DConfig) {
    super(config, 1);
  }
}

/**
 * Two-dimensional convolution of every channel with filters of its own, plus bias and activation: the first half of a
 * depthwise separable convolution (Chollet, 2017), which is {@link SeparableConv2D}.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, channels * depthMultiplier]` with
 * the results of a channel together, kernel `[kernelHeight, kernelWidth, channels, depthMultiplier]`, bias
 * `[channels * depthMultiplier]`.
 *
 * @example
 * layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false, inputShape: [56, 56, 64] })
 */
export class DepthwiseConv2D extends DepthwiseConv<2> {
  static override readonly className: string = 'DepthwiseConv2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DepthwiseConv2DConfig) {
    super(config, 2);
  }
}
