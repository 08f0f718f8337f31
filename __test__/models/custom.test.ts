import { describe, expect, it } from 'vitest';
import { layers, metrics, sequential, type Tensor, tensor, type Variable, zeros } from '../../ts/index.ts';
import { samples } from './samples.ts';

let calls = 0;

/** A layer with a weight, written by a user. */
class Scale extends layers.Layer {
  static override readonly className = 'Scale';
  factor!: Variable;

  override build(inputShape: layers.Shape): void {
    this.factor = this.addWeight({ name: 'factor', shape: [inputShape.at(-1) as number], initializer: 'ones' });
  }

  override call(inputs: Tensor): Tensor {
    calls += 1;
    return inputs.mul(this.factor);
  }
}

/** A layer made of layers, one of which is built by its first call only. */
class Residual extends layers.Layer {
  readonly inner: layers.Dense;
  readonly noise = [layers.dropout({ rate: 0.5, seed: 7 })];

  constructor(config: layers.LayerConfig & { units: number }) {
    super(config);
    this.inner = layers.dense({ units: config.units, activation: 'tanh' });
  }

  override call(inputs: Tensor): Tensor {
    calls += 1;
    const noise = this.noise[0] as layers.Dropout;
    return inputs.add(noise.apply(this.inner.apply(inputs)));
  }
}

class Largest extends metrics.Metric {
  readonly #largest = this.addVariable('largest', [], -1);

  override updateState(_yTrue: Tensor, yPred: Tensor): void {
    calls += 1;
    this.#largest.assign(this.#largest.maximum(yPred.max()));
  }

  override result(): Tensor {
    return this.#largest.read();
  }
}

function quartic(yTrue: Tensor, yPred: Tensor): Tensor {
  calls += 1;
  return yTrue.sub(yPred).square().square().mean(-1);
}

describe('a layer, a loss and a metric written in TypeScript', () => {
  it('train, and JavaScript runs while tracing only', async () => {
    const model = sequential({
      layers: [new Scale({ inputShape: [4] }), new Residual({ units: 4 }), layers.dense({ units: 2 })],
    });
    model.compile({ optimizer: 'adam', loss: quartic, metrics: [new Largest(), quartic] });
    const { x } = samples(50);
    const y = zeros([50, 2]);
    await model.fit(x, y, { batchSize: 8, verbose: 0 });
    const traced = calls;
    const { history } = await model.fit(x, y, { batchSize: 8, epochs: 20, verbose: 0 });
    expect(calls).toBe(traced);
    expect(Object.keys(history).sort()).toEqual(['largest', 'loss', 'quartic']);
    const { loss = [] } = history;
    expect(loss.at(-1)).toBeLessThan((loss[0] as number) / 2);
    expect(history.quartic?.at(-1)).toBeCloseTo(loss.at(-1) as number, 5);
    // Scale's factor moved, too.
    expect([...((await model.getWeights()[0]?.data()) ?? [])]).not.toEqual([1, 1, 1, 1]);
  });

  it('has the weights of the layers inside, in Keras order', () => {
    const residual = new Residual({ units: 4, inputShape: [4] });
    const model = sequential({ layers: [residual, new Scale()] });
    expect(model.weights.map(({ shape }) => [...shape])).toEqual([[4, 4], [4], [4]]);
    expect(residual.countParams()).toBe(20);
    residual.trainable = false;
    expect(model.trainableWeights).toHaveLength(1);
    expect(model.nonTrainableWeights).toHaveLength(2);
    expect(residual.inner.trainable).toBe(false);
  });

  it('counts a build asked for by the user once', async () => {
    const scale = new Scale();
    scale.build([null, 3]);
    scale.build([null, 3]);
    expect(scale.weights).toHaveLength(1);
    expect([...(await scale.apply([[1, 2, 3]]).data())]).toEqual([1, 2, 3]);
  });

  it('passes masks on', () => {
    class FirstTwo extends layers.Layer {
      override call(inputs: Tensor): Tensor {
        return inputs.mul(1);
      }
      override computeMask(inputs: Tensor): Tensor {
        return inputs.slice([0, 0, 0], [-1, -1, 1]).squeeze(-1).greater(0);
      }
    }
    const masked = new FirstTwo().apply(tensor([[[1], [0]]]));
    const through = layers.dense({ units: 2 }).apply(masked);
    expect(through.mask?.shape).toEqual([1, 2]);
    expect(layers.flatten().apply(masked).mask).toBeUndefined();
  });
});
