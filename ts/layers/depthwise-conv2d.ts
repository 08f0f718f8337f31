import { received } from '../arguments.ts';
import type { ConstraintIdentifier } from '../constraints/index.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import type { InitializerIdentifier } from '../initializers/index.ts';
import { depthwiseConv2d } from '../ops/index.ts';
import type { RegularizerIdentifier } from '../regularizers/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { type KernelConfig, KernelLayer } from './kernel-layer.ts';
import { checkRank, checkReach, lastSize, oneOf, pair, positiveInteger } from './options.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link DepthwiseConv2D}. */
export interface DepthwiseConv2DConfig
  extends Omit<KernelConfig, 'kernelInitializer' | 'kernelRegularizer' | 'kernelConstraint'> {
  /** Height and width of the kernel. */
  kernelSize: number | readonly [number, number];
  /** Default 1. */
  strides?: number | readonly [number, number];
  /** `'valid'` (default): no padding; `'same'`: an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
  /** Filters of each channel. Default 1. */
  depthMultiplier?: number;
  /** Distance between the taps of the kernel. Default 1; not together with strides above 1. */
  dilationRate?: number | readonly [number, number];
  /** Default `'glorotUniform'`. */
  depthwiseInitializer?: InitializerIdentifier;
  depthwiseRegularizer?: RegularizerIdentifier | null;
  depthwiseConstraint?: ConstraintIdentifier | null;
  /** Channels are last; the option is there for programs that say so. */
  dataFormat?: 'channelsLast';
}

/**
 * Two-dimensional convolution of every channel with filters of its own, plus bias and activation: the first half of a
 * depthwise separable convolution (Chollet, 2017), whose second half is a {@link Conv2D} of 1 x 1.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, channels * depthMultiplier]` with
 * the results of a channel together, kernel `[kernelHeight, kernelWidth, channels, depthMultiplier]`, bias
 * `[channels * depthMultiplier]`.
 *
 * @example
 * layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false, inputShape: [56, 56, 64] })
 */
export class DepthwiseConv2D extends KernelLayer {
  static override readonly className: string = 'DepthwiseConv2D';
  static override readonly kernelPrefix: 'kernel' | 'depthwise' = 'depthwise';
  static override readonly optionNames: readonly string[] = [
    'kernelSize',
    'strides',
    'padding',
    'depthMultiplier',
    'dilationRate',
    'dataFormat',
    'activation',
    'useBias',
    'depthwiseInitializer',
    'biasInitializer',
    'depthwiseRegularizer',
    'biasRegularizer',
    'depthwiseConstraint',
    'biasConstraint',
  ];
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: 'valid' | 'same';
  readonly depthMultiplier: number;
  readonly dilationRate: readonly [number, number];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: DepthwiseConv2DConfig) {
    super(config);
    this.kernelSize = pair(this.label, 'kernelSize', config.kernelSize);
    this.strides = pair(this.label, 'strides', config.strides ?? 1);
    this.padding = oneOf(this.label, 'padding', config.padding ?? 'valid', ['valid', 'same']);
    this.depthMultiplier = positiveInteger(this.label, 'depthMultiplier', config.depthMultiplier ?? 1);
    this.dilationRate = pair(this.label, 'dilationRate', config.dilationRate ?? 1);
    oneOf(this.label, 'dataFormat', config.dataFormat ?? 'channelsLast', ['channelsLast']);
    if (Math.max(...this.strides) > 1 && Math.max(...this.dilationRate) > 1) {
      throw new ConfigError(
        `${this.label}: strides above 1 and a dilationRate above 1 do not go together, got [${this.strides}] and [${this.dilationRate}]`,
      );
    }
  }

  override build(inputShape: Shape): void {
    const channels = lastSize(this.label, inputShape);
    this.addKernel([...this.kernelSize, channels, this.depthMultiplier], channels * this.depthMultiplier);
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, 4, '[batch, height, width, channels]');
    const channels = shape[3];
    const expected = this.kernel?.shape[2];
    if (expected !== undefined && channels !== expected) {
      throw new ShapeError(
        `${this.label} expects ${expected} input channels but got ${received(channels)} (input shape ${shown(shape)}). ` +
          `Did you mean inputShape: [${shape.slice(1, 3).map(String).join(', ')}, ${expected}]?`,
      );
    }
    if (this.padding === 'valid') checkReach(this.label, shape, this.kernelSize, this.dilationRate);
  }

  override call(inputs: Tensor): Tensor {
    const { strides, padding, dilationRate } = this;
    const outputs = depthwiseConv2d(inputs, this.kernel, { strides, padding, dilations: dilationRate });
    return this.activate(this.addBias(outputs));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      padding: this.padding,
      dataFormat: 'channelsLast',
      depthMultiplier: this.depthMultiplier,
      dilationRate: [...this.dilationRate],
    };
  }
}
