import { createRequire } from 'node:module';
import * as hornbeam from '../../ts/index.ts';
import type { DiffCase, Input } from './case.ts';

/** A tensor of either library. */
interface AnyTensor {
  shape: readonly number[];
  dtype: string;
  dataSync(): ArrayLike<number>;
  mul(other: AnyTensor): AnyTensor;
  add(other: AnyTensor): AnyTensor;
  sum(): AnyTensor;
}

/** What the runner needs of a library. */
interface Library {
  tensor(values: ArrayLike<number>, shape: readonly number[], dtype: string): AnyTensor;
  grads(f: (...xs: AnyTensor[]) => AnyTensor): (xs: AnyTensor[]) => AnyTensor[];
}

const require = createRequire(import.meta.url);
// The whole package: `tf.losses`, `tf.image` and the cpu backend come with it.
export const tfjs: Library & Record<string, unknown> = require('@tensorflow/tfjs');
export const ours: Library & Record<string, unknown> = hornbeam as never;

/** A small generator of its own: both libraries get the same numbers whatever their own generators do (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function numbers(input: Input, seed: number): number[] {
  if (input.values !== undefined) return [...input.values];
  const size = input.shape.reduce((n, dim) => n * dim, 1);
  const next = uniform(seed);
  if (input.apart !== undefined) {
    // Places in random order, a little off whole multiples so that nothing is 0.
    const order = Array.from({ length: size }, (_, k) => k);
    for (let k = size - 1; k > 0; k--) {
      const other = Math.floor(next() * (k + 1));
      [order[k], order[other]] = [order[other] as number, order[k] as number];
    }
    const { apart } = input;
    return order.map((k) => (k - size / 2 + 0.3) * apart);
  }
  const draw = (): number => input.low + next() * (input.high - input.low);
  return Array.from({ length: size }, input.dtype === 'float32' ? draw : () => Math.floor(draw()));
}

/** The function `linalg.qr` of a library. */
export function lookUp(library: Record<string, unknown>, name: string): ((...args: unknown[]) => unknown) | undefined {
  const found = name
    .split('.')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], library);
  return typeof found === 'function' ? (found as (...args: unknown[]) => unknown) : undefined;
}

/** `$0`, `$1`, ... in arguments, arrays and records replaced by tensors. */
function fill(args: unknown, tensors: readonly AnyTensor[]): unknown {
  if (typeof args === 'string' && /^\$\d$/.test(args)) return tensors[Number(args.slice(1))];
  if (Array.isArray(args)) return args.map((entry) => fill(entry, tensors));
  if (typeof args === 'object' && args !== null)
    return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, fill(value, tensors)]));
  return args;
}

const usesPlaces = (args: unknown): boolean => JSON.stringify(args)?.includes('"$0"') ?? false;

function isTensor(x: unknown): x is AnyTensor {
  return typeof x === 'object' && x !== null && 'dataSync' in x;
}

/** The tensors of a result: alone, or in arrays and records (in the order of their keys). */
function tensorsOf(result: unknown): AnyTensor[] {
  if (isTensor(result)) return [result];
  if (Array.isArray(result)) return result.flatMap(tensorsOf);
  if (typeof result === 'object' && result !== null)
    return Object.entries(result)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, value]) => tensorsOf(value));
  return [];
}

/** The same, each with its place in the result: `values`, `0`. */
function namedTensors(result: unknown, name = ''): [string, AnyTensor][] {
  if (isTensor(result)) return [[name, result]];
  if (typeof result !== 'object' || result === null) return [];
  return Object.entries(result).flatMap(([key, value]) => namedTensors(value, name === '' ? key : `${name}.${key}`));
}

/** Numbers of one tensor. */
export interface Numbers {
  name: string;
  shape: readonly number[];
  dtype: string;
  values: number[];
}

function read(tensor: AnyTensor, name: string): Numbers {
  return { name, shape: [...tensor.shape], dtype: tensor.dtype, values: [...Array.from(tensor.dataSync())] };
}

/** What one library makes of a case. */
export interface Outcome {
  values: Numbers[];
  gradients: Numbers[];
}

/** Values and gradients of a case in one library. */
export async function run(library: Library & Record<string, unknown>, entry: DiffCase, seed: number): Promise<Outcome> {
  const f = lookUp(library, entry.op);
  if (f === undefined) throw new Error(`${entry.op} is no function`);
  const data = entry.inputs.map((input, k) => numbers(input, seed * 16 + k));
  const make = (k: number): AnyTensor => {
    const { shape, dtype } = entry.inputs[k] as Input;
    return library.tensor(data[k] as number[], shape, dtype);
  };
  const args = library === ours && entry.ours !== undefined ? entry.ours : entry.args;
  const call = (tensors: readonly AnyTensor[]): unknown =>
    f(...(usesPlaces(args) ? (fill(args, tensors) as unknown[]) : [...tensors, ...args]));
  const result = await call(entry.inputs.map((_, k) => make(k)));
  const values = namedTensors(result).map(([name, tensor]) => read(tensor, name));
  if (entry.noGrad !== undefined) return { values, gradients: [] };

  const wrt = entry.wrt ?? entry.inputs.flatMap((input, k) => (input.dtype === 'float32' ? [k] : []));
  const scalarOf = (...xs: AnyTensor[]): AnyTensor => {
    const tensors = entry.inputs.map((_, k) => (wrt.includes(k) ? (xs[wrt.indexOf(k)] as AnyTensor) : make(k)));
    const results = tensorsOf(call(tensors)).filter(({ dtype }) => dtype === 'float32');
    return results
      .map((result, k) => {
        const weights = numbers({ shape: result.shape, dtype: 'float32', low: -1, high: 1 }, seed * 16 + 8 + k);
        return result.mul(library.tensor(weights, result.shape, 'float32')).sum();
      })
      .reduce((sum, term) => sum.add(term));
  };
  const gradients = library.grads(scalarOf)(wrt.map(make));
  return { values, gradients: gradients.map((gradient, k) => read(gradient, String(k))) };
}

/** Why two results differ, or nothing. What only `found` has (the counts of `unique`) does not count. */
export function difference(
  theirs: readonly Numbers[],
  found: readonly Numbers[],
  tolerance: number,
  dtypes: boolean,
): string {
  for (const wanted of theirs) {
    const { name } = wanted;
    const got = found.find((other) => other.name === name);
    if (got === undefined) return `nothing is called "${name}"`;
    if (wanted.shape.join() !== got.shape.join()) return `${name}: shape [${got.shape}] instead of [${wanted.shape}]`;
    if (dtypes && wanted.dtype !== got.dtype) return `${name}: ${got.dtype} instead of ${wanted.dtype}`;
    const at = wanted.values.findIndex((value, n) => {
      const other = got.values[n] as number;
      if (Object.is(value, other) || value === other) return false;
      return !(Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(value)));
    });
    if (at >= 0) return `${name}, element ${at}: ${got.values[at]} instead of ${wanted.values[at]}`;
  }
  return '';
}
