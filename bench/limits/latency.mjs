// Milliseconds from one image in a typed array to its probabilities in another: awaited, blocking, and while fit runs.
import { batchSize, mnistProgram, percentiles, repeat, report, sleep } from './probe.mjs';

const { model, x, y, image } = mnistProgram();

async function latencies(count, read) {
  const times = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    const probabilities = model.predictOnBatch(image);
    await read(probabilities);
    times.push(performance.now() - began);
    probabilities.dispose();
    // Requests come one by one; the loop turns between them.
    if (n % 16 === 15) await sleep(0);
  }
  return percentiles(times);
}

const awaited = (probabilities) => probabilities.data();
const blocking = (probabilities) => probabilities.dataSync();
const count = repeat * 400;
await latencies(200, awaited);
const idle = await latencies(count, awaited);
const sync = await latencies(count, blocking);
const controller = new AbortController();
const fitting = model.fit(x, y, { epochs: 1000, batchSize, verbose: 0, signal: controller.signal });
const ended = fitting.catch((error) => {
  if (error.name !== 'AbortError') throw error;
});
const training = await latencies(repeat * 40, awaited);
controller.abort();
await ended;
report({ idle, sync, training });
