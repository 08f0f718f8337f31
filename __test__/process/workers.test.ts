import { expect, it } from 'vitest';
import { type Ended, printed, run } from './run.ts';

let together: Promise<Ended> | undefined;

/** The program of both tests runs once. */
function workers(): Promise<Ended> {
  together ??= run('workers');
  return together;
}

it('workers that train at once get the weights that the main thread gets, bit for bit', async () => {
  const ended = await workers();
  expect(ended.code, ended.output).toBe(0);
  const main = printed(ended, 'main') as number[];
  expect(main.length).toBe(8 * 9 + 8 + 128 * 3 + 3);
  expect(main.every(Number.isFinite)).toBe(true);
  expect(printed(ended, 'first')).toEqual(main);
  expect(printed(ended, 'second')).toEqual(main);
});

it('workers may be the only ones to load the addon, one after another', async () => {
  const ended = await run('only-workers');
  expect(ended, ended.output).toMatchObject({ code: 0, signal: null });
  expect(printed(ended, 'codes')).toEqual([0, 0, 0, 0]);
});

it('a worker that is terminated in the middle of fit ends its training, and the main thread trains on', async () => {
  const [ended, undisturbed] = await Promise.all([run('terminated-worker'), workers()]);
  expect(ended.code, ended.output).toBe(0);
  expect(printed(ended, 'training')).toBe(true);
  expect(printed(ended, 'weights')).toEqual(printed(undisturbed, 'main'));
});
