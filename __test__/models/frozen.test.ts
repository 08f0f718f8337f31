// Frozen models with layers inside that train. Numbers: Keras 3.15.1 with JAX, the same layers, data and calls of fit.
import { expect, test } from 'vitest';
import { input, layers, type Model, model, modelFromJSON, sequential, tensor, train } from '../../ts/index.ts';
import { modelFromKeras, modelToKeras } from '../../ts/io/keras-config/index.ts';
import type { Tree } from '../../ts/tensor/tree.ts';

const constant = (value: number) => ({ className: 'Constant', config: { value } });
const x = tensor([1, 2, 3, 6, 5, 1], [3, 2]);
const y = tensor([1, 0, 2], [3, 1]);

function inside(): [layers.Dense, layers.BatchNormalization, layers.Dense] {
  const kernelRegularizer = { className: 'L2', config: { l2: 0.01 } };
  return [
    layers.dense({ units: 2, name: 'a', kernelInitializer: constant(0.5), kernelRegularizer, inputShape: [2] }),
    layers.batchNormalization({ name: 'norm', momentum: 0.5 }),
    layers.dense({ units: 1, name: 'b', kernelInitializer: constant(0.25) }),
  ];
}

function graph(): Model<Tree> {
  const [a, norm, b] = inside();
  const begin = input({ shape: [2] });
  return model({ inputs: begin, outputs: b.apply(norm.apply(a.apply(begin))), name: 'base' });
}

function around(base: Model<Tree>): Model<Tree> {
  const begin = input({ shape: [2] });
  const head = layers.dense({ units: 1, name: 'head', kernelInitializer: constant(2) });
  return model({ inputs: begin, outputs: head.apply(base.apply(begin) as typeof begin) });
}

const namesOf = (one: Model<Tree>): string[] =>
  one.trainableWeights.map(({ name }) => name.split('/').slice(-2).join('/'));
const trained = ['a/kernel', 'a/bias', 'head/kernel', 'head/bias'];

test.each([
  ['graph', graph],
  ['stack', () => sequential({ layers: inside(), name: 'base' })],
])('a layer of a frozen %s that was set to trainable trains in a model around it', async (_, make) => {
  const base = make() as Model<Tree>;
  base.trainable = false;
  base.getLayer('a').trainable = true;
  const outer = around(base);
  expect(namesOf(base)).toEqual([]);
  expect(base.losses).toEqual([]);
  expect(base.nonTrainableWeights).toHaveLength(8);
  expect(namesOf(outer)).toEqual(trained);
  expect(outer.losses).toHaveLength(1);
  expect(outer.nonTrainableWeights).toHaveLength(6);
  outer.compile({ optimizer: train.sgd(0.1), loss: 'meanSquaredError' });
  const { history } = await outer.fit(x, y, { epochs: 2, batchSize: 3, verbose: 0 });
  expect(history.loss?.[0]).toBeCloseTo(7.168674945831299, 5);
  expect(history.loss?.[1]).toBeCloseTo(6.95868444442749, 5);
  const values = await Promise.all(outer.weights.map((weight) => weight.data()));
  const expected = [
    [0.37653258442878723, 0.37653258442878723, -0.02234436757862568, -0.02234436757862568],
    [-0.04369926452636719, -0.04369926452636719],
    [1, 1],
    [0, 0],
    [0, 0],
    [1, 1],
    [0.25, 0.25],
    [0],
    [0.6911136507987976],
    [0.1203293427824974],
  ];
  expected.forEach((numbers, i) => {
    numbers.forEach((number, j) => void expect(values[i]?.[j]).toBeCloseTo(number, 5));
  });
});

test('configurations and files keep what is frozen of each layer', () => {
  for (const make of [graph, () => sequential({ layers: inside(), name: 'base' })]) {
    const base = make() as Model<Tree>;
    base.trainable = false;
    base.getLayer('a').trainable = true;
    const outer = around(base);
    for (const copy of [modelFromJSON(JSON.stringify(outer)), modelFromKeras('file', modelToKeras(outer as Model))]) {
      expect(namesOf(copy as Model<Tree>)).toEqual(trained);
      const inner = (copy as Model<Tree>).getLayer('base') as Model<Tree>;
      expect(inner.trainable).toBe(false);
      expect(inner.trainableWeights).toEqual([]);
      expect(['a', 'norm', 'b'].map((name) => inner.getLayer(name).trainable)).toEqual([true, false, false]);
    }
  }
});

test('a model made with trainable: false trains nothing, and its layers are not frozen themselves, as in Keras', () => {
  const begin = input({ shape: [2] });
  const made = model({ inputs: begin, outputs: layers.dense({ units: 1 }).apply(begin), trainable: false });
  expect(made.trainableWeights).toEqual([]);
  expect(around(made as Model<Tree>).trainableWeights).toHaveLength(4);
  const stack = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })], trainable: false });
  expect(stack.trainableWeights).toEqual([]);
  expect(around(stack as Model<Tree>).trainableWeights).toHaveLength(4);
});
