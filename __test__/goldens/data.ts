// The formulas of tools/goldens/common.py, and how numbers are compared.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Tensor, tensor } from '../../ts/tensor/index.ts';
import { wave } from '../wave.ts';

/** Numbers by a formula: a shape alone is a wave. */
export type DataSpec =
  | readonly number[]
  | {
      shape: readonly number[];
      phase?: number;
      scale?: number;
      offset?: number;
      classes?: number;
      as?: 'wave' | 'unit' | 'softmax' | 'labels' | 'onehot' | 'binary' | 'mask' | 'bytes';
    };

/** A computed tensor. */
export interface Numbers {
  shape: number[];
  values: (number | string)[];
}

/** The cases of one file that tools/goldens/make.py wrote. */
export function casesOf<Case>(name: string): Case[] {
  return JSON.parse(readFileSync(new URL(`keras/${name}.json`, import.meta.url), 'utf8')) as Case[];
}

/** How many numbers a shape holds. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Numbers without the regularity of a wave: `sin(0.13 i (i + 7) + phase) * scale + offset`. */
export function chirp(shape: readonly number[], phase: number, scale = 1, offset = 0): Tensor {
  const at = (i: number): number => Math.sin(i * (i + 7) * 0.13 + phase) * scale + offset;
  return tensor(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => at(i)),
    shape,
  );
}

/** Which steps count: the same pattern for every shape. */
export function maskOf(shape: readonly number[]): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5) % 7 < 5 ? 1 : 0));
  return tensor(values, shape, 'bool');
}

/** The numbers of a description. */
export function dataOf(spec: DataSpec): Tensor {
  if (!('shape' in spec)) return wave(spec, 0.3);
  const { shape, phase = 0.3, scale = 1, offset = 0, classes = 3 } = spec;
  const size = sizeOf(shape);
  const label = (i: number): number => (i * 7 + Math.floor(i / 3)) % classes;
  const each = (f: (i: number) => number): Float64Array => Float64Array.from({ length: size }, (_, i) => f(i));
  switch (spec.as ?? 'wave') {
    case 'unit':
      return tensor(
        each((i) => Math.sin(i * 0.7 + phase) * 0.49 + 0.5),
        shape,
      );
    case 'softmax': {
      const e = each((i) => Math.exp(Math.sin(i * 0.7 + phase) * 2));
      const last = shape.at(-1) as number;
      const sums = Array.from({ length: size / last }, (_, row) =>
        e.subarray(row * last, (row + 1) * last).reduce((a, b) => a + b, 0),
      );
      return tensor(
        e.map((value, i) => value / (sums[Math.floor(i / last)] as number)),
        shape,
      );
    }
    case 'labels':
      return tensor(each(label), shape, 'int32');
    case 'onehot':
      return tensor(
        each((i) => (label(Math.floor(i / classes)) === i % classes ? 1 : 0)),
        shape,
      );
    case 'binary':
      return tensor(
        each((i) => ((i * 5) % 7 < 4 ? 1 : 0)),
        shape,
      );
    case 'mask':
      return maskOf(shape);
    case 'bytes':
      return tensor(
        each((i) => (i * 37 + 11) % 256),
        shape,
        'uint8',
      );
    default:
      return tensor(
        each((i) => Math.sin(i * 0.7 + phase) * scale + offset),
        shape,
      );
  }
}

/** Holds numbers to be equal within `tolerance` times 1 or the value, whichever is larger; NaN and infinities exactly. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: readonly (number | string)[],
  what: string,
  tolerance = 1e-5,
): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  expected.forEach((golden, i) => {
    const value = Number(String(golden).replace('inf', 'Infinity').replace('nan', 'NaN'));
    const got = actual[i] as number;
    if (!Number.isFinite(value)) {
      expect(got, `${what}[${i}]`).toBe(value);
      return;
    }
    const error = Math.abs(got - value);
    if (!(error <= tolerance * Math.max(1, Math.abs(value))))
      expect.fail(`${what}[${i}]: ${got} for ${value} (tolerance ${tolerance})`);
  });
}

/** Holds a gradient to be equal within `tolerance` times its largest element; `null` is zero in theory and not compared. */
export function expectGradient(
  actual: ArrayLike<number>,
  expected: readonly (number | string)[] | null,
  what: string,
  tolerance = 1e-4,
): void {
  if (expected === null) return;
  const largest = Math.max(1e-3, ...expected.map((value) => Math.abs(Number(value))));
  expect(actual.length, `${what}: length`).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs((actual[i] as number) - Number(value));
    if (!(error <= tolerance * largest))
      expect.fail(`${what}[${i}]: ${actual[i]} for ${value} (largest ${largest}, tolerance ${tolerance})`);
  });
}
