import { expect, it } from 'vitest';
import { cond, memory, tensor, tidy, variable, zeros } from '../../ts/index.ts';

// In a file of its own: what memory() counts belongs to the whole process.

it('an operation leaves nothing behind but its result', () => {
  const x = tensor(new Uint8Array(1_000_000));
  const before = memory();
  // The number becomes a tensor, the bytes are cast: neither is anybody's.
  const y = x.div(255);
  expect(memory().tensors).toBe(before.tensors + 1);
  y.dataSync();
  // 4 MB of floats; the cast in memory of its own would be 4 more.
  expect(memory().tensorBytes - before.tensorBytes).toBeLessThan(5e6);
  y.dispose();
  expect(memory().tensors).toBe(before.tensors);
  expect(memory().tensorBytes).toBe(before.tensorBytes);
});

it('tidy frees what operations made of numbers and arrays', () => {
  const x = tensor([1, 2, 3]);
  const before = memory();
  const sum = tidy(() => {
    const scaled = x.mul(2).add([1, 2, 3]).cast('bfloat16').mul(0.5).div(2);
    return scaled.sum().cast('int32').dataSync()[0];
  });
  expect(sum).toBe(4);
  expect(memory().tensors).toBe(before.tensors);
});

it('a variable that is assigned in tidy holds one version', () => {
  const counter = variable(zeros([100_000]));
  const before = memory();
  for (let i = 0; i < 20; i++) {
    tidy(() => {
      counter.assign(counter.add(1));
    });
  }
  expect(memory().tensors).toBe(before.tensors);
  // The version that operations made, and the one before while it is replaced.
  expect(memory().tensorBytes - before.tensorBytes).toBeLessThan(5e5);
  expect(counter.dataSync()[0]).toBe(20);
});

it('operands live as long as the operation needs them', () => {
  const x = tensor([1, 2, 3]);
  // The branches make tensors between the condition's cast and its use.
  expect(
    cond(
      x.sum(),
      () => x.add(1).mul([1, 0, 1]),
      () => x,
    ).arraySync(),
  ).toEqual([2, 0, 4]);
});
