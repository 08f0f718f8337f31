// npm run test:workers: 200 times, a worker_thread is started, trains, and is terminated in the middle of fit; three live at once.
// Meanwhile the main thread trains, must get the weights that it gets alone, bit for bit, and must be able to end.
// `-- --cycles 20` for fewer. Minutes of work, so not part of npm test.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { buildDist, ensureAddon, ensureModules, fail } from './steps.mjs';

/** Workers that live at the same time. */
const LANES = 3;
/** A worker that has not begun to train, or has not ended, after this many milliseconds hangs. */
const HANG = 60_000;

/** The library is there when this is called: a build may have to come first. */
const library = () => createRequire(import.meta.url)('../dist/index.cjs');

/** A model whose training is long enough to be in the middle of something. */
function start(seed) {
  const { layers, sequential, setSeed, tensor } = library();
  setSeed(seed);
  const model = sequential();
  model.add(layers.dense({ units: 64, activation: 'relu', inputShape: [32] }));
  model.add(layers.dropout({ rate: 0.2 }));
  model.add(layers.dense({ units: 4, activation: 'softmax' }));
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const numbers = Float32Array.from({ length: 512 * 32 }, (_, i) => Math.sin(i * 0.37));
  const labels = Int32Array.from({ length: 512 }, (_, i) => i % 4);
  return { model, x: tensor(numbers, [512, 32]), y: tensor(labels, [512]) };
}

/** The weights after a training of the main thread's. */
async function mainWeights() {
  const { model, x, y } = start(7);
  await model.fit(x, y, { epochs: 30, batchSize: 32, verbose: 0 });
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data()));
  for (const disposable of [model, x, y]) disposable.dispose();
  return weights
    .map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex'))
    .join();
}

/** What a worker does: trains until it is terminated, and tells at which batch it should be. */
async function trainForever({ cycle }) {
  const { model, x, y } = start(cycle);
  // Every third asks for batches one by one: then the end may come inside a hook, too.
  let batches = 0;
  const hook = { onBatchEnd: () => ++batches === 1 + (cycle % 7) && parentPort.postMessage('training') };
  const epoch = { onEpochEnd: (index) => index === cycle % 3 && parentPort.postMessage('training') };
  await model.fit(x, y, { epochs: 1e6, batchSize: 32, verbose: 0, callbacks: [cycle % 3 === 0 ? hook : epoch] });
}

/** Rejects when a promise has not settled in time. */
function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${HANG} ms`)), HANG);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** One worker's life. */
async function oneCycle(cycle) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { cycle } });
  const ended = once(worker, 'exit');
  const trains = once(worker, 'message');
  trains.catch(() => {});
  await inTime(
    Promise.race([trains, ended.then(([code]) => Promise.reject(new Error(`worker ended with ${code}`)))]),
    'start',
  );
  const code = await inTime(worker.terminate(), 'terminate');
  if (code !== 1) throw new Error(`cycle ${cycle}: terminate() gave ${code}, Node gives 1`);
}

async function main() {
  const { values } = parseArgs({ options: { cycles: { type: 'string', default: '200' } } });
  const cycles = Number(values.cycles);
  await ensureModules();
  await ensureAddon();
  await buildDist();
  const alone = await mainWeights();
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < cycles) {
      await oneCycle(next++);
      if (++done % 20 === 0) console.log(`${done} of ${cycles}`);
    }
  };
  let trainings = 0;
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  // A failure is met below; until then the main thread trains on.
  let failed = false;
  lanes.catch(() => {
    failed = true;
  });
  while (done < cycles && !failed) {
    if ((await mainWeights()) !== alone) throw new Error('the main thread got other weights than alone');
    trainings++;
  }
  await lanes;
  if ((await mainWeights()) !== alone)
    throw new Error('after the workers, the main thread got other weights than alone');
  const { tensors, variables } = library().memory();
  console.log(`${cycles} workers terminated in fit; ${trainings} trainings of the main thread beside them, all alike`);
  console.log(
    `held in the end: ${tensors} tensors, ${variables} variables; ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`,
  );
}

if (isMainThread) main().catch(fail);
else await trainForever(workerData);
