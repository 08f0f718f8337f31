// A worker is terminated in the middle of a long epoch: its training ends with it, and the main thread trains on.
import { isMainThread, parentPort } from 'node:worker_threads';
import { memory } from '../../../ts/index.ts';
import { endlessFit, say, startWorker, trainedWeights, until } from './training.ts';

if (isMainThread) {
  const before = memory().variables;
  const worker = startWorker(import.meta.url);
  await new Promise((resolve) => worker.once('message', resolve));
  say('training', memory().variables > before);
  await worker.terminate();
  // Nobody can ask for the worker's model any more: what still holds its variables is a training that goes on.
  await until(() => memory().variables <= before);
  say('weights', await trainedWeights());
} else {
  const { started, fitting } = endlessFit();
  await started;
  parentPort?.postMessage('training');
  await fitting;
}
