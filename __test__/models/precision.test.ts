import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';

/** Weights of a small convolutional net after two epochs, seeded. */
async function trained(precision: tf.Precision | undefined, threads: number): Promise<number[][]> {
  const before = tf.getThreads();
  tf.setThreads(threads);
  tf.setSeed(5);
  const model = tf.sequential();
  model.add(
    tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [16, 16, 16] }),
  );
  model.add(tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
  const setting = precision === undefined ? {} : { precision };
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', ...setting });
  const x = tf.randomNormal([40, 16, 16, 16], 0, 1, 'float32', 3);
  const y = tf.tensor(
    Array.from({ length: 40 }, (_, i) => i % 3),
    [40],
    'int32',
  );
  await model.fit(x, y, { epochs: 2, batchSize: 8, verbose: 0 });
  const weights = await Promise.all(model.getWeights().map(async (weight) => Array.from(await weight.data())));
  for (const held of [model, x, y]) held.dispose();
  tf.setThreads(before);
  return weights;
}

const distance = (a: number[][], b: number[][]): number =>
  Math.max(...a.flatMap((weights, i) => weights.map((weight, j) => Math.abs(weight - (b[i]?.[j] ?? Number.NaN)))));

describe('precision', () => {
  test('exact and fast agree closely, and are not the same arithmetic', async () => {
    const [fast, exact] = [await trained('fast', 2), await trained('exact', 2)];
    expect(distance(fast, exact)).toBeGreaterThan(0);
    expect(distance(fast, exact)).toBeLessThan(1e-5);
  });

  test('each gives the same bits for any number of threads', async () => {
    for (const precision of ['fast', 'exact'] as const) {
      expect(await trained(precision, 3)).toEqual(await trained(precision, 1));
    }
  });

  test("a model without its own follows what is set; a model's own leaves what is set alone", async () => {
    expect(tf.getPrecision()).toBe('fast');
    tf.setPrecision('exact');
    try {
      expect(await trained(undefined, 2)).toEqual(await trained('exact', 2));
      await trained('fast', 2);
      expect(tf.getPrecision()).toBe('exact');
    } finally {
      tf.setPrecision('fast');
    }
  });

  test('anything else is named', () => {
    expect(() => tf.setPrecision('high' as 'fast')).toThrow(/setPrecision needs 'fast' or 'exact', got "high"/);
    const compile = { loss: 'meanSquaredError', precision: 'low' as 'fast' } as const;
    expect(() => tf.sequential().compile(compile)).toThrow(/compile: precision needs 'fast' or 'exact', got "low"/);
  });
});
