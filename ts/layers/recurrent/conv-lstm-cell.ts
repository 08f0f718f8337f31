import { checkFlag, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { conv } from '../../keras-ops/nn.ts';
import { split } from '../../ops/index.ts';
import { type Tensor, zeros } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { type LayerActivation, layerActivation, type UsedActivation } from '../layer-activation.ts';
import { checkRank, needed, oneOf, positiveInteger } from '../options.ts';
import { type Shape, shown } from '../shape.ts';
import type { CellRun } from './cell.ts';
import { ForgetBias } from './forget-bias.ts';
import {
  type Contraction,
  GatedCell,
  type GatedCellConfig,
  gatedOptionNames,
  maskedContraction,
} from './gated-cell.ts';

/** Sizes along the spatial axes: one for all, or one each. */
export type Sizes = number | readonly number[];

/** Options of convolutional LSTM cells, whatever the number of spatial axes. */
export interface ConvLSTMOptions extends GatedCellConfig {
  /** Channels of the output and of each state. */
  filters: number;
  /** Size of the kernel along each spatial axis. */
  kernelSize: Sizes;
  /** Steps of the kernel over the inputs. Default 1. */
  strides?: Sizes;
  /** Of the inputs: `'valid'` (default) none, `'same'` for an output of `ceil(input / stride)`. */
  padding?: 'valid' | 'same';
  /** Where the channels are. Default `'channelsLast'`. */
  dataFormat?: 'channelsLast' | 'channelsFirst';
  /** Distance between the taps of the kernel over the inputs. Default 1; not together with strides above 1. */
  dilationRate?: Sizes;
  /** Activation of the gates. Default `'sigmoid'`. */
  recurrentActivation?: LayerActivation | null;
  /** Whether the bias of the forget gate begins with 1. Default true. */
  unitForgetBias?: boolean;
}

/** Options of {@link ConvLSTMCell}. */
export interface ConvLSTMCellConfig extends ConvLSTMOptions {
  /** Number of spatial axes: 1, 2 or 3. */
  rank: 1 | 2 | 3;
}

/** Names of the options of {@link ConvLSTMOptions}. */
export const convLSTMOptionNames: readonly string[] = [
  'filters',
  'kernelSize',
  'strides',
  'padding',
  'dataFormat',
  'dilationRate',
  'recurrentActivation',
  'unitForgetBias',
  ...gatedOptionNames,
];

/**
 * One step of a convolutional LSTM (Shi et al., 2015, without peepholes): an LSTM cell whose products are convolutions, that of the
 * state with padding, so that it keeps its size.
 *
 * Shapes: input `[batch, ...sizes, channels]`, output and both states (h, c) `[batch, ...newSizes, filters]`, kernel
 * `[...kernelSize, channels, 4 * filters]` (i, f, c, o), recurrentKernel `[...kernelSize, filters, 4 * filters]`, bias `[4 * filters]`.
 *
 * @example
 * layers.rnn({ cell: new layers.ConvLSTMCell({ rank: 2, filters: 4, kernelSize: 3, padding: 'same' }) })
 */
export class ConvLSTMCell extends GatedCell {
  static override readonly className: string = 'ConvLSTMCell';
  static override readonly optionNames: readonly string[] = ['rank', ...convLSTMOptionNames];
  readonly rank: 1 | 2 | 3;
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'valid' | 'same';
  readonly dataFormat: 'channelsLast' | 'channelsFirst';
  readonly dilationRate: readonly number[];
  readonly unitForgetBias: boolean;
  readonly #recurrentActivation: UsedActivation;
  /** Shape of a step's input without the batch, once built. */
  #inputShape: readonly number[] | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ConvLSTMCellConfig) {
    super(needed('ConvLSTMCell', config));
    if (![1, 2, 3].includes(config.rank)) {
      throw new ConfigError(`${this.label}: rank must be 1, 2 or 3, got ${received(config.rank)}`);
    }
    this.rank = config.rank;
    this.filters = positiveInteger(this.label, 'filters', config.filters);
    this.kernelSize = this.#sizes('kernelSize', config.kernelSize);
    this.strides = this.#sizes('strides', config.strides ?? 1);
    this.padding = oneOf(this.label, 'padding', config.padding ?? 'valid', ['valid', 'same']);
    const formats = ['channelsLast', 'channelsFirst'] as const;
    this.dataFormat = oneOf(this.label, 'dataFormat', config.dataFormat ?? 'channelsLast', formats);
    this.dilationRate = this.#sizes('dilationRate', config.dilationRate ?? 1);
    if (Math.max(...this.strides) > 1 && Math.max(...this.dilationRate) > 1) {
      throw new ConfigError(
        `${this.label}: strides above 1 and a dilationRate above 1 do not go together, got [${this.strides}] and [${this.dilationRate}]`,
      );
    }
    this.unitForgetBias = checkFlag(this.label, 'unitForgetBias', config.unitForgetBias ?? true);
    const { recurrentActivation } = config;
    this.#recurrentActivation = layerActivation(
      this.label,
      recurrentActivation === undefined ? 'sigmoid' : recurrentActivation,
    );
  }

  #sizes(name: string, value: unknown): number[] {
    const values = Array.isArray(value) && value.length === this.rank ? value : Array(this.rank).fill(value);
    if (values.every((size) => Number.isSafeInteger(size) && size > 0)) return [...values];
    throw new ConfigError(
      `${this.label}: ${name} must be a whole number above 0, or ${this.rank} in a list, got ${received(value)}`,
    );
  }

  override get stateSize(): readonly [number, number] {
    return [this.filters, this.filters];
  }

  override get inputRank(): number {
    return this.rank + 2;
  }

  /** Axis of the channels, from the end: the same with and without steps in front. */
  get #channelAxis(): number {
    return this.dataFormat === 'channelsLast' ? -1 : -1 - this.rank;
  }

  override build(inputShape: Shape): void {
    const [, ...sizes] = inputShape;
    if (sizes.some((size) => size === null)) {
      throw new ShapeError(
        `${this.label} needs to know the sizes and the channels of its inputs, but the shape of a step is ${shown(inputShape)}`,
      );
    }
    this.#inputShape = sizes as readonly number[];
    const { kernelSize, filters } = this;
    const channels = inputShape.at(this.#channelAxis) as number;
    this.addWeights(
      [...kernelSize, channels, 4 * filters],
      [...kernelSize, filters, 4 * filters],
      [4 * filters],
      (given) => (this.unitForgetBias ? new ForgetBias(given) : given),
    );
  }

  override checkInput(shape: Shape): void {
    const last = this.dataFormat === 'channelsLast';
    checkRank(this.label, shape, this.rank + 2, last ? '[batch, ...sizes, channels]' : '[batch, channels, ...sizes]');
    const expected = this.#inputShape;
    if (expected?.some((size, axis) => size !== shape[axis + 1])) {
      throw new ShapeError(
        `${this.label} expects steps of shape ${shown([null, ...expected])} but got ${shown(shape)}`,
      );
    }
    for (const [axis, size] of this.#spatial(shape.slice(1)).entries()) {
      const reach = ((this.kernelSize[axis] as number) - 1) * (this.dilationRate[axis] as number) + 1;
      if (this.padding === 'same' || typeof size !== 'number' || size >= reach) continue;
      throw new ShapeError(
        `${this.label}: the kernel reaches over ${reach} cells, but the input has ${size} along spatial axis ${axis} ` +
          `(shape of a step ${shown(shape)}). Use padding: 'same' or a smaller kernel`,
      );
    }
  }

  /** The spatial sizes in the shape of a sample. */
  #spatial<T>(sample: readonly T[]): T[] {
    return this.dataFormat === 'channelsLast' ? sample.slice(0, -1) : sample.slice(1);
  }

  #stateShape(batch: number): number[] {
    const sizes = this.#spatial(this.#inputShape ?? []).map((size, axis) => {
      const [k, s, d] = [this.kernelSize[axis], this.strides[axis], this.dilationRate[axis]] as [
        number,
        number,
        number,
      ];
      return this.padding === 'same' ? Math.ceil(size / s) : Math.floor((size - (k - 1) * d - 1) / s) + 1;
    });
    return this.dataFormat === 'channelsLast' ? [batch, ...sizes, this.filters] : [batch, this.filters, ...sizes];
  }

  override getInitialState(batchSize: number): Tree {
    const shape = this.#stateShape(batchSize);
    return [zeros(shape, this.dtype), zeros(shape, this.dtype)];
  }

  override begin(shape: readonly number[], training: boolean): CellRun {
    const masks = this.drawMasks(training, 4, shape, this.#stateShape(shape[0] as number));
    const axis = this.#channelAxis;
    const { padding, dataFormat, strides, dilationRate } = this;
    const input = maskedContraction(
      this.kernel.read(),
      masks.inputs,
      this.#foldingSteps((x, kernel) => conv(x, kernel, strides, padding, dataFormat, dilationRate)),
      axis,
    );
    const recurrent = maskedContraction(
      this.recurrentKernel.read(),
      masks.states,
      (h, kernel) => conv(h, kernel, 1, 'same', dataFormat),
      axis,
    );
    const bias = this.bias?.read().reshape([4 * this.filters, ...Array(-1 - axis).fill(1)]);
    const gate = (x: Tensor): Tensor => this.#recurrentActivation.apply(x);
    return {
      project: (x) => (bias === undefined ? input(x) : input(x).add(bias)),
      step: (x, states) => {
        const [h, c] = states as readonly [Tensor, Tensor];
        const gates = x.add(recurrent(h));
        const [i, f, j, o] = split(gates, 4, gates.rank + axis) as [Tensor, Tensor, Tensor, Tensor];
        const newC = gate(f)
          .mul(c)
          .add(gate(i).mul(this.activate(j)));
        const newH = gate(o).mul(this.activate(newC));
        return [newH, [newH, newC]];
      },
    };
  }

  /** A convolution of all steps at once: they are as many more images. */
  #foldingSteps(contract: Contraction): Contraction {
    return (x, kernel) => {
      if (x.rank === this.rank + 2) return contract(x, kernel);
      const [steps, batch, ...rest] = x.shape as [number, number, ...number[]];
      const y = contract(x.reshape([steps * batch, ...rest]), kernel);
      return y.reshape([steps, batch, ...y.shape.slice(1)]);
    };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      rank: this.rank,
      filters: this.filters,
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      padding: this.padding,
      dataFormat: this.dataFormat,
      dilationRate: [...this.dilationRate],
      recurrentActivation: this.#recurrentActivation.config,
      unitForgetBias: this.unitForgetBias,
    };
  }
}
