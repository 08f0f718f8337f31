import { checkFlag, checkList, checkText, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type NativeTensor, type NativeVariable, native } from '../native.ts';
import { shown } from './axes.ts';
import { cellOnly, operandOnly } from './base.ts';
import { castTo, operand, type TensorLike, toTensor } from './convert.ts';
import { checkDType, type DType, isFloat } from './dtype.ts';
import { variablesAreMadeBy } from './methods/conversion.ts';
import { Tensor } from './tensor.ts';

/**
 * While gradients with respect to variables are recorded: the node that stands for each, read before anything else (a read
 * inside the body of a scan would belong to that body), so that all reads are one operand of the gradient.
 */
interface Watch {
  nodes: Map<Variable, NativeTensor>;
  used: Set<Variable>;
}
const watches: Watch[] = [];

/** Runs `f`; gives the nodes that stood for `variables` (until they were assigned), and which of them `f` used. @internal */
export function watching<R>(
  variables: readonly Variable[],
  f: () => R,
): { result: R; nodes: Map<Variable, NativeTensor>; used: Set<Variable> } {
  const nodes = new Map(variables.map((v) => [v, v.peek()]));
  const used = new Set<Variable>();
  watches.push({ nodes: new Map(nodes), used });
  try {
    return { result: f(), nodes, used };
  } finally {
    watches.pop();
  }
}

/** While assignments are held aside: the values that stand for the variables, innermost last. */
const held: Map<Variable, NativeTensor>[] = [];

/**
 * Runs `f` and gives the variables that it assigned, with their values, instead of assigning them: what a branch of `cond` would do.
 * Inside `f` a read after an assign sees the new value. @internal
 */
export function holdingAssignments(f: () => void): Map<Variable, Tensor> {
  const assigned = new Map<Variable, NativeTensor>();
  held.push(assigned);
  try {
    f();
  } finally {
    held.pop();
  }
  return new Map([...assigned].map(([variable, handle]) => [variable, new Tensor(handle)]));
}

/** The variables used so far by the functions that are observed, innermost last. */
const observers: Set<Variable>[] = [];

/** Runs `f` and gives the variables that it read or assigned, in the order of their first use. @internal */
export function observingVariables<R>(f: () => R): { result: R; used: Set<Variable> } {
  const used = new Set<Variable>();
  observers.push(used);
  try {
    return { result: f(), used };
  } finally {
    observers.pop();
  }
}

/** What a variable keeps to: after every step of an optimizer its value becomes `call(value)`. */
export interface VariableConstraint {
  call(value: Tensor): Tensor;
}

const alive = new Set<WeakRef<Variable>>();
const registry = new FinalizationRegistry<WeakRef<Variable>>((ref) => alive.delete(ref));

/** A copy of a list of variables. @throws ConfigError for anything else. */
export function checkVariables(owner: string, variables: readonly Variable[]): Variable[] {
  return checkList(owner, 'the variables', variables).map((variable) => {
    if (variable instanceof Variable) return variable;
    throw new ConfigError(`${owner}: expected variables, got ${received(variable)}`);
  });
}

/** Every floating-point variable that is trainable and not disposed. @internal */
export function trainableVariables(): Variable[] {
  return [...alive].flatMap((ref) => {
    const v = ref.deref();
    return v?.trainable && !v.isDisposed && isFloat(v.dtype) ? [v] : [];
  });
}

/** The variable with a name. @throws ConfigError when there is none, or several. @internal */
export function variableNamed(name: string): Variable {
  const found = [...alive].flatMap((ref) => {
    const v = ref.deref();
    return v !== undefined && !v.isDisposed && v.name === name ? [v] : [];
  });
  if (found.length === 1) return found[0] as Variable;
  throw new ConfigError(`${found.length === 0 ? 'No variable is' : `${found.length} variables are`} called "${name}"`);
}

