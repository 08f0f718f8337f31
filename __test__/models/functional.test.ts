import { describe, expect, it } from 'vitest';
import {
  type Batch,
  ConfigError,
  cloneModel,
  DataError,
  Functional,
  input,
  layers,
  Model,
  metrics,
  model,
  modelFromJSON,
  optimizers,
  registerClass,
  ShapeError,
  StateError,
  type StepResults,
  sequential,
  type Tensor,
  tensor,
} from '../../ts/index.ts';

const rows = (count: number, width: number, scale = 0.1): number[][] =>
  Array.from({ length: count }, (_, i) => Array.from({ length: width }, (_, j) => Math.sin(i * width + j) * scale));

class Add extends layers.Layer {
  static override readonly className = 'Add';
  override call(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((sum, x) => sum.add(x));
  }
}

/** Two inputs, a layer that both go through, two outputs. */
function twoByTwo() {
  const left = input({ shape: [3], name: 'left' });
  const right = input({ shape: [3], name: 'right' });
  const shared = layers.dense({ units: 4, name: 'shared', activation: 'tanh' });
  const sum = new Add({ name: 'sum' }).apply([shared.apply(left), shared.apply(right)]);
  const a = layers.dense({ units: 2, name: 'a' }).apply(sum);
  const b = layers.dense({ units: 1, name: 'b' }).apply(sum);
  return { model: model({ inputs: [left, right], outputs: [a, b] }), left, right, sum, shared };
}

