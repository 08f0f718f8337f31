import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

describe('jit', () => {
  test('a run that nobody reads begins at the end of the turn', async () => {
    const f = tf.jit((x: tf.Tensor) => x.mul(2).add(1));
    const y = f(tf.zeros([300, 300]));
    // The evaluation thread looks for work on its own every ten seconds.
    for (let i = 0; i < 500 && !y.handle.isReady; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(y.handle.isReady).toBe(true);
    f.dispose();
  });

  test('traces once for every combination of shapes and dtypes', () => {
    let traces = 0;
    const f = tf.jit((x: tf.Tensor) => {
      traces++;
      return x.mul(2).add(1);
    });
    expectClose(f(tf.tensor([1, 2])), [3, 5]);
    expectClose(f(tf.tensor([5, 6])), [11, 13]);
    expect(traces).toBe(1);
    expectClose(f(tf.tensor([1])), [3]);
    expectClose(f(tf.tensor([1], [1], 'int32')), [3]);
    expect(traces).toBe(3);
    expect(f.programs).toBe(3);
    f.dispose();
    expect(f.programs).toBe(0);
  });

  test('takes and gives arrays and records; numbers are baked in', () => {
    const f = tf.jit(({ a, b }: { a: tf.Tensor; b: tf.Tensor[] }, factor: number) => ({
      sum: b.reduce((s, x) => s.add(x), a),
      scaled: [a.mul(factor)],
    }));
    const args = { a: tf.scalar(1), b: [tf.scalar(2), tf.scalar(3)] };
    const { sum, scaled } = f(args, 10);
    expectClose(sum, 6);
    expectClose(scaled[0] as tf.Tensor, 10);
    expectClose(f(args, 20).scaled[0] as tf.Tensor, 20);
    expect(f.programs).toBe(2);
  });

  test('captured tensors are operands, captured variables are read in every call', () => {
    const w = tf.variable(1);
    const c = tf.scalar(10);
    const f = tf.jit((x: tf.Tensor) => x.mul(w).add(c));
    expectClose(f(tf.scalar(2)), 12);
    w.assign(5);
    expectClose(f(tf.scalar(2)), 20);
    expect(f.programs).toBe(1);
  });

  test('assignments inside are carried out by every call', () => {
    const count = tf.variable(0);
    const f = tf.jit(() => {
      count.assign(count.add(1));
      return count.mul(10);
    });
    expectClose(f(), 10);
    expectClose(f(), 20);
    expectClose(count, 2);
  });

  test('a variable as argument is itself', () => {
    const increment = tf.jit((v: tf.Variable, by: tf.Tensor) => v.assignAdd(by).mul(2));
    const [a, b] = [tf.variable(1), tf.variable(10)];
    expectClose(increment(a, tf.scalar(1)), 4);
    expectClose(increment(b, tf.scalar(1)), 22);
    expectClose(a, 2);
    expectClose(b, 11);
    expect(increment.programs).toBe(2);
  });

  test('a training step with gradients', () => {
    const w = tf.variable([0, 0]);
    const x = tf.tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const y = x.matMul([[2], [-1]]);
    let traces = 0;
    const step = tf.jit((input: tf.Tensor, target: tf.Tensor) => {
      traces++;
      const { value, grads } = tf.variableGrads(
        () =>
          input
            .matMul(w.reshape([2, 1]))
            .sub(target)
            .square()
            .mean(),
        [w],
      );
      w.assignSub((grads[w.name] as tf.Tensor).mul(0.02));
      return value;
    });
    const first = step(x, y).dataSync()[0] as number;
    for (let i = 0; i < 500; i++) step(x, y);
    expect(step(x, y).dataSync()[0]).toBeLessThan(first / 100);
    expect(traces).toBe(1);
  });

  test('builds layers and optimizers that it meets', () => {
    const make = () => ({ net: tf.layers.dense({ units: 1, kernelInitializer: 'ones' }), adam: tf.train.adam(0.1) });
    const [x, y] = [tf.ones([4, 2]), tf.zeros([4, 1])];
    const step = ({ net, adam }: ReturnType<typeof make>): tf.Tensor =>
      adam.minimize(() => net.apply(x).sub(y).square().mean(), true) as tf.Tensor;
    const [compiled, plain] = [make(), make()];
    const jitted = tf.jit(() => step(compiled));
    for (let i = 0; i < 3; i++) {
      plain.net.apply(x);
      expect(jitted().dataSync()).toEqual(step(plain).dataSync());
    }
    expect(jitted.programs).toBe(1);
    const fresh = tf.jit(() => tf.layers.dense({ units: 1 }).apply(x));
    expect(() => fresh()).toThrow(/made inside call is a new one/);
  });

  test('jit inside grad, grad inside jit, jit inside jit', () => {
    const square = tf.jit((x: tf.Tensor) => x.square());
    expectClose(tf.jit((x: tf.Tensor) => tf.grad((z) => z.square())(x))(tf.scalar(3)), 6);
    expectClose(tf.jit((x: tf.Tensor) => square(x).add(1))(tf.scalar(3)), 10);
  });

  test('numbers asked for inside throw StateError, and the next call works', () => {
    const bad = tf.jit((x: tf.Tensor) => tf.scalar(x.dataSync()[0] as number));
    expect(() => bad(tf.scalar(1))).toThrow(tf.StateError);
    const broken = tf.jit(() => {
      throw new Error('mine');
    });
    expect(() => broken()).toThrow('mine');
    expectClose(tf.jit((x: tf.Tensor) => x.add(1))(tf.scalar(1)), 2);
    expectClose(tf.scalar(1).add(1), 2);
  });

  test('wrong results and arguments', () => {
    expect(() => tf.jit(() => 3 as never)()).toThrow(/Expected tensors.*got 3/);
    expect(() => tf.jit((_: Map<string, number>) => tf.scalar(1))(new Map())).toThrow(tf.ConfigError);
  });
});
