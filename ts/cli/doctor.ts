import { cpus } from 'node:os';
import { describePlatform, detectPlatform } from '../platform.ts';
import { cpuFeatures, formatBytes, whyMemory, whyThreads } from './facts.ts';

type Library = typeof import('../index.ts');

/** The self-test: XOR, which a net without hidden units cannot learn. Gives the loss before and after, and the accuracy. */
export async function selfTest(library: Library): Promise<{ before: number; after: number; accuracy: number }> {
  const { layers, sequential, setSeed, tensor2d, train } = library;
  setSeed(1);
  const model = sequential();
  model.add(layers.dense({ units: 16, activation: 'tanh', inputShape: [2] }));
  model.add(layers.dense({ units: 1, activation: 'sigmoid' }));
  model.compile({ optimizer: train.adam(0.05), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  const x = tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  const y = tensor2d([0, 1, 1, 0], [4, 1]);
  try {
    const before = await model.evaluate(x, y, { verbose: 0 });
    await model.fit(x, y, { epochs: 200, verbose: 0 });
    const after = await model.evaluate(x, y, { verbose: 0 });
    return { before: before.loss ?? Number.NaN, after: after.loss ?? Number.NaN, accuracy: after.accuracy ?? 0 };
  } finally {
    model.dispose();
    x.dispose();
    y.dispose();
  }
}

/** `hornbeam doctor`: prints what decides how hornbeam runs here, and trains a tiny net. Gives the exit code. */
export async function doctor(load: () => Promise<Library>, print: (line: string) => void): Promise<number> {
  const row = (name: string, value: string): void => print(`${name.padEnd(12)}${value}`);
  const features = cpuFeatures();
  row('platform', describePlatform(detectPlatform()));
  row('processor', cpus()[0]?.model.trim() ?? 'unknown');
  row('features', features === null ? 'not listed by this system' : features.join(' ') || 'none that the engine uses');
  let library: Library;
  try {
    library = await load();
  } catch (error) {
    row('addon', 'FAILED');
    print(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const { HORNBEAM_ISA, HORNBEAM_NUM_THREADS, HORNBEAM_MEMORY_LIMIT } = process.env;
  const { hornbeam, native, isa } = library.version;
  row('hornbeam', `${hornbeam} (addon ${native})`);
  row('kernels', `${isa}${HORNBEAM_ISA === undefined ? '' : ` (HORNBEAM_ISA=${HORNBEAM_ISA})`}`);
  const threads = library.getThreads();
  row('threads', `${threads} (${whyThreads(threads, HORNBEAM_NUM_THREADS)})`);
  row('memory', whyMemory(HORNBEAM_MEMORY_LIMIT));
  if (hornbeam !== native) {
    print(`FAILED: the addon is of another version than the package; delete node_modules and install again`);
    return 1;
  }
  try {
    const { before, after, accuracy } = await selfTest(library);
    const learnt = after < before / 2 && accuracy === 1;
    const held = library.memory();
    row('self-test', `${learnt ? 'ok' : 'FAILED'}: XOR, loss ${before.toFixed(4)} -> ${after.toFixed(4)}`);
    row('held', `${formatBytes(held.tensorBytes)} in tensors, ${formatBytes(held.workspaceBytes)} workspace`);
    return learnt ? 0 : 1;
  } catch (error) {
    row('self-test', 'FAILED');
    print(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}
