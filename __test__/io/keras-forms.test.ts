import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { layers, loadModel, optimizers, type Sequential, sequential, train } from '../../ts/index.ts';
import { openFile } from '../../ts/io/bytes.ts';
import { openZip, writeZip } from '../../ts/io/zip.ts';
import { collect } from './collect.ts';

// What Keras writes otherwise than hornbeam: files of ours whose configurations are changed to that.
const box = mkdtempSync(join(tmpdir(), 'hornbeam-forms-'));
afterAll(() => rmSync(box, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

interface Config {
  compile_config: Record<string, unknown>;
}

function net(): Sequential {
  return sequential({
    layers: [layers.dense({ units: 3, inputShape: [2], activation: 'tanh' }), layers.dense({ units: 1 })],
  });
}

/** The file of a model with its configuration changed. */
async function changed(model: Sequential, change: (config: Config) => void): Promise<string> {
  const path = join(box, 'model.keras');
  await model.save(path);
  const source = await openFile(path);
  try {
    const zip = await openZip(source);
    const members = await Promise.all(
      [...zip.members.keys()].map(async (name) => ({ name, data: Buffer.from(await zip.read(name)) })),
    );
    const config = JSON.parse(`${members.find(({ name }) => name === 'config.json')?.data}`) as Config;
    change(config);
    const given = members.map(({ name, data }) => {
      const bytes = name === 'config.json' ? Buffer.from(JSON.stringify(config)) : data;
      return { name, data: bytes, size: bytes.length };
    });
    writeFileSync(path, await collect(writeZip(given)));
    return path;
  } finally {
    await source.close();
  }
}

describe('forms of Keras', () => {
  // Keras 3.15 writes this of every model that was never compiled; older ones write null.
  it('a model that was never compiled has an empty compile_config', async () => {
    const model = net();
    const same = await loadModel(
      await changed(model, (config) => {
        config.compile_config = {};
      }),
    );
    expect(same.isCompiled).toBe(false);
    const x = [[1, -2]];
    expect(await same.predict(x).data()).toEqual(await model.predict(x).data());
  });

  // Its `compile_config` names the optimizer as it was given to `compile`.
  it('the optimizer of a model with a mixed policy is wrapped only in the file', async () => {
    const warn = vi.spyOn(process, 'emitWarning');
    const model = net();
    model.compile({
      optimizer: new optimizers.LossScaleOptimizer({ innerOptimizer: train.adam(0.01) }),
      loss: 'meanSquaredError',
    });
    const x = [
      [1, -2],
      [0.5, 3],
    ];
    await model.fit(x, [[1], [2]], { epochs: 3, verbose: 0 });
    const same = await loadModel(
      await changed(model, ({ compile_config: compiled }) => {
        const wrapper = compiled.optimizer as { config: { inner_optimizer: unknown } };
        compiled.optimizer = wrapper.config.inner_optimizer;
      }),
    );
    expect(warn).not.toHaveBeenCalled();
    expect(same.optimizer.getClassName()).toBe('Adam');
    const state = await Promise.all(same.optimizer.variables.map((variable) => variable.data()));
    const { innerOptimizer } = model.optimizer as optimizers.LossScaleOptimizer;
    expect(state).toEqual(await Promise.all(innerOptimizer.variables.map((variable) => variable.data())));
    expect([...(state[0] ?? [])]).toEqual([3]);
  });
});
