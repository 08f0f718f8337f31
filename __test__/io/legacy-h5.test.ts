import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FileError, layers, loadModel, type Sequential, sequential, train } from '../../ts/index.ts';
import type { StoredArray } from '../../ts/io/assigning.ts';
import { type Attributes, createHdf5 } from '../../ts/io/hdf5/index.ts';
import { restoreLegacyOptimizer } from '../../ts/io/legacy-optimizer.ts';

const box = mkdtempSync(join(tmpdir(), 'hornbeam-legacy-'));
afterAll(() => rmSync(box, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

function net(): Sequential {
  return sequential({
    layers: [
      layers.dense({ units: 3, inputShape: [2], name: 'a' }),
      layers.dropout({ rate: 0.1, name: 'none' }),
      layers.dense({ units: 1, useBias: false, name: 'part/b' }),
    ],
  });
}

const numbers = async (model: Sequential): Promise<number[][]> =>
  Promise.all(model.getWeights().map(async (weight) => [...(await weight.data())]));

/** Layers, and their arrays by name: what `model.save_weights('x.h5')` of Keras 2 writes. */
type Stored = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

const right: Stored = {
  a: { 'a/kernel:0': [2, 3], 'a/bias:0': [3] },
  none: {},
  'part/b': { 'part/b/kernel:0': [3, 1] },
};

/** A file with these weights; all numbers are 0.5. */
async function file(stored: Stored, names: Attributes = { layer_names: Object.keys(stored) }): Promise<string> {
  const builder = await createHdf5();
  await builder.addGroup('/', names);
  const groups = new Set(['']);
  const add = async (path: string, attributes?: Attributes): Promise<void> => {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!groups.has(parent)) await add(parent);
    groups.add(path);
    await builder.addGroup(path, attributes);
  };
  for (const [layer, arrays] of Object.entries(stored)) {
    await add(`/${layer}`, { weight_names: Object.keys(arrays) });
    for (const [name, shape] of Object.entries(arrays)) {
      const parent = `/${layer}/${name.slice(0, name.lastIndexOf('/'))}`;
      if (!groups.has(parent)) await add(parent);
      const data = new Float32Array(shape.reduce((x, y) => x * y, 1)).fill(0.5);
      await builder.addDataset(`/${layer}/${name}`, { shape, dtype: 'float32', data });
    }
  }
  const path = join(box, 'file.h5');
  writeFileSync(path, await builder.finish());
  return path;
}

const halves = [Array(6).fill(0.5), Array(3).fill(0.5), Array(3).fill(0.5)];

describe('weights of Keras 2', () => {
  it('are given by order, to layers of any names', async () => {
    const model = net();
    await model.loadWeights(await file(right));
    expect(await numbers(model)).toEqual(halves);
  });

  it('are found when the list of layers is in parts', async () => {
    const model = net();
    await model.loadWeights(await file(right, { layer_names0: ['a', 'none'], layer_names1: ['part/b'] }));
    expect(await numbers(model)).toEqual(halves);
  });

  it('are given by name, and the others stay', async () => {
    const model = net();
    const before = await numbers(model);
    const stored = { 'part/b': right['part/b'] as Stored[string], z: { 'z/kernel:0': [9] } };
    await model.loadWeights(await file(stored), { byName: true });
    expect(await numbers(model)).toEqual([before[0], before[1], halves[2]]);
  });

  it.each<[string, Stored, RegExp]>([
    [
      'fewer layers',
      { a: right.a as Stored[string] },
      /the model has 2 layers with weights, but the file holds those of 1/,
    ],
    [
      'another shape',
      { ...right, a: { 'a/kernel:0': [3, 3], 'a/bias:0': [3] } },
      /Dense "a": weight "a\/kernel" has shape \[2, 3\], but the file holds shape \[3, 3\]/,
    ],
    ['fewer weights', { ...right, a: { 'a/kernel:0': [2, 3] } }, /Dense "a" has 2 weights, but the file holds 1/],
  ])('are refused for %s, and nothing changes', async (_, stored, message) => {
    const model = net();
    const before = await numbers(model);
    const loading = model.loadWeights(await file(stored));
    await expect(loading).rejects.toThrow(FileError);
    await expect(loading).rejects.toThrow(message);
    expect(await numbers(model)).toEqual(before);
  });

  it('are skipped where they do not fit, when that is asked for', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const model = net();
    const before = await numbers(model);
    const stored = { ...right, a: { 'a/kernel:0': [3, 3], 'a/bias:0': [3] } };
    await model.loadWeights(await file(stored), { skipMismatch: true });
    expect(await numbers(model)).toEqual([before[0], halves[1], halves[2]]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('say what is missing in the file', async () => {
    const path = await file(right, { layer_names: ['a', 'elsewhere'] });
    await expect(net().loadWeights(path)).rejects.toThrow(/file\.h5 has no group "elsewhere" in "\/"/);
    const builder = await createHdf5();
    await builder.addGroup('/', { layer_names: ['a'] });
    await builder.addGroup('/a', { weight_names: ['a/kernel:0'] });
    writeFileSync(path, await builder.finish());
    await expect(net().loadWeights(path)).rejects.toThrow(/has no group "a" in "\/a"/);
    const other = await createHdf5();
    await other.addGroup('/', { model_config: '{"class_name":"Sequential","config":{"name":"s","layers":[]}}' });
    writeFileSync(path, await other.finish());
    await expect(loadModel(path)).rejects.toThrow(FileError);
  });

  it('are Keras 3 weights where the file holds those', async () => {
    const model = net();
    const wanted = await numbers(model);
    await model.saveWeights(join(box, 'new.weights.h5'));
    const { copyFileSync } = await import('node:fs');
    copyFileSync(join(box, 'new.weights.h5'), join(box, 'new.h5'));
    const other = net();
    await other.loadWeights(join(box, 'new.h5'));
    expect(await numbers(other)).toEqual(wanted);
    // And the other way round: Keras 2 writes its own form under any name that ends with .h5.
    copyFileSync(await file(right), join(box, 'old.weights.h5'));
    await other.loadWeights(join(box, 'old.weights.h5'));
    expect(await numbers(other)).toEqual(halves);
  });
});

describe('the state of optimizers in .h5 files', () => {
  const scalars = (...entries: readonly (readonly [string, number])[]): StoredArray[] =>
    entries.map(([name, value]) => ({ name, shape: [], read: async () => Float32Array.of(value) }));

  // Schedules go by the number of steps.
  it.each([
    ['Keras 3', scalars(['sgd/iteration', 7]), 7, 0.5],
    ['Keras 3, with its rate', scalars(['sgd/iteration', 7], ['sgd/learning_rate', 0.25]), 7, 0.25],
    ['tf-keras', scalars(['iteration:0', 7]), 7, 0.5],
    ['Keras 2', scalars(['SGD/iter:0', 7]), 7, 0.5],
  ])('is the number of steps alone for plain SGD: %s', async (_, arrays, steps, rate) => {
    const warn = vi.spyOn(process, 'emitWarning');
    const model = net();
    model.compile({ optimizer: train.sgd(0.5), loss: 'meanSquaredError' });
    await restoreLegacyOptimizer('file.h5', arrays, model as never);
    expect(warn).not.toHaveBeenCalled();
    expect([...(await model.optimizer.iterations.data())]).toEqual([steps]);
    expect(model.optimizer.learningRate).toBe(rate);
  });
});
