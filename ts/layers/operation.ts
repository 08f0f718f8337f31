import { checkConfig, checkText, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { stridedSlice } from '../ops/index.ts';
import { type DType, type Tensor, tensor, toTensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { type KnownOperation, knownOperations } from './operation-table.ts';
import { needed } from './options.ts';

/**
 * An argument of an operation: a plain value, or an object that stands for one: an input of the layer, a tensor that is always the same,
 * a slice or an ellipsis among indices.
 */
export type OperationArgument =
  | null
  | boolean
  | number
  | string
  | readonly OperationArgument[]
  | { readonly input: number }
  | { readonly constant: unknown; readonly dtype: DType }
  | { readonly slice: readonly (number | null)[] }
  | { readonly ellipsis: true };

/** Options of {@link Operation}. */
export interface OperationConfig extends LayerConfig {
  /** Keras' name of the operation's class: `Multiply`. */
  operation: string;
  /** Its arguments by Keras' names: `{ x1: { input: 0 }, x2: 2 }`. Default: none. */
  arguments?: Readonly<Record<string, OperationArgument>>;
}

/**
 * An operation between tensors of a graph, as Keras keeps `x + y` and `keras.ops.mean(x)`. Made where models of files are read;
 * layers of your own, or `layers.lambda`, are the way to write one.
 */
export class Operation extends Layer<Tensor | Tensor[]> {
  static override readonly className: string = 'Operation';
  static override readonly optionNames: readonly string[] = ['operation', 'arguments'];
  static override readonly takesSeveral: boolean = true;
  readonly operation: KnownOperation;
  readonly arguments: Readonly<Record<string, OperationArgument>>;

  /** @throws ConfigError for an operation that is not known. */
  constructor(config: OperationConfig) {
    super(needed('Operation', config));
    const name = checkText(this.label, 'operation', config.operation);
    const found = knownOperations().get(name);
    if (found === undefined)
      throw new ConfigError(`${this.label}: there is no operation ${received(config.operation)}`);
    this.operation = found;
    const given = config.arguments ?? {};
    checkConfig(`${this.label}: arguments`, given);
    this.arguments = { ...given };
  }

  override call(inputs: Tensor | readonly Tensor[]): Tensor | Tensor[] {
    const tensors = Array.isArray(inputs) ? (inputs as readonly Tensor[]) : [inputs as Tensor];
    const { name, parameters, run } = this.operation;
    if (name === 'GetItem') return this.#item(tensors);
    const values = parameters.map((parameter) => this.#value(this.arguments[parameter.name], tensors));
    // Defaults are those of the function.
    while (values.length > 0 && values.at(-1) === undefined) values.pop();
    return run(...values);
  }

  /** What masks there were is not known of what an operation gives. */
  override computeMask(): undefined {
    return undefined;
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), operation: this.operation.name, arguments: { ...this.arguments } };
  }

  #value(argument: OperationArgument | undefined, tensors: readonly Tensor[]): unknown {
    if (argument === undefined || argument === null) return undefined;
    if (Array.isArray(argument)) return argument.map((inner) => this.#value(inner, tensors));
    if (typeof argument !== 'object') return argument;
    if ('input' in argument) return this.#input(argument.input, tensors);
    if ('constant' in argument) return tensor(argument.constant as number[], undefined, argument.dtype);
    throw new ConfigError(`${this.label}: ${received(argument)} is no argument of ${this.operation.name}`);
  }

  #input(index: number, tensors: readonly Tensor[]): Tensor {
    const found = tensors[index];
    if (found === undefined) throw new ConfigError(`${this.label} needs an input ${received(index)}`);
    return found;
  }

  /** Python's indices. */
  #item(tensors: readonly Tensor[]): Tensor {
    const source = toTensor(this.#value(this.arguments.x, tensors) as Tensor);
    const { key } = this.arguments;
    const keys = (Array.isArray(key) ? key : [key]) as readonly OperationArgument[];
    const begin: number[] = [];
    const end: number[] = [];
    const strides: number[] = [];
    const masks = { begin: 0, end: 0, ellipsis: 0, newAxis: 0, shrink: 0 };
    keys.forEach((one, place) => {
      const bit = 2 ** place;
      const [first = null, last = null, step = null] = rangeOf(this.label, one);
      if (one === null) masks.newAxis += bit;
      else if (typeof one === 'number') masks.shrink += bit;
      else if (typeof one === 'object' && 'ellipsis' in one) masks.ellipsis += bit;
      if (first === null) masks.begin += bit;
      if (last === null) masks.end += bit;
      begin.push(first ?? 0);
      end.push(last ?? 0);
      strides.push(step ?? 1);
    });
    return stridedSlice(
      source,
      begin,
      end,
      strides,
      masks.begin,
      masks.end,
      masks.ellipsis,
      masks.newAxis,
      masks.shrink,
    );
  }
}

/** Start, end and step of an index; null for those that are left out. */
function rangeOf(label: string, index: OperationArgument): readonly (number | null)[] {
  if (index === null) return [];
  if (typeof index === 'number') return [index, index + 1];
  if (typeof index === 'object' && 'ellipsis' in index) return [];
  if (typeof index === 'object' && 'slice' in index && Array.isArray(index.slice)) return index.slice;
  throw new ConfigError(`${label}: ${received(index)} is no index`);
}
