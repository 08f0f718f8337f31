import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import type { SpatialRank } from '../spatial.ts';

/** Cells at the two ends of an axis. */
export type Ends = readonly [number, number];

/** Cells at the ends of every axis: one number for all, one for both ends of each axis, or `[before, after]` of each. */
export type EndsOption<R extends SpatialRank> = R extends 1
  ? number | Ends
  : R extends 2
    ? number | readonly [number, number] | readonly [Ends, Ends]
    : number | readonly [number, number, number] | readonly [Ends, Ends, Ends];

const examples: Readonly<Record<SpatialRank, string>> = {
  1: '[before, after]',
  2: '[height, width] or [[top, bottom], [left, right]]',
  3: '[depth, height, width] or a pair such as [1, 2] for each',
};

function isCount(x: unknown): x is number {
  return Number.isSafeInteger(x) && (x as number) >= 0;
}

function endsOfAxis(value: unknown): Ends | undefined {
  if (isCount(value)) return [value, value];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [before, after] = value as unknown as readonly [unknown, unknown];
  return isCount(before) && isCount(after) ? [before, after] : undefined;
}

/** `[before, after]` of each of `rank` axes. @throws ConfigError for anything but whole numbers from 0 on. */
export function endsOf(label: string, name: string, value: unknown, rank: SpatialRank): Ends[] {
  // With one axis a pair is that of the axis, not a list of axes.
  const axes: readonly unknown[] =
    Array.isArray(value) && rank > 1 ? value.slice(0, 9) : Array.from({ length: rank }, () => value);
  const ends = axes.map(endsOfAxis);
  if (ends.length === rank && ends.every((pair) => pair !== undefined)) return ends as Ends[];
  throw new ConfigError(
    `${label}: ${name} must be a whole number from 0 on, or ${examples[rank]}, got ${received(value)}`,
  );
}

/** As configurations have it: a pair with one axis, else a list of pairs. */
export function endsConfig(ends: readonly Ends[]): unknown {
  const pairs = ends.map((pair) => [...pair]);
  return pairs.length === 1 ? pairs[0] : pairs;
}
