import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type DType, ops, Tensor, tensor } from '../../ts/index.ts';

type Encoded = { v: (number | string)[]; s: number[]; d: string };
type Case = [name: string, args: unknown[], result: unknown];

const file = new URL('../goldens/keras-ops.json', import.meta.url);
const { version, cases } = JSON.parse(readFileSync(file, 'utf8')) as { version: string; cases: Case[] };

const isEncoded = (x: unknown): x is Encoded => typeof x === 'object' && x !== null && 'v' in x;

/** Arguments with tensors made of their numbers. */
function decode(x: unknown): unknown {
  if (isEncoded(x)) return tensor(Float64Array.from(x.v, Number), x.s, x.d as DType);
  return Array.isArray(x) ? x.map(decode) : x;
}

/** What differs from Keras on purpose. */
const dtypeDiffers: Readonly<Record<string, string>> = {
  histogram: 'counts are int32',
};

function expectSame(found: unknown, wanted: unknown, where: string): void {
  if (!isEncoded(wanted)) {
    if (!Array.isArray(wanted)) {
      expect(found, where).toBe(wanted);
      return;
    }
    expect(Array.isArray(found), `${where} gives a list`).toBe(true);
    const list = found as unknown[];
    expect(list.length, where).toBe(wanted.length);
    wanted.forEach((entry, i) => void expectSame(list[i], entry, `${where}[${i}]`));
    return;
  }
  expect(found, where).toBeInstanceOf(Tensor);
  const got = found as Tensor;
  expect([...got.shape], where).toEqual(wanted.s);
  if (!((where.split(' ', 1)[0] as string) in dtypeDiffers)) expect(got.dtype, where).toBe(wanted.d);
  const numbers = got.dataSync();
  wanted.v.map(Number).forEach((value, i) => {
    const other = numbers[i] as number;
    const near =
      Object.is(value, other) || value === other || Math.abs(value - other) <= 2e-5 * Math.max(1, Math.abs(value));
    if (!near) expect.fail(`${where}, element ${i}: ${other} instead of ${value}`);
  });
}

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

describe(`keras.ops ${version}`, () => {
  const names = [...new Set(cases.map(([name]) => name))];
  for (const name of names) {
    it(name, () => {
      const path = name.split('.').map(camelCase);
      const f = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], ops) as (
        ...args: unknown[]
      ) => unknown;
      for (const [other, args, wanted] of cases) {
        if (other === name) expectSame(f(...args.map(decode)), wanted, `${name} ${JSON.stringify(args).slice(0, 120)}`);
      }
    });
  }
});
