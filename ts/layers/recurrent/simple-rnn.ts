import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { lastSize } from '../options.ts';
import type { Shape } from '../shape.ts';
import type { CellRun } from './cell.ts';
import { gatedOptionNames, maskedContraction, rowProduct } from './gated-cell.ts';
import { CellRNN, cellConfig, type RecurrentConfig, recurrentOptionNames } from './rnn.ts';
import { UnitsCell, type UnitsCellConfig } from './units-cell.ts';

/** Options of {@link SimpleRNNCell}. */
export interface SimpleRNNCellConfig extends UnitsCellConfig {}

/** Options of {@link SimpleRNN}. */
export interface SimpleRNNConfig extends UnitsCellConfig, RecurrentConfig {}

const cellOptionNames: readonly string[] = ['units', ...gatedOptionNames];

/**
 * One step of a fully connected recurrent net (Elman, 1990): `h = activation(x . kernel + bias + h . recurrentKernel)`, which is output and
 * state.
 *
 * Shapes: input `[batch, features]`, output and state `[batch, units]`, kernel `[features, units]`, recurrentKernel `[units, units]`, bias
 * `[units]`.
 *
 * @example
 * layers.rnn({ cell: layers.simpleRNNCell({ units: 4 }) })
 */
export class SimpleRNNCell extends UnitsCell {
  static override readonly className: string = 'SimpleRNNCell';
  static override readonly optionNames: readonly string[] = cellOptionNames;

  override get stateSize(): number {
    return this.units;
  }

  override build(inputShape: Shape): void {
    const { units } = this;
    this.addWeights([lastSize(this.label, inputShape), units], [units, units], [units]);
  }

  override begin(shape: readonly number[], training: boolean): CellRun {
    const masks = this.drawMasks(training, 1, shape, [shape[0] as number, this.units]);
    const input = maskedContraction(this.kernel.read(), masks.inputs, rowProduct);
    const recurrent = maskedContraction(this.recurrentKernel.read(), masks.states, rowProduct);
    const bias = this.bias?.read();
    return {
      project: (x) => (bias === undefined ? input(x) : input(x).add(bias)),
      step: (x, states) => {
        const [h] = states as readonly [Tensor];
        const output = this.activate(x.add(recurrent(h)));
        return [output, [output]];
      },
    };
  }
}

/**
 * A fully connected recurrent layer (Elman, 1990): `h_t = activation(x_t . kernel + bias + h_{t-1} . recurrentKernel)`.
 *
 * Shapes: input `[batch, steps, features]`, output `[batch, units]`, with `returnSequences` `[batch, steps, units]`; one state `[batch, units]`;
 * weights as {@link SimpleRNNCell}.
 *
 * @example
 * layers.simpleRNN({ units: 16, inputShape: [null, 8] })
 */
export class SimpleRNN<Out extends Tree = Tensor> extends CellRNN<Out> {
  static override readonly className: string = 'SimpleRNN';
  static override readonly optionNames: readonly string[] = [...cellOptionNames, ...recurrentOptionNames];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SimpleRNNConfig) {
    super(config, new SimpleRNNCell(cellConfig('SimpleRNN', config, cellOptionNames, 'simple_rnn_cell')));
  }
}
