import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type KernelConfig, KernelLayer } from '../kernel-layer.ts';
import { oneOf } from '../options.ts';
import { type Shape, shown } from '../shape.ts';
import {
  channelAxis,
  checkReach,
  checkSpatialRank,
  type DataFormat,
  type DataFormatConfig,
  dataFormatOf,
  type SizeOption,
  type Sizes,
  type SpatialRank,
  sizesOf,
} from '../spatial.ts';

/** What is done at the borders; `'causal'` exists for one spatial axis. */
export type ConvPadding = 'valid' | 'same' | 'causal';

/** Options that all convolutions over `R` spatial axes share. */
export interface SpatialKernelConfig<R extends SpatialRank> extends KernelConfig, DataFormatConfig {
  /** Size of the kernel. */
  kernelSize: SizeOption<R>;
  /** Steps of the kernel. Default 1. */
  strides?: SizeOption<R>;
  /** Distance between the taps of the kernel. Default 1; not together with strides above 1. */
  dilationRate?: SizeOption<R>;
}

/** Names of the options of {@link SpatialKernelConfig} that are not those of a kernel. */
export const spatialKernelOptionNames: readonly string[] = [
  'kernelSize',
  'strides',
  'padding',
  'dataFormat',
  'dilationRate',
];

/** What the operations of this family are told. */
interface Geometry {
  strides: readonly number[];
  padding: ConvPadding;
  dilations: readonly number[];
  dataFormat: DataFormat;
}

/** What all convolutions share: a kernel over `R` spatial axes, a bias and an activation along the channels. */
export abstract class SpatialKernel<R extends SpatialRank> extends KernelLayer {
  /** How many spatial axes there are. */
  readonly rank: R;
  readonly kernelSize: Sizes[R];
  readonly strides: Sizes[R];
  readonly padding: ConvPadding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: Sizes[R];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(
    config: SpatialKernelConfig<R> & { padding?: ConvPadding },
    rank: R,
    paddings: readonly ConvPadding[] = ['valid', 'same'],
  ) {
    super(config);
    this.rank = rank;
    this.kernelSize = sizesOf(this.label, 'kernelSize', config.kernelSize, rank);
    this.strides = sizesOf(this.label, 'strides', config.strides ?? 1, rank);
    this.padding = oneOf(this.label, 'padding', config.padding ?? 'valid', paddings);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
    this.dilationRate = sizesOf(this.label, 'dilationRate', config.dilationRate ?? 1, rank);
    if (Math.max(...this.strides) > 1 && Math.max(...this.dilationRate) > 1) {
      throw new ConfigError(
        `${this.label}: strides above 1 and a dilationRate above 1 do not go together, got [${this.strides}] and [${this.dilationRate}]`,
      );
    }
  }

  /** Channels that the weights were made for; `undefined` before they are. */
  protected abstract get inputChannels(): number | undefined;

  /** Geometry of the operation. */
  protected get geometry(): Geometry {
    const { strides, padding, dilationRate: dilations, dataFormat } = this;
    return { strides, padding, dilations, dataFormat };
  }

  override checkInput(shape: Shape): void {
    checkSpatialRank(this.label, shape, this.rank, this.dataFormat);
    const axis = channelAxis(this.rank, this.dataFormat);
    const channels = shape[axis];
    if (this.inputChannels !== undefined && channels !== this.inputChannels) {
      const meant = shape.map((size, i) => String(i === axis ? this.inputChannels : size)).slice(1);
      throw new ShapeError(
        `${this.label} expects ${this.inputChannels} input channels but got ${received(channels)} (input shape ${shown(shape)}). ` +
          `Did you mean inputShape: [${meant.join(', ')}]?`,
      );
    }
    this.checkExtent(shape);
  }

  /** Throws when the kernel does not fit into the input without padding. */
  protected checkExtent(shape: Shape): void {
    if (this.padding !== 'valid') return;
    checkReach(
      this.label,
      shape,
      this.dataFormat,
      this.kernelSize.map((size, i) => (size - 1) * (this.dilationRate[i] as number) + 1),
      (cells) => `the kernel reaches over ${cells} cells`,
      "Use padding: 'same', a smaller kernel, or fewer poolings before",
    );
  }

  /** The result of the operation with bias and activation. */
  protected finish(outputs: Tensor): Tensor {
    return this.activate(this.addBias(outputs, channelAxis(this.rank, this.dataFormat)));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      padding: this.padding,
      dataFormat: this.dataFormat,
      dilationRate: [...this.dilationRate],
    };
  }
}
