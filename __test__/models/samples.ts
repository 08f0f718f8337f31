import { layers, type Sequential, sequential, type Tensor } from '../../ts/index.ts';
import { targets, wave } from '../wave.ts';

/** A small classifier of samples `[n, 4]` into three classes, compiled. */
export function classifier(units = 6): Sequential {
  const model = sequential({
    layers: [
      layers.dense({ units, activation: 'tanh', inputShape: [4] }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** `count` samples and their labels. */
export function samples(count = 18): { x: Tensor; y: Tensor } {
  return { x: wave([count, 4], 0.1), y: targets('label', count) };
}

/** All numbers of all weights. */
export async function weightsOf(model: Sequential): Promise<number[]> {
  const values = await Promise.all(model.getWeights().map((weight) => weight.data()));
  return values.flatMap((value) => [...value]);
}
