import { shortly } from '../arguments.ts';
import { StateError } from '../errors.ts';
import { type DType, Tensor } from '../tensor/index.ts';
import { DEEPEST, isBranch } from '../tensor/tree.ts';
import type { AnyLayer } from './layer.ts';
import { flattenNest, type Nest } from './nest.ts';
import { type Shape, shown } from './shape.ts';

/**
 * What a layer will give, before there are numbers: a shape, an element type and the call that makes it. `input` makes the
 * first ones of a model, `layer.apply` makes the others, `model({ inputs, outputs })` closes the graph.
 * @example
 * const x = input({ shape: [3] });
 * x.shape // [null, 3]
 * layers.dense({ units: 2 }).apply(x).shape // [null, 2]
 */
export class SymbolicTensor {
  /** Sizes with the batch; unknown ones are `null`. */
  readonly shape: Shape;
  readonly dtype: DType;
  readonly name: string;
  /** The call that gives it. @internal */
  readonly node: CallNode;
  /** Which of the call's outputs it is. @internal */
  readonly index: number;

  /** @internal */
  constructor(shape: Shape, dtype: DType, name: string, node: CallNode, index: number) {
    this.shape = shape;
    this.dtype = dtype;
    this.name = name;
    this.node = node;
    this.index = index;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }
}

// Defined apart, as for layers: what errors say of one.
Object.defineProperty(SymbolicTensor.prototype, shortly, {
  value(this: SymbolicTensor): string {
    return `a symbolic tensor "${this.name}" of shape ${shown(this.shape)}; operations on one are layers, such as layers.lambda({ func: (x) => x.exp() })`;
  },
});

/** A layer's call in a graph of symbolic tensors. @internal */
export class CallNode {
  readonly layer: AnyLayer;
  /** What the layer was applied to: symbolic tensors, and tensors that are the same in every call. */
  readonly inputs: Nest<SymbolicTensor | Tensor>;
  /** Options of the call; they may hold symbolic tensors, as an initial state does. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How the call names its inputs where a file has no argument by place: they are then met among the options. */
  inputName: string | undefined;
  #outputs: Nest<SymbolicTensor> | undefined;

  constructor(layer: AnyLayer, inputs: Nest<SymbolicTensor | Tensor>, options: Readonly<Record<string, unknown>>) {
    this.layer = layer;
    this.inputs = inputs;
    this.options = options;
  }

  get outputs(): Nest<SymbolicTensor> {
    if (this.#outputs === undefined) throw new StateError(`${this.layer.label}: the call is not complete yet`);
    return this.#outputs;
  }

  set outputs(value: Nest<SymbolicTensor>) {
    this.#outputs = value;
  }

  /**
   * The symbolic tensors that the call reads: of its inputs, then of its options. Layers of a model are listed, and have their places
   * in files, by the order in which they are met here, which is Keras': what comes by place, then the others by name.
   */
  get sources(): SymbolicTensor[] {
    if (this.inputName !== undefined) {
      const all: Record<string, unknown> = { ...this.options, [this.inputName]: this.inputs };
      return symbolicLeaves(
        Object.keys(all)
          .sort()
          .map((name) => all[name]),
      );
    }
    const { value, key, ...others } = this.options;
    const [first, rest] = takesValues(this.layer) ? [[value, key], others] : [[], this.options];
    const named = Object.keys(rest).sort();
    return symbolicLeaves([this.inputs, ...first, ...named.map((name) => rest[name])]);
  }

  /** Which of the layer's calls this is. */
  get position(): number {
    return this.layer.inboundNodes.indexOf(this);
  }
}

/** Notes how a file names the inputs of the last call of a layer. */
export function nameInputs(layer: AnyLayer, name: string | undefined): void {
  const node = layer.inboundNodes.at(-1);
  if (name !== undefined && node !== undefined) node.inputName = name;
}

/** Whether Keras' layer of this class takes values and keys by place, after the inputs. */
export function takesValues({ className }: AnyLayer): boolean {
  return className === 'MultiHeadAttention' || className === 'GroupedQueryAttention';
}

/** The symbolic tensors in a nest of whatever values. */
export function symbolicLeaves(nest: unknown): SymbolicTensor[] {
  if (nest instanceof SymbolicTensor) return [nest];
  if (!isBranch(nest)) return [];
  return flattenNest<unknown>(nest as Nest<unknown>).filter((value) => value instanceof SymbolicTensor);
}

/** Whether there is a symbolic tensor in `nest`: quick for what is none, as calls with tensors are many. */
export function holdsSymbols(nest: unknown, depth = 0): boolean {
  if (nest instanceof SymbolicTensor) return true;
  // What nests deeper, or contains itself, is refused by whoever reads it.
  if (nest instanceof Tensor || typeof nest !== 'object' || nest === null || depth > DEEPEST) return false;
  if (Array.isArray(nest)) {
    // Numbers, nested or not, are long and hold none.
    return typeof nest[0] === 'object' && nest.length <= 10_000 && nest.some((entry) => holdsSymbols(entry, depth + 1));
  }
  return isBranch(nest) && Object.values(nest).some((entry) => holdsSymbols(entry, depth + 1));
}

/** `nest` with every symbolic tensor replaced. */
export function replaceSymbols<T>(nest: unknown, replace: (symbol: SymbolicTensor) => T): unknown {
  if (nest instanceof SymbolicTensor) return replace(nest);
  if (!holdsSymbols(nest)) return nest;
  if (Array.isArray(nest)) return nest.map((entry) => replaceSymbols(entry, replace));
  return Object.fromEntries(
    Object.entries(nest as object).map(([name, entry]) => [name, replaceSymbols(entry, replace)]),
  );
}

/** The one call of a layer. @throws StateError before, and for a layer that was called several times. */
export function onlyNode(label: string, [node, ...others]: readonly CallNode[], what: string): CallNode {
  if (node === undefined) {
    throw new StateError(
      `${label} has no ${what}: it was not yet applied to a symbolic tensor, as layers of a built model are`,
    );
  }
  if (others.length > 0) {
    throw new StateError(
      `${label} was applied ${others.length + 1} times, so it has no single ${what}; keep what apply returned`,
    );
  }
  return node;
}
