import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

test('a step of scan that returns one thing', () => {
  const step = ((c: tf.Tensor) => c) as unknown as (c: tf.Tensor, x: tf.Tensor) => [tf.Tensor, tf.Tensor];
  expect(() => tf.scan(step, tf.scalar(0), tf.zeros([2]))).toThrow(/step must return two things, \[carry, y\]/);
  expectClose(tf.scalar(1).add(1), 2);
});

describe('scan', () => {
  const cumulate = (xs: tf.Tensor, reverse = false): [tf.Tensor, tf.Tensor] =>
    tf.scan(
      (total: tf.Tensor, x: tf.Tensor): [tf.Tensor, tf.Tensor] => {
        const next = total.add(x);
        return [next, next];
      },
      tf.scalar(0),
      xs,
      { reverse },
    );

  test('carries and stacks', () => {
    const [total, sums] = cumulate(tf.tensor([1, 2, 3]));
    expectClose(total, 6);
    expectClose(sums, [1, 3, 6]);
    expectClose(cumulate(tf.tensor([1, 2, 3]), true)[1], [6, 5, 3]);
    expectClose(cumulate(tf.zeros([0]))[0], 0);
  });

  test('records, captured tensors, no xs', () => {
    const factor = tf.scalar(2);
    const [state, ys] = tf.scan(
      ({ a, n }: { a: tf.Tensor; n: tf.Tensor }, _x: null): [{ a: tf.Tensor; n: tf.Tensor }, tf.Tensor[]] => [
        { a: a.mul(factor), n: n.add(1) },
        [a],
      ],
      { a: tf.scalar(1), n: tf.scalar(0, 'int32') },
      null,
      { length: 4 },
    );
    expectClose(state.a, 16);
    expectClose(state.n, 4);
    expectClose(ys[0] as tf.Tensor, [1, 2, 4, 8]);
  });

  test('has gradients', () => {
    expectClose(tf.grad((xs) => cumulate(xs)[1].sum())([1, 1, 1]), [3, 2, 1]);
    const product = (xs: tf.Tensor): tf.Tensor =>
      tf.scan((p: tf.Tensor, x: tf.Tensor): [tf.Tensor, tf.Tensor] => [p.mul(x), p], tf.scalar(1), xs)[0];
    expectClose(tf.grad(product)([2, 3, 4]), [12, 8, 6]);
  });

  test('checks types, and an error inside leaves no trace open', () => {
    const xs = tf.zeros([2]);
    const one = tf.scalar(1);
    expect(() => tf.scan((c: tf.Tensor, _x: tf.Tensor) => [c.reshape([1]), c], one, xs)).toThrow(
      /turns carry 0 from float32 \[\] into float32 \[1\]/,
    );
    expect(() => tf.scan((c: tf.Tensor, _x: null) => [c, c], one, null)).toThrow(tf.ConfigError);
    expect(() => tf.scan((c: tf.Tensor, _x: tf.Tensor[]) => [c, c], one, [xs, tf.zeros([3])])).toThrow(/must all be 2/);
    expect(() =>
      tf.scan(
        (): [tf.Tensor, tf.Tensor] => {
          throw new Error('mine');
        },
        one,
        xs,
      ),
    ).toThrow('mine');
    expectClose(one.add(1), 2);
  });
});

describe('cond', () => {
  const pick = (x: tf.Tensor): tf.Tensor =>
    tf.cond(
      x.greater(0),
      () => x.mul(2),
      () => x.neg(),
    );

  test('runs one branch', () => {
    expectClose(pick(tf.scalar(3)), 6);
    expectClose(pick(tf.scalar(-3)), 3);
    expectClose(tf.grad(pick)(-3), -1);
    expectClose(tf.grad(pick)(3), 2);
  });

  test('inside a compiled function the condition is data', () => {
    const f = tf.jit(pick);
    expectClose(f(tf.scalar(3)), 6);
    expectClose(f(tf.scalar(-3)), 3);
    expect(f.programs).toBe(1);
  });

  test('branches must agree', () => {
    expect(() =>
      tf.cond(
        true,
        () => tf.scalar(1),
        () => tf.zeros([2]),
      ),
    ).toThrow(/branches return different types: float32 \[\] and float32 \[2\]/);
  });
});

describe('whileLoop', () => {
  test('runs until the condition fails', () => {
    const limit = tf.scalar(100);
    const [x, n] = tf.whileLoop(
      ([a]: [tf.Tensor, tf.Tensor]) => a.less(limit),
      ([a, i]): [tf.Tensor, tf.Tensor] => [a.mul(2), i.add(1)],
      [tf.scalar(1), tf.scalar(0, 'int32')],
    );
    expectClose(x, 128);
    expectClose(n, 7);
  });

  test('checks the condition', () => {
    expect(() =>
      tf.whileLoop(
        (c: tf.Tensor) => c,
        (c) => c,
        tf.scalar(1),
      ),
    ).toThrow(/must be a bool scalar, got float32 \[\]/);
    expectClose(tf.scalar(1).add(1), 2);
  });
});
