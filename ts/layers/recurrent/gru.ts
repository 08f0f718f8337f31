import { checkFlag } from '../../arguments.ts';
import { split } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { type LayerActivation, layerActivation, type UsedActivation } from '../layer-activation.ts';
import { lastSize } from '../options.ts';
import type { Shape } from '../shape.ts';
import type { CellRun } from './cell.ts';
import { gatedOptionNames, maskedContraction, rowProduct } from './gated-cell.ts';
import { CellRNN, cellConfig, type RecurrentConfig, recurrentOptionNames } from './rnn.ts';
import { UnitsCell, type UnitsCellConfig } from './units-cell.ts';

/** Options of {@link GRUCell}. */
export interface GRUCellConfig extends UnitsCellConfig {
  /** Activation of the gates. Default `'sigmoid'`. */
  recurrentActivation?: LayerActivation | null;
  /** Whether the reset gate acts on the product of state and recurrent kernel (default) or on the state itself. */
  resetAfter?: boolean;
}

/** Options of {@link GRU}. */
export interface GRUConfig extends GRUCellConfig, RecurrentConfig {}

const cellOptionNames: readonly string[] = ['units', 'recurrentActivation', 'resetAfter', ...gatedOptionNames];

/**
 * One step of a gated recurrent unit (Cho et al., 2014). With `z`, `r` the update and reset gates (`recurrentActivation` of
 * `x . W + h . U + b`), `h' = z * h + (1 - z) * c`, where `c = activation(x . W_c + b_c + r * (h . U_c + d_c))`, or with `resetAfter: false`
 * `c = activation(x . W_c + b_c + (r * h) . U_c)`.
 *
 * Shapes: input `[batch, features]`, output and state `[batch, units]`, kernel `[features, 3 * units]` (z, r, c), recurrentKernel
 * `[units, 3 * units]`, bias `[2, 3 * units]` (of the inputs, of the state), with `resetAfter: false` `[3 * units]`.
 *
 * @example
 * layers.rnn({ cell: layers.gruCell({ units: 4 }) })
 */
export class GRUCell extends UnitsCell {
  static override readonly className: string = 'GRUCell';
  static override readonly optionNames: readonly string[] = cellOptionNames;
  readonly resetAfter: boolean;
  readonly #recurrentActivation: UsedActivation;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GRUCellConfig) {
    super(config);
    this.resetAfter = checkFlag(this.label, 'resetAfter', config.resetAfter ?? true);
    const { recurrentActivation } = config;
    this.#recurrentActivation = layerActivation(
      this.label,
      recurrentActivation === undefined ? 'sigmoid' : recurrentActivation,
    );
  }

  override get stateSize(): number {
    return this.units;
  }

  override build(inputShape: Shape): void {
    const { units } = this;
    const bias = this.resetAfter ? [2, 3 * units] : [3 * units];
    this.addWeights([lastSize(this.label, inputShape), 3 * units], [units, 3 * units], bias);
  }

  override begin(shape: readonly number[], training: boolean): CellRun {
    const { units } = this;
    const gates = this.recurrentDropout === 0 ? 1 : 3;
    const masks = this.drawMasks(training, gates, shape, [shape[0] as number, units]);
    const [inputBias, stateBias] = this.#biases();
    const input = maskedContraction(this.kernel.read(), masks.inputs, rowProduct);
    const candidate = this.#candidate(masks.states, stateBias);
    return {
      project: (x) => (inputBias === undefined ? input(x) : input(x).add(inputBias)),
      step: (x, states) => {
        const [h] = states as readonly [Tensor];
        const output = candidate(x, h);
        return [output, [output]];
      },
    };
  }

  #biases(): [Tensor | undefined, Tensor | undefined] {
    const bias = this.bias?.read();
    if (bias === undefined || !this.resetAfter) return [bias, undefined];
    const width = 3 * this.units;
    const row = (at: number): Tensor => bias.slice([at, 0], [1, width]).reshape([width]);
    return [row(0), row(1)];
  }

  /** From the projected input and the state to the new state. */
  #candidate(masks: readonly Tensor[], bias: Tensor | undefined): (x: Tensor, h: Tensor) => Tensor {
    const { units } = this;
    const gate = (x: Tensor): Tensor => this.#recurrentActivation.apply(x);
    const mix = (z: Tensor, h: Tensor, c: Tensor): Tensor => z.mul(h).add(z.mul(-1).add(1).mul(c));
    const kernel = this.recurrentKernel.read();
    if (this.resetAfter) {
      const recurrent = maskedContraction(kernel, masks, rowProduct);
      return (x, h) => {
        const [xz, xr, xc] = split(x, 3, 1) as [Tensor, Tensor, Tensor];
        const product = recurrent(h);
        const [hz, hr, hc] = split(bias === undefined ? product : product.add(bias), 3, 1) as [Tensor, Tensor, Tensor];
        return mix(gate(xz.add(hz)), h, this.activate(xc.add(gate(xr.add(hr)).mul(hc))));
      };
    }
    const [gateKernel, candidateKernel] = split(kernel, [2 * units, units], 1) as [Tensor, Tensor];
    const ofGates = maskedContraction(gateKernel, masks.slice(0, 2), rowProduct);
    const ofCandidate = maskedContraction(candidateKernel, masks.slice(-1), rowProduct);
    return (x, h) => {
      const [xz, xr, xc] = split(x, 3, 1) as [Tensor, Tensor, Tensor];
      const [hz, hr] = split(ofGates(h), 2, 1) as [Tensor, Tensor];
      return mix(gate(xz.add(hz)), h, this.activate(xc.add(ofCandidate(gate(xr.add(hr)).mul(h)))));
    };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      recurrentActivation: this.#recurrentActivation.config,
      resetAfter: this.resetAfter,
    };
  }
}

/**
 * A layer of gated recurrent units (Cho et al., 2014): {@link GRUCell} over sequences.
 *
 * Shapes: input `[batch, steps, features]`, output `[batch, units]`, with `returnSequences` `[batch, steps, units]`; one state `[batch, units]`.
 *
 * @example
 * layers.gru({ units: 32, returnSequences: true, inputShape: [null, 8] })
 */
export class GRU<Out extends Tree = Tensor> extends CellRNN<Out> {
  static override readonly className: string = 'GRU';
  static override readonly optionNames: readonly string[] = [...cellOptionNames, ...recurrentOptionNames];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GRUConfig) {
    super(config, new GRUCell(cellConfig('GRU', config, cellOptionNames, 'gru_cell')));
  }
}
