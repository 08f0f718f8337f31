import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

describe('tensor', () => {
  test('takes nested arrays and infers shape and dtype', () => {
    const x = tf.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.shape).toEqual([2, 3]);
    expect(x.dtype).toBe('float32');
    expect(x.rank).toBe(2);
    expect(x.size).toBe(6);
    expectClose(x, [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(tf.tensor([true, false]).dtype).toBe('bool');
    expect(tf.tensor(7).shape).toEqual([]);
    expect(tf.tensor([]).shape).toEqual([0]);
    expect(tf.tensor([[], []]).shape).toEqual([2, 0]);
  });

  test('takes typed arrays of every numeric kind', () => {
    const cases: [Parameters<typeof tf.tensor>[0], tf.DType][] = [
      [new Float32Array([1, 2, 3]), 'float32'],
      [new Float64Array([1, 2, 3]), 'float32'],
      [new Int32Array([1, 2, 3]), 'int32'],
      [new Int16Array([1, 2, 3]), 'int32'],
      [new Uint16Array([1, 2, 3]), 'int32'],
      [new Uint32Array([1, 2, 3]), 'int32'],
      [new Int8Array([1, 2, 3]), 'int8'],
      [new Uint8Array([1, 2, 3]), 'uint8'],
      [new Uint8ClampedArray([1, 2, 3]), 'uint8'],
      [Buffer.from([1, 2, 3]), 'uint8'],
    ];
    for (const [values, dtype] of cases) {
      const x = tf.tensor(values);
      expect(x.dtype).toBe(dtype);
      expectClose(x, [1, 2, 3]);
    }
  });

  test('copies: later writes to the source do not show', () => {
    const source = new Float32Array([1, 2]);
    const x = tf.tensor(source);
    source[0] = 9;
    expectClose(x, [1, 2]);
  });

  test('reads views at any byte offset', () => {
    const bytes = new ArrayBuffer(33);
    const floats = new Float32Array(bytes, 4, 3);
    floats.set([1, 2, 3]);
    expectClose(tf.tensor(floats), [1, 2, 3]);
    const buffer = Buffer.from([9, 1, 2, 3, 4]).subarray(1);
    expectClose(tf.tensor(buffer, [2, 2]), [
      [1, 2],
      [3, 4],
    ]);
  });

  test('takes arrays of typed arrays as rows', () => {
    expectClose(tf.tensor([new Float32Array([1, 2]), [3, 4]]), [
      [1, 2],
      [3, 4],
    ]);
  });

  test('converts to a given dtype', () => {
    expect(tf.tensor([1, 2], undefined, 'int32').dtype).toBe('int32');
    expectClose(tf.tensor([1.7, -1.7, 0], [3], 'int32'), [1, -1, 0]);
    expectClose(tf.tensor([0, 2, -1], [3], 'bool'), [0, 1, 1]);
    expect(tf.scalar(3, 'uint8').dtype).toBe('uint8');
  });

  test('tensor1d to tensor4d check the rank', () => {
    expect(tf.tensor1d([1, 2]).shape).toEqual([2]);
    expect(tf.tensor2d([1, 2, 3, 4], [2, 2]).shape).toEqual([2, 2]);
    expect(tf.tensor3d([[[1]]]).shape).toEqual([1, 1, 1]);
    expect(tf.tensor4d([1, 2], [1, 2, 1, 1]).shape).toEqual([1, 2, 1, 1]);
    expect(() => tf.tensor2d([1, 2])).toThrow(tf.ShapeError);
    expect(() => tf.tensor1d([[1]])).toThrow('tensor1d takes rank 1');
  });

  test('makers', () => {
    expectClose(tf.zeros([2]), [0, 0]);
    expectClose(tf.ones([1, 2], 'int32'), [[1, 1]]);
    expectClose(tf.fill([2], 2.5), [2.5, 2.5]);
    expectClose(tf.zerosLike([[1, 2]]), [[0, 0]]);
    expect(tf.onesLike(tf.tensor(new Uint8Array(2))).dtype).toBe('uint8');
    expectClose(tf.eye(2, 3), [
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expectClose(tf.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1]);
    expectClose(tf.linspace(3, 9, 1), [3]);
    expectClose(tf.range(0, 5, 2), [0, 2, 4]);
    expectClose(tf.range(3, 0, -1, 'int32'), [3, 2, 1]);
    expect(tf.range(3, 0).shape).toEqual([0]);
  });
});

describe('wrong input', () => {
  const ragged: tf.NestedArray = [[1, 2], [3]];
  const detached = new Float32Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const cases: [string, () => unknown, new (message: string) => Error, RegExp][] = [
    [
      'ragged rows',
      () => tf.tensor(ragged),
      tf.DataError,
      /ragged: along axis 1 the first row has 2 entries, another 1/,
    ],
    ['a row where a number is due', () => tf.tensor([1, [2]]), tf.DataError, /ragged.*expected a number, got \[2\]/],
    ['a number where a row is due', () => tf.tensor([[1], 2]), tf.DataError, /ragged.*another 2/],
    ['text', () => tf.tensor('abc' as never), tf.DataError, /got "abc"/],
    ['null', () => tf.tensor(null as never), tf.DataError, /got null/],
    ['undefined inside', () => tf.tensor([1, undefined] as never), tf.DataError, /got undefined/],
    ['an object', () => tf.tensor({ a: 1 } as never), tf.DataError, /got \{ a: 1 \}/],
    ['a wrong size', () => tf.tensor([1, 2, 3], [2, 2]), tf.ShapeError, /\[2, 2\] holds 4 values, but 3 were given/],
    ['a NaN size', () => tf.zeros([Number.NaN, 2]), tf.ShapeError, /whole numbers from 0 on, got \[NaN, 2\]/],
    ['a negative size', () => tf.zeros([-1]), tf.ShapeError, /got \[-1\]/],
    ['a fractional size', () => tf.zeros([1.5]), tf.ShapeError, /got \[1.5\]/],
    ['no shape', () => tf.zeros(undefined as never), tf.ShapeError, /must be an array/],
    ['nine axes', () => tf.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1]), tf.ShapeError, /at most 8 axes, got 9/],
    ['an unknown dtype', () => tf.zeros([1], 'float64' as never), tf.ConfigError, /one of float32.*got "float64"/],
    ['a detached buffer', () => tf.tensor(detached, [4]), tf.DataError, /detached/],
    ['a tensor', () => tf.tensor(tf.zeros([1])), tf.ConfigError, /takes numbers/],
    ['an endless range', () => tf.range(0, 1, 0), tf.ConfigError, /has no end/],
    ['NaN count', () => tf.linspace(0, 1, Number.NaN), tf.ShapeError, /linspace: count/],
  ];
  for (const [name, call, Class, text] of cases) {
    test(name, () => {
      expect(call).toThrow(Class);
      expect(call).toThrow(text);
    });
  }

  test('errors know their class and start at the caller', () => {
    try {
      tf.tensor(ragged);
      expect.fail('must throw');
    } catch (error) {
      expect(error).toBeInstanceOf(tf.HornbeamError);
      expect((error as Error).name).toBe('DataError');
      expect((error as { code: string }).code).toBe('DataError');
      const frames = (error as Error).stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
      expect(frames[0]).toContain('create.test.ts');
    }
  });
});
