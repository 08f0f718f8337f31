import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { NativeError, StateError } from '../../ts/errors.ts';
import { tensor } from '../../ts/index.ts';
import { native } from '../../ts/native.ts';

/** A list of whole numbers; reading the last of them runs `during`. */
function watched(numbers: readonly number[], during: () => void): number[] {
  const list = [...numbers];
  const last = numbers.length - 1;
  Object.defineProperty(list, last, {
    enumerable: true,
    get: () => {
      during();
      return numbers[last];
    },
  });
  return list;
}

const numbers = [1, 2, 3, 4, 5, 6];

describe('JavaScript that runs while a call reads its arguments', () => {
  it('may dispose the tensor of the call, which then says so', () => {
    const x = tensor(numbers, [2, 3]);
    expect(() => x.transpose(watched([1, 0], () => x.dispose()))).toThrow(StateError);
    const y = tensor(numbers, [2, 3]);
    expect(() => y.sum(watched([0, 1], () => y.dispose()))).toThrow(StateError);
    const z = tensor(numbers, [2, 3]);
    expect(() => z.reshape(watched([3, 2], () => z.dispose()))).toThrow(StateError);
  });

  it('may dispose the tensor behind a handle', () => {
    const { handle } = tensor(numbers, [2, 3]);
    const during = (): void => {
      handle.dispose();
      for (let i = 0; i < 100; i++) tensor([9, 9, 9]);
    };
    expect(() => native.transpose(handle, watched([1, 0], during))).toThrow(StateError);
    const { handle: other } = tensor(numbers, [2, 3]);
    expect(() =>
      native.slice(
        other,
        [0, 0],
        [1, 1],
        watched([1, 1], () => other.dispose()),
      ),
    ).toThrow(StateError);
    const { handle: list } = tensor(numbers, [2, 3]);
    expect(() =>
      native.pad(
        list,
        list,
        [0, 0],
        watched([1, 1], () => list.dispose()),
        [0, 0],
      ),
    ).toThrow(StateError);
  });

  it('may dispose the tensor that the addon already has', () => {
    const require = createRequire(import.meta.url);
    const raw = require('../../native/binding.cjs') as {
      tensorDispose(number: number): void;
      transpose(number: number, order: number[]): number;
      slice(number: number, starts: number[], limits: number[], strides: number[]): number;
    };
    const disposing = (call: (number: number, dispose: () => void) => unknown): void => {
      const { handle } = tensor(numbers, [2, 3]);
      const { number } = handle as unknown as { number: number };
      const during = (): void => {
        raw.tensorDispose(number);
        for (let i = 0; i < 5000; i++) tensor([i, i]);
      };
      expect(() => call(number, during)).toThrow(/the tensor is disposed/);
      expect(() => handle.dataSync()).toThrow(StateError);
    };
    disposing((number, during) => raw.transpose(number, watched([1, 0], during)));
    disposing((number, during) => raw.slice(number, watched([0, 0], during), [1, 1], [1, 1]));
  });

  it('may use the same operation for another tensor', () => {
    const [x, y] = [tensor(numbers, [2, 3]), tensor([7, 8, 9, 10])];
    const inner: unknown[] = [];
    const again = (): unknown => inner.push(y.reshape([2, 2]).slice([1, 0], [1, 2]).arraySync());
    expect(x.reshape(watched([3, 2], again)).arraySync()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(x.slice(watched([0, 1], again), watched([2, 2], again)).arraySync()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(inner.length).toBeGreaterThan(0);
    for (const values of inner) expect(values).toEqual([[9, 10]]);
  });

  it('is not asked for a number by an object', () => {
    const x = tensor(numbers, [2, 3]);
    let asked = 0;
    const number = { valueOf: () => asked++, toString: () => String(asked++), [Symbol.toPrimitive]: () => asked++ };
    expect(() => native.transpose(x.handle, [1, number as never])).toThrow(NativeError);
    expect(() => native.cast(x.handle, number as never)).toThrow(NativeError);
    expect(asked).toBe(0);
    expect(x.arraySync()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});
