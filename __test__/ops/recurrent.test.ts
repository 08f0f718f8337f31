import { describe, expect, it } from 'vitest';
import {
  basicLSTMCell,
  fill,
  fused,
  localResponseNormalization,
  movingAverage,
  multiRNNCell,
  type Tensor,
  tensor,
  zeros,
} from '../../ts/index.ts';

const cell = (data: Tensor, c: Tensor, h: Tensor): [Tensor, Tensor] =>
  basicLSTMCell(0, fill([3, 8], 0.1), zeros([8]), data, c, h);
const second = (data: Tensor, c: Tensor, h: Tensor): [Tensor, Tensor] =>
  basicLSTMCell(0, fill([4, 8], 0.1), zeros([8]), data, c, h);

describe('cells', () => {
  it('on top of each other take the output below', async () => {
    const none = zeros([1, 2]);
    const [c, h] = multiRNNCell([cell, second], tensor([[1]]), [none, none], [none, none]);
    const [c1, h1] = cell(tensor([[1]]), none, none);
    const [c2, h2] = second(h1, none, none);
    for (const [found, wanted] of [
      [c[0], c1],
      [h[0], h1],
      [c[1], c2],
      [h[1], h2],
    ] as [Tensor, Tensor][])
      expect([...(await found.data())]).toEqual([...(await wanted.data())]);
    // sigmoid(0.1) * tanh(0.1)
    expect((await c1.data())[0]).toBeCloseTo(0.0523236, 6);
  });

  it('say which states are missing and which kernels do not fit', () => {
    const none = zeros([1, 2]);
    expect(() => multiRNNCell([cell, second], tensor([[1]]), [none], [none, none])).toThrow(
      /each of the 2 cells, got 1 and 2/,
    );
    expect(() => basicLSTMCell(0, fill([3, 9], 0.1), zeros([9]), [[1]], none, none)).toThrow(
      /needs a kernel with 8 columns/,
    );
  });
});

describe('wrong arguments', () => {
  it('of fused operations, averages and normalization', () => {
    expect(() => fused.matMul(3 as never)).toThrow(/fused.matMul takes one object/);
    expect(() => fused.matMul({ a: [[1]], b: [[1]], activation: 'swish' as never })).toThrow(/activation must be/);
    expect(() => fused.matMul({ a: [[1]], b: [[1]], activation: 'prelu' })).toThrow(/needs preluActivationWeights/);
    expect(() => movingAverage([1], [2], 0.9)).toThrow(/needs the step/);
    expect(() => localResponseNormalization([1, 2])).toThrow(/takes images/);
    expect(() => localResponseNormalization(zeros([1, 1, 3]), 1.5)).toThrow(/depthRadius must be a whole number/);
  });

  it('and fused activations are those of their names', async () => {
    const product = (activation: 'relu6' | 'elu' | 'leakyrelu' | 'prelu'): Promise<number> =>
      fused.matMul({ a: [[2]], b: [[-3]], activation, preluActivationWeights: [[0.5]], leakyreluAlpha: 0.1 }).item();
    expect(await product('relu6')).toBe(0);
    expect(await product('elu')).toBeCloseTo(Math.expm1(-6), 6);
    expect(await product('leakyrelu')).toBeCloseTo(-0.6, 6);
    expect(await product('prelu')).toBe(-3);
  });
});
