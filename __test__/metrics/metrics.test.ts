import { describe, expect, it } from 'vitest';
import { layers, metrics, sequential, tensor, train, zeros } from '../../ts/index.ts';

async function resultOf(metric: metrics.Metric): Promise<number> {
  return metric.result().item();
}

describe('Mean', () => {
  it('weighs, averages over all axes but the first, and starts again', async () => {
    const mean = new metrics.Mean();
    expect(await resultOf(mean)).toBe(0);
    mean.update([1, 3, 5, 7]);
    expect(await resultOf(mean)).toBe(4);
    mean.resetState();
    mean.update([1, 3, 5, 7], [1, 1, 0, 0]);
    expect(await resultOf(mean)).toBe(2);
    mean.resetState();
    mean.update(
      [
        [1, 3],
        [5, 7],
      ],
      [1, 3],
    );
    expect(await resultOf(mean)).toBe(5);
    mean.resetState();
    mean.update(4, 3);
    mean.update(8, 1);
    expect(await resultOf(mean)).toBe(5);
  });
});

describe('accuracy', () => {
  it('is the one that the shapes ask for', async () => {
    const of = async (yTrue: number[] | number[][], yPred: number[][]): Promise<number> => {
      const metric = metrics.get('accuracy');
      metric.updateState(tensor(yTrue), tensor(yPred));
      return resultOf(metric);
    };
    // One output: on which side of 1/2 (1/2 itself counts as 0).
    expect(await of([1, 0, 1, 0], [[0.9], [0.2], [0.4], [0.5]])).toBe(0.75);
    // Labels, flat or in a column: where the largest is; the first of equal ones.
    expect(
      await of(
        [2, 0],
        [
          [0.1, 0.2, 0.7],
          [0.3, 0.4, 0.3],
        ],
      ),
    ).toBe(0.5);
    expect(
      await of(
        [[2], [0]],
        [
          [0.1, 0.2, 0.7],
          [0.5, 0.5, 0],
        ],
      ),
    ).toBe(1);
    // One-hot, also after sigmoids.
    expect(
      await of(
        [
          [0, 1],
          [1, 0],
        ],
        [
          [0.4, 0.6],
          [0.2, 0.9],
        ],
      ),
    ).toBe(0.5);
  });

  it('refuses shapes that do not fit', () => {
    expect(() => metrics.sparseCategoricalAccuracy(zeros([3]), zeros([2, 4]))).toThrow(/labels of shape \[3\]/);
    expect(() => metrics.binaryAccuracy(zeros([2, 2]), zeros([2, 3]))).toThrow(/do not fit/);
  });
});

describe('names', () => {
  it('are reported as written, numbered when they repeat', () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    const mine = (a: ReturnType<typeof zeros>, b: ReturnType<typeof zeros>): ReturnType<typeof zeros> =>
      a.sub(b).mean(-1);
    model.compile({
      loss: 'mse',
      metrics: ['mae', 'mean_absolute_error', 'mae', mine],
      weightedMetrics: ['mae', 'acc'],
    });
    expect(model.metricsNames).toEqual(['loss', 'mae', 'mean_absolute_error', 'mae_1', 'mine', 'weighted_mae', 'acc']);
  });

  it('weighted metrics use the weights, the others do not', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [1] })] });
    model.compile({ optimizer: train.sgd(0), loss: 'mae', metrics: ['mae'], weightedMetrics: ['mae'] });
    const weighted = await model.evaluate([[1], [2], [3]], [0, 0, 0], { sampleWeight: [1, 0, 1], verbose: 0 });
    // The loss divides by the number of samples, a weighted metric by the sum of the weights.
    expect(weighted.loss).toBeCloseTo(4 / 3, 5);
    expect(weighted.mae).toBeCloseTo(2, 5);
    expect(weighted.weighted_mae).toBeCloseTo(2, 5);
  });
});
