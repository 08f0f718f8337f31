import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as hornbeam from '../../ts/index.ts';

interface Script {
  readTable(): { version: string; names: Record<string, string> };
  readNames(): { version: string; names: Record<string, string> };
  page(table: unknown): string;
}

const script = (await import('../../scripts/keras-table.mjs' as string)) as Script;
const { version, names } = script.readTable();

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const find = (path: string): unknown =>
  path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], hornbeam);

/** Whether Keras' name is here: in its namespace, or among what hornbeam exports itself. */
function isHere(path: string): boolean {
  const [last = '', ...spaces] = path.split('.').reverse();
  const name = camelCase(last);
  return (
    find([...spaces.reverse(), name].join('.')) !== undefined ||
    (/^(models|utils)\.\w+$/.test(path) && find(name) !== undefined)
  );
}

/** Rows that say something else than the library. */
function wrongRows(): string[] {
  return Object.entries(names).flatMap(([path, state]) => {
    if (!/^(here$|differs: `|missing: .)/.test(state)) return [`${path}: what is "${state}"?`];
    if (state.startsWith('differs')) {
      const named = /`([\w.]+)`/.exec(state)?.[1] as string;
      return find(named) === undefined ? [`${path}: there is no ${named}`] : [];
    }
    if (isHere(path) === (state === 'here')) return [];
    return [state === 'here' ? `${path} is not here, but the table says so` : `${path} is here: ${state}`];
  });
}

it('has a row for every name of Keras, and no other', () => {
  const keras = script.readNames();
  expect(version).toBe(keras.version);
  expect(Object.keys(names)).toEqual(Object.keys(keras.names));
});

it('calls here what is here', () => {
  expect(wrongRows()).toEqual([]);
});

it('is what docs/keras.md shows', () => {
  const written = readFileSync(new URL('../../docs/keras.md', import.meta.url), 'utf8');
  expect(written, 'run node scripts/keras-table.mjs').toBe(script.page({ version, names }));
});
