import { checkConfig, checkFlag, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { native } from '../../native.ts';
import { BuildRequest } from '../../tensor/building.ts';
import { type Tensor, type TensorLike, Variable, zeros, zerosLike } from '../../tensor/index.ts';
import { leaves, rebuild, type Tree } from '../../tensor/tree.ts';
import type { ApplyOptions } from '../calls.ts';
import { innerLayer, serializedLayer } from '../inner-layers.ts';
import { type CallOptions, Layer, type LayerConfig } from '../layer.ts';
import { flattenNest, type Nest } from '../nest.ts';
import { checkRank, needed } from '../options.ts';
import type { LayerClasses } from '../registry.ts';
import { isFindingShapes, type Shape, shown } from '../shape.ts';
import { checkStates, RNNCell } from './cell.ts';
import { runLoop } from './loop.ts';
import { StackedRNNCells } from './stacked-cells.ts';

/** Options of every recurrent layer. */
export interface RecurrentConfig extends LayerConfig {
  /** Whether the outputs of all steps are given instead of the last one. Default false. */
  returnSequences?: boolean;
  /** Whether the states after the last step are given, too, behind the output. Default false. */
  returnState?: boolean;
  /** Whether the sequence is read from its end; outputs come in the order in which they are made. Default false. */
  goBackwards?: boolean;
  /**
   * Whether a call begins with the states at which the one before ended, sample by sample, until `resetStates`. The number of
   * samples of the first call stays. Default false.
   */
  stateful?: boolean;
  /** Whether the steps are laid out one after the other instead of in a loop; needs sequences of a fixed length. Default false. */
  unroll?: boolean;
  /** Whether a step that a mask leaves out gives 0, instead of the output before it. Default false. */
  zeroOutputForMask?: boolean;
}

/** Names of the options of {@link RecurrentConfig}. */
export const recurrentOptionNames: readonly string[] = [
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'unroll',
  'zeroOutputForMask',
];

/** Options of {@link RNN}. */
export interface RNNConfig extends RecurrentConfig {
  /** What is done in a step: a cell, or a list of cells on top of each other. */
  cell: RNNCell | readonly RNNCell[];
}

/** What a recurrent layer's `call` is told besides its inputs. */
export interface RecurrentCallOptions extends CallOptions {
  /** The states before the first step; one tensor, or a list. Default: zeros, or where a stateful layer left off. */
  readonly initialState?: Nest<Tensor> | undefined;
}

/** Keras hands the mask that comes with the inputs only to a call that has no other tensors. */
export function impliedMask<T>(mask: T, { initialState }: ApplyOptions): T | undefined {
  return initialState === undefined ? mask : undefined;
}

/** What a layer with the option `returnState` gives. */
export type OutputAndStates = readonly [Tensor, ...Tree[]];

/**
 * Runs a cell over sequences: `output_t, states_t = cell(x_t, states_{t-1})`.
 *
 * Shapes: input `[batch, steps, ...]`; output `[batch, ...]` of the last step, with `returnSequences` `[batch, steps, ...]`; states
 * `[batch, size]`. With `returnState` it gives `[output, ...states]`. A step that the input's mask leaves out repeats states and output.
 * `apply(x, { initialState })` begins with other states than zeros; the mask that comes with `x` then counts only when it is passed, too
 * (`{ initialState, mask }`), as in Keras 3. The weights are the cell's.
 *
 * @example
 * const encoder = layers.rnn({ cell: [layers.lstmCell({ units: 32 }), layers.lstmCell({ units: 16 })], returnState: true });
 */
export class RNN<Out extends Tree = Tensor> extends Layer<Out> {
  static override readonly className: string = 'RNN';
  static override readonly optionNames: readonly string[] = ['cell', ...recurrentOptionNames];
  static override readonly callOptionNames: readonly string[] = ['initialState'];
  readonly cell: RNNCell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  /** Whether a step that a mask leaves out gives 0. Layers around this one may set it before the first call. */
  zeroOutputForMask: boolean;
  #states: readonly Variable[] | undefined;
  /** The states with their nesting, whatever their sizes. */
  #stateTree: Tree | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: RNNConfig);
  /** @internal */
  constructor(config: RecurrentConfig, cell: RNNCell);
  constructor(config: RNNConfig | RecurrentConfig, cell?: RNNCell) {
    super(needed(new.target.className, config));
    this.cell = cell ?? cellOf(this.label, (config as RNNConfig).cell);
    const flag = (name: keyof RecurrentConfig): boolean => checkFlag(this.label, name, config[name] ?? false);
    this.returnSequences = flag('returnSequences');
    this.returnState = flag('returnState');
    this.goBackwards = flag('goBackwards');
    this.stateful = flag('stateful');
    this.unroll = flag('unroll');
    this.zeroOutputForMask = flag('zeroOutputForMask');
    this.supportsMasking = true;
    if (!this.trainable) this.cell.trainable = false;
  }

  /** The states at which the last call of a stateful layer ended; `undefined` before the first one. */
  get states(): readonly Variable[] | undefined {
    return this.#states;
  }

  override build(inputShape: Shape): void {
    this.cell.build(stepShape(inputShape));
    if (this.unroll && inputShape[1] === null) {
      throw new ShapeError(
        `${this.label}: unroll needs sequences of a known length, but the input shape is ${shown(inputShape)}. Say it by inputShape: [steps, features]`,
      );
    }
    const [batch] = inputShape;
    if (this.stateful && typeof batch === 'number') this.#makeStates(batch);
  }

  override checkInput(shape: Shape): void {
    const { inputRank } = this.cell;
    if (inputRank !== undefined) {
      const axes = inputRank === 2 ? '[batch, steps, features]' : '[batch, steps, ...sizes, channels]';
      checkRank(this.label, shape, inputRank + 1, axes);
    } else if (shape.length < 3) {
      throw new ShapeError(
        `${this.label} expects inputs of rank 3 or more ([batch, steps, ...]), but got rank ${shape.length} (input shape ${shown(shape)})`,
      );
    }
    if (shape[1] === 0)
      throw new ShapeError(`${this.label} expects a step or more, but the input shape is ${shown(shape)}`);
    this.cell.checkInput(stepShape(shape));
  }

  protected override maskForCall(mask: Nest<Tensor | undefined>, options: ApplyOptions): Nest<Tensor | undefined> {
    return impliedMask(mask, options);
  }

  /** @throws ShapeError for states that do not fit. */
  override call(inputs: Tensor, options: RecurrentCallOptions): Out {
    const { training, mask, initialState } = options;
    const sequences = inputs.dtype === this.dtype ? inputs : inputs.cast(this.dtype);
    const batch = sequences.shape[0] as number;
    const steps = stepsFirst(sequences);
    const { project, step } = this.cell.begin(steps.shape.slice(1), training);
    const { output, states } = runLoop(
      {
        step,
        outputOf: (given) => this.cell.outputOf(given),
        firstOutput: () => zeros([batch, this.cell.outputSize], this.dtype),
      },
      project(steps),
      this.#statesBefore(batch, initialState),
      {
        reverse: this.goBackwards,
        unroll: this.unroll,
        mask: mask && this.#stepMask(mask, sequences),
        zeroOutputForMask: this.zeroOutputForMask,
        returnSequences: this.returnSequences,
      },
    );
    if (this.stateful && !isFindingShapes()) {
      const after = leaves(states);
      this.#states?.forEach((variable, i) => void variable.assign(after[i] as Tensor));
    }
    const result = this.returnSequences ? stepsFirst(output) : output;
    return (this.returnState ? [result, ...(states as readonly Tree[])] : result) as Out;
  }

  /** `[steps, batch]`, as booleans. */
  #stepMask(mask: Tensor, { shape }: Tensor): Tensor {
    if (mask.rank < 2 || mask.shape[0] !== shape[0] || mask.shape[1] !== shape[1]) {
      throw new ShapeError(
        `${this.label}: the mask must have shape ${shown(shape.slice(0, 2))} ([batch, steps]), got ${shown(mask.shape)}`,
      );
    }
    const counts = mask.dtype === 'bool' ? mask : mask.cast('bool');
    const axes = counts.shape.map((_, axis) => axis).slice(2);
    return (axes.length === 0 ? counts : counts.any(axes)).transpose([1, 0]);
  }

  #statesBefore(batch: number, given: unknown): Tree {
    const initial = this.cell.getInitialState(batch);
    this.#stateTree = initial;
    // While shapes are found the number of samples is made up.
    if (this.stateful && !isFindingShapes()) this.#checkBatch(batch);
    if (given !== undefined && given !== null) {
      return checkStates(this.label, 'initialState', given, initial, this.dtype);
    }
    if (this.#states === undefined || isFindingShapes()) return initial;
    return rebuild(
      initial,
      this.#states.map((variable) => variable.read()),
    );
  }

  #checkBatch(batch: number): void {
    if (this.#states === undefined) {
      if (native.isTracing()) throw new BuildRequest(this.label, () => this.#makeStates(batch));
      this.#makeStates(batch);
    }
    const expected = this.#states?.[0]?.shape[0];
    if (expected === undefined || expected === batch) return;
    throw new ShapeError(
      `${this.label} keeps the states of ${expected} samples, but got ${batch}. All batches of a stateful layer have one size`,
    );
  }

  #makeStates(batch: number): void {
    if (this.#states !== undefined) return;
    const initial = leaves(this.cell.getInitialState(batch));
    this.#states = initial.map((state, i) => new Variable(state, false, `${this.name}/rnn_state_${i}`));
  }

  /**
   * Sets the states of a stateful layer to zeros, or to others.
   *
   * @throws ConfigError for a layer that is not stateful; ShapeError for states that do not fit.
   */
  resetStates(states?: Nest<TensorLike> | null): void {
    if (!this.stateful) throw new ConfigError(`${this.label}: resetStates needs a layer with stateful: true`);
    if (states !== undefined && states !== null && this.#states === undefined) {
      const first = flattenNest<Tensor | number>(states as Nest<Tensor | number>)[0];
      const batch = typeof first === 'object' ? first?.shape?.[0] : undefined;
      if (batch === undefined || !this.built) {
        throw new ConfigError(`${this.label}: resetStates with values needs a layer that was called, or tensors`);
      }
      this.#makeStates(batch);
    }
    const variables = this.#states ?? [];
    const values =
      states === undefined || states === null
        ? variables.map((variable) => zerosLike(variable))
        : leaves(checkStates(this.label, 'states', states, rebuild(this.#tree(), variables), this.dtype));
    variables.forEach((variable, i) => void variable.assign(values[i] as Tensor));
  }

  #tree(): Tree {
    this.#stateTree ??= this.cell.getInitialState(1);
    return this.#stateTree;
  }

  /** Number of state tensors. @internal */
  get stateCount(): number {
    return leaves(this.#tree()).length;
  }

  override computeMask(_inputs: Tree, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    const own = this.returnSequences ? flattenNest<Tensor | undefined>(mask)[0] : undefined;
    if (!this.returnState || own === undefined) return own;
    return [own, ...Array.from({ length: this.stateCount }, () => undefined)];
  }

  override getConfig(): Record<string, unknown> {
    return { ...this.loopConfig(), cell: serializedLayer(this.cell) };
  }

  /** The options beside those of the cell. @internal */
  protected loopConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      returnSequences: this.returnSequences,
      returnState: this.returnState,
      goBackwards: this.goBackwards,
      stateful: this.stateful,
      unroll: this.unroll,
      zeroOutputForMask: this.zeroOutputForMask,
    };
  }

  /**
   * A layer of a configuration, with new weights.
   *
   * @param custom Classes of cells of your own by their `className`.
   * @throws ConfigError for an unknown class.
   */
  static override fromConfig(config: Record<string, unknown>, custom: LayerClasses = {}): RNN<Tree> {
    // biome-ignore lint/complexity/noThisInStatic: a subclass makes its own layers.
    const Class = this as unknown as new (config: unknown) => RNN<Tree>;
    checkConfig('RNN.fromConfig', config);
    const { cell } = config;
    // Subclasses make their cell from their own options.
    if (cell === undefined) return new Class(config);
    const given = Array.isArray(cell) ? cell.map((entry) => innerLayer(entry, custom)) : innerLayer(cell, custom);
    return new Class({ ...config, cell: given });
  }

  override dispose(): void {
    super.dispose();
    for (const variable of this.#states ?? []) variable.dispose();
  }
}

/** A recurrent layer whose cell is made from its own options. */
export abstract class CellRNN<Out extends Tree = Tensor> extends RNN<Out> {
  override getConfig(): Record<string, unknown> {
    const { name, trainable, dtype, rank, ...own } = this.cell.getConfig();
    return { ...this.loopConfig(), ...own };
  }
}

/** The options of a cell among those of its layer. @throws ConfigError when there are none. @internal */
export function cellConfig<C extends object>(layer: string, config: C, names: readonly string[], cellName: string): C {
  checkConfig(layer, needed(layer, config));
  const given = config as Record<string, unknown>;
  const own = [...names, 'dtype', 'trainable'].filter((name) => given[name] !== undefined);
  return { ...Object.fromEntries(own.map((name) => [name, given[name]])), name: cellName } as unknown as C;
}

function cellOf(label: string, cell: unknown): RNNCell {
  if (cell instanceof RNNCell) return cell;
  if (Array.isArray(cell)) return new StackedRNNCells({ cells: cell as RNNCell[] });
  throw new ConfigError(
    `${label}: cell must be a cell such as layers.lstmCell({ units: 8 }), or a list of them, got ${received(cell)}`,
  );
}

function stepShape(shape: Shape): Shape {
  return [shape[0] ?? null, ...shape.slice(2)];
}

/** The first two axes exchanged. */
function stepsFirst(x: Tensor): Tensor {
  return x.transpose(x.shape.map((_, axis) => (axis === 0 ? 1 : axis === 1 ? 0 : axis)));
}
