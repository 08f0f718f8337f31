import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileError, layers, loadModel, memory, sequential } from '../../ts/index.ts';
import { lay } from './hostile/laying.ts';
import { hostileTfjs, rightFiles } from './hostile/tfjs.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-hostile-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('models of TensorFlow.js that must be refused', () => {
  it('loads the right one', async () => {
    const model = await loadModel(lay(folder, { files: rightFiles }));
    expect(await model.predict([[1, 2, 3]]).data()).toEqual(Float32Array.of(0, 0));
    model.dispose();
  });

  it.each(hostileTfjs.map((entry) => [entry.name, entry] as const))('%s', async (_, entry) => {
    const path = lay(folder, entry);
    const error = await loadModel(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toContain(entry.says);
    expect((error as FileError).message.startsWith(path)).toBe(true);
  });

  it('changes no weight of a model when it refuses a file', async () => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'dense' })] });
    const before = await Promise.all(net.getWeights().map((weight) => weight.data()));
    for (const entry of hostileTfjs) {
      // What is wrong with the topology does not matter for weights alone.
      await net.loadWeights(lay(folder, entry)).catch(() => undefined);
      if (/topology|layer$|metadata/.test(entry.name))
        net.setWeights(
          before.map((data, i) =>
            i === 0 ? [[...data.slice(0, 2)], [...data.slice(2, 4)], [...data.slice(4)]] : data,
          ),
        );
    }
    const after = await Promise.all(net.getWeights().map((weight) => weight.data()));
    expect(after).toEqual(before);
    expect(memory().numTensors).toBeGreaterThan(0);
    net.dispose();
  });
});
