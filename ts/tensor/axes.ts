import { received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';

/** `axis` counted from 0. @throws ShapeError outside `-rank .. rank - 1`. */
export function checkAxis(name: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const allowed = rank === 0 ? 'a scalar has no axes' : `allowed are ${-rank} to ${rank - 1}`;
    throw new ShapeError(`${name}: axis ${received(axis)} does not exist in a tensor of rank ${rank} (${allowed})`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from 0, ascending; all of them when none are given. @throws ShapeError for a missing or repeated axis. */
export function checkAxes(name: string, axis: number | readonly number[] | undefined, rank: number): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const given = Array.isArray(axis) ? checkFew(name, axis) : [axis as number];
  const axes = given.map((a) => checkAxis(name, a, rank));
  if (new Set(axes).size !== axes.length)
    throw new ShapeError(`${name}: an axis is given twice in [${axes.join(', ')}]`);
  return axes.sort((a, b) => a - b);
}

/** A copy, unless there are more than any tensor has axes. */
function checkFew(name: string, axes: readonly number[]): number[] {
  if (axes.length <= 64) return Array.from(axes);
  throw new ShapeError(`${name}: a tensor has at most 8 axes, got ${axes.length}`);
}

/** A dimension list for error texts: `[2, 3]`. */
export function shown(shape: readonly number[]): string {
  return Array.isArray(shape) && shape.length <= 16 && shape.every((dim) => typeof dim === 'number')
    ? `[${shape.join(', ')}]`
    : received(shape);
}
