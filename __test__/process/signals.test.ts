import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, printed, run } from './run.ts';

/** Runs the program and sends it signals, each when a text has been printed. */
function interrupted(args: readonly string[], signals: readonly (readonly [string, NodeJS.Signals])[]): Promise<Ended> {
  let sent = 0;
  return run('interrupted', args, [], {}, (output, kill) => {
    const next = signals[sent];
    if (next === undefined || !output.includes(next[0])) return;
    sent += 1;
    setTimeout(() => kill(next[1]), 50);
  });
}

describe('signals while fit runs', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('the first %s makes fit resolve, when asked to', async (signal) => {
    const ended = await interrupted(['handled'], [['training: true', signal]]);
    expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
    expect(printed(ended, 'interruptedBy')).toBe(signal);
    expect(printed(ended, 'epochs')).toBeGreaterThan(0);
    expect(printed(ended, 'listeners')).toBe(0);
  });

  it('with BackupAndRestore a checkpoint is written first, which the next process goes on from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hornbeam-signals-'));
    try {
      const first = await interrupted(['backup', folder], [['training: true', 'SIGTERM']]);
      expect(first, first.output).toMatchObject({ code: 0, signal: null });
      expect(readdirSync(folder)).toEqual(['training-00000001.safetensors']);
      const second = await interrupted(['backup', folder], [['first: ', 'SIGKILL']]);
      // The signal comes within an epoch or between two: either way the next one to begin is the one behind the last that began.
      expect(printed(second, 'first')).toBe((printed(first, 'begun') as number) + 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s ends the process at once with the code %i', async (signal, code) => {
    // A terminal is not that quick: two signals in one turn are one.
    let count = 0;
    const ended = await run('interrupted', ['held'], [], {}, (output, kill) => {
      if (!output.includes('training: true') || count > 0) return;
      count += 1;
      setTimeout(() => kill(signal), 20);
      setTimeout(() => kill(signal), 400);
    });
    expect(ended, ended.output).toMatchObject({ code, signal: null });
    expect(ended.output).not.toContain('interruptedBy');
  });

  it('whoever did not ask keeps the handlers that are there, and the default', async () => {
    const own = await interrupted(
      ['own'],
      [
        ['training: true', 'SIGINT'],
        ['own: 1', 'SIGINT'],
      ],
    );
    expect(own, own.output).toMatchObject({ code: 9, signal: null });
    const none = await interrupted(['none'], [['training: true', 'SIGINT']]);
    expect(none, none.output).toMatchObject({ code: null, signal: 'SIGINT' });
  });
});
