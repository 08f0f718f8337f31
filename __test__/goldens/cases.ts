// One test a case: of what is not there yet a todo, of what is known to differ a test that must fail.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as hornbeam from '../../ts/index.ts';
import { differing, type Family, missing } from './missing.ts';

/** A case of a family: what it tests, and how it is called. */
export interface Case {
  className: string;
  config: Record<string, unknown>;
}

/** The class (or function) of a name in one of the library's namespaces, `undefined` when there is none. */
export function found(family: Family, name: string): unknown {
  const home = (family === 'schedules' ? hornbeam.optimizers : hornbeam) as unknown as Record<
    string,
    object | undefined
  >;
  const namespace = home[family];
  return namespace !== undefined && Object.hasOwn(namespace, name) ? Reflect.get(namespace, name) : undefined;
}

/** An object of a class that is there. */
export function made<Type>(family: Family, { className, config }: Case): Type {
  const Class = found(family, className) as new (config: unknown) => Type;
  return new Class(config);
}

/** Tests of all cases, and one that the list of what is missing is exact. `needs`: the classes that a case needs. */
export function compareCases<Golden extends Case>(
  family: Family,
  cases: readonly Golden[],
  check: (golden: Golden) => Promise<void>,
  needs: (golden: Golden) => readonly string[] = ({ className }) => [className],
  isThere: (name: string) => boolean = (name) => found(family, name) !== undefined,
): void {
  describe(`${family} equal Keras`, () => {
    beforeAll(() => hornbeam.setPrecision('exact'));
    afterAll(() => hornbeam.setPrecision('fast'));
    const known = differing[family] ?? {};
    const titles = new Set<string>();
    for (const [index, golden] of cases.entries()) {
      const title = `${golden.className} ${JSON.stringify(golden.config)} (${index})`;
      titles.add(title);
      if (needs(golden).some((name) => missing[family].includes(name))) it.todo(title);
      else if (Object.hasOwn(known, title)) it.fails(title, () => check(golden));
      else it(title, () => check(golden));
    }

    it('what is listed as missing is what is missing', () => {
      const needed = [...new Set(cases.flatMap((golden) => needs(golden)))];
      expect([...missing[family]].sort()).toEqual(needed.filter((name) => !isThere(name)).sort());
    });

    it('what is listed as differing is a case', () => {
      expect(Object.keys(known).filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}
