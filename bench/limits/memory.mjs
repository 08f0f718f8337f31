// Resident memory before training and after each epoch, in MB; garbage is collected before each reading (--expose-gc).
import { batchSize, epochs, mnistProgram, report, sleep } from './probe.mjs';

const { tf, model, x, y } = mnistProgram();

async function reading() {
  // Handles of collected tensors are freed when the loop turns.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await sleep(10);
  }
  const { tensorBytes, cacheBytes, workspaceBytes } = tf.memory();
  return { rssMb: process.memoryUsage.rss() / 1e6, nativeMb: (tensorBytes + cacheBytes + workspaceBytes) / 1e6 };
}

const before = await reading();
const after = [];
await model.fit(x, y, {
  epochs,
  batchSize,
  verbose: 0,
  callbacks: {
    async onEpochEnd() {
      after.push(await reading());
    },
  },
});
report({
  beforeRssMb: before.rssMb,
  afterRssMb: after.map(({ rssMb }) => rssMb),
  beforeNativeMb: before.nativeMb,
  afterNativeMb: after.map(({ nativeMb }) => nativeMb),
  growthMb: after.at(-1).rssMb - after[0].rssMb,
});
