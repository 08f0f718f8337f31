import { received } from '../arguments.ts';
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

/** Nobody nests deeper than this on purpose; what contains itself does. */
export const DEEPEST = 64;

/** @throws ConfigError for a tree that is nested too deep, as one that contains itself. */
export function checkDepth(depth: number): void {
  if (depth > DEEPEST) {
    throw new ConfigError(
      `Arrays and records of tensors may be nested ${DEEPEST} deep; these go on, or contain themselves`,
    );
  }
}

/** The tensors of a tree, records in the order of their keys. @throws ConfigError for anything else in it. */
export function leaves(tree: Tree, depth = 0): Tensor[] {
  checkDepth(depth);
  if (tree instanceof TensorBase) return [tree as Tensor];
  if (isBranch(tree)) return Object.values(tree).flatMap((branch) => leaves(branch as Tree, depth + 1));
  throw new ConfigError(`Expected tensors, or arrays and records of them, got ${received(tree)}`);
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
