import { describe, expect, it } from 'vitest';
import { printed, run } from './run.ts';

describe('the end of the process in the middle of fit', () => {
  it('has the exit code that process.exit was given', async () => {
    const ended = await run('exit', ['exit']);
    expect(ended, ended.output).toMatchObject({ code: 7, signal: null });
    expect(printed(ended, 'training')).toBe(true);
    expect(ended.output).not.toContain('rejected');
  });

  it('leaves the model to the exit handlers', async () => {
    const ended = await run('exit', ['exit-handler']);
    expect(ended, ended.output).toMatchObject({ code: 7, signal: null });
    expect(printed(ended, 'predicted')).toBe(1);
  });

  it('shows an uncaught exception as always', async () => {
    const ended = await run('exit', ['throw']);
    expect(ended, ended.output).toMatchObject({ code: 1, signal: null });
    expect(ended.output).toContain('Error: a mistake elsewhere in the server');
  });
});

describe('work that nobody waits for', () => {
  it.each(['predict', 'batch', 'failing'])('neither keeps a process nor breaks its end: %s', async (work) => {
    const ended = await run('unawaited', [work]);
    expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
    expect(printed(ended, 'end')).toBe(true);
    expect(ended.output).not.toContain('unhandled');
  });

  it('is done when it is a training, whatever the garbage collector finds', async () => {
    const ended = await run('unawaited', ['fit'], ['--expose-gc']);
    expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
    expect(printed(ended, 'trained')).toBe(true);
  });

  it('does not change the code of process.exit', async () => {
    const ended = await run('unawaited', ['exit']);
    expect(ended, ended.output).toMatchObject({ code: 3, signal: null });
  });
});
