import { expect } from 'vitest';
import type { Tensor } from '../ts/index.ts';

type Nested = number | readonly Nested[];

/** Expects a tensor's shape and numbers, to 5 digits. */
export function expectClose(x: Tensor, expected: Nested, tolerance = 1e-5): void {
  const flat: number[] = [];
  const shape: number[] = [];
  const visit = (value: Nested, axis: number): void => {
    if (typeof value === 'number') {
      flat.push(value);
      return;
    }
    shape[axis] ??= value.length;
    for (const row of value) visit(row, axis + 1);
  };
  visit(expected, 0);
  expect([...x.shape]).toEqual(shape);
  const actual = x.dataSync();
  expect(actual.length).toBe(flat.length);
  for (const [i, value] of flat.entries()) {
    const got = actual[i] as number;
    const same = Object.is(got, value) || Math.abs(got - value) <= tolerance * Math.max(1, Math.abs(value));
    if (!same) expect.fail(`element ${i}: expected ${value}, got ${got} in ${x.toString()}`);
  }
}
