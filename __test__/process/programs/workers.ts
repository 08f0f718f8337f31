// The main thread and two workers train the same seeded model at once, each with tensors of its own.
import { isMainThread, parentPort } from 'node:worker_threads';
import { say, startWorker, trainedWeights } from './training.ts';

function inWorker(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(import.meta.url);
    let weights: unknown;
    worker.on('message', (message) => {
      weights = message;
    });
    worker.on('error', reject);
    worker.on('exit', (code) =>
      code === 0 ? resolve(weights) : reject(new Error(`the worker's exit code is ${code}`)),
    );
  });
}

if (isMainThread) {
  const [main, first, second] = await Promise.all([trainedWeights(), inWorker(), inWorker()]);
  say('main', main);
  say('first', first);
  say('second', second);
} else {
  parentPort?.postMessage(await trainedWeights());
}
