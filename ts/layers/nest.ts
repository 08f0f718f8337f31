// Values nested in lists and records, as the inputs and outputs of models are.
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkDepth, isBranch } from '../tensor/tree.ts';

/** A value, or lists and records of values, nested as you like. */
export type Nest<T> = T | readonly Nest<T>[] | { readonly [name: string]: Nest<T> };

/** Says of an entry whether it is a value, not a list or record of some. */
export type IsLeaf = (x: unknown) => boolean;

const nothing: IsLeaf = () => false;

/** The values; those of a record in the order of their sorted names, as Keras has them. */
export function flattenNest<T>(nest: Nest<T>, isLeaf: IsLeaf = nothing): T[] {
  const found: T[] = [];
  visit(nest, isLeaf, 0, (value) => found.push(value as T));
  return found;
}

/** The same nest with other values, made in the order of {@link flattenNest}. */
export function mapNest<A, B>(nest: Nest<A>, make: (value: A, index: number) => B, isLeaf: IsLeaf = nothing): Nest<B> {
  let next = 0;
  const build = (entry: Nest<A>, depth: number): Nest<B> => {
    checkDepth(depth);
    if (isLeaf(entry) || !isBranch(entry)) return make(entry as A, next++);
    if (Array.isArray(entry)) return checkedList<Nest<A>>(entry).map((inner) => build(inner, depth + 1));
    const record = entry as { readonly [name: string]: Nest<A> };
    const made = new Map(sortedNames(record).map((name) => [name, build(record[name] as Nest<A>, depth + 1)]));
    return Object.fromEntries(Object.keys(record).map((name) => [name, made.get(name) as Nest<B>]));
  };
  return build(nest, 0);
}

/** The nest of `template` with the values of `flat`, in the order of {@link flattenNest}. */
export function packNest<T>(template: Nest<unknown>, flat: readonly T[], isLeaf: IsLeaf = nothing): Nest<T> {
  return mapNest(template, (_, index) => flat[index] as T, isLeaf);
}

/** How two nests differ, in words; `undefined` when lists are as long and records have the same names. */
export function nestDifference(
  expected: Nest<unknown>,
  got: Nest<unknown>,
  isLeaf: IsLeaf = nothing,
): string | undefined {
  const shown = (nest: Nest<unknown>): string => outline(nest, isLeaf);
  return shown(expected) === shown(got) ? undefined : `expected ${shown(expected)}, got ${shown(got)}`;
}

/** A nest in a few words: `[*, *]`, `{ a: *, b: [*] }`. */
export function outline(nest: Nest<unknown>, isLeaf: IsLeaf = nothing): string {
  if (isLeaf(nest) || !isBranch(nest)) return '*';
  if (Array.isArray(nest)) return `[${nest.map((entry) => outline(entry as Nest<unknown>, isLeaf)).join(', ')}]`;
  const record = nest as { readonly [name: string]: Nest<unknown> };
  return `{ ${sortedNames(record)
    .map((name) => `${name}: ${outline(record[name] as Nest<unknown>, isLeaf)}`)
    .join(', ')} }`;
}

/** @throws ConfigError unless every value of the nest passes. */
export function checkLeaves(
  what: string,
  nest: Nest<unknown>,
  wanted: string,
  passes: (value: unknown) => boolean,
): void {
  for (const value of flattenNest(nest)) {
    if (!passes(value))
      throw new ConfigError(`${what} must be ${wanted}, or lists and records of them, got ${received(value)}`);
  }
}

function visit(nest: unknown, isLeaf: IsLeaf, depth: number, each: (value: unknown) => void): void {
  checkDepth(depth);
  if (isLeaf(nest) || !isBranch(nest)) each(nest);
  else if (Array.isArray(nest)) for (const entry of checkedList<unknown>(nest)) visit(entry, isLeaf, depth + 1, each);
  else for (const name of sortedNames(nest)) visit((nest as Record<string, unknown>)[name], isLeaf, depth + 1, each);
}

/** Nobody has as many inputs; an array whose length was set by mistake is not walked through. */
export const LONGEST_NEST = 100_000;

function checkedList<T>(list: readonly T[]): readonly T[] {
  if (list.length <= LONGEST_NEST) return list;
  throw new ConfigError(`expected at most ${LONGEST_NEST} tensors in a list, got ${list.length}`);
}

function sortedNames(record: object): string[] {
  return Object.keys(record).sort();
}
