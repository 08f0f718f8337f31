// How long other work of the event loop waits while fit runs one epoch, in milliseconds.
//
// Node's histogram holds the time between two ticks of a timer, which is the timer's interval plus the delay: the interval
// (1 ms, the finest there is) is subtracted here. The same figures of an idle process show what the machine adds by itself.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { batchSize, mnistProgram, report, sleep } from './probe.mjs';

const interval = 1;

async function delays(work) {
  const histogram = monitorEventLoopDelay({ resolution: interval });
  histogram.enable();
  // The first tick only starts the clock.
  await sleep(20);
  const began = performance.now();
  await work();
  histogram.disable();
  const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - interval);
  return {
    p50: delay(histogram.percentile(50)),
    p99: delay(histogram.percentile(99)),
    max: delay(histogram.max),
    count: histogram.count,
    seconds: (performance.now() - began) / 1000,
  };
}

const { model, x, y } = mnistProgram();
await sleep(200);
const idle = await delays(() => sleep(2000));
// Until fit gives a promise it traces and compiles the step on this thread: the maximum, and a figure of its own.
let traceMs = 0;
const training = await delays(async () => {
  const began = performance.now();
  const fitting = model.fit(x, y, { epochs: 1, batchSize, verbose: 1 });
  traceMs = performance.now() - began;
  await fitting;
});
report({ idle, training, traceMs });
