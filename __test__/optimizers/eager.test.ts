import { describe, expect, it } from 'vitest';
import { layers, optimizers, sequential } from '../../ts/index.ts';
import { wave } from '../wave.ts';

const options = {
  'accumulated gradients': { gradientAccumulationSteps: 3 },
  'running means that take the weights place': { useEma: true, emaMomentum: 0.5, emaOverwriteFrequency: 2 },
  'a norm over all gradients': { globalClipnorm: 0.01, weightDecay: 0.1 },
} as const;

describe('steps that run eagerly give what compiled ones do', () => {
  it.each(Object.entries(options))('with %s', async (_, config) => {
    const trained = async (runEagerly: boolean): Promise<number[]> => {
      const net = sequential({
        layers: [layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }), layers.dense({ units: 1 })],
      });
      net.setWeights(net.weights.map(({ shape }, i) => wave(shape, i, 0.5)));
      const optimizer = new optimizers.Adam({ learningRate: 0.05, ...config });
      optimizer.excludeFromWeightDecay({ varNames: ['bias'] });
      net.compile({ optimizer, loss: 'mse', runEagerly });
      await net.fit(wave([20, 3], 1), wave([20, 1], 2), { batchSize: 4, epochs: 2, shuffle: false, verbose: 0 });
      const values = await Promise.all(net.weights.map((weight) => weight.read().data()));
      return values.flatMap((numbers) => [...numbers]);
    };
    const [eager, compiled] = [await trained(true), await trained(false)];
    for (const [i, value] of eager.entries()) expect(value).toBeCloseTo(compiled[i] as number, 5);
  });

  it('excluded weights do not decay', async () => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] }), layers.dense({ units: 1 })] });
    net.setWeights(net.weights.map(({ shape }, i) => wave(shape, i, 0.5)));
    const before = await Promise.all(net.weights.map((weight) => weight.read().data()));
    const optimizer = new optimizers.SGD({ learningRate: 0.1, weightDecay: 0.5, clipvalue: 1e-9 });
    const [first, , second] = net.weights;
    optimizer.excludeFromWeightDecay({ varList: first === undefined ? [] : [first], varNames: ['bias'] });
    net.compile({ optimizer, loss: 'mse' });
    await net.fit(wave([4, 2], 1), wave([4, 1], 2), { batchSize: 4, verbose: 0 });
    for (const [i, weight] of net.weights.entries()) {
      const factor = weight === second ? 0.95 : 1;
      const values = await weight.read().data();
      for (const [k, value] of values.entries()) expect(value).toBeCloseTo((before[i]?.[k] as number) * factor, 6);
    }
  });
});
