import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { concat, conv2d } from '../ops/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { type KernelConfig, KernelLayer, kernelOptionNames } from './kernel-layer.ts';
import { checkRank, checkReach, lastSize, oneOf, pair, positiveInteger } from './options.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link Conv2D}. */
export interface Conv2DConfig extends KernelConfig {
  /** Channels of the output. */
  filters: number;
  /** Height and width of the kernel. */
  kernelSize: number | readonly [number, number];
  /** Default 1. */
  strides?: number | readonly [number, number];
  /** `'valid'` (default): no padding; `'same'`: an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
  /** Distance between the taps of the kernel. Default 1; not together with strides above 1. */
  dilationRate?: number | readonly [number, number];
  /** Groups of channels that are convolved apart; divides channels and filters. Default 1. */
  groups?: number;
  /** Channels are last; the option is there for programs that say so. */
  dataFormat?: 'channelsLast';
}

/**
 * Two-dimensional convolution (cross-correlation), plus bias and activation.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, filters]`,
 * kernel `[kernelHeight, kernelWidth, channels / groups, filters]`, bias `[filters]`.
 *
 * @example
 * layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] })
 */
export class Conv2D extends KernelLayer {
  static override readonly className: string = 'Conv2D';
  static override readonly optionNames: readonly string[] = [
    'filters',
    'kernelSize',
    'strides',
    'padding',
    'dilationRate',
    'groups',
    'dataFormat',
    ...kernelOptionNames,
  ];
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilationRate: readonly [number, number];
  readonly groups: number;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: Conv2DConfig) {
    super(config);
    this.filters = positiveInteger(this.label, 'filters', config.filters);
    this.kernelSize = pair(this.label, 'kernelSize', config.kernelSize);
    this.strides = pair(this.label, 'strides', config.strides ?? 1);
    this.padding = oneOf(this.label, 'padding', config.padding ?? 'valid', ['valid', 'same']);
    this.dilationRate = pair(this.label, 'dilationRate', config.dilationRate ?? 1);
    this.groups = positiveInteger(this.label, 'groups', config.groups ?? 1);
    oneOf(this.label, 'dataFormat', config.dataFormat ?? 'channelsLast', ['channelsLast']);
    if (this.filters % this.groups !== 0) {
      throw new ConfigError(`${this.label}: groups (${this.groups}) must divide filters (${this.filters})`);
    }
    if (Math.max(...this.strides) > 1 && Math.max(...this.dilationRate) > 1) {
      throw new ConfigError(
        `${this.label}: strides above 1 and a dilationRate above 1 do not go together, got [${this.strides}] and [${this.dilationRate}]`,
      );
    }
  }

  override build(inputShape: Shape): void {
    const channels = lastSize(this.label, inputShape);
    if (channels % this.groups !== 0) {
      throw new ConfigError(`${this.label}: groups (${this.groups}) must divide the input channels (${channels})`);
    }
    this.addKernel([...this.kernelSize, channels / this.groups, this.filters], this.filters);
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, 4, '[batch, height, width, channels]');
    const channels = shape[3];
    const expected = this.kernel === undefined ? undefined : (this.kernel.shape[2] as number) * this.groups;
    if (expected !== undefined && channels !== expected) {
      throw new ShapeError(
        `${this.label} expects ${expected} input channels but got ${received(channels)} (input shape ${shown(shape)}). ` +
          `Did you mean inputShape: [${shape.slice(1, 3).map(String).join(', ')}, ${expected}]?`,
      );
    }
    if (this.padding === 'valid') checkReach(this.label, shape, this.kernelSize, this.dilationRate);
  }

  override call(inputs: Tensor): Tensor {
    return this.activate(
      this.addBias(this.groups === 1 ? this.#convolve(inputs, this.kernel) : this.#convolveGroups(inputs)),
    );
  }

  #convolve(inputs: Tensor, kernel: Tensor): Tensor {
    const { strides, padding, dilationRate } = this;
    return conv2d(inputs, kernel, { strides, padding, dilations: dilationRate });
  }

  #convolveGroups(inputs: Tensor): Tensor {
    const kernel = this.kernel.read();
    const channels = kernel.shape[2] as number;
    const filters = this.filters / this.groups;
    const [batch, height, width] = inputs.shape as [number, number, number];
    const parts = Array.from({ length: this.groups }, (_, group) =>
      this.#convolve(
        inputs.slice([0, 0, 0, group * channels], [batch, height, width, channels]),
        kernel.slice([0, 0, 0, group * filters], [...this.kernelSize, channels, filters]),
      ),
    );
    return concat(parts, -1);
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      filters: this.filters,
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      padding: this.padding,
      dataFormat: 'channelsLast',
      dilationRate: [...this.dilationRate],
      groups: this.groups,
    };
  }
}
