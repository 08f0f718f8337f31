// What the programs of this folder train, and how they wait. They use dist/, as users do.
import { createRequire } from 'node:module';

/** A worker or a process that has not begun to train, or has not ended, after this many milliseconds hangs. */
export const HANG = 60_000;

/** The library is there when this is called: a build may have to come first. */
export const library = () => createRequire(import.meta.url)('../../dist/index.cjs');

/** A model whose step is long enough to be in the middle of something. */
export function start(seed) {
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

/** Trains; `hooks` are the callbacks. Without `epochs`, until somebody ends it. */
export function train({ model, x, y }, hooks, epochs = 1e6) {
  return model.fit(x, y, { epochs, batchSize: 32, verbose: 0, callbacks: [hooks] });
}

/** The weights after a short training, as one string. */
export async function trainedWeights() {
  const made = start(7);
  await train(made, {}, 30);
  const weights = await Promise.all(made.model.getWeights().map((weight) => weight.data()));
  for (const disposable of Object.values(made)) disposable.dispose();
  return weights
    .map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex'))
    .join();
}

/** Rejects when a promise has not settled in time. */
export function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${HANG} ms`)), HANG);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Calls `one` with 0 to `count - 1`, `lanes` of them at a time. */
export async function inLanes(lanes, count, one) {
  let next = 0;
  const lane = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
