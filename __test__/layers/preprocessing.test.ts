import { describe, expect, it } from 'vitest';
import { ConfigError, DataError, input, layers, model, StateError, sequential, tensor } from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { wave } from '../wave.ts';

const rows = async (x: { data(): Promise<ArrayLike<number>> }): Promise<number[]> => Array.from(await x.data());

describe('preprocessing layers in models', () => {
  it('take raw bytes in a Sequential model that trains', async () => {
    const images = tensor(
      Uint8Array.from({ length: 8 * 6 * 6 }, (_, i) => (i * 37) % 256),
      [8, 6, 6, 1],
      'uint8',
    );
    const labels = tensor([0, 1, 0, 1, 0, 1, 0, 1], [8, 1]);
    const net = sequential({
      layers: [
        layers.resizing({ height: 4, width: 4, inputShape: [null, null, 1] }),
        layers.centerCrop({ height: 3, width: 3 }),
        layers.rescaling({ scale: 1 / 255 }),
        layers.flatten(),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ],
    });
    expect(net.outputShape).toEqual([null, 1]);
    net.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
    const { history } = await net.fit(images, labels, { epochs: 3, verbose: 0, batchSize: 4 });
    expect(history.loss?.every(Number.isFinite)).toBe(true);
    const whole = await rows(net.predict(images));
    expect(layers.resizing({ height: 4, width: 4 }).apply(images).dtype).toBe('uint8');
    expect(whole).toHaveLength(8);
  });

  it('work in functional models, adapted before and after, and keep their state in weights and configurations', async () => {
    const features = wave([20, 3], 0.3);
    const ages = tensor(
      Array.from({ length: 20 }, (_, i) => (i * 7) % 60),
      [20, 1],
    );
    const normalization = layers.normalization();
    const bins = layers.discretization({ numBins: 4, outputMode: 'oneHot' });
    bins.adapt(ages);
    const [a, b] = [input({ shape: [3] }), input({ shape: [1] })];
    const joined = layers.concatenate().apply([normalization.apply(a), bins.apply(b)]);
    const net = model({ inputs: [a, b], outputs: layers.dense({ units: 1 }).apply(joined) });
    net.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = await rows(net.predict([features, ages]));
    normalization.adapt(features);
    const after = await rows(net.predict([features, ages]));
    expect(after).not.toEqual(before);
    await net.fit([features, ages], ages, { epochs: 1, verbose: 0 });
    expect(await rows(normalization.mean.read())).toEqual(
      (await rows(features.mean(0))).map((value) => expect.closeTo(value, 5) as number),
    );

    const copy = layerFromConfig({ className: net.className, config: net.getConfig() }) as typeof net;
    copy.setWeights(net.getWeights());
    expect(await rows(copy.predict([features, ages]))).toEqual(await rows(net.predict([features, ages])));
  });

  it('trace again when boundaries are adapted again', async () => {
    const bins = layers.discretization({ numBins: 2, inputShape: [1] });
    const net = sequential({ layers: [bins] });
    expect(() => net.predict([[2.5]])).toThrow(StateError);
    bins.adapt([1, 2, 3, 4]);
    expect(await rows(net.predict([[2.5]]))).toEqual([1]);
    bins.adapt([11, 12, 13, 14]);
    expect(await rows(net.predict([[2.5]]))).toEqual([0]);
  });

  it('count with weights that are inputs of a model', async () => {
    const [ids, weights] = [input({ shape: [3], dtype: 'int32' }), input({ shape: [3] })];
    const counted = layers
      .categoryEncoding({ numTokens: 4, outputMode: 'count' })
      .apply(ids, { countWeights: weights });
    const net = model({ inputs: [ids, weights], outputs: counted });
    const given = [tensor([[0, 3, 3]], undefined, 'int32'), tensor([[1, 2, 0.5]])];
    expect(await rows(net.predict(given))).toEqual([1, 0, 0, 2.5]);
  });

  it('read batches of a function that gives a generator, and stop after some', async () => {
    let closed = false;
    const batches = function* () {
      try {
        for (;;) yield tensor([0, 1, 2, 3]);
      } finally {
        closed = true;
      }
    };
    const bins = layers.discretization({ numBins: 2 });
    bins.adapt(batches, { steps: 3 });
    expect([bins.binBoundaries, closed]).toEqual([[1], true]);
    const set = { iterator: async () => [wave([5, 2], 1)][Symbol.iterator]() as never };
    const normalization = layers.normalization();
    await normalization.adapt(set);
    expect(normalization.built).toBe(true);
  });
});

describe('wrong calls', () => {
  it('are told apart', async () => {
    expect(() => layers.rescaling({} as never)).toThrow(/scale must be a number or an array of numbers, got undefined/);
    expect(() => layers.normalization({ mean: 1 })).toThrow(/mean and variance go together/);
    expect(() => layers.normalization({ mean: [1, 2], variance: 1 })).toThrow(
      /must have one shape, got \[2\] and \[\]/,
    );
    expect(() => layers.normalization({ axis: null, mean: [1], variance: [1] })).toThrow(/more axes/);
    expect(() => layers.normalization({ mean: [1, 2], variance: [1, 1] }).build([null, 3])).toThrow(
      /does not broadcast to the kept axes' sizes \[3\]/,
    );
    expect(() => layers.normalization().build([null, null])).toThrow(/needs to know the size of axis 1/);
    expect(() => layers.normalization({ mean: 1, variance: 1 }).adapt([1])).toThrow(ConfigError);
    const adapted = layers.normalization();
    adapted.adapt(wave([4, 3], 0));
    expect(() => adapted.adapt(wave([4, 2], 0))).toThrow(/expects inputs of shape \[null, 3\], but got \[4, 2\]/);
    expect(() => adapted.apply(wave([4, 2], 0))).toThrow(/expects inputs of shape/);
    expect(() => layers.normalization().adapt(function* () {})).toThrow(DataError);
    await expect(layers.normalization().adapt(async function* () {})).rejects.toThrow(/no batches/);
    expect(() => layers.resizing({ height: 2, width: 0 })).toThrow(/width must be a whole number above 0/);
    expect(() => layers.resizing({ height: 2, width: 2, cropToAspectRatio: true, padToAspectRatio: true })).toThrow(
      /only one of/,
    );
    expect(() => layers.resizing({ height: 2, width: 2, fillMode: 'reflect' as never })).toThrow(/must be 'constant'/);
    expect(() => layers.resizing({ height: 2, width: 2 }).apply(wave([4, 4], 0))).toThrow(
      /expects images \[batch, height, width, channels\], or one \[height, width, channels\], but got rank 2/,
    );
    expect(() => layers.categoryEncoding({ numTokens: 2, outputMode: 'int' as never })).toThrow(/outputMode must be/);
    expect(() => layers.categoryEncoding({ numTokens: 2 }).apply([[0]], { countWeights: [[1]] })).toThrow(
      /countWeights go with outputMode 'count'/,
    );
    expect(() => layers.discretization({})).toThrow(/needs binBoundaries or numBins/);
    expect(() => layers.discretization({ binBoundaries: [1, 0] })).toThrow(/must be ascending numbers/);
    expect(() => layers.discretization({ binBoundaries: [1] }).adapt([1])).toThrow(/nothing to adapt/);
    expect(() => layers.discretization({ numBins: 2 }).apply([1])).toThrow(StateError);
  });
});
