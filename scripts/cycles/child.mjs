// A process that ends in the middle of training, as its argument says. With `plain` it does the same without the library: what Node
// gives then is what it has to give with it. What ends the process stands on the same lines in both cases, so that stacks are alike.
import { Worker } from 'node:worker_threads';
import { start, train } from './training.mjs';

const [ending, seed, plain] = [process.argv[2], Number(process.argv[3]), process.argv[4] === 'plain'];

/** Trains until the process ends; `middle` is called once, at some batch or epoch. */
function training(middle, epochs) {
  let count = 0;
  const once = (at) => () => ++count === at && middle();
  if (!plain) {
    const hooks = seed % 2 === 0 ? { onEpochEnd: once(1 + (seed % 3)) } : { onBatchEnd: once(1 + (seed % 5)) };
    return train(start(seed), hooks, epochs);
  }
  const timer = setInterval(() => {}, 1000);
  setImmediate(() => {
    middle();
    if (epochs !== undefined) clearInterval(timer);
  });
  return undefined;
}

/** After a while, so that the end comes anywhere in a step. */
const soon = (end) => setTimeout(end, seed % 10);

/** Workers that train; resolves when all of them are in the middle of it. */
async function workers(count, end) {
  const started = Array.from({ length: count }, (_, n) => {
    const workerData = { seed: seed + n, work: n % 2 === 0 ? 'epochs' : 'hooks', end, plain };
    return new Worker(new URL('./worker.mjs', import.meta.url), { workerData });
  });
  await Promise.all(started.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  return started;
}

/** Tells the parent, which may send a signal now. */
const ready = () => console.log('ready');

const endings = {
  'exit 0': () => training(() => soon(() => process.exit(0))),
  'exit 3': () => training(() => soon(() => process.exit(3))),
  'exit in a hook': () => training(() => process.exit(5)),
  throw: () =>
    training(() =>
      soon(() => {
        throw new Error('thrown while a model trains');
      }),
    ),
  reject: () => training(() => soon(() => Promise.reject(new Error('rejected while a model trains')))),
  SIGINT: () => training(ready),
  SIGTERM: () => training(ready),
  'SIGINT handled': () => {
    process.on('SIGINT', () => process.exit(130));
    return training(ready);
  },
  'SIGTERM handled': () => {
    process.on('SIGTERM', () => process.exit(143));
    return training(ready);
  },
  finished: () => training(() => {}, 3),
  'finished, exitCode 6': () => {
    process.exitCode = 6;
    return training(() => {}, 3);
  },
  'main ends, workers train': async () => {
    for (const worker of await workers(2)) worker.unref();
  },
  'exit, workers train': async () => {
    await workers(3);
    training(() => soon(() => process.exit(4)));
  },
  'SIGTERM, workers train': async () => {
    await workers(3);
    ready();
  },
  'worker exits': () => workers(1, 'exit'),
  'worker throws': () => workers(1, 'throw'),
};

await endings[ending]();
