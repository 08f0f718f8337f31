import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { Bidirectional, type BidirectionalConfig } from './bidirectional.ts';
import { ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, type ConvLSTMConfig } from './conv-lstm.ts';
import { ConvLSTMCell, type ConvLSTMOptions } from './conv-lstm-cell.ts';
import { GRU, GRUCell, type GRUCellConfig, type GRUConfig } from './gru.ts';
import { LSTM, LSTMCell, type LSTMCellConfig, type LSTMConfig } from './lstm.ts';
import { type OutputAndStates, RNN, type RNNConfig } from './rnn.ts';
import { SimpleRNN, SimpleRNNCell, type SimpleRNNCellConfig, type SimpleRNNConfig } from './simple-rnn.ts';
import { StackedRNNCells, type StackedRNNCellsConfig } from './stacked-cells.ts';
import { TimeDistributed, type TimeDistributedConfig } from './time-distributed.ts';

export { Bidirectional, type BidirectionalConfig, type MergeMode } from './bidirectional.ts';
export { type CellCallOptions, RNNCell } from './cell.ts';
export { ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, type ConvLSTMConfig } from './conv-lstm.ts';
export { ConvLSTMCell, type ConvLSTMCellConfig, type ConvLSTMOptions, type Sizes } from './conv-lstm-cell.ts';
export type { GatedCellConfig } from './gated-cell.ts';
export { GRU, GRUCell, type GRUCellConfig, type GRUConfig } from './gru.ts';
export { LSTM, LSTMCell, type LSTMCellConfig, type LSTMConfig } from './lstm.ts';
export { type OutputAndStates, type RecurrentCallOptions, type RecurrentConfig, RNN, type RNNConfig } from './rnn.ts';
export { SimpleRNN, SimpleRNNCell, type SimpleRNNCellConfig, type SimpleRNNConfig } from './simple-rnn.ts';
export { StackedRNNCells, type StackedRNNCellsConfig } from './stacked-cells.ts';
export { TimeDistributed, type TimeDistributedConfig } from './time-distributed.ts';
export type { UnitsCellConfig } from './units-cell.ts';

/** See {@link RNN}. */
export function rnn(config: RNNConfig & { returnState: true }): RNN<OutputAndStates>;
export function rnn(config: RNNConfig): RNN;
export function rnn(config: RNNConfig): RNN<Tree> {
  return new RNN<Tree>(config);
}

/** See {@link SimpleRNN}. With `returnState` it gives `[output, h]`. */
export function simpleRNN(config: SimpleRNNConfig & { returnState: true }): SimpleRNN<readonly [Tensor, Tensor]>;
export function simpleRNN(config: SimpleRNNConfig): SimpleRNN;
export function simpleRNN(config: SimpleRNNConfig): SimpleRNN<Tree> {
  return new SimpleRNN<Tree>(config);
}

/** See {@link GRU}. With `returnState` it gives `[output, h]`. */
export function gru(config: GRUConfig & { returnState: true }): GRU<readonly [Tensor, Tensor]>;
export function gru(config: GRUConfig): GRU;
export function gru(config: GRUConfig): GRU<Tree> {
  return new GRU<Tree>(config);
}

/** See {@link LSTM}. With `returnState` it gives `[output, h, c]`. */
export function lstm(config: LSTMConfig & { returnState: true }): LSTM<readonly [Tensor, Tensor, Tensor]>;
export function lstm(config: LSTMConfig): LSTM;
export function lstm(config: LSTMConfig): LSTM<Tree> {
  return new LSTM<Tree>(config);
}

/** See {@link SimpleRNNCell}. */
export function simpleRNNCell(config: SimpleRNNCellConfig): SimpleRNNCell {
  return new SimpleRNNCell(config);
}

/** See {@link GRUCell}. */
export function gruCell(config: GRUCellConfig): GRUCell {
  return new GRUCell(config);
}

/** See {@link LSTMCell}. */
export function lstmCell(config: LSTMCellConfig): LSTMCell {
  return new LSTMCell(config);
}

/** See {@link StackedRNNCells}. */
export function stackedRNNCells(config: StackedRNNCellsConfig): StackedRNNCells {
  return new StackedRNNCells(config);
}

/** See {@link Bidirectional}. */
export function bidirectional(
  config: BidirectionalConfig & { layer: RNN; mergeMode: null },
): Bidirectional<readonly [Tensor, Tensor]>;
export function bidirectional(config: BidirectionalConfig & { layer: RNN }): Bidirectional;
export function bidirectional(config: BidirectionalConfig): Bidirectional<OutputAndStates>;
export function bidirectional(config: BidirectionalConfig): Bidirectional<Tree> {
  return new Bidirectional<Tree>(config);
}

/** See {@link TimeDistributed}. */
export function timeDistributed<Out extends Tree>(config: TimeDistributedConfig<Out>): TimeDistributed<Out> {
  return new TimeDistributed(config);
}

/** What the convolutional LSTM layers give with `returnState`: the output, h and c. */
type WithStates = readonly [Tensor, Tensor, Tensor];

/** See {@link ConvLSTM1D}. */
export function convLstm1d(config: ConvLSTMConfig & { returnState: true }): ConvLSTM1D<WithStates>;
export function convLstm1d(config: ConvLSTMConfig): ConvLSTM1D;
export function convLstm1d(config: ConvLSTMConfig): ConvLSTM1D<Tree> {
  return new ConvLSTM1D<Tree>(config);
}

/** See {@link ConvLSTM2D}. */
export function convLstm2d(config: ConvLSTMConfig & { returnState: true }): ConvLSTM2D<WithStates>;
export function convLstm2d(config: ConvLSTMConfig): ConvLSTM2D;
export function convLstm2d(config: ConvLSTMConfig): ConvLSTM2D<Tree> {
  return new ConvLSTM2D<Tree>(config);
}

/** See {@link ConvLSTM3D}. */
export function convLstm3d(config: ConvLSTMConfig & { returnState: true }): ConvLSTM3D<WithStates>;
export function convLstm3d(config: ConvLSTMConfig): ConvLSTM3D;
export function convLstm3d(config: ConvLSTMConfig): ConvLSTM3D<Tree> {
  return new ConvLSTM3D<Tree>(config);
}

/** {@link ConvLSTMCell} of images, by TensorFlow.js' name. */
export function convLstm2dCell(config: ConvLSTMOptions): ConvLSTMCell {
  return new ConvLSTMCell({ ...config, rank: 2 });
}
