import { checkFlag } from '../../arguments.ts';
import { split } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { type LayerActivation, layerActivation, type UsedActivation } from '../layer-activation.ts';
import { lastSize } from '../options.ts';
import type { Shape } from '../shape.ts';
import type { CellRun } from './cell.ts';
import { ForgetBias } from './forget-bias.ts';
import { gatedOptionNames, maskedContraction, rowProduct } from './gated-cell.ts';
import { CellRNN, cellConfig, type RecurrentConfig, recurrentOptionNames } from './rnn.ts';
import { UnitsCell, type UnitsCellConfig } from './units-cell.ts';

/** Options of {@link LSTMCell}. */
export interface LSTMCellConfig extends UnitsCellConfig {
  /** Activation of the gates. Default `'sigmoid'`. */
  recurrentActivation?: LayerActivation | null;
  /** Whether the bias of the forget gate begins with 1 (Jozefowicz et al., 2015). Default true. */
  unitForgetBias?: boolean;
}

/** Options of {@link LSTM}. */
export interface LSTMConfig extends LSTMCellConfig, RecurrentConfig {}

const cellOptionNames: readonly string[] = ['units', 'recurrentActivation', 'unitForgetBias', ...gatedOptionNames];

/**
 * One step of long short-term memory (Hochreiter and Schmidhuber, 1997). With `i`, `f`, `o` the input, forget and output gates
 * (`recurrentActivation` of `x . W + h . U + b`), `c' = f * c + i * activation(x . W_c + h . U_c + b_c)` and
 * `h' = o * activation(c')`, the output.
 *
 * Shapes: input `[batch, features]`, output and both states (h, c) `[batch, units]`, kernel `[features, 4 * units]` (i, f, c, o),
 * recurrentKernel `[units, 4 * units]`, bias `[4 * units]`.
 * @example
 * const [x, h, c] = [ones([2, 3]), zeros([2, 4]), zeros([2, 4])];
 * const [output, states] = layers.lstmCell({ units: 4 }).apply(x, { states: [h, c] });
 * output.shape // [2, 4]
 */
export class LSTMCell extends UnitsCell {
  static override readonly className: string = 'LSTMCell';
  static override readonly optionNames: readonly string[] = cellOptionNames;
  readonly unitForgetBias: boolean;
  readonly #recurrentActivation: UsedActivation;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: LSTMCellConfig) {
    super(config);
    this.unitForgetBias = checkFlag(this.label, 'unitForgetBias', config.unitForgetBias ?? true);
    const { recurrentActivation } = config;
    this.#recurrentActivation = layerActivation(
      this.label,
      recurrentActivation === undefined ? 'sigmoid' : recurrentActivation,
    );
  }

  override get stateSize(): readonly [number, number] {
    return [this.units, this.units];
  }

  override build(inputShape: Shape): void {
    const { units } = this;
    this.addWeights([lastSize(this.label, inputShape), 4 * units], [units, 4 * units], [4 * units], (given) =>
      this.unitForgetBias ? new ForgetBias(given) : given,
    );
  }

  override begin(shape: readonly number[], training: boolean): CellRun {
    const gates = this.recurrentDropout === 0 ? 1 : 4;
    const masks = this.drawMasks(training, gates, shape, [shape[0] as number, this.units]);
    const input = maskedContraction(this.kernel.read(), masks.inputs, rowProduct);
    const recurrent = maskedContraction(this.recurrentKernel.read(), masks.states, rowProduct);
    const bias = this.bias?.read();
    const gate = (x: Tensor): Tensor => this.#recurrentActivation.apply(x);
    return {
      project: (x) => (bias === undefined ? input(x) : input(x).add(bias)),
      step: (x, states) => {
        const [h, c] = states as readonly [Tensor, Tensor];
        const [i, f, j, o] = split(x.add(recurrent(h)), 4, 1) as [Tensor, Tensor, Tensor, Tensor];
        const newC = gate(f)
          .mul(c)
          .add(gate(i).mul(this.activate(j)));
        const newH = gate(o).mul(this.activate(newC));
        return [newH, [newH, newC]];
      },
    };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      recurrentActivation: this.#recurrentActivation.config,
      unitForgetBias: this.unitForgetBias,
    };
  }
}

/**
 * A layer of long short-term memory (Hochreiter and Schmidhuber, 1997): {@link LSTMCell} over sequences.
 *
 * Shapes: input `[batch, steps, features]`, output `[batch, units]`, with `returnSequences` `[batch, steps, units]`; two states `[batch, units]`:
 * h, which is the last output, and c.
 * @example
 * const [x, y] = [ones([2, 7, 8]), ones([2, 5, 8])];
 * const [sequence, h, c] = layers.lstm({ units: 32, returnSequences: true, returnState: true }).apply(x);
 * sequence.shape // [2, 7, 32]
 * const decoded = layers.lstm({ units: 32 }).apply(y, { initialState: [h, c] });
 * decoded.shape // [2, 32]
 */
export class LSTM<Out extends Tree = Tensor> extends CellRNN<Out> {
  static override readonly className: string = 'LSTM';
  static override readonly optionNames: readonly string[] = [...cellOptionNames, ...recurrentOptionNames];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: LSTMConfig) {
    super(config, new LSTMCell(cellConfig('LSTM', config, cellOptionNames, 'lstm_cell')));
  }
}
