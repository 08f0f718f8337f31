import { describe, expect, it } from 'vitest';
import { clearSession, layers, Sequential, sequential, setSeed, tensor, zeros } from '../../ts/index.ts';
import { wave } from '../wave.ts';
import { classifier, samples, weightsOf } from './samples.ts';

describe('building', () => {
  it('names layers as Keras does', () => {
    clearSession();
    const names = [
      layers.dense({ units: 1 }),
      layers.maxPooling2d(),
      layers.dense({ units: 1 }),
      layers.batchNormalization(),
    ];
    expect(names.map(({ name }) => name)).toEqual(['dense', 'max_pooling2d', 'dense_1', 'batch_normalization']);
    expect([sequential().name, sequential().name]).toEqual(['sequential', 'sequential_1']);
  });

  it('finds shapes, with unknown sizes', () => {
    const model = sequential({
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', inputShape: [null, null, 3] }),
        layers.maxPooling2d(),
      ],
    });
    expect(model.inputShape).toEqual([null, null, null, 3]);
    expect(model.outputShape).toEqual([null, null, null, 2]);
    expect(model.predict(zeros([1, 9, 13, 3])).shape).toEqual([1, 2, 3, 2]);
  });

  it('waits for the first data without an inputShape', async () => {
    const model = sequential({ layers: [layers.dense({ units: 3 }), layers.dense({ units: 2 })] });
    expect(model.built).toBe(false);
    expect(model.weights).toEqual([]);
    expect(model.predict(zeros([5, 4])).shape).toEqual([5, 2]);
    expect(model.built).toBe(true);
    expect(model.countParams()).toBe(4 * 3 + 3 + 3 * 2 + 2);
    model.add(layers.dense({ units: 7 }));
    expect(model.outputShape).toEqual([null, 7]);
    expect(model.pop().className).toBe('Dense');
    expect(model.outputShape).toEqual([null, 2]);
  });

  it('holds an InputLayer and other models', () => {
    const inner = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] });
    const model = sequential({ layers: [layers.inputLayer({ inputShape: [2, 2] }), layers.flatten(), inner] });
    expect(model.layers.map(({ className }) => className)).toEqual(['Flatten', 'Sequential']);
    expect(model.outputShape).toEqual([null, 3]);
    expect(model.countParams()).toBe(15);
  });

  it('comes back from its configuration', () => {
    const model = sequential({
      name: 'net',
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 2, kernelRegularizer: 'l2', inputShape: [5, 5, 1] }),
        layers.batchNormalization({ momentum: 0.9 }),
        layers.activation({ activation: 'relu' }),
        layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
        layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, depthwiseRegularizer: 'l1', useBias: false }),
        layers.reLU({ maxValue: 6 }),
        layers.globalAveragePooling2d({ keepDims: true }),
        layers.flatten(),
        layers.dropout({ rate: 0.1, seed: 3 }),
        layers.reshape({ targetShape: [-1, 2] }),
        layers.dense({ units: 1, kernelInitializer: 'heNormal', useBias: false }),
      ],
    });
    const config = JSON.parse(JSON.stringify(model.getConfig()));
    const copy = Sequential.fromConfig(config);
    expect(JSON.parse(JSON.stringify(copy.getConfig()))).toEqual(config);
    expect(copy.weights.map(({ shape }) => [...shape])).toEqual(model.weights.map(({ shape }) => [...shape]));
  });

  it('prints its summary', () => {
    const model = classifier();
    const lines: string[] = [];
    model.summary({ printFn: (line) => lines.push(line) });
    expect(lines.filter((line) => line.includes('(Dense)'))).toHaveLength(2);
    expect(lines.join('\n')).toContain('(None, 6)');
    expect(lines.at(-3)).toBe(' Total params: 51 (204.00 B)');
  });

  it('is reproducible by its seed', async () => {
    setSeed(3);
    const first = await weightsOf(classifier());
    setSeed(3);
    expect(await weightsOf(classifier())).toEqual(first);
    setSeed(4);
    expect(await weightsOf(classifier())).not.toEqual(first);
  });
});

