// worker_threads, each terminated in the middle of its work; three live at once. Meanwhile the main thread trains and must get the
// weights that it gets alone, bit for bit. In the end nothing may be held. Run with --expose-gc; argument: the number of workers.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { HANG, inLanes, inTime, library, trainedWeights } from './training.mjs';

/** Workers that live at the same time. */
const LANES = 3;
/** Workers between two looks at what is held, when none lives. */
const ROUND = 24;
/** Rounds after which resident memory is what it stays: pools, caches and V8's heaps have grown. */
const WARM = 2;
/**
 * Bytes by which resident memory may grow afterwards, over 70 workers or more. Their isolates have megabytes each: left behind, they
 * would be hundreds. What a training has is smaller, but is counted (variables, tensors' bytes, threads). The allocators' own unrest
 * was 5 MB where this was measured (linux-x64, Node 20).
 */
const GROWTH = 32e6;

const works = ['epochs', 'hooks', 'loading', 'eager'];

/** One worker's life. */
async function oneWorker(cycle) {
  const work = works[cycle % works.length];
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { seed: cycle, work } });
  const what = `worker ${cycle}, ${work}`;
  const ended = once(worker, 'exit');
  const early = ended.then(([code]) => Promise.reject(new Error(`${what}: it ended with ${code}`)));
  early.catch(() => {});
  await inTime(Promise.race([once(worker, 'message'), early]), `${what}, start`);
  // Somewhere in its step, or on the way to its first.
  await delay((cycle * 7) % (work === 'loading' ? 120 : 12));
  const code = await inTime(worker.terminate(), `${what}, terminate`);
  if (code !== 1) throw new Error(`${what}: terminate() gave ${code}, Node gives 1`);
}

/** Threads of this process, where the system tells. */
function threads() {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
}

async function held() {
  // Finalizers run when the event loop turns.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await delay(0);
  }
  const { tensors, variables, tensorBytes } = library().memory();
  return { tensors, variables, tensorBytes, threads: threads() };
}

/** Waits until no more is held than `before`: the last step of a training ends after its worker. */
async function released(before) {
  const deadline = Date.now() + HANG;
  for (;;) {
    const now = await held();
    const left = Object.keys(before).filter((what) => now[what] > before[what]);
    if (left.length === 0) return now;
    if (Date.now() > deadline)
      throw new Error(`still held: ${left.map((what) => `${now[what]} ${what}, before ${before[what]}`).join('; ')}`);
    await delay(20);
  }
}

const cycles = Number(process.argv[2]);
const alone = await trainedWeights();
// The first worker starts what threads share.
await oneWorker(0);
await delay(500);
const before = await held();
let trainings = 0;
let warm;
for (let done = 1, round = 1; done < cycles; round++) {
  const first = done;
  const count = Math.min(ROUND, cycles - done);
  let over = false;
  const lanes = inLanes(LANES, count, (n) => oneWorker(first + n)).finally(() => {
    over = true;
  });
  lanes.catch(() => {});
  while (!over) {
    if ((await trainedWeights()) !== alone) throw new Error('the main thread got other weights than alone');
    trainings++;
  }
  await lanes;
  done += count;
  const { tensors, variables, threads: live } = await released(before);
  const resident = process.memoryUsage.rss();
  console.log(
    `${done} of ${cycles} workers: ${tensors} tensors, ${variables} variables, ${live} threads, ${Math.round(resident / 1e6)} MB resident`,
  );
  if (round === WARM) warm = resident;
  if (warm !== undefined && resident > warm + GROWTH)
    throw new Error(`resident memory grew from ${warm} to ${resident} bytes`);
}
if ((await trainedWeights()) !== alone) throw new Error('afterwards, the main thread got other weights than alone');
console.log(`${trainings} trainings of the main thread beside them, all alike`);
