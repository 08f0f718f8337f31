// A worker_thread that trains until it ends: by `terminate`, which may come at any moment, or as `workerData.end` says.
import { parentPort, workerData } from 'node:worker_threads';
import { library, start, train } from './training.mjs';

const { seed, work = 'epochs', end, plain = false } = workerData;

/** Tells that it is in the middle of its work, and ends by itself if it is to. */
function middle() {
  parentPort.postMessage('working');
  if (end === 'exit') setImmediate(() => process.exit(9));
  if (end === 'throw') {
    setImmediate(() => {
      throw new Error('thrown in a worker that trains');
    });
  }
}

let count = 0;
const once = (at) => () => ++count === at && middle();

const works = {
  /** Epochs natively: the end comes while the training's own thread runs. */
  epochs: () => train(start(seed), { onEpochEnd: once(1 + (seed % 3)) }),
  /** Batches one by one: the end may come inside a hook. */
  hooks: () => train(start(seed), { onBatchEnd: once(1 + (seed % 7)) }),
  /** Told before it loads the library: the end may come while it loads, traces, or compiles. */
  loading: () => {
    middle();
    return train(start(seed), {});
  },
  /** One synchronous operation after the other, none of which is a training. */
  eager: () => {
    const { ones, tidy } = library();
    const x = ones([128, 128]);
    for (const tell = once(3); ; tell()) tidy(() => x.matMul(x).add(1).dataSync());
  },
};

if (plain) {
  // The same without the library: what Node does by itself.
  setInterval(() => {}, 1000);
  middle();
} else {
  await works[work]();
}