describe('weights', () => {
  it('are snapshots, and can be set', async () => {
    const model = classifier();
    const { x, y } = samples();
    const before = model.getWeights();
    const numbers = await weightsOf(model);
    await model.fit(x, y, { verbose: 0 });
    expect(await weightsOf(model)).not.toEqual(numbers);
    expect((await Promise.all(before.map((w) => w.data()))).flatMap((w) => [...w])).toEqual(numbers);
    model.setWeights(before);
    expect(await weightsOf(model)).toEqual(numbers);
  });

  it('of a frozen layer stay as they are', async () => {
    const model = classifier();
    const { x, y } = samples();
    const [first, second] = model.layers as [layers.Layer, layers.Layer];
    first.trainable = false;
    const frozen = [...((await first.getWeights()[0]?.data()) ?? [])];
    const trained = [...((await second.getWeights()[0]?.data()) ?? [])];
    await model.fit(x, y, { verbose: 0 });
    expect([...((await first.getWeights()[0]?.data()) ?? [])]).toEqual(frozen);
    expect([...((await second.getWeights()[0]?.data()) ?? [])]).not.toEqual(trained);
    // Thawed again: the step is traced anew.
    first.trainable = true;
    await model.fit(x, y, { verbose: 0 });
    expect([...((await first.getWeights()[0]?.data()) ?? [])]).not.toEqual(frozen);
  });

  it('a frozen batch normalization runs in inference mode', async () => {
    const model = sequential({ layers: [layers.batchNormalization({ inputShape: [4] }), layers.dense({ units: 1 })] });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const norm = model.getLayer(0) as layers.BatchNormalization;
    const { x } = samples();
    await model.fit(x, zeros([18, 1]), { verbose: 0 });
    const moved = [...(await norm.movingMean.data())];
    expect(moved).not.toEqual([0, 0, 0, 0]);
    norm.trainable = false;
    await model.fit(x, zeros([18, 1]), { verbose: 0 });
    expect([...(await norm.movingMean.data())]).toEqual(moved);
  });
});

describe('predict', () => {
  it('gives the same in one batch, in many, and with a partial last one', async () => {
    const model = classifier();
    const x = wave([37, 4], 0.3);
    const whole = await model.predictOnBatch(x).data();
    for (const batchSize of [1, 5, 32, 37, 100]) {
      const parts = await model.predict(x, { batchSize }).data();
      expect(parts.length).toBe(whole.length);
      parts.forEach((value, i) => {
        expect(value).toBeCloseTo(whole[i] as number, 6);
      });
    }
  });

  it('takes nested arrays, typed arrays with a shape, Buffers, integers, and pending chains', async () => {
    const model = classifier();
    const rows = [
      [0, 51, 102, 255],
      [255, 0, 0, 51],
    ];
    const expected = [...(await model.predict(tensor(rows).div(255)).data())];
    const bytes = Buffer.from([9, ...rows.flat()]).subarray(1);
    const inputs = [
      tensor(bytes, [2, 4]).div(255),
      tensor(Int32Array.from(rows.flat()), [2, 4]).div(255),
      rows.map((r) => r.map((v) => v / 255)),
    ];
    for (const input of inputs) {
      const got = await model.predict(input).data();
      got.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] as number, 5);
      });
    }
    const integers = await model.predict({ data: bytes, shape: [2, 4] }).data();
    const floats = await model.predict(tensor(rows)).data();
    expect([...integers]).toEqual([...floats]);
  });

  it('follows weights that change', async () => {
    const model = classifier();
    const { x } = samples();
    const before = [...(await model.predict(x).data())];
    model.setWeights(model.weights.map((w) => zeros(w.shape)));
    const after = [...(await model.predict(x).data())];
    expect(after).not.toEqual(before);
    expect(after[0]).toBeCloseTo(1 / 3, 6);
  });
});
