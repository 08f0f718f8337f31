import { describe, expect, it } from 'vitest';
import { printed, run } from './run.ts';

describe('dispose during fit', () => {
  it('is refused for the model, harmless for the data, and rejects no promise that nobody holds', async () => {
    const ended = await run('dispose');
    expect(ended.code, ended.output).toBe(0);
    expect(printed(ended, 'refused')).toMatch(/^StateError: .*dispose was called while fit is running/);
    expect(printed(ended, 'epochs')).toBe(3);
    expect(printed(ended, 'same')).toBe(true);
    expect(printed(ended, 'hook')).toMatch(/^StateError: .*dispose was called while fit is running/);
    expect(printed(ended, 'end')).toBe(true);
    expect(ended.output).not.toContain('unhandled');
  });
});

describe('20,000 tensors of 40 kB that are dropped', () => {
  /** Of 800 MB; the garbage collector is told of native bytes, but decides itself when to come. */
  const bound = 320e6;

  it.each(['dropped', 'computed'])('are collected without dispose: %s', async (how) => {
    const ended = await run('garbage', [how]);
    expect(ended.code, ended.output).toBe(0);
    expect(printed(ended, 'most')).toBeLessThan(bound);
  });

  it.each(['dropped', 'computed'])('leave nothing behind once they are collected: %s', async (how) => {
    const ended = await run('garbage', [how], ['--expose-gc']);
    expect(ended.code, ended.output).toBe(0);
    expect(printed(ended, 'most')).toBeLessThan(bound);
    expect(printed(ended, 'left')).toBe(0);
  });

  it('do not pile up inside tidy, even when the event loop never turns', async () => {
    const ended = await run('garbage', ['tidy']);
    expect(ended.code, ended.output).toBe(0);
    expect(printed(ended, 'most')).toBeLessThan(1e6);
  });
});

describe('a long program in one turn of the event loop, without tidy or dispose', () => {
  // Every small tensor lives until the collector has come twice at most: that is so many objects, whatever the program's length.
  const tensors = 250_000;
  const bytes = 300e6;

  it.each([
    ['a million small tensors', 'tensors'],
    ['100,000 steps by hand', 'steps'],
    ['20,000 calls of minimize', 'minimize'],
  ])('%s: memory stays flat, and all is given back', async (_, which) => {
    const ended = await run('flat', [which], ['--expose-gc']);
    expect(ended.code, ended.output).toBe(0);
    const most = printed(ended, 'most') as { tensors: number; bytes: number };
    expect(most.tensors).toBeLessThan(tensors);
    expect(most.bytes).toBeLessThan(bytes);
    expect(printed(ended, 'left')).toBe(0);
  });

  it('100,000 pending nodes are computed without running out of stack or memory', async () => {
    const ended = await run('flat', ['pending'], ['--expose-gc']);
    expect(ended.code, ended.output).toBe(0);
    expect(printed(ended, 'last')).toBe(100_000);
    expect((printed(ended, 'most') as { bytes: number }).bytes).toBeLessThan(1e9);
    expect(printed(ended, 'left')).toBe(0);
  });
});
