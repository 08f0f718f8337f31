import { describe, expect, test } from 'vitest';
import { DataError, tensor } from '../../ts/index.ts';

describe('integers of every kind', () => {
  test('64-bit ones become int32', () => {
    const x = tensor(BigInt64Array.of(-3n, 2n ** 31n - 1n));
    expect(x.dtype).toBe('int32');
    expect(Array.from(x.dataSync())).toEqual([-3, 2 ** 31 - 1]);
    expect(Array.from(tensor(BigUint64Array.of(7n), [1, 1], 'float32').dataSync())).toEqual([7]);
  });

  test('what does not fit int32 is a DataError that names the element', () => {
    expect(() => tensor(BigInt64Array.of(0n, 2n ** 40n))).toThrow(DataError);
    expect(() => tensor(Uint32Array.of(1, 4294967295))).toThrow(/element 1 is 4294967295/);
    expect(Array.from(tensor(Uint32Array.of(4294967295), [1], 'float32').dataSync())).toEqual([4294967296]);
  });
});