describe('a graph of layers', () => {
  it('begins at inputs of a known batch, or of any', () => {
    expect(input({ shape: [3] }).shape).toEqual([null, 3]);
    expect(layers.input({ shape: [3], batchSize: 4 }).shape).toEqual([4, 3]);
    expect(input({ batchShape: [4, null, 3] }).shape).toEqual([4, null, 3]);
    expect(() => input({ shape: [3], batchSize: 0 })).toThrow(/batchSize must be a whole number from 1 on, got 0/);
    expect(() => input({ batchShape: [4, 3], batchSize: 4 })).toThrow(/batchSize goes with shape/);
  });

  it('computes what its layers compute, shared ones with one set of weights', async () => {
    const { model: m, shared } = twoByTwo();
    const [x, y] = [tensor(rows(5, 3)), tensor(rows(5, 3, 0.7))];
    const [a, b] = m.predict([x, y]);
    expect([a.shape, b.shape]).toEqual([
      [5, 2],
      [5, 1],
    ]);
    const sum = shared.apply(x).add(shared.apply(y));
    const expected = await (m.getLayer('a').apply(sum) as Tensor).data();
    (await a.data()).forEach((value, i) => void expect(value).toBeCloseTo(expected[i] as number, 6));
    expect(m.weights).toHaveLength(6);
    expect(m.layers.map(({ name }) => name)).toEqual(['left', 'right', 'shared', 'sum', 'a', 'b']);
  });

  it('takes data in the places of its inputs, or by their names', async () => {
    const { model: m } = twoByTwo();
    const [x, y] = [rows(4, 3), rows(4, 3, 0.5)];
    const byPlace = await m.predict([x, y])[0].data();
    expect(await m.predict({ right: y, left: x })[0].data()).toEqual(byPlace);
    expect(await m.predict([tensor(x), tensor(y)], { batchSize: 3 })[0].data()).toEqual(byPlace);
    expect(() => m.predict({ left: x })).toThrow(/nothing for "right"/);
    expect(() => m.predict({ left: x, rihgt: y })).toThrow(/no "rihgt"; the names are left, right/);
    expect(() => m.predict([x])).toThrow(DataError);
    expect(() => m.predict([x, rows(5, 3)])).toThrow(/different numbers of samples, 4 and 5/);
    expect(() => m.predict([x, rows(4, 2)])).toThrow(/shape \[null, 3\] but got \[4, 2\] \(predict: x "right"\)/);
  });

  it('trains on losses by output, reports each of them, and weighs their sum', async () => {
    const { model: m } = twoByTwo();
    m.compile({
      optimizer: 'adam',
      loss: { a: 'meanSquaredError', b: 'meanAbsoluteError' },
      lossWeights: { a: 1, b: 0.5 },
      metrics: { b: ['mae'] },
    });
    const x = [rows(12, 3), rows(12, 3, 0.5)];
    const y = { a: rows(12, 2), b: rows(12, 1) };
    const { history } = await m.fit(x, y, { epochs: 30, batchSize: 5, verbose: 0, shuffle: false });
    expect(Object.keys(history)).toEqual(['a_loss', 'b_loss', 'b_mae', 'loss']);
    const [a, b, loss] = ['a_loss', 'b_loss', 'loss'].map((key) => history[key] as number[]) as [
      number[],
      number[],
      number[],
    ];
    expect(loss[3]).toBeCloseTo((a[3] as number) + 0.5 * (b[3] as number), 6);
    expect(history.b_mae?.[2]).toBeCloseTo(b[2] as number, 6);
    expect(loss.at(-1)).toBeLessThan(loss[0] as number);
    const again = await m.evaluate(x, [y.a, y.b], { verbose: 0 });
    expect(Object.keys(again)).toEqual(['loss', 'a_loss', 'b_loss', 'b_mae']);
    const alone = await m.trainOnBatch(x, y);
    expect(alone.loss).toBeCloseTo((alone.a_loss as number) + 0.5 * (alone.b_loss as number), 6);
  });

  it('trains outputs without a loss on nothing, and needs no targets for them', async () => {
    const { model: m } = twoByTwo();
    m.compile({ optimizer: 'sgd', loss: [null, 'meanSquaredError'] });
    const x = [rows(6, 3), rows(6, 3, 0.5)];
    const before = await m.getLayer('a').getWeights()[0]?.data();
    await m.fit(x, { b: rows(6, 1) }, { verbose: 0 });
    expect(await m.getLayer('a').getWeights()[0]?.data()).toEqual(before);
    await expect(m.fit(x, { a: rows(6, 2) }, { verbose: 0 })).rejects.toThrow(/no targets for output "b", but a loss/);
  });

  it('weighs samples per output', async () => {
    const { model: m } = twoByTwo();
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const x = [rows(4, 3), rows(4, 3, 0.5)];
    const y = [rows(4, 2), rows(4, 1)];
    const results = await m.testOnBatch(x, y, { sampleWeight: { a: [0, 0, 0, 0], b: [1, 1, 1, 1] } });
    expect(results.a_loss).toBe(0);
    expect(results.loss).toBeCloseTo(results.b_loss as number, 6);
  });

  it('gives records of outputs by name', async () => {
    const x = input({ shape: [3] });
    const m = model({
      inputs: { data: x },
      outputs: { last: layers.dense({ units: 1 }).apply(x), first: layers.dense({ units: 2 }).apply(x) },
    });
    expect(m.outputNames).toEqual(['first', 'last']);
    const { first, last } = m.predict({ data: rows(2, 3) });
    expect([first.shape, last.shape]).toEqual([
      [2, 2],
      [2, 1],
    ]);
    m.compile({ optimizer: 'sgd', loss: { last: 'mse', first: 'mae' } });
    const { history } = await m.fit({ data: rows(2, 3) }, { last: rows(2, 1), first: rows(2, 2) }, { verbose: 0 });
    expect(Object.keys(history)).toEqual(['first_loss', 'last_loss', 'loss']);
  });

  // Keras 3.15.1: d_mae 3, d_mae_1 9, and the loss of the last output alone, under the name d_loss. Here no number hides another.
  it('numbers what is reported of several outputs of one layer', async () => {
    const [a, b] = [input({ shape: [2] }), input({ shape: [2] })];
    const d = layers.dense({ units: 1, name: 'd', kernelInitializer: 'ones' });
    const two = model({ inputs: [a, b], outputs: [d.apply(a), d.apply(b)] });
    two.compile({ optimizer: 'sgd', loss: 'mse', metrics: [['mae'], ['mae']] });
    const results = await two.evaluate([[[1, 2]], [[3, 6]]], [[[0]], [[0]]], { verbose: 0 });
    expect(results).toEqual({ loss: 90, d_loss: 9, d_loss_1: 81, d_mae: 3, d_mae_1: 9 });
    const { history } = await two.fit([[[1, 2]], [[3, 6]]], [[[0]], [[0]]], { verbose: 0 });
    expect(Object.keys(history)).toEqual(['d_loss', 'd_loss_1', 'd_mae', 'd_mae_1', 'loss']);
  });

  it('nests: models are layers, stacks and graphs of each other', async () => {
    const { model: inner } = twoByTwo();
    const x = input({ shape: [3] });
    const [a] = inner.apply([x, x]);
    const tail = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] }), layers.reLU()] });
    const outer = model({ inputs: x, outputs: tail.apply(a) });
    expect(outer.outputShape).toEqual([null, 3]);
    const stack = sequential({ layers: [outer, layers.dense({ units: 1 })] });
    expect(stack.predict(rows(7, 3)).shape).toEqual([7, 1]);
    outer.trainable = false;
    expect(stack.trainableWeights).toHaveLength(2);
  });

  it('gives sub-models of what is in the middle, with the same weights', async () => {
    const stack = sequential({
      layers: [layers.dense({ units: 5, inputShape: [3], name: 'features' }), layers.dense({ units: 2, name: 'head' })],
    });
    const features = model({ inputs: stack.input, outputs: stack.getLayer('features').output });
    const x = rows(3, 3);
    expect(await (features.predict(x) as Tensor).data()).toEqual(
      await (stack.getLayer('features').apply(x) as Tensor).data(),
    );
    const head = model({ inputs: stack.getLayer('features').output, outputs: stack.output });
    const whole = await stack.predict(x).data();
    expect(await (head.predict(features.predict(x) as Tensor) as Tensor).data()).toEqual(whole);
  });

  it('is made again from its configuration, shared layers and constants included', async () => {
    const { model: m } = twoByTwo();
    const copy = Functional.fromConfig(JSON.parse(JSON.stringify(m.getConfig())), { Add: Add as never });
    expect(copy.layers.map(({ name }) => name)).toEqual(m.layers.map(({ name }) => name));
    copy.setWeights(m.getWeights());
    const x = [rows(3, 3), rows(3, 3, 0.4)];
    const [a] = copy.predict(x) as readonly Tensor[];
    expect(await a?.data()).toEqual(await m.predict(x)[0].data());
  });

  it('is copied, and made of JSON, with models inside and registered classes', async () => {
    class Doubled extends layers.Layer {
      override call(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    registerClass(Doubled);
    const x = input({ shape: [3] });
    const inner = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] }), new Doubled()] });
    const graph = model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(inner.apply(x)) });
    const copy = cloneModel(graph);
    copy.setWeights(graph.getWeights());
    expect(await copy.predict(rows(2, 3)).data()).toEqual(await graph.predict(rows(2, 3)).data());
    expect(modelFromJSON(JSON.stringify(graph)).countParams()).toBe(graph.countParams());
    expect(() => modelFromJSON('{')).toThrow(ConfigError);
    expect(() => modelFromJSON({ className: 'Dense', config: { units: 1 } })).toThrow(/not of a model/);
    expect(() => modelFromJSON({ className: 'Unheard', config: {} })).toThrow(/call registerClass/);
    class Other extends layers.Layer {
      static override readonly className = 'Doubled';
      override call(y: Tensor): Tensor {
        return y;
      }
    }
    expect(() => registerClass(Other)).toThrow(/another class is registered as "Custom>Doubled"/);
    expect(registerClass(Other, 'mine')).toBe(Other);
  });

  it('says what is wrong with a graph', () => {
    const { left, right, sum } = twoByTwo();
    expect(() => model({ inputs: left, outputs: sum })).toThrow(
      /depends on the input "right", which is not among the inputs/,
    );
    expect(() => model({ inputs: [left, left], outputs: left })).toThrow(/listed twice/);
    expect(() => model({ inputs: [left, right], outputs: 3 as never })).toThrow(ConfigError);
    const twice = layers.dense({ units: 1, name: 'shared' }).apply(sum);
    expect(() => model({ inputs: [left, right], outputs: twice })).toThrow(/two layers are named "shared"/);
    expect(() => layers.dense({ units: 1 }).output).toThrow(StateError);
    expect(() => layers.conv2d({ filters: 1, kernelSize: 3 }).apply(left)).toThrow(ShapeError);
    expect(() => (left as unknown as Tensor).mul).not.toThrow();
    expect(() => tensor([1]).add(left as never)).toThrow(/symbolic tensor "left".*operations on one are layers/);
  });

  it('prints what each layer reads', () => {
    const lines: string[] = [];
    twoByTwo().model.summary({ printFn: (line) => lines.push(line) });
    expect(lines.slice(1, 10)).toEqual([
      '┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓',
      '┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃',
      '┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩',
      '│ left (InputLayer)   │ (None, 3)         │          0 │ -                 │',
      '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
      '│ right (InputLayer)  │ (None, 3)         │          0 │ -                 │',
      '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
      '│ shared (Dense)      │ (None, 4)         │         16 │ left[0][0],       │',
      '│                     │                   │            │ right[0][0]       │',
    ]);
  });
});

