import { describe, expect, it } from 'vitest';
import { jit, optimizers, type Tensor, tensor, train, type Variable, variable } from '../../ts/index.ts';

const numbers = async (x: Tensor): Promise<number[]> => [...(await x.data())].map((v) => Number(v.toFixed(6)));

describe("minimize in TensorFlow.js' form", () => {
  it('finds the variables that the loss reads, and returns the loss when asked', async () => {
    const [w, other, fixed] = [variable([1, 2], true), variable([5]), variable([3], false)];
    const sgd = train.sgd(0.1);
    const loss = (): Tensor => w.sub(fixed).square().sum();
    expect(sgd.minimize(loss)).toBeNull();
    expect(await numbers(w)).toEqual([1.4, 2.2]);
    expect(await sgd.minimize(loss, true)?.item()).toBeCloseTo(2.56 + 0.64, 5);
    expect(await numbers(other)).toEqual([5]);
    expect(await numbers(fixed)).toEqual([3]);
    const adam = train.adam(0.1);
    adam.minimize(loss);
    adam.minimize(loss, false, [w]);
    expect((await adam.getWeights()).length).toBe(3);
    expect(() => adam.minimize(() => tensor([1]).sum())).toThrow(/reads no trainable variable/);
  });

  it('ends at what earlier steps of the same program assigned', async () => {
    // The new w depends on v through its gradient; the gradient for v is that of the second loss alone.
    const both = (): [Variable, Variable] => [variable([0.5, -1], true), variable([2, 3], true)];
    const product = (w: Variable, v: Variable) => (): Tensor => w.mul(v).sum().square();
    const [w, v] = both();
    const sgd = train.sgd(0.1);
    sgd.build([w, v]);
    jit(() => {
      sgd.minimize(product(w, v), [w]);
      return sgd.minimize(product(w, v), [v]);
    })();
    const [apart, other] = both();
    train.sgd(0.1).minimize(product(apart, other), [apart]);
    train.sgd(0.1).minimize(product(apart, other), [other]);
    expect(await numbers(w)).toEqual(await numbers(apart));
    expect(await numbers(v)).toEqual(await numbers(other));
  });

  it('wants a scalar: a list of losses would be summed', async () => {
    const w = variable([1, 2]);
    expect(() => train.sgd(0.1).minimize(() => w.square(), [w])).toThrow(/must be a scalar, got shape \[2\]/);
    expect(() => train.sgd(0.1).computeGradients(() => w.square())).toThrow(/must be a scalar/);
    expect(await numbers(w)).toEqual([1, 2]);
  });

  it('computeGradients and applyGradients are the halves of it', async () => {
    const w = variable([1, 2], true, 'halves_w');
    const sgd = train.sgd(0.5);
    const { value, grads } = sgd.computeGradients(() => w.square().sum());
    expect(await value.item()).toBe(5);
    expect(await numbers(grads.halves_w as Tensor)).toEqual([2, 4]);
    sgd.applyGradients(grads);
    expect(await numbers(w)).toEqual([0, 0]);
    sgd.applyGradients([{ name: 'halves_w', tensor: tensor([1, -1]) }]);
    expect(await numbers(w)).toEqual([-0.5, 0.5]);
    expect(() => sgd.applyGradients({ nobody: tensor([1]) })).toThrow(/No variable is called "nobody"/);
    const twin = variable([0, 0], true, 'halves_w');
    expect(() => sgd.applyGradients(grads)).toThrow(/2 variables are called "halves_w"/);
    expect(() => sgd.computeGradients(() => w.add(twin).sum())).toThrow(/two variables are called/);
  });

  it('getWeights and setWeights carry the state over', async () => {
    const run = async (swap: boolean): Promise<number[]> => {
      const w = variable([1, -1]);
      let adam = train.adam(0.1);
      const step = (): void => void adam.minimize(() => w.square().sum(), [w]);
      step();
      step();
      if (swap) {
        const weights = await adam.getWeights();
        expect(weights.map(({ name }) => name)[0]).toBe('iter');
        adam = train.adam(0.1);
        await expect(adam.setWeights(weights)).rejects.toThrow(/Call build/);
        adam.build([w]);
        await adam.setWeights(weights);
      }
      step();
      return numbers(w);
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

/** Three steps on `sum(w^2)` from [1, -2], as Keras 3.15 makes them (float64, rounded). */
const steps: [string, () => optimizers.Optimizer, number[]][] = [
  ['adagrad', () => train.adagrad(0.1), [0.7822992, -1.7762966]],
  ['adadelta', () => train.adadelta(1), [0.99571246, -1.9957108]],
  ['adamax', () => train.adamax(0.1), [0.71549955, -1.7076483]],
  ['adam by position', () => train.adam(0.1, 0.8, 0.99, 1e-8), [0.70265634, -1.7011366]],
  ['rmsprop by position', () => train.rmsprop(0.1, 0.8, 0.5, 1e-8, true), [0.17703863, -1.1029285]],
  ['momentum', () => train.momentum(0.1, 0.9, true), [-0.10835197, 0.21670395]],
];

describe('optimizers equal Keras', () => {
  for (const [name, make, expected] of steps) {
    it(name, async () => {
      const w: Variable = variable([1, -2]);
      const optimizer = make();
      for (let i = 0; i < 3; i++) optimizer.minimize(() => w.square().sum(), [w]);
      expected.forEach((value, i) => void expect(w.dataSync()[i]).toBeCloseTo(value, 5));
      const again: Variable = variable([1, -2]);
      const other = make();
      other.build([again]);
      const compiled = jit(() => other.minimize(() => again.square().sum(), [again]));
      for (let i = 0; i < 3; i++) compiled();
      expect(await numbers(again)).toEqual(await numbers(w));
    });
  }

  it('have their defaults and take their names', () => {
    expect(train.adamax().learningRate).toBeCloseTo(0.002, 7);
    expect(new optimizers.Adamax().learningRate).toBeCloseTo(0.001, 7);
    expect(optimizers.get('adagrad').getConfig()).toMatchObject({ name: 'adagrad', initialAccumulatorValue: 0.1 });
    expect(optimizers.get('Adadelta').getConfig()).toMatchObject({ rho: 0.95 });
    expect(() => new optimizers.Adagrad({ initialAccumulatorValue: -1 })).toThrow(/from 0 on/);
    expect(() => (train.adam as (...all: number[]) => unknown)(0.1, 0.9, 0.9, 0.1, 5)).toThrow(
      /beta1, beta2, epsilon in this order/,
    );
  });
});
