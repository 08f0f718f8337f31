import { describe, expect, test } from 'vitest';
import { layers, Model, NativeError, Sequential, type Tensor, tensor } from '../../ts/index.ts';
import { native } from '../../ts/native.ts';
import { wave } from '../wave.ts';

function model(): Sequential {
  const model = new Sequential({
    layers: [
      layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 2] }),
      layers.flatten(),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

const x = wave([256, 12, 12, 2], 0.3);
const y = tensor(
  Array.from({ length: 256 }, (_, i) => i % 3),
  [256],
  'int32',
);

/** Trains until the panic has met a worker: which tasks workers take is not fixed. */
async function fitUntilPanic(trained: Sequential): Promise<unknown> {
  native.injectPanics(1);
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await trained.fit(x, y, { batchSize: 64, verbose: 0 });
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

describe('a panic in a pool worker', () => {
  test.runIf(native.threads() > 1)('rejects fit with a NativeError, and the next calls work', async () => {
    const trained = model();
    const weights = trained.getWeights();
    const error = await fitUntilPanic(trained);
    native.injectPanics(0);
    expect(error).toBeInstanceOf(NativeError);
    expect((error as Error).message).toContain('a panic that a test asked for');
    // Weights may be part old, part new, and then say so until they are set.
    trained.setWeights(weights);
    const other = model();
    await other.fit(x, y, { batchSize: 64, verbose: 0 });
    const probabilities: Tensor = trained.predict(x);
    const sums = await probabilities.sum(-1).data();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 4);
  });
});

describe('runEagerly', () => {
  test('layers may print their numbers', async () => {
    const seen: string[] = [];
    class Watched extends layers.Layer {
      override call(inputs: Tensor): Tensor {
        seen.push(String(inputs));
        return inputs.mul(2);
      }
    }
    const eager = new Sequential({ layers: [new Watched({ inputShape: [4] }), layers.dense({ units: 1 })] });
    eager.compile({ optimizer: 'sgd', loss: 'meanSquaredError', runEagerly: true });
    const { history } = await eager.fit(wave([6, 4], 0.2), wave([6, 1], 0.1), { batchSize: 3, epochs: 2, verbose: 0 });
    // While shapes are traced there are none; in each of the four batches there are.
    expect(seen.filter((text) => text.startsWith('Tensor float32 [3, 4] [['))).toHaveLength(4);
    expect(history.loss?.[1]).toBeLessThan(history.loss?.[0] as number);
  });

  test('metrics that the first step makes begin anew at the next epoch', async () => {
    class Own extends Model {
      readonly head = layers.dense({ units: 1 });
      override call(inputs: Tensor): Tensor {
        return this.head.apply(inputs);
      }
    }
    const own = new Own();
    own.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae'], runEagerly: true });
    const [inputs, targets] = [wave([6, 4], 0.2), wave([6, 1], 0.1)];
    const { history } = await own.fit(inputs, targets, { epochs: 2, verbose: 0 });
    expect(history.mae).toHaveLength(2);
    expect(await own.evaluate(inputs, targets, { verbose: 0 })).toHaveProperty('mae');
  });
});