describe('a model of its own', () => {
  class Two extends Model<readonly Tensor[]> {
    readonly hidden = layers.dense({ units: 4 });
    readonly heads = [layers.dense({ units: 2 }), layers.dense({ units: 1 })];
    override call(x: Tensor): readonly Tensor[] {
      const h = this.hidden.apply(x);
      return this.heads.map((head) => head.apply(h));
    }
  }

  it('may give several outputs, found when it is traced', async () => {
    const m = new Two();
    m.compile({ optimizer: 'adam', loss: ['meanSquaredError', 'meanAbsoluteError'], metrics: [['mae'], ['mse']] });
    const { history } = await m.fit(rows(9, 3), [tensor(rows(9, 2)), tensor(rows(9, 1))], { verbose: 0, epochs: 4 });
    expect(Object.keys(history)).toHaveLength(5);
    expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
  });

  it('adds losses in call, which training minimizes', async () => {
    class Shrinking extends Model {
      readonly dense = layers.dense({ units: 2, kernelInitializer: 'ones' });
      override call(x: Tensor): Tensor {
        const y = this.dense.apply(x);
        this.addLoss(y.square().mean());
        return y;
      }
    }
    const m = new Shrinking();
    m.compile({ optimizer: 'sgd' });
    const { history } = await m.fit(rows(8, 3, 1), undefined, { epochs: 5, verbose: 0 });
    expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
    const outputs = m.apply(rows(2, 3, 1));
    expect(await m.losses[0]?.item()).toBeCloseTo((await outputs.square().mean().item()) as number, 6);
  });

  it('steps in its own way, with its own optimizers and metrics', async () => {
    class Stepping extends Model {
      readonly dense = layers.dense({ units: 1 });
      readonly error = new metrics.Mean({ name: 'error' });
      override call(x: Tensor): Tensor {
        return this.dense.apply(x);
      }
      override trainStep({ x, y }: Batch): StepResults {
        const loss = this.optimizer.minimize(
          () =>
            this.apply(x as Tensor, { training: true })
              .sub(y as Tensor)
              .square()
              .mean(),
          this.trainableWeights,
        );
        this.error.update(loss);
        return { error: this.error.result(), last: loss };
      }
    }
    const m = new Stepping();
    m.compile({ optimizer: new optimizers.SGD({ learningRate: 0.1 }) });
    const { history } = await m.fit(rows(8, 3, 1), rows(8, 1), { epochs: 6, batchSize: 4, verbose: 0 });
    expect(Object.keys(history)).toEqual(['error', 'last']);
    expect(history.error?.at(-1)).toBeLessThan(history.error?.[0] as number);
  });

  it('trains parts of itself by turns, each with an optimizer of its own', async () => {
    class Adversarial extends Model {
      readonly generator = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] })] });
      readonly critic = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
      readonly criticOptimizer = new optimizers.Adam({ learningRate: 0.05 });
      override call(z: Tensor): Tensor {
        return this.generator.apply(z);
      }
      override trainStep({ x }: Batch): StepResults {
        const real = x as Tensor;
        const z = real.slice([0, 0], [-1, 2]);
        const made = this.generator.apply(z);
        const criticLoss = this.criticOptimizer.minimize(
          () => this.critic.apply(made).sub(this.critic.apply(real)).mean(),
          this.critic.trainableWeights,
        );
        const loss = this.optimizer.minimize(
          () => this.critic.apply(this.generator.apply(z)).mean().neg(),
          this.generator.trainableWeights,
        );
        return { criticLoss, loss };
      }
    }
    const m = new Adversarial();
    m.compile({ optimizer: 'adam' });
    const before = await Promise.all(m.weights.map((w) => w.read().data()));
    const { history } = await m.fit(rows(8, 3, 1), null, { epochs: 3, batchSize: 4, verbose: 0 });
    expect(Object.keys(history)).toEqual(['criticLoss', 'loss']);
    const after = await Promise.all(m.weights.map((w) => w.read().data()));
    // The critic's bias has no gradient: it is in both terms.
    for (const i of [0, 1, 2]) expect(after[i]).not.toEqual(before[i]);
  });

  it('takes no losses of earlier traces into a step', async () => {
    class Penalized extends layers.Layer {
      override call(x: Tensor): Tensor {
        this.addLoss(x.square().mean());
        return x;
      }
    }
    class Own extends Model {
      readonly inner = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] }), new Penalized()] });
      override call(x: Tensor): Tensor {
        return this.inner.apply(x);
      }
      override testStep({ x, y }: Batch): StepResults {
        // Called twice: what the first call added is not counted again.
        this.inner.apply(x as Tensor);
        const predictions = this.inner.apply(x as Tensor);
        return { loss: this.computeLoss(x, y, predictions) };
      }
    }
    const m = new Own();
    m.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = tensor(rows(4, 3, 1));
    const { loss } = await m.testOnBatch(x, rows(4, 1));
    const y = m.inner.apply(x);
    const expected = y.sub(rows(4, 1)).square().mean().add(y.square().mean());
    expect(loss).toBeCloseTo((await expected.item()) as number, 6);
  });

  it('reports the metrics that its layers hold', async () => {
    class Watching extends layers.Layer {
      readonly level = new metrics.Mean({ name: 'level' });
      override call(x: Tensor): Tensor {
        this.level.update(x.abs().mean());
        return x;
      }
    }
    const m = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] }), new Watching()] });
    m.compile({ optimizer: 'sgd', loss: 'mse' });
    const { history } = await m.fit(rows(8, 3), rows(8, 1), { verbose: 0 });
    expect(Object.keys(history)).toEqual(['level', 'loss']);
    expect(history.level?.[0]).toBeGreaterThan(0);
  });

  it('refuses what does not fit its outputs', async () => {
    const m = new Two();
    m.compile({ optimizer: 'sgd', loss: 'mse' });
    await expect(m.fit(rows(4, 3), rows(4, 2), { verbose: 0 })).rejects.toThrow(/gives 2 outputs, but y has 1 parts/);
    const wrong = new Two();
    wrong.compile({ optimizer: 'sgd', loss: ['mse', 'mse', 'mse'] });
    const y = [tensor(rows(4, 2)), tensor(rows(4, 1))];
    await expect(wrong.fit(rows(4, 3), y, { verbose: 0 })).rejects.toThrow(/loss has 3 entries for 2 outputs/);
  });
});
