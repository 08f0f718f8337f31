import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';

const statistics = (x: tf.Tensor): { mean: number; std: number; min: number; max: number } => {
  const data = Array.from(x.dataSync());
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const std = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
  return { mean, std, min: data.reduce((a, b) => Math.min(a, b)), max: data.reduce((a, b) => Math.max(a, b)) };
};

describe('random numbers', () => {
  test('have the laws they promise', () => {
    const uniform = statistics(tf.randomUniform([20_000], -1, 3, 'float32', 1));
    expect(uniform.mean).toBeCloseTo(1, 1);
    expect(uniform.std).toBeCloseTo(4 / Math.sqrt(12), 1);
    expect(uniform.min).toBeGreaterThanOrEqual(-1);
    expect(uniform.max).toBeLessThan(3);
    const normal = statistics(tf.randomNormal([20_000], 5, 2, 'float32', 2));
    expect(normal.mean).toBeCloseTo(5, 1);
    expect(normal.std).toBeCloseTo(2, 1);
    const cut = statistics(tf.truncatedNormal([20_000], 0, 1, 'float32', 3));
    expect(cut.std).toBeCloseTo(0.8796, 1);
    expect(Math.max(cut.max, -cut.min)).toBeLessThanOrEqual(2);
    const coin = statistics(tf.randomBernoulli([20_000], 0.25, 4));
    expect(coin.mean).toBeCloseTo(0.25, 1);
  });

  test('uniform numbers of 16 bits are no whole ones', () => {
    for (const dtype of ['bfloat16', 'float16'] as const) {
      const { mean, std } = statistics(tf.randomUniform([20_000], -0.5, 0.5, dtype, 1));
      expect(mean).toBeCloseTo(0, 1);
      expect(std).toBeCloseTo(1 / Math.sqrt(12), 1);
    }
  });

  test('whole numbers are equally frequent', () => {
    const dice = tf.randomUniform([6000], -2, 4, 'int32', 1).dataSync();
    const counts = new Map<number, number>();
    for (const face of dice) counts.set(face, (counts.get(face) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('a seed fixes a draw, setSeed fixes all that follow', () => {
    const seeded = (): number[] => Array.from(tf.randomNormal([4], 0, 1, 'float32', 7).dataSync());
    expect(seeded()).toEqual(seeded());
    const run = (): number[][] => {
      tf.setSeed(3);
      return [tf.randomUniform([3]), tf.randomUniform([3])].map((x) => Array.from(x.dataSync()));
    };
    const [first, second] = run();
    expect(run()).toEqual([first, second]);
    expect(first).not.toEqual(second);
    tf.setSeed(4);
    expect(Array.from(tf.randomUniform([3]).dataSync())).not.toEqual(first);
    expect(() => tf.setSeed(Number.NaN)).toThrow(tf.ConfigError);
  });

  test('a compiled function draws anew in every call, reproducibly', () => {
    const f = tf.jit(() => tf.randomUniform([3]));
    const draws = (): number[][] => {
      tf.setSeed(5);
      return [f(), f()].map((x) => Array.from(x.dataSync()));
    };
    const [a, b] = draws();
    expect(a).not.toEqual(b);
    expect(draws()).toEqual([a, b]);
  });

  test('unseeded draws inside control flow are refused', () => {
    const step = (c: tf.Tensor, x: tf.Tensor): [tf.Tensor, tf.Tensor] => [c, x.add(tf.randomNormal([]))];
    expect(() => tf.scan(step, tf.scalar(0), tf.zeros([2]))).toThrow(/every step would draw the same/);
    expect(tf.randomNormal([2]).shape).toEqual([2]);
  });

  test('stateless draws are a function of their operands', () => {
    const draw = (counter: number, n: number): number[] =>
      Array.from(
        tf.statelessRandom('bits', [n], tf.tensor([1, 2], [2], 'int32'), tf.scalar(counter, 'int32')).dataSync(),
      );
    expect(draw(0, 8)).toEqual(draw(0, 8));
    expect(draw(0, 16).slice(0, 8)).toEqual(draw(0, 8));
    expect(draw(1, 8)).not.toEqual(draw(0, 8));
  });
});
