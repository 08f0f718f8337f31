import { describe, expect, it } from 'vitest';
import { printed, run } from './run.ts';

/** Gradient of a sum of squares, what a variable was assigned by a traced function, a size. */
const traced = [2, 4, 6, 2, 4, 6, 6];

describe.each([
  ['of an addon that is loaded anew after require.cache was cleared', 'reload'],
  ['in global objects of their own', 'realm'],
])('two copies of the library in a thread, %s', (_, how) => {
  it('work side by side, each with its own tensors and models', async () => {
    const ended = await run('copies', [how], ['--expose-gc']);
    expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
    expect(printed(ended, 'copies')).toBe(2);
    expect(printed(ended, 'wrong')).toBe(0);
    expect(printed(ended, 'early')).toBe(true);
    expect(printed(ended, 'traced')).toEqual([traced, traced, traced]);
    for (const name of ['finite', 'alone', 'together']) expect(printed(ended, name), name).toBe(true);
    const [add, concat, predict, layer] = printed(ended, 'foreign') as [string, string, string, string];
    for (const error of [add, concat, predict])
      expect(error).toMatch(/^DataError: .*a tensor of another copy of hornbeam/);
    expect(layer).toMatch(/^ConfigError: .*add needs a layer/);
    expect(printed(ended, 'kinds')).toEqual([
      [true, true, false],
      [true, true, false],
    ]);
    expect(printed(ended, 'rejected')).toEqual([true, true]);
    expect(printed(ended, 'arrays')).toEqual(['float32', '[object Float32Array]']);
  });
});

it('copies that are dropped leave neither tensors nor their code behind', async () => {
  const ended = await run('copies', ['cycles'], ['--expose-gc']);
  expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
  // Of twelve: the last one is in use.
  expect(printed(ended, 'kept')).toBeLessThan(4);
  // A copy is two megabytes and more; eight were loaded meanwhile.
  expect(printed(ended, 'heap')).toBeLessThan(8e6);
  // Constants and the model of the last copy.
  expect(printed(ended, 'left')).toBeLessThan(200);
});

it('the addon loads from several folders of one process', async () => {
  const ended = await run('two-folders');
  expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
  const versions = printed(ended, 'versions') as [string, boolean][];
  expect(versions).toHaveLength(2);
  for (const version of versions) expect(version).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/), true]);
});
