import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const { withTables } = (await import(new URL('../../scripts/speed-table.mjs', import.meta.url).href)) as {
  withTables(text: string): string;
};

test("README's tables of speed are those of the results", () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(withTables(text)).toBe(text);
});
