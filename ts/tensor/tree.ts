import { ConfigError } from '../errors.ts';
import { TensorBase } from './base.ts';
import type { Tensor } from './tensor.ts';

/** A tensor, or arrays and records of them, nested as you like. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** Whether `x` is a plain array or record whose entries are looked into. */
export function isBranch(x: unknown): x is readonly unknown[] | Record<string, unknown> {
  if (Array.isArray(x)) return true;
  if (typeof x !== 'object' || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** The tensors of a tree, records in the order of their keys. @throws ConfigError for anything else in it. */
export function leaves(tree: Tree): Tensor[] {
  if (tree instanceof TensorBase) return [tree as Tensor];
  if (isBranch(tree)) return Object.values(tree).flatMap((branch) => leaves(branch as Tree));
  throw new ConfigError(`Expected tensors, or arrays and records of them, got ${String(tree)}`);
}

/** A tree shaped like `template` with other tensors. */
export function rebuild(template: Tree, tensors: readonly Tensor[]): Tree {
  let next = 0;
  const build = (tree: Tree): Tree => {
    if (tree instanceof TensorBase) return tensors[next++] as Tensor;
    if (Array.isArray(tree)) return tree.map(build);
    return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, build(branch as Tree)]));
  };
  return build(template);
}
