import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { ConvLSTMCell, type ConvLSTMCellConfig, type ConvLSTMOptions, convLSTMOptionNames } from './conv-lstm-cell.ts';
import { CellRNN, cellConfig, type RecurrentConfig, recurrentOptionNames } from './rnn.ts';

/** Options of {@link ConvLSTM1D}, {@link ConvLSTM2D} and {@link ConvLSTM3D}. */
export interface ConvLSTMConfig extends ConvLSTMOptions, RecurrentConfig {}

const optionNames: readonly string[] = [...convLSTMOptionNames, ...recurrentOptionNames];

/** What the convolutional LSTM layers share. */
export abstract class ConvLSTM<Out extends Tree = Tensor> extends CellRNN<Out> {
  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ConvLSTMConfig, rank: 1 | 2 | 3) {
    const own = cellConfig<ConvLSTMOptions>(new.target.className, config, convLSTMOptionNames, 'conv_lstm_cell');
    super(config, new ConvLSTMCell({ ...own, rank } as ConvLSTMCellConfig));
  }
}

/**
 * A convolutional LSTM (Shi et al., 2015) over sequences of sequences: {@link ConvLSTMCell} over time.
 *
 * Shapes: input `[batch, steps, width, channels]`, output `[batch, newWidth, filters]`, with `returnSequences`
 * `[batch, steps, newWidth, filters]`; two states like an output.
 *
 * @example
 * layers.convLstm1d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [10, 16, 2] })
 */
export class ConvLSTM1D<Out extends Tree = Tensor> extends ConvLSTM<Out> {
  static override readonly className: string = 'ConvLSTM1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ConvLSTMConfig) {
    super(config, 1);
  }
}

/**
 * A convolutional LSTM (Shi et al., 2015) over sequences of images: {@link ConvLSTMCell} over time.
 *
 * Shapes: input `[batch, steps, height, width, channels]`, output `[batch, newHeight, newWidth, filters]`, with `returnSequences`
 * `[batch, steps, newHeight, newWidth, filters]`; two states like an output.
 *
 * @example
 * layers.convLstm2d({ filters: 8, kernelSize: 3, returnSequences: true, inputShape: [10, 32, 32, 1] })
 */
export class ConvLSTM2D<Out extends Tree = Tensor> extends ConvLSTM<Out> {
  static override readonly className: string = 'ConvLSTM2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ConvLSTMConfig) {
    super(config, 2);
  }
}

/**
 * A convolutional LSTM (Shi et al., 2015) over sequences of volumes: {@link ConvLSTMCell} over time.
 *
 * Shapes: input `[batch, steps, depth, height, width, channels]`, output `[batch, newDepth, newHeight, newWidth, filters]`, with
 * `returnSequences` steps behind the batch; two states like an output.
 *
 * @example
 * layers.convLstm3d({ filters: 2, kernelSize: 2, inputShape: [4, 8, 8, 8, 1] })
 */
export class ConvLSTM3D<Out extends Tree = Tensor> extends ConvLSTM<Out> {
  static override readonly className: string = 'ConvLSTM3D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ConvLSTMConfig) {
    super(config, 3);
  }
}
