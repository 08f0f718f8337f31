// What layers are applied to, and what a call is told.
import { checkFlag, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { checkDepth, DEEPEST, isBranch, type Tree } from '../tensor/tree.ts';
import { flattenNest, LONGEST_NEST, mapNest, type Nest } from './nest.ts';
import { SymbolicTensor } from './symbolic.ts';

/** What a layer is applied to: numbers, a tensor, or lists and records of tensors. */
export type Inputs = TensorLike | readonly Tree[] | { readonly [name: string]: Tree };

/** The same with symbolic tensors; constant tensors may stand among them. */
export type SymbolicInputs =
  | SymbolicTensor
  | readonly (SymbolicTensor | Tensor | SymbolicInputs)[]
  | { readonly [name: string]: SymbolicTensor | Tensor | SymbolicInputs };

/** What comes of symbolic inputs where `Out` comes of tensors. */
export type Symbolized<Out> = Out extends Tensor
  ? SymbolicTensor
  : Out extends readonly Tensor[] | { readonly [name: string]: Tensor }
    ? { [K in keyof Out]: SymbolicTensor }
    : Nest<SymbolicTensor>;

/** What `call` is told besides its inputs. */
export interface CallOptions<Mask = Tensor | undefined> {
  /** Whether the call is part of a training step. */
  readonly training: boolean;
  /** Which steps of the input count, when a layer before said so; a list for a list of inputs. */
  readonly mask?: Mask;
}

/** Options of `apply`. A layer may have others, which `call` gets. */
export interface ApplyOptions {
  /** Default: as the layer around it, false outside of any. */
  readonly training?: boolean | undefined;
  /** Default: the masks that the inputs carry. */
  readonly mask?: Nest<Tensor | undefined> | undefined;
  readonly [option: string]: unknown;
}

/** @throws ConfigError for options that the layer does not know (`own` is undefined: it may know any). */
export function checkApplyOptions(label: string, options: ApplyOptions, own: readonly string[] | undefined): void {
  const known = own === undefined ? Object.keys(Object(options)) : ['training', 'mask', ...own];
  checkOptionNames(label, options, known, '{ training: true }');
  if (options.training !== undefined) checkFlag(label, 'training', options.training);
  if (options.mask === undefined) return;
  for (const mask of flattenNest<unknown>(options.mask)) {
    if (mask !== undefined && mask !== null && !(mask instanceof Tensor) && !(mask instanceof SymbolicTensor))
      throw new ConfigError(`${label}: mask must be a tensor, got ${received(mask)}`);
  }
}

/** The inputs as tensors: a list that holds a tensor is a list of inputs, any other one holds the numbers of one tensor. */
export function tensorsOf(inputs: Inputs, depth = 0): Nest<Tensor> {
  checkDepth(depth);
  if (inputs instanceof Tensor) return inputs;
  const isNest = Array.isArray(inputs)
    ? inputs.length <= LONGEST_NEST && inputs.some((entry) => holdsTensor(entry))
    : isBranch(inputs);
  if (!isNest) return toTensor(inputs as TensorLike);
  if (Array.isArray(inputs)) return inputs.map((entry) => tensorsOf(entry as Inputs, depth + 1));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, entry]) => [name, tensorsOf(entry as Inputs, depth + 1)]),
  );
}

function holdsTensor(x: unknown, depth = 0): boolean {
  if (x instanceof Tensor) return true;
  if (depth > DEEPEST) return false;
  if (Array.isArray(x)) {
    return typeof x[0] === 'object' && x.length <= LONGEST_NEST && x.some((entry) => holdsTensor(entry, depth + 1));
  }
  return isBranch(x);
}

/** The masks that tensors carry; `undefined` when none does. */
export function masksOf(inputs: Nest<Tensor>): Nest<Tensor | undefined> {
  if (inputs instanceof Tensor) return inputs.mask;
  const masks = mapNest<Tensor, Tensor | undefined>(inputs, ({ mask }) => mask);
  return flattenNest(masks).every((mask) => mask === undefined) ? undefined : masks;
}

/** Puts masks on outputs: one on one tensor, a list of them (with gaps) on a list. */
export function deliverMasks(outputs: unknown, masks: () => Nest<Tensor | undefined>): void {
  if (!(outputs instanceof Tensor) && !isBranch(outputs)) return;
  const given = masks();
  if (given === undefined) return;
  const tensors = flattenNest<unknown>(outputs as Nest<unknown>);
  const flat = flattenNest<unknown>(given);
  if (flat.length !== tensors.length) return;
  tensors.forEach((output, i) => {
    if (output instanceof Tensor && flat[i] instanceof Tensor) output.mask = flat[i] as Tensor;
  });
}
