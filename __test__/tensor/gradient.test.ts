import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

describe('grad', () => {
  test('of scalars and vectors', () => {
    expectClose(tf.grad((x) => x.square())(3), 6);
    expectClose(tf.grad((x) => x.mul([1, 2]).sum())([5, 5]), [1, 2]);
    expectClose(tf.grad((x) => x.exp())([0, 1]), [1, Math.E]);
    expectClose(tf.grad((x) => x.square())([1, 2], [10, 100]), [20, 400]);
  });

  test('valueAndGrad, grads, valueAndGrads', () => {
    const { value, grad } = tf.valueAndGrad((x) => x.square().sum())([1, 2]);
    expectClose(value, 5);
    expectClose(grad, [2, 4]);
    const [da, db] = tf.grads((a, b) => a.mul(b).sum())([2, [3, 4]]);
    expectClose(da as tf.Tensor, 7);
    expectClose(db as tf.Tensor, [2, 2]);
    expect(tf.valueAndGrads((a) => a)([1]).grads).toHaveLength(1);
  });

  test('higher derivatives', () => {
    const cube = (x: tf.Tensor): tf.Tensor => x.mul(x).mul(x);
    expectClose(tf.grad(tf.grad(cube))(2), 12);
    expectClose(tf.grad(tf.grad(tf.grad(cube)))(2), 6);
    // A gradient inside a function that is differentiated: d/dx (x * 2x) = 4x.
    expectClose(tf.grad((x) => x.mul(tf.grad((z) => z.square())(x)))(3), 12);
  });

  test('zeros where the value does not depend on the argument', () => {
    expectClose(tf.grad(() => tf.scalar(1))([1, 2]), [0, 0]);
    expectClose(tf.grad((x) => x.stopGradient().mul(x))([3]), [3]);
  });

  test('through products, convolutions, pools and losses: against differences', () => {
    const x = tf.randomNormal([1, 4, 4, 2], 0, 1, 'float32', 1);
    const kernel = tf.randomNormal([2, 2, 2, 3], 0, 1, 'float32', 2);
    const dense = tf.randomNormal([3, 4], 0, 1, 'float32', 3);
    const loss = (k: tf.Tensor): tf.Tensor => {
      const pooled = tf.avgPool(tf.conv2d(x, k).tanh(), 3);
      return tf.softmaxCrossEntropy(pooled.reshape([1, 3]).matMul(dense), [2]).mean();
    };
    const slope = tf.grad(loss)(kernel).dataSync();
    const values = kernel.dataSync();
    for (const i of [0, 7, 23]) {
      const moved = (by: number): number => {
        const copy = Float32Array.from(values);
        copy[i] = (copy[i] as number) + by;
        return loss(tf.tensor(copy, kernel.shape)).dataSync()[0] as number;
      };
      expect(slope[i]).toBeCloseTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 2);
    }
  });

  test('through a compiled function', () => {
    expectClose(tf.grad(tf.jit((x: tf.Tensor) => x.square()))(3), 6);
  });

  test('numbers asked for inside do not cut the gradient', () => {
    let inner: tf.Tensor | undefined;
    let text = '';
    const slope = tf.grad((x) => {
      inner = x.square();
      text = String(inner);
      expectClose(inner, 9);
      return inner.mul(x);
    })(3);
    expect(text).toBe('Tensor float32 [] 9');
    expectClose(slope, 27);
    const y = tf.grad((x) => {
      const squared = x.square();
      squared.dataSync();
      return squared.sum();
    })([3, 4]);
    expect(Array.from(y.dataSync())).toEqual([6, 8]);
  });

  test('more pending operations than are kept waiting do not cut it either', () => {
    const slope = tf.grad((x) => {
      let sum = x;
      for (let i = 0; i < 10_050; i++) sum = sum.add(x);
      return sum;
    })(2);
    expectClose(slope, 10_051);
  });

  test('an assignment inside is carried out and does not cut the gradient', () => {
    const w = tf.variable(2);
    const average = tf.variable(0, false);
    const { grads } = tf.variableGrads(() => {
      const y = w.mul(3);
      average.assign(y);
      average.assignAdd(1);
      return y.square().add(average.mul(0));
    });
    expectClose(average, 7);
    expectClose(grads[w.name] as tf.Tensor, 36);
  });

  test('wrong calls', () => {
    expect(() => tf.grad((x) => x)(tf.tensor([1], [1], 'int32'))).toThrow(/argument 0 is int32. Cast it to float32/);
    expect(() => tf.grad((x) => x.argMax())([1, 2])).toThrow(/floating-point values, got int32/);
    expect(() => tf.grad(() => 3 as never)(1)).toThrow(/returns a tensor, got 3/);
    expect(() => tf.grad((x) => x)([1, 2], [1])).toThrow(tf.ShapeError);
  });
});

