import { ConfigError, ShapeError } from '../errors.ts';
import { type NativeTensor, type NativeVariable, native } from '../native.ts';
import { shown } from './axes.ts';
import { castTo, operand, type TensorLike, toTensor } from './convert.ts';
import type { DType } from './dtype.ts';
import { Tensor } from './tensor.ts';

/** While `variableGrads` runs: the node that stands for a variable, so that all reads are one operand of the gradient. */
export type Watch = Map<Variable, NativeTensor>;
const watches: Watch[] = [];

/** Runs `f` and gives the nodes its reads of variables saw before any assignment. @internal */
export function watching<R>(f: () => R): { result: R; reads: Watch } {
  const reads: Watch = new Map();
  watches.push(reads);
  try {
    return { result: f(), reads };
  } finally {
    watches.pop();
  }
}

const autoNames = new Map<string, number>();

function uniqueName(base: string): string {
  const n = autoNames.get(base) ?? 0;
  autoNames.set(base, n + 1);
  return n === 0 ? base : `${base}_${n}`;
}

/**
 * A tensor whose value can be replaced: a weight, a counter, a moving average. It is used wherever a tensor is; reading it
 * captures the value of that moment. Inside a trace `assign` is recorded and a later read sees the new value.
 */
export class Variable extends Tensor {
  /** Whether `variableGrads` and optimizers take gradients for it. */
  trainable: boolean;
  /** For error texts and saved files. */
  readonly name: string;
  /** The native cell. @internal */
  readonly cell: NativeVariable;
  readonly #assigned = new WeakSet<Watch>();

  /**
   * @param initial First value (copied; fixes shape and dtype).
   * @param trainable Whether gradients are taken for it (default true).
   * @param name Default `variable`, `variable_1`, ...
   */
  constructor(initial: TensorLike, trainable = true, name?: string, dtype?: DType) {
    super(undefined as unknown as NativeTensor);
    const value = operand(initial, initial instanceof Tensor ? undefined : dtype);
    this.name = name ?? uniqueName('variable');
    this.trainable = trainable;
    this.cell = new native.NativeVariable(castTo(value, dtype ?? value.dtype), this.name);
  }

  /** The node of the value at this moment. @internal */
  override get handle(): NativeTensor {
    const watch = watches.at(-1);
    if (watch === undefined || this.#assigned.has(watch)) return this.cell.read();
    let node = watch.get(this);
    if (node === undefined) {
      // An outer watch must see the same node, or its gradient would miss what the inner function read.
      node = watches.length > 1 ? this.#outerNode() : this.cell.read();
      watch.set(this, node);
    }
    return node;
  }

  #outerNode(): NativeTensor {
    for (let i = watches.length - 2; i >= 0; i--) {
      const watch = watches[i] as Watch;
      if (this.#assigned.has(watch)) return this.cell.read();
      const node = watch.get(this);
      if (node !== undefined) return node;
    }
    const node = this.cell.read();
    for (const watch of watches.slice(0, -1)) watch.set(this, node);
    return node;
  }

  override get shape(): readonly number[] {
    return this.cell.shape;
  }

  override get dtype(): DType {
    return this.cell.dtype;
  }

  override get isDisposed(): boolean {
    return this.cell.isDisposed;
  }

  /** Its value at this moment, as a tensor that later assignments do not change. */
  read(): Tensor {
    return new Tensor(this.handle);
  }

  /**
   * Replaces the value. No gradient flows through an assignment.
   * @throws ShapeError unless shape and dtype stay.
   */
  assign(value: TensorLike): this {
    const tensor = toTensor(value, this.dtype);
    if (tensor.shape.join() !== this.shape.join()) {
      throw new ShapeError(
        `Variable "${this.name}" has shape ${shown(this.shape)} and cannot be assigned shape ${shown(tensor.shape)}`,
      );
    }
    if (tensor.dtype !== this.dtype) {
      throw new ShapeError(
        `Variable "${this.name}" holds ${this.dtype} and cannot be assigned ${tensor.dtype}. Cast the value first`,
      );
    }
    this.cell.assign(tensor.handle);
    for (const watch of watches) this.#assigned.add(watch);
    return this;
  }

  /** Adds to the value. */
  assignAdd(value: TensorLike): this {
    return this.assign(this.add(value));
  }

  /** Subtracts from the value. */
  assignSub(value: TensorLike): this {
    return this.assign(this.sub(value));
  }

  override dispose(): void {
    if (!this.cell.isDisposed) this.cell.dispose();
  }

  protected override label(): string {
    return `Variable "${this.name}"`;
  }
}

/**
 * A new variable. @throws ConfigError for a name that is no text.
 * @example const w = variable(zeros([3]), true, 'w');
 */
export function variable(initial: TensorLike, trainable = true, name?: string, dtype?: DType): Variable {
  if (name !== undefined && typeof name !== 'string')
    throw new ConfigError(`A variable's name must be text, got ${String(name)}`);
  return new Variable(initial, trainable, name, dtype);
}
