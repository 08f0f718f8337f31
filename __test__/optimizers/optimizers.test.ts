import { describe, expect, it } from 'vitest';
import {
  jit,
  layers,
  type Optimizer,
  optimizers,
  scalar,
  sequential,
  setSeed,
  tensor,
  train,
  variable,
} from '../../ts/index.ts';

describe('loops of your own', () => {
  it('minimize takes a step, at once or compiled', async () => {
    const step = (optimizer: Optimizer, w: ReturnType<typeof variable>) =>
      optimizer.minimize(() => w.sub(3).square().sum(), [w]);
    const w = variable([0, 1]);
    const plain = train.sgd(0.1);
    expect(await step(plain, w).item()).toBe(13);
    const expected = [0.6, 1.4];
    for (const [i, value] of (await w.data()).entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
    const v = variable([0, 1]);
    const sgd = train.sgd(0.1);
    sgd.build([v]);
    const compiled = jit(() => step(sgd, v));
    expect(await compiled().item()).toBe(13);
    for (const [i, value] of (await v.data()).entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
    for (let i = 0; i < 100; i++) await compiled().data();
    expect((await v.data())[0]).toBeCloseTo(3, 5);
    expect((await sgd.iterations.data())[0]).toBe(101);
    expect(compiled.programs).toBe(1);
    sgd.learningRate = 0;
    v.assign([0, 0]);
    await compiled().data();
    expect([...(await v.data())]).toEqual([0, 0]);
  });

  it.each(
    Object.values(optimizers).filter(
      (Class) => typeof Class === 'function' && Class.prototype instanceof optimizers.Optimizer,
    ) as (new (
      config: object,
    ) => Optimizer)[],
  )('train weights of 16 bits: %o', async (Class) => {
    for (const dtype of ['bfloat16', 'float16'] as const) {
      setSeed(1);
      const model = sequential({
        layers: [
          layers.dense({ units: 8, activation: 'tanh', inputShape: [4], dtype }),
          layers.dense({ units: 1, dtype }),
        ],
      });
      const before = await model.getWeights()[0]?.data();
      const isWrapper = Class === (optimizers.LossScaleOptimizer as unknown);
      const inner = isWrapper ? { innerOptimizer: new optimizers.SGD() } : { learningRate: 0.1 };
      model.compile({ optimizer: new Class(inner), loss: 'meanSquaredError' });
      const x = tensor(Array.from({ length: 64 }, (_, i) => Math.sin(i)));
      const { history } = await model.fit(x.reshape([16, 4]), x.slice([0], [16]).reshape([16, 1]), {
        epochs: 3,
        verbose: 0,
      });
      expect(history.loss?.every(Number.isFinite)).toBe(true);
      expect(model.weights.map((weight) => weight.dtype)).toEqual(Array(4).fill(dtype));
      expect(await model.getWeights()[0]?.data()).not.toEqual(before);
    }
  });

  it('trains a model', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] });
    const adam = train.adam(0.1);
    const x = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    const y = tensor([[1], [2], [3]]);
    let loss = scalar(0);
    for (let i = 0; i < 200; i++)
      loss = adam.minimize(() => model.apply(x, { training: true }).sub(y).square().mean(), model.trainableWeights);
    expect(await loss.item()).toBeLessThan(1e-3);
  });

  it('says when there is nothing to train', () => {
    const w = variable([1]);
    expect(() => train.sgd(0.1).minimize(() => scalar(1), [w])).toThrow(/depends on none of the 1 trainable weights/);
    expect(() => train.sgd(0.1).minimize(() => scalar(1), [])).toThrow(/needs the variables/);
  });
});

describe('names and options', () => {
  it('have Keras defaults', () => {
    expect(optimizers.get('adam').getConfig()).toEqual({
      name: 'adam',
      learningRate: Math.fround(0.001),
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
      amsgrad: false,
    });
    expect(optimizers.get('SGD').getConfig()).toEqual({
      name: 'sgd',
      learningRate: Math.fround(0.01),
      momentum: 0,
      nesterov: false,
    });
    expect(optimizers.get('adamw').weightDecay).toBe(0.004);
    expect(optimizers.get('rmsprop').getConfig()).toMatchObject({
      rho: 0.9,
      momentum: 0,
      centered: false,
      epsilon: 1e-7,
    });
    expect(train.momentum(0.1, 0.9, true).getConfig()).toMatchObject({ momentum: 0.9, nesterov: true });
  });

  it('keep their state in Keras order', () => {
    const adam = train.adam();
    const [a, b] = [variable([1, 2], true, 'a'), variable([[3]], true, 'b')];
    adam.build([a, b]);
    expect(adam.variables.map(({ name }) => name)).toEqual([
      'iterations',
      'learning_rate',
      'adam/a/momentum',
      'adam/a/velocity',
      'adam/b/momentum',
      'adam/b/velocity',
    ]);
  });
});
