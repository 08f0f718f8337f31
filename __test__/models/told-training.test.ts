// What `training` of a call inside a graph means. Numbers: Keras 3.15.1 with JAX, `BatchNormalization(momentum=0.5)(x, training=...)`.
import { describe, expect, it, test } from 'vitest';
import { input, layers, type Model, model, sequential, type Tensor, tensor, train } from '../../ts/index.ts';
import { modelFromKeras, modelToKeras } from '../../ts/io/keras-config/index.ts';

const x = tensor([1, 2, 3, 6, 5, 1], [3, 2]);
const zeros = tensor([0, 0, 0, 0, 0, 0], [3, 2]);

function normalized(training: boolean | undefined): Model {
  const begin = input({ shape: [2] });
  const norm = layers.batchNormalization({ momentum: 0.5, name: 'norm' });
  return model({ inputs: begin, outputs: norm.apply(begin, { training }) });
}

async function first(y: Tensor): Promise<number[]> {
  return [...(await y.data())].slice(0, 2);
}

const close = (numbers: readonly number[]) => numbers.map((number) => expect.closeTo(number, 5));
const meanOf = async (one: Model): Promise<number[]> => [
  ...(await (one.getLayer('norm') as layers.BatchNormalization).movingMean.data()),
];

describe.each([undefined, true, false])('a call inside a graph with training %s', (training) => {
  it.each([
    ['made here', normalized],
    ['of a file', (told: boolean | undefined) => modelFromKeras('file', modelToKeras(normalized(told))) as Model],
  ])('is overridden by fit, evaluate, predict and whoever calls the model with it: %s', async (_, make) => {
    const net = make(training);
    net.compile({ optimizer: train.sgd(0), loss: 'meanSquaredError' });
    expect(await first(net.predict(x) as Tensor)).toEqual(close([0.99950033, 1.99900067]));
    expect((await net.evaluate(x, zeros, { verbose: 0 })).loss).toBeCloseTo(12.6540117, 4);
    expect(await meanOf(net)).toEqual([0, 0]);
    const { history } = await net.fit(x, zeros, { batchSize: 3, verbose: 0 });
    expect(history.loss?.[0]).toBeCloseTo(0.9997053, 5);
    expect(await meanOf(net)).toEqual([1.5, 1.5]);
    const batch = [-1.2245152, -0.462860465];
    expect(await first(net.apply(x))).toEqual(close(training ? batch : [-0.36917382, 0.29699183]));
    expect(await meanOf(net)).toEqual(training ? [2.25, 2.25] : [1.5, 1.5]);
    expect(await first(net.apply(x, { training: true }))).toEqual(close(batch));
    const after = training ? [-1.03620255, -0.30463046] : [-0.83314824, -0.1290822];
    expect(await first(net.apply(x, { training: false }))).toEqual(close(after));
  });
});

// Dropout(0.5)(x, training=True): Keras' predict and evaluate do not drop, `model(x)` does.
test('dropout that is told to drop does when the model is called, not in predict', async () => {
  const begin = input({ shape: [64] });
  const net = model({ inputs: begin, outputs: layers.dropout({ rate: 0.5 }).apply(begin, { training: true }) });
  const ones = tensor(
    Array.from({ length: 64 }, () => 1),
    [1, 64],
  );
  const dropped = async (y: Tensor): Promise<boolean> => (await y.data()).some((value) => value === 0);
  expect(await dropped(net.apply(ones))).toBe(true);
  expect(await dropped(net.apply(ones, { training: false }))).toBe(false);
  expect(await dropped(net.predict(ones) as Tensor)).toBe(false);
});

test('models inside models hand on what they are told, and nothing when they are told nothing', async () => {
  const wrapped = (inner: Model, told?: boolean): Model => {
    const begin = input({ shape: [2] });
    return model({ inputs: begin, outputs: inner.apply(begin, { training: told }) as typeof begin });
  };
  const batch = close([-1.2245152, -0.462860465]);
  const moving = close([0.99950033, 1.99900067]);
  expect(await first(wrapped(normalized(true)).apply(x))).toEqual(batch);
  expect(await first(sequential({ layers: [normalized(true)] }).apply(x))).toEqual(batch);
  expect(await first(wrapped(sequential({ layers: [normalized(true)] })).apply(x))).toEqual(batch);
  expect(await first(wrapped(normalized(true), false).apply(x))).toEqual(moving);
  expect(await first(wrapped(normalized(undefined), true).apply(x))).toEqual(batch);
  expect(await first(wrapped(normalized(true)).predict(x) as Tensor)).toEqual(moving);
  const steps = layers.timeDistributed({ layer: normalized(true) }).apply(x.reshape([3, 1, 2]));
  expect(await first(steps)).toEqual(batch);
});
