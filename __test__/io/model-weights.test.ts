import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileError, layers, loadModel, readNpz, type Sequential, sequential, train, writeNpz } from '../../ts/index.ts';
import { openFile } from '../../ts/io/bytes.ts';
import { readSafetensors } from '../../ts/io/safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const x = [
  [1, 2, 3],
  [-1, 0.5, 2],
];
const y = [
  [1, 0],
  [0, 1],
];
const small = (units = 4): Sequential =>
  sequential({
    layers: [
      layers.dense({ units, activation: 'relu', inputShape: [3] }),
      layers.batchNormalization(),
      layers.dense({ units: 2 }),
    ],
  });
const outputs = async (model: { predict: Sequential['predict'] }): Promise<number[]> => [
  ...(await model.predict(x).data()),
];
const places = [
  'layers/dense/vars/0',
  'layers/dense/vars/1',
  'layers/batch_normalization/vars/0',
  'layers/batch_normalization/vars/1',
  'layers/batch_normalization/vars/2',
  'layers/batch_normalization/vars/3',
  'layers/dense_1/vars/0',
  'layers/dense_1/vars/1',
];

describe('safetensors', () => {
  it('holds a whole model, and the state of its training', async () => {
    const path = join(folder, 'model.safetensors');
    const net = small();
    net.compile({ optimizer: train.adam(0.01), loss: 'meanSquaredError', metrics: ['mae'] });
    await net.trainOnBatch(x, y);
    await net.save(path);
    const again = await loadModel(path);
    expect(await outputs(again)).toEqual(await outputs(net));
    for (const one of [net, again]) await one.trainOnBatch(x, y);
    expect(await outputs(again)).toEqual(await outputs(net));
    expect(again.optimizer.learningRate).toBe(net.optimizer.learningRate);
    expect((await loadModel(path, { compile: false })).isCompiled).toBe(false);
    await net.save(path, { includeOptimizer: false });
    expect((await loadModel(path)).isCompiled).toBe(false);
  });

  it('calls weights as Keras does', async () => {
    const path = join(folder, 'named.safetensors');
    await small().saveWeights(path);
    const source = await openFile(path);
    const { tensors, metadata } = await readSafetensors(source);
    await source.close();
    expect([...tensors.keys()]).toEqual(places);
    expect(metadata.get('format')).toBe('keras');
    expect(metadata.has('keras_config')).toBe(false);
    await expect(loadModel(path)).rejects.toThrow('holds weights, but no model');
  });
});

describe.each(['.safetensors', '.npz'])('weights in %s', (ending) => {
  it('go into a model of the same layers', async () => {
    const path = join(folder, `weights${ending}`);
    const [net, other] = [small(), small()];
    await net.saveWeights(path);
    await other.loadWeights(path);
    expect(await outputs(other)).toEqual(await outputs(net));
  });

  it('change nothing when they are those of another model', async () => {
    const path = join(folder, `wider${ending}`);
    await small(5).saveWeights(path);
    const net = small();
    const before = await outputs(net);
    await expect(net.loadWeights(path)).rejects.toThrow(FileError);
    await expect(net.loadWeights(path)).rejects.toThrow(`${path}: Dense "`);
    expect(await outputs(net)).toEqual(before);
  });
});

describe('npz', () => {
  it('may call weights by the names of layers', async () => {
    const path = join(folder, 'names.npz');
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'only' })] });
    await writeNpz(path, { 'only/kernel': net.getWeights()[0] as never, 'only/bias': net.getWeights()[1] as never });
    const other = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'only' })] });
    await other.loadWeights(path);
    expect(await outputs(other)).toEqual(await outputs(net));
    await other.saveWeights(path);
    expect(Object.keys(await readNpz(path))).toEqual(['layers/dense/vars/0', 'layers/dense/vars/1']);
    await expect(loadModel(path)).rejects.toThrow('holds weights without a model');
    await expect(net.save(path)).rejects.toThrow('the format npz does not offer save');
  });
});
