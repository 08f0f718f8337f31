import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../ts/index.ts';
import { cases } from './cases/index.ts';
import { lookUp, ours, tfjs } from './run.ts';
import { withoutCases } from './without-cases.ts';

interface Table {
  version: string;
  names: Record<string, string>;
}
interface Script {
  readTable(): { tensorflowjs: Table; tensor: Table; keras: Table };
  page(table: unknown): string;
  camelCase(name: string): string;
}

const script = (await import('../../scripts/ops-table.mjs' as string)) as Script;
const { tensorflowjs, tensor, keras } = script.readTable();

/** Namespaces whose members are rows; the others are rows themselves. */
const opened = [
  'linalg',
  'image',
  'signal',
  'spectral',
  'losses',
  'train',
  'util',
  'math',
  'sparse',
  'string',
  'browser',
  'fused',
];

/** What `tf` exports. Texts are the names of its kernels. */
function exported(): string[] {
  return Object.entries(tfjs).flatMap(([name, value]) => {
    if (typeof value === 'string') return [];
    if (!opened.includes(name)) return [name];
    const members = name === 'train' ? Object.getOwnPropertyNames(value) : Object.keys(value as object);
    return members
      .filter((member) => typeof (value as Record<string, unknown>)[member] === 'function')
      .map((member) => `${name}.${member}`);
  });
}

const isHere = (state: string): boolean => state === 'here' || state.startsWith('differs: ');
const find = (root: unknown, name: string): unknown =>
  name.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], root);

/** Rows that say something else than the library. */
function wrongRows(table: Table, look: (name: string) => unknown): string[] {
  return Object.entries(table.names).flatMap(([name, state]) => {
    if (!/^(here$|differs: .|missing: .)/.test(state)) return [`${name}: what is "${state}"?`];
    const found = look(name) !== undefined;
    if (isHere(state) === found) return [];
    return [found ? `${name} is here, but the table says ${state}` : `${name} is not here, but the table says so`];
  });
}

describe('docs/ops.json says what is true', () => {
  it('has a row for everything that TensorFlow.js exports, and no other', () => {
    expect(Object.keys(tensorflowjs.names).sort()).toEqual(exported().sort());
    expect((tfjs.version as Record<string, string>)['tfjs-core']).toBe(tensorflowjs.version);
  });

  it('calls here what is here', () => {
    expect(wrongRows(tensorflowjs, (name) => find(ours, name))).toEqual([]);
    expect(wrongRows(tensor, (name) => (name in Tensor.prototype ? true : undefined))).toEqual([]);
    const named = (name: string): unknown =>
      name.startsWith('random.') ? find(ours, script.camelCase(name)) : find(ours.ops, script.camelCase(name));
    expect(wrongRows(keras, named)).toEqual([]);
  });

  it('has the methods of TensorFlow.js’ Tensor', () => {
    const methods = new Set<string>(Object.getOwnPropertyNames((tfjs.Tensor as typeof Tensor).prototype));
    for (const name in (tfjs.Tensor as typeof Tensor).prototype) methods.add(name);
    methods.delete('constructor');
    expect(Object.keys(tensor.names).sort()).toEqual([...methods].sort());
  });

  it('is what docs/ops.md shows', () => {
    const written = readFileSync(new URL('../../docs/ops.md', import.meta.url), 'utf8');
    expect(written, 'run node scripts/ops-table.mjs').toBe(script.page({ tensorflowjs, tensor, keras }));
  });
});

describe('the differential test', () => {
  /** Rows that are functions of tensors: not classes, namespaces, optimizers or plain arithmetic of `tf.util`. */
  const operations = Object.entries(tensorflowjs.names)
    .filter(([name, state]) => isHere(state) && !/^(util|train)\./.test(name) && /^[a-z]|\./.test(name))
    .map(([name]) => name)
    .filter((name) => lookUp(ours, name) !== undefined);

  it('has two cases or more of every operation that is here, or says why not', () => {
    const count = new Map<string, number>();
    for (const { op } of cases) count.set(op, (count.get(op) ?? 0) + 1);
    expect(operations.filter((name) => !(name in withoutCases) && (count.get(name) ?? 0) < 2)).toEqual([]);
    expect(Object.keys(withoutCases).filter((name) => !(name in tensorflowjs.names))).toEqual([]);
  });

  it('covers at least nine tenths of TensorFlow.js’ numeric operations', () => {
    const outside = /^(ragged|string\.|sparse\.|complex$|real$|imag$|browser\.|util\.)/;
    const rows = Object.entries(tensorflowjs.names).filter(
      ([name, state]) => !outside.test(name) && !/internal|not an operation/.test(state),
    );
    const numeric = rows.filter(([name]) => typeof find(tfjs, name) === 'function' && /^[a-z]|\./.test(name));
    const here = numeric.filter(([, state]) => isHere(state));
    expect(here.length / numeric.length).toBeGreaterThanOrEqual(0.9);
  });
});