describe('variables', () => {
  test('are read, assigned, and used as tensors', () => {
    const w = tf.variable([1, 2]);
    const before = w.add(0);
    const snapshot = w.read();
    expect(w.assign([3, 4])).toBe(w);
    expectClose(before, [1, 2]);
    expectClose(snapshot, [1, 2]);
    expectClose(w, [3, 4]);
    w.assignAdd(1).assignSub([0, 1]);
    expectClose(w.mul(2), [8, 8]);
    expect(w).toBeInstanceOf(tf.Tensor);
    expect(w.trainable).toBe(true);
    expect(tf.variable([1], false, 'mine').name).toBe('mine');
    expect(tf.variable([1]).name).not.toBe(tf.variable([1]).name);
    w.dispose();
    expect(w.isDisposed).toBe(true);
    expect(() => w.read()).toThrow(tf.StateError);
  });

  test('keep their shape and dtype', () => {
    const w = tf.variable([1, 2], true, 'w');
    expect(() => w.assign([1])).toThrow(/Variable "w" has shape \[2\] and cannot be assigned shape \[1\]/);
    expect(() => w.assign(tf.tensor([1, 2], [2], 'int32'))).toThrow(/holds float32 and cannot be assigned int32/);
    const count = tf.variable(0, false, 'count', 'int32');
    expectClose(count.assign(3), 3);
    expect(count.dtype).toBe('int32');
    expect(() => tf.variable([1], true, 3 as never)).toThrow(tf.ConfigError);
  });

  test('variableGrads finds the trainable variables that were read', () => {
    const w = tf.variable([2], true, 'weight');
    const b = tf.variable([1], true, 'bias');
    const frozen = tf.variable([5], false, 'frozen');
    const { value, grads } = tf.variableGrads(() => w.mul(3).add(b).add(frozen).mul(w).sum());
    expectClose(value, 24);
    expect(Object.keys(grads).sort()).toEqual(['bias', 'weight']);
    expectClose(grads.weight as tf.Tensor, [2 * 2 * 3 + 1 + 5]);
    expectClose(grads.bias as tf.Tensor, [2]);
    expect(Object.keys(tf.variableGrads(() => w.mul(b), [b]).grads)).toEqual(['bias']);
    expect(() => tf.variableGrads(() => tf.scalar(1))).toThrow(/reads no trainable variable/);
  });

  test('a loop by hand learns', () => {
    const w = tf.variable(0);
    for (let i = 0; i < 50; i++) {
      const { grads } = tf.variableGrads(() => w.sub(3).square(), [w]);
      w.assignSub((grads[w.name] as tf.Tensor).mul(0.1));
    }
    expect(w.dataSync()[0]).toBeCloseTo(3, 3);
  });
});

test('gradients of a tensor that forgot what it was computed from is an error, not zeros', () => {
  const x = tf.tensor([1, 2]);
  const y = x.square();
  expect(() => tf.gradients(y, [x])).toThrow(tf.StateError);
  expect(() => tf.gradients(y, [x])).toThrow(/inside a function/);
  expectClose(tf.gradients(x, [x])[0] as tf.Tensor, [1, 1]);
});
