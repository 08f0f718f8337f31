import { expect } from 'vitest';
import * as tf from '../../ts/index.ts';
import { wave } from '../wave.ts';

/**
 * Expects the gradient of `f` at `x` (float32, weighted by fixed numbers) to be what central differences say. The step is large:
 * functions that only move and add elements are linear, and curved ones are given room by the tolerance.
 */
export function expectGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, tolerance = 1e-2, step = 1e-2): void {
  const weighted = (at: tf.Tensor): tf.Tensor => {
    const y = f(at);
    return tf.sum(tf.mul(y, wave(y.shape, 0.7)));
  };
  const gradient = tf.grad(weighted)(x).dataSync();
  const data = Float64Array.from(x.dataSync());
  const at = (i: number, value: number): number => {
    const moved = Float64Array.from(data);
    moved[i] = value;
    return weighted(tf.tensor(moved, x.shape)).dataSync()[0] as number;
  };
  for (const [i, value] of data.entries()) {
    const slope = (at(i, value + step) - at(i, value - step)) / (2 * step);
    const found = gradient[i] as number;
    expect(Math.abs(found - slope), `gradient of element ${i}: ${found}, by differences ${slope}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(slope)),
    );
  }
}
