import { describe, expect, it } from 'vitest';
import { type Exported, exported } from './exported.ts';

const all = exported();

/** A factory needs no example when the class that it makes, in the same namespace, has one. */
function isFactory({ path, gives }: Exported): boolean {
  const space = path.slice(0, path.lastIndexOf('.') + 1);
  return gives !== 'Tensor' && all.some((other) => other.path === `${space}${gives}` && other.example);
}

describe('what users can name', () => {
  it('is found, with the members of namespaces', () => {
    const paths = new Set(all.map(({ path }) => path));
    const some = ['Tensor', 'jit', 'layers.Dense', 'layers.dense', 'optimizers.schedules.CosineDecay', 'ops.where'];
    expect(some.filter((path) => !paths.has(path))).toEqual([]);
    expect(all.length).toBeGreaterThan(1000);
  });

  it('has a comment', () => {
    expect(all.filter(({ documented }) => !documented).map(({ path }) => path)).toEqual([]);
  });

  it('has an example, itself or the class that it makes', () => {
    const without = all.filter((one) => !one.example && !isFactory(one));
    expect(without.map(({ path }) => path)).toEqual([]);
  });
});
