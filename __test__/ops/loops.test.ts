import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

const matrix = (): tf.Tensor =>
  tf.tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);

describe('map and foriLoop', () => {
  test('map stacks what the function gives', () => {
    expectClose(
      tf.map((row: tf.Tensor) => row.sum(), matrix()),
      [3, 7, 11],
    );
    const both = tf.vectorizedMap(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => [a.mul(b), a], {
      a: tf.tensor([1, 2]),
      b: tf.tensor([3, 4]),
    });
    expectClose(both[0] as tf.Tensor, [3, 8]);
    expectClose(tf.grad((x) => tf.map((row: tf.Tensor) => row.square().sum(), x).sum())(matrix()), [
      [2, 4],
      [6, 8],
      [10, 12],
    ]);
    expect(() => tf.map(3 as unknown as (x: tf.Tensor) => tf.Tensor, matrix())).toThrow(tf.ConfigError);
  });

  test('foriLoop counts', () => {
    const sum = (x: tf.Tensor): tf.Tensor => tf.foriLoop(1, 4, (i, s: tf.Tensor) => s.mul(x).add(i.cast('float32')), x);
    // x^4 + x^2 + 2 x + 3.
    expectClose(sum(tf.scalar(2)), 27);
    expectClose(tf.grad(sum)(tf.scalar(2)), 38);
    expectClose(
      tf.foriLoop(5, 2, (_i, s: tf.Tensor) => s.add(1), tf.scalar(7)),
      7,
    );
    expect(() => tf.foriLoop(0, 1.5, (_i, s: tf.Tensor) => s, tf.scalar(7))).toThrow(tf.ConfigError);
    expect(() => tf.foriLoop(0, 2, (_i, s: tf.Tensor) => s.reshape([1]), tf.scalar(7))).toThrow(tf.ShapeError);
  });

  test('whileLoop stops at its limit', () => {
    const doubled = tf.whileLoop(
      (x: tf.Tensor) => x.less(1e6),
      (x) => x.mul(2),
      tf.scalar(1),
      5,
    );
    expectClose(doubled, 32);
    expect(() =>
      tf.whileLoop(
        (x: tf.Tensor) => x.less(1),
        (x) => x,
        tf.scalar(1),
        -1,
      ),
    ).toThrow(tf.ConfigError);
  });
});

describe('switchCase', () => {
  const branches = [(x: tf.Tensor) => x, (x: tf.Tensor) => x.neg(), (x: tf.Tensor) => x.mul(10)];

  test('runs the branch of the index, clamped', () => {
    expect([-1, 0, 1, 2, 9].map((i) => tf.switchCase(i, branches, tf.scalar(3)).dataSync()[0])).toEqual([
      3, 3, -3, 30, 30,
    ]);
    expectClose(tf.grad((x) => tf.switchCase(2, branches, x))(tf.scalar(3)), 10);
    expect(() => tf.switchCase(0, [], tf.scalar(1))).toThrow(tf.ConfigError);
    expect(() => tf.switchCase([0, 1], branches, tf.scalar(1))).toThrow(tf.ShapeError);
  });

  test('the index is data in a compiled function', () => {
    const f = tf.jit((i: tf.Tensor, x: tf.Tensor) => tf.switchCase(i, branches, x));
    expectClose(f(tf.scalar(1, 'int32'), tf.scalar(3)), -3);
    expectClose(f(tf.scalar(2, 'int32'), tf.scalar(3)), 30);
    expect(f.programs).toBe(1);
  });
});

describe('associativeScan', () => {
  test('of every size', () => {
    for (let n = 0; n < 10; n++) {
      const xs = tf.range(1, n + 1);
      const sums = Array.from({ length: n }, (_, i) => ((i + 1) * (i + 2)) / 2);
      expect(tf.associativeScan((a: tf.Tensor, b: tf.Tensor) => a.add(b), xs).arraySync()).toEqual(sums);
    }
  });

  test('reversed, along another axis, of trees, with gradients', () => {
    const add = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => a.add(b);
    expectClose(tf.associativeScan(add, matrix(), true), [
      [9, 12],
      [8, 10],
      [5, 6],
    ]);
    expectClose(tf.associativeScan(add, matrix(), false, 1), [
      [1, 3],
      [3, 7],
      [5, 11],
    ]);
    // x_t = a_t x_{t-1} + b_t by composition of the maps x -> a x + b.
    type Affine = { a: tf.Tensor; b: tf.Tensor };
    const composed = tf.associativeScan(
      (first: Affine, then: Affine): Affine => ({ a: first.a.mul(then.a), b: first.b.mul(then.a).add(then.b) }),
      { a: tf.tensor([2, 3, 4]), b: tf.tensor([1, 1, 1]) },
    );
    expectClose(composed.b, [1, 4, 17]);
    const last = (x: tf.Tensor): tf.Tensor =>
      tf
        .associativeScan((a: tf.Tensor, b: tf.Tensor) => a.mul(b), x)
        .slice([2], [1])
        .sum();
    expectClose(tf.grad(last)(tf.tensor([2, 3, 4])), [12, 8, 6]);
    expect(() => tf.associativeScan((a: tf.Tensor) => a.sum(), matrix())).toThrow(tf.ShapeError);
    expect(() => tf.associativeScan(add, matrix(), false, 2)).toThrow(tf.ShapeError);
  });
});

describe('nested', () => {
  const power = (x: tf.Tensor): tf.Tensor =>
    tf.foriLoop(
      0,
      3,
      (_i, outer: tf.Tensor) =>
        tf.cond(
          outer.less(100),
          () =>
            tf.scan((c: tf.Tensor, _x: null): [tf.Tensor, tf.Tensor] => [c.mul(x), c], outer, null, { length: 2 })[0],
          () => outer,
        ),
      tf.scalar(1),
    );

  test('scan in cond in foriLoop, with gradients, outside traces and inside', () => {
    // 1, 16, 256: the third step passes the limit only for larger x.
    expectClose(power(tf.scalar(2)), 64);
    expectClose(power(tf.scalar(4)), 256);
    expectClose(tf.grad(power)(tf.scalar(2)), 6 * 32, 1e-4);
    expectClose(tf.grad(power)(tf.scalar(4)), 4 * 64, 1e-4);
    const compiled = tf.jit((x: tf.Tensor) => [power(x), tf.grad(power)(x)]);
    const [value, slope] = compiled(tf.scalar(4)) as [tf.Tensor, tf.Tensor];
    expectClose(value, 256);
    expectClose(slope, 256, 1e-4);
  });

  test('a loop whose steps are a loop', () => {
    const count = tf.whileLoop(
      ([i]: [tf.Tensor, tf.Tensor]) => i.less(3),
      ([i, n]): [tf.Tensor, tf.Tensor] => [
        i.add(1),
        tf.whileLoop(
          (m: tf.Tensor) => m.less(i.add(1).mul(10)),
          (m) => m.add(1),
          n,
        ),
      ],
      [tf.scalar(0, 'int32'), tf.scalar(0, 'int32')],
    );
    expectClose(count[1], 30);
  });
});
