// Executions for a time, or up to a number: node --expose-gc --import tsx walk.ts --seed 1 --seconds 60 [--executions 2000] [--only npy]
// [--box file] [--replay npy:1:17]. One JSON line for each kind of failure; the last line counts all.
import { mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Counts, execute, type Failure, HANG, input, noCounts, run } from './engine.ts';
import { allTargets } from './targets.ts';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    executions: { type: 'string', default: 'Infinity' },
    only: { type: 'string' },
    box: { type: 'string' },
    replay: { type: 'string' },
    keep: { type: 'string' },
  },
});

const report = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};
for (const name of ['log', 'warn', 'error', 'info'] as const) console[name] = () => {};

/** Ends the process when an execution does not return: the main thread cannot do that itself. */
const guard = `
const { workerData } = require('node:worker_threads');
const progress = new Int32Array(workerData.progress);
let seen = -1, since = 0, cpu = process.cpuUsage();
setInterval(() => {
  const now = Atomics.load(progress, 0);
  if (now !== seen) { seen = now; since = Date.now(); cpu = process.cpuUsage(); return; }
  const used = process.cpuUsage(cpu);
  // The time is the process' own, so that a busy machine does not count; a thread that sleeps for ever is found by the clock.
  if ((used.user + used.system) / 1e3 < workerData.hang && Date.now() - since < 20 * workerData.hang) return;
  process.kill(process.pid, 'SIGKILL');
}, 500);
`;
const progress = new Int32Array(new SharedArrayBuffer(4));
new Worker(guard, { eval: true, workerData: { progress: progress.buffer, hang: 2 * HANG } }).unref();

const box = options.box === undefined ? undefined : openSync(options.box, 'w');
let current = '';
const note = (target: string, seed: number, index: number): void => {
  Atomics.add(progress, 0, 1);
  current = `${target}:${seed}:${index}`;
  if (box !== undefined) writeSync(box, current.padEnd(80), 0);
};

const kinds = new Set<string>();
const fail = ({ target, seed, index, what }: Failure): void => {
  const kind = `${target} ${what
    .split('\n')[0]
    ?.replace(/\d+(\.\d+)?/g, 'N')
    .slice(0, 100)}`;
  if (kinds.has(kind)) return;
  kinds.add(kind);
  report({ failure: what, replay: `${target}:${seed}:${index}` });
};
process.on('unhandledRejection', (reason) =>
  fail({ ...place(), what: `left a promise that rejected: ${String(reason)}` }),
);
process.on('uncaughtException', (error) => fail({ ...place(), what: `threw later: ${error.stack}` }));
const place = (): Omit<Failure, 'what'> => {
  const [target = '', seed, index] = current.split(':');
  return { target, seed: Number(seed), index: Number(index) };
};

// Readers of files by name find theirs here, and call them `buffer`.
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'hornbeam-fuzz-'));
process.chdir(folder);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
// Warnings of models are not looked at.
process.removeAllListeners('warning');

const targets = await allTargets();
if (options.replay !== undefined) {
  const [name, seed, index] = options.replay.split(':');
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no reader ${name}`);
  const bytes = input(target, Number(seed), Number(index));
  if (options.keep !== undefined) writeFileSync(resolve(home, options.keep), bytes);
  report({ bytes: bytes.length, end: await execute(target, bytes) });
  process.exit(0);
}

const counts: Record<string, Counts> = {};
const chosen = targets.filter(({ name }) => options.only === undefined || name === options.only);
const until = Date.now() + Number(options.seconds) * 1000;
const megabytes = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return Math.round(process.memoryUsage().rss / 1e6);
};
let [done, round, warm] = [0, 0, 0];
for (; Date.now() < until && done < Number(options.executions); round++) {
  for (const target of chosen) {
    counts[target.name] ??= noCounts();
    const own = counts[target.name] as Counts;
    const before = own.executions;
    await run(target, Number(options.seed), before, before + target.weight, own, fail, note);
    done += target.weight;
  }
  // What the first rounds load stays; from there on memory must not grow.
  if (round === 50) warm = megabytes();
}
await new Promise((resolve) => setTimeout(resolve, 50));
report({ counts, kinds: kinds.size, warm, megabytes: megabytes() });
process.exit(kinds.size === 0 ? 0 : 1);
