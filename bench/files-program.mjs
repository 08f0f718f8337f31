// A process of bench/files.mjs: by turns copies the bytes of a file, saves a model there, and loads it. Prints a line of JSON.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import * as hb from '../dist/index.js';

const { values } = parseArgs({
  options: { format: { type: 'string' }, turns: { type: 'string' }, folder: { type: 'string' } },
});

/** Six layers of 4.2 million weights: 100.7 MB. */
const units = 2048;
const model = hb.sequential();
for (let index = 0; index < 6; index++) model.add(hb.layers.dense({ units, useBias: false, inputShape: [units] }));
const isWhole = values.format === 'keras';
const path = join(values.folder, `model.${values.format}`);
mkdirSync(values.folder, { recursive: true });

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The most resident memory since it was last reset, in MB; undefined where the system does not say. */
function peak() {
  const found = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  return (Number(found[1]) * 1024) / 1e6;
}

/** Time, the longest wait of the event loop, and memory beyond what was there before. */
async function measure(action) {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await sleep(20);
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(20);
  delay.reset();
  writeFileSync('/proc/self/clear_refs', '5');
  const before = process.memoryUsage.rss() / 1e6;
  const start = performance.now();
  await action();
  const ms = performance.now() - start;
  const memoryMb = Math.max(0, peak() - before);
  // A wait at the very end is counted when the loop turns.
  await sleep(5);
  delay.disable();
  return { ms, loopMs: delay.max / 1e6, memoryMb };
}

/** Writes bytes as `save` does: to a new file that is flushed and renamed. */
async function copy(bytes) {
  const handle = await open(`${path}.copy.new`, 'w');
  for (let at = 0; at < bytes.length; at += 2 ** 24) await handle.write(bytes.subarray(at, at + 2 ** 24));
  await handle.sync();
  await handle.close();
  await rename(`${path}.copy.new`, `${path}.copy`);
}

const bytes = Buffer.alloc(6 * units * units * 4, 1);
const found = [];
for (let turn = 0; turn < Number(values.turns); turn++) {
  const copied = await measure(() => copy(bytes));
  const saved = await measure(() => (isWhole ? model.save(path) : model.saveWeights(path)));
  let loaded;
  const load = await measure(async () => {
    if (isWhole) loaded = await hb.loadModel(path);
    else await model.loadWeights(path);
  });
  // A model that is loaded has its own weights, which are not additional.
  if (isWhole) load.memoryMb = Math.max(0, load.memoryMb - bytes.length / 1e6);
  loaded?.dispose?.();
  found.push({ copy: copied, save: saved, load });
}
console.log(JSON.stringify({ megabytes: Math.round(statSync(path).size / 1e5) / 10, turns: found }));
