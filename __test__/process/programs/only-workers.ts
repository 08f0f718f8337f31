// Workers load the addon one after another, the main thread never: Node would unload it with each of them.
import { isMainThread, Worker } from 'node:worker_threads';

/** A worker that computes, synchronously: the pool's threads start, and nothing else keeps the addon loaded. */
async function compute(): Promise<void> {
  const { ones } = await import('../../../ts/index.ts');
  const x = ones([600, 600]);
  x.matMul(x).dataSync();
}

if (isMainThread) {
  const codes: unknown[] = [];
  for (let n = 0; n < 4; n++) {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: import.meta.url, execArgv: [] });
    // The next worker gets the ended one's stack, and with it its thread's identity.
    codes.push(await new Promise((resolve) => worker.once('exit', resolve)));
  }
  console.log(`codes: ${JSON.stringify(codes)}`);
} else {
  await compute();
}
