import { checkSubclass, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { type DType, Tensor, type TensorLike, toTensor, zeros } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { type CallOptions, Layer, type LayerConfig } from '../layer.ts';
import { flattenNest, mapNest, type Nest, packNest } from '../nest.ts';
import { shown } from '../shape.ts';

/** What a cell's `call` is told besides its inputs. */
export interface CellCallOptions extends CallOptions {
  /** The states after the step before: a list of tensors `[batch, size]`; a list of such lists for stacked cells. */
  readonly states: Tree;
}

/** A cell's part in one run over a sequence. */
export interface CellRun {
  /** What can be computed for all steps at once: of inputs `[steps, batch, ...]`, or of one step `[batch, ...]`. */
  project(inputs: Tensor): Tensor;
  /** One step: what `project` gave for it and the states, to the output and the new states. */
  step(projected: Tensor, states: Tree): readonly [Tensor, Tree];
}

/**
 * Base of cells: what a recurrent layer does in one step. A cell of your own is a subclass with `stateSize` and `call`, and
 * `build` when it has weights; {@link RNN} runs it over sequences. Applied alone it makes one step.
 * @example
 * class Sum extends layers.RNNCell {
 *   static override readonly className = 'Sum';
 *   readonly stateSize = 3;
 *   override call(x: Tensor, { states }: layers.CellCallOptions) {
 *     const [sum] = states as [Tensor];
 *     const next = sum.add(x);
 *     return [next, [next]] as const;
 *   }
 * }
 * layers.rnn({ cell: new Sum() }).apply(ones([1, 5, 3])) // [[5, 5, 5]]
 */
export abstract class RNNCell extends Layer<readonly [Tensor, Tree]> {
  static override readonly callOptionNames: readonly string[] = ['states'];

  /** Size of each state: a number for one, a list for several. */
  abstract readonly stateSize: Nest<number>;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: LayerConfig = {}) {
    checkSubclass(new.target, RNNCell, 'stateSize and call(inputs, options)');
    super(config);
  }

  /** Size of the output; that of the first state unless a subclass says otherwise. */
  get outputSize(): number {
    return flattenNest<number>(this.stateSize)[0] as number;
  }

  /** Rank of a step's input, when it must be one. @internal */
  get inputRank(): number | undefined {
    return undefined;
  }

  /** The states before the first step: zeros `[batch, size]`. */
  getInitialState(batchSize: number): Tree {
    const states = mapNest<number, Tensor>(this.stateSize, (size) => zeros([batchSize, size], this.dtype));
    return states instanceof Tensor ? [states] : states;
  }

  /** The output of the step that gave these states, when it is one of them. @internal */
  outputOf(_states: Tree): Tensor | undefined {
    return undefined;
  }

  /** Begins a run over a sequence whose steps have inputs of this shape: random masks are drawn here, once. @internal */
  begin(_shape: readonly number[], training: boolean): CellRun {
    return {
      project: (inputs) => inputs,
      step: (inputs, states) => checkStep(this.label, this.apply(inputs, { states, training })),
    };
  }

  abstract override call(inputs: Tree, options: CellCallOptions): readonly [Tensor, Tree];
}

/** What a cell of somebody's own returned. @throws ConfigError unless it is `[output, states]`. */
function checkStep(label: string, stepped: unknown): readonly [Tensor, Tree] {
  if (Array.isArray(stepped) && stepped.length === 2 && stepped[0] instanceof Tensor) {
    const [output, states] = stepped as [Tensor, Tree];
    return [output, states instanceof Tensor ? [states] : states];
  }
  throw new ConfigError(`${label}: call must return [output, states], got ${received(stepped)}`);
}

/**
 * States as somebody handed them in (one tensor, or lists), in the places of `expected`.
 *
 * @throws ShapeError for another number of them or other shapes.
 */
export function checkStates(label: string, what: string, given: unknown, expected: Tree, dtype: DType): Tree {
  const templates = flattenNest<Tensor>(expected as Nest<Tensor>);
  const tensors = statesIn(given, templates.length);
  if (tensors.length !== templates.length) {
    throw new ShapeError(`${label}: ${what} must hold ${templates.length} tensors, got ${tensors.length}`);
  }
  const states = tensors.map((value, i) => {
    const state = toTensor(value as TensorLike);
    const { shape } = templates[i] as Tensor;
    if (state.shape.join() !== shape.join()) {
      throw new ShapeError(
        `${label}: ${what} ${i} must have shape ${shown(shape)} ([batch, ...]), got ${shown(state.shape)}`,
      );
    }
    return state.dtype === dtype ? state : state.cast(dtype);
  });
  return packNest<Tensor>(expected as Nest<Tensor>, states) as Tree;
}

/** The states in what was handed in: nested lists that hold tensors, or numbers of one state or of a list of them. */
function statesIn(given: unknown, count: number): unknown[] {
  const flat = flattenNest<unknown>(given as Nest<unknown>);
  if (flat.some((value) => value instanceof Tensor) || !Array.isArray(given)) return flat;
  return Array.isArray(given[0]?.[0]) || given.length === count ? given : [given];
}
