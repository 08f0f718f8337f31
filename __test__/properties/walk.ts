// Makes calls drawn from a seed and reports, one JSON line each, those that go wrong; the last line counts them all.
// node --import tsx walk.ts --seed 1 --calls 1000 [--only layers.Dense] [--box file] [--replay 'tf.add(1)']
import { openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import * as tf from '../../ts/index.ts';
import { anyCall, type DrawnCall } from './calls.ts';
import { OwnError } from './fixtures.ts';
import { judge } from './verdict.ts';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '1000' },
    only: { type: 'string' },
    box: { type: 'string' },
    replay: { type: 'string' },
  },
});

/** Calls that are drawn together: sources only, so a few hundred take no room. */
const CHUNK = 500;
/** Failures that are written out; more say nothing new. */
const MOST_REPORTED = 40;

const report = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

// What the package prints is not looked at here.
for (const name of ['log', 'warn', 'error', 'info'] as const) console[name] = () => {};
process.removeAllListeners('warning');

let current = '';
process.on('unhandledRejection', (reason) => {
  if (!(reason instanceof OwnError)) fail(`left a promise that rejected with ${String(reason)}`);
});
process.on('uncaughtException', (error) => fail(`threw later: ${error.name}: ${error.message}`));

const failures = new Map<string, number>();
/** Counts a failure; the first of its kind is reported. */
function fail(wrong: string, name = ''): void {
  const kind = `${name} ${wrong.replace(/\d+(\.\d+)?/g, 'N').slice(0, 120)}`;
  const times = failures.get(kind) ?? 0;
  failures.set(kind, times + 1);
  if (times === 0 && failures.size <= MOST_REPORTED) report({ failure: wrong, call: current });
}

/**
 * Ends the process when a call does not return: the main thread cannot do that itself. The time is the process' own, so
 * that a busy machine does not count; a thread that sleeps for ever is found by the clock.
 */
const guard = `
const { workerData } = require('node:worker_threads');
const progress = new Int32Array(workerData);
let seen = -1, since = 0, cpu = process.cpuUsage();
setInterval(() => {
  const now = Atomics.load(progress, 0);
  if (now !== seen) { seen = now; since = Date.now(); cpu = process.cpuUsage(); return; }
  const used = process.cpuUsage(cpu);
  const busy = (used.user + used.system) / 1e6;
  if (busy < 10 && Date.now() - since < 100000) return;
  process.kill(process.pid, 'SIGKILL');
}, 500);
`;
const progress = new Int32Array(new SharedArrayBuffer(4));
const watch = new Worker(guard, { eval: true, workerData: progress.buffer });
watch.unref();

/** The black box: after a crash it holds the call that was being made. */
const box = options.box === undefined ? undefined : openSync(options.box, 'w');
const BOX_SIZE = 2000;

async function make(call: DrawnCall): Promise<void> {
  current = `${call.source} (${call.more.join(', ')})`;
  if (box !== undefined) writeSync(box, current.slice(0, BOX_SIZE).padEnd(BOX_SIZE), 0);
  Atomics.add(progress, 0, 1);
  const wrong = await judge(call);
  if (wrong !== undefined) fail(wrong, call.name);
}

if (options.replay !== undefined) {
  await make({ name: '', source: options.replay, more: [], read: true });
} else {
  const arbitrary = anyCall(options.only);
  const total = Number(options.calls);
  for (let done = 0; done < total; done += CHUNK) {
    const seed = (Number(options.seed) * 1_000_003 + done / CHUNK) | 0;
    for (const call of fc.sample(arbitrary, { seed, numRuns: Math.min(CHUNK, total - done) })) await make(call);
    tf.setThreads(2);
    // Handles are freed when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
await new Promise((resolve) => setTimeout(resolve, 20));
const count = [...failures.values()].reduce((sum, times) => sum + times, 0);
report({
  calls: options.replay === undefined ? Number(options.calls) : 1,
  failures: count,
  kinds: failures.size,
  megabytes: Math.round(process.memoryUsage().rss / 1e6),
});
process.exit(count === 0 ? 0 : 1);
