// Layers in layers and models, as steps are traced: what is made when, and what is kept.
import { describe, expect, it } from 'vitest';
import { input, layers, Model, model, ones, StateError, sequential, type Tensor } from '../../ts/index.ts';
import { wave } from '../wave.ts';

describe('a layer that is made inside call', () => {
  it('works when it has no weights', async () => {
    class Scores extends Model {
      readonly dense = layers.dense({ units: 3 });
      override call(x: Tensor): Tensor {
        return layers.softmax().apply(this.dense.apply(x));
      }
    }
    const net = new Scores();
    net.compile({ optimizer: 'sgd', loss: 'mse' });
    const { history } = await net.fit(wave([8, 2], 1), wave([8, 3], 2), { epochs: 2, verbose: 0 });
    expect(history.loss?.[1]).toBeLessThan(history.loss?.[0] as number);
  });

  it('with weights is an error that says so', () => {
    class Forgetful extends Model {
      override call(x: Tensor): Tensor {
        return layers.dense({ units: 3 }).apply(x);
      }
    }
    const net = new Forgetful();
    expect(() => net.predict(ones([2, 2]))).toThrow(
      expect.objectContaining({
        constructor: StateError,
        message: expect.stringContaining('make it in the constructor or in build'),
      }),
    );
  });

  it('attention runs in a graph', async () => {
    const x = input({ shape: [3, 4] });
    const net = model({
      inputs: x,
      outputs: layers.multiHeadAttention({ numHeads: 2, keyDim: 2 }).apply(x, { value: x }),
    });
    expect((await net.predict(ones([2, 3, 4]))).shape).toEqual([2, 3, 4]);
  });
});

describe('resetStates of a model', () => {
  const stateful = () => {
    const inner = sequential({
      layers: [
        layers.gru({ units: 3, stateful: true, returnSequences: true, batchInputShape: [2, 3, 4] }),
        layers.bidirectional({ layer: layers.lstm({ units: 2, stateful: true }) }),
      ],
    });
    const x = input({ batchShape: [2, 3, 4] });
    return model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(inner.apply(x)) });
  };

  it('begins anew in every layer inside, at any depth', async () => {
    const net = stateful();
    const x = wave([2, 3, 4], 1);
    const first = await net.predictOnBatch(x).data();
    const second = await net.predictOnBatch(x).data();
    expect(second).not.toEqual(first);
    net.resetStates();
    expect(await net.predictOnBatch(x).data()).toEqual(first);
  });

  it('does nothing without such layers', () => {
    expect(() => sequential({ layers: [layers.lstm({ units: 2, inputShape: [3, 4] })] }).resetStates()).not.toThrow();
  });
});