/** Frees every variable that is still alive. @internal */
export function disposeAllVariables(): void {
  for (const ref of alive) ref.deref()?.dispose();
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
 * @example
 * const w = variable([1, 2]);
 * w.assign(w.mul(2));
 * w // [2, 4]
 */
export class Variable extends Tensor {
  /** Whether `variableGrads` and optimizers take gradients for it. */
  trainable: boolean;
  /** Applied to the value after every step of an optimizer. */
  constraint: VariableConstraint | undefined = undefined;
  /** For error texts and saved files. */
  readonly name: string;
  /** The native cell. @internal */
  readonly cell: NativeVariable;

  /**
   * @param initial First value (copied; fixes shape and dtype).
   * @param trainable Whether gradients are taken for it (default true).
   * @param name Default `variable`, `variable_1`, ...
   */
  constructor(initial: TensorLike, trainable = true, name?: string, dtype?: DType) {
    super(cellOnly);
    if (dtype !== undefined) checkDType(dtype);
    const value = operand(initial, initial instanceof Tensor ? undefined : dtype);
    this.name = name === undefined ? uniqueName('variable') : checkText('Variable', 'name', name);
    this.trainable = checkFlag('Variable', 'trainable', trainable);
    this.cell = new native.NativeVariable(castTo(value, dtype ?? value.dtype), this.name);
    const ref = new WeakRef<Variable>(this);
    alive.add(ref);
    registry.register(this, ref);
  }

  /** The node of the value at this moment. @internal */
  override get handle(): NativeTensor {
    this.#noteUse();
    return this.peek();
  }

  /** As `handle`. A handle left to the garbage collector would keep its version of the buffer until then. @internal */
  override get operandHandle(): NativeTensor {
    this.#noteUse();
    return this.#standIn() ?? operandOnly(this.cell.read());
  }

  /** As `handle`, without counting as a use. @internal */
  peek(): NativeTensor {
    return this.#standIn() ?? this.cell.read();
  }

  #noteUse(): void {
    for (const used of observers) used.add(this);
    for (const { nodes, used } of watches) if (nodes.has(this)) used.add(this);
  }

  /** What stands for the value while a gradient is recorded. */
  #standIn(): NativeTensor | undefined {
    return (
      watches.findLast(({ nodes }) => nodes.has(this))?.nodes.get(this) ??
      held.findLast((values) => values.has(this))?.get(this)
    );
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
   * Replaces the value. No gradient flows through an assignment, but for the gradient with respect to this variable that is being
   * recorded.
   * Floats of another width are rounded to this one's: what optimizers compute of weights of 16 bits has 32.
   * @throws ShapeError unless the shape stays, and the dtype is the same or both are floats.
   */
  assign(value: TensorLike): this {
    const tensor = toTensor(value, this.dtype);
    if (tensor.shape.join() !== this.shape.join()) {
      throw new ShapeError(
        `Variable "${this.name}" has shape ${shown(this.shape)} and cannot be assigned shape ${shown(tensor.shape)}`,
      );
    }
    if (tensor.dtype !== this.dtype && !(isFloat(tensor.dtype) && isFloat(this.dtype))) {
      throw new ShapeError(
        `Variable "${this.name}" holds ${this.dtype} and cannot be assigned ${tensor.dtype}. Cast the value first`,
      );
    }
    for (const used of observers) used.add(this);
    // Who takes the gradient for this variable takes it through what is assigned meanwhile (a kernel that is normalized before it is
    // used). Any other gradient taken later ends here: a step's new weights do not depend on the weights that it did not change.
    const own = watches.filter(({ nodes }) => nodes.has(this));
    const cast = castTo(tensor, this.dtype);
    for (const { nodes } of own) nodes.set(this, cast);
    const handle = own.length > 0 || !native.isTracing() ? cast : native.stopGradient(cast);
    const aside = held.at(-1);
    if (aside === undefined) this.cell.assign(handle);
    else aside.set(this, handle);
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
    throw new ConfigError(`A variable's name must be text, got ${received(name)}`);
  return new Variable(initial, trainable, name, dtype);
}

variablesAreMadeBy(variable);
