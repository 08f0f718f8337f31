import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import * as tf from '../../ts/index.ts';

const matrix = (): tf.Tensor =>
  tf.tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

describe('numbers', () => {
  test('data, array, item', async () => {
    expect(await matrix().data()).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    expect(matrix().dataSync()).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    expect(await matrix().array()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(tf.zeros([2, 0]).arraySync()).toEqual([[], []]);
    expect(await tf.scalar(4).add(1).item()).toBe(5);
    await expect(matrix().item()).rejects.toThrow(tf.ShapeError);
  });

  test('bytes in pieces', () => {
    const x = matrix();
    const piece = new Uint8Array(8);
    x.copyBytes(piece, 12);
    expect(new Float32Array(piece.buffer)).toEqual(Float32Array.of(4, 5));
    // Of what is not computed yet, too.
    x.mul(2).copyBytes(piece, 16);
    expect(new Float32Array(piece.buffer)).toEqual(Float32Array.of(10, 12));
    for (const begin of [17, 24, -1, 0.5, 1e300, Number.NaN])
      expect(() => x.copyBytes(piece, begin), String(begin)).toThrow(tf.ShapeError);
    expect(() => x.copyBytes(piece, 20)).toThrow('a tensor of 24 bytes has no 8 from 20 on');
    x.copyBytes(new Uint8Array(0), 24);
    const traced = (): tf.Tensor => {
      const y = tf.zeros([2]).add(1);
      y.copyBytes(piece, 0);
      return y;
    };
    expect(() => tf.jit(traced)()).toThrow(tf.StateError);
    x.dispose();
    expect(() => x.copyBytes(piece, 0)).toThrow(tf.StateError);
  });

  test('every dtype has its array', () => {
    expect(tf.tensor([1], [1], 'int32').dataSync()).toBeInstanceOf(Int32Array);
    expect(tf.tensor([1], [1], 'int8').dataSync()).toBeInstanceOf(Int8Array);
    expect(tf.tensor([1], [1], 'uint8').dataSync()).toBeInstanceOf(Uint8Array);
    expect(tf.tensor([true]).dataSync()).toEqual(new Uint8Array([1]));
    expect(tf.tensor([1.5], [1], 'bfloat16').dataSync()).toEqual(new Float32Array([1.5]));
    expect(tf.tensor([1.5], [1], 'float16').dataSync()).toEqual(new Float32Array([1.5]));
  });

  test('many at once', async () => {
    const sums = Array.from({ length: 50 }, (_, i) => matrix().mul(i).sum().item());
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 50 }, (_, i) => 21 * i));
  });
});

describe('text', () => {
  test('shows type and numbers', () => {
    expect(matrix().toString()).toBe('Tensor float32 [2, 3] [[1, 2, 3], [4, 5, 6]]');
    expect(inspect(tf.scalar(0.1))).toBe('Tensor float32 [] 0.1');
    expect(inspect(tf.tensor([true, false]))).toBe('Tensor bool [2] [true, false]');
    expect(inspect(tf.tensor([Number.NaN, Number.NEGATIVE_INFINITY, 1e-8]))).toBe(
      'Tensor float32 [3] [NaN, -Infinity, 1e-8]',
    );
    expect(inspect(tf.range(0, 100, 1, 'int32'))).toBe('Tensor int32 [100] [0, 1, 2, ..., 97, 98, 99]');
    expect(inspect(tf.zeros([0]))).toBe('Tensor float32 [0] []');
    expect(inspect(tf.variable([1], true, 'w'))).toBe('Variable "w" float32 [1] [1]');
  });

  test('does not compute a large tensor', () => {
    expect(inspect(tf.zeros([100, 100]).add(1))).toBe('Tensor float32 [100, 100] (not computed yet)');
  });

  test('prints a row on every line', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    matrix().print();
    expect(log).toHaveBeenCalledWith('Tensor float32 [2, 3]\n[[1, 2, 3],\n [4, 5, 6]]');
    log.mockRestore();
  });

  test('inside a trace there are no numbers', () => {
    let text = '';
    tf.jit((x: tf.Tensor) => {
      text = inspect(x.add(1));
      return x;
    })(matrix());
    expect(text).toBe('Tensor float32 [2, 3] (in a trace: no numbers yet)');
  });
});

describe('life time', () => {
  test('a disposed tensor throws StateError', async () => {
    const x = matrix();
    expect(x.isDisposed).toBe(false);
    x.dispose();
    x.dispose();
    expect(x.isDisposed).toBe(true);
    expect(inspect(x)).toContain('disposed');
    expect(() => x.dataSync()).toThrow(tf.StateError);
    await expect(x.data()).rejects.toThrow(tf.StateError);
    expect(() => x.add(1)).toThrow(tf.StateError);
  });

  test('disposing an operand leaves what was made of it', () => {
    const x = matrix();
    const y = x.add(1);
    x.dispose();
    expect(y.dataSync()[0]).toBe(2);
  });

  test('tensors that share a node are disposed one by one', () => {
    const x = tf.tensor([1, 2], [2], 'int32');
    const y = x.floor();
    const z = x.cast('int32');
    x.dispose();
    expect(() => x.add(1)).toThrow('This tensor (int32 [2]) was disposed');
    expect(y.dataSync()).toEqual(new Int32Array([1, 2]));
    y.dispose();
    expect(z.dataSync()).toEqual(new Int32Array([1, 2]));
    const outer = tf.tensor([1]);
    tf.tidy(() => tf.grad((t) => t.square())(outer));
    expect(outer.isDisposed).toBe(false);
  });

  test('using', () => {
    let outside: tf.Tensor;
    {
      using x = matrix();
      outside = x;
    }
    expect(outside.isDisposed).toBe(true);
  });

  test('tidy frees all but the result, what is kept, and variables', () => {
    let inner: tf.Tensor | undefined;
    let kept: tf.Tensor | undefined;
    let weight: tf.Variable | undefined;
    const result = tf.tidy(() => {
      inner = matrix();
      kept = tf.keep(matrix());
      weight = tf.variable([1]);
      return { a: [inner.add(1)] };
    });
    expect(inner?.isDisposed).toBe(true);
    expect(kept?.isDisposed).toBe(false);
    expect(weight?.isDisposed).toBe(false);
    expect(result.a[0]?.isDisposed).toBe(false);
    tf.dispose(result);
    expect(result.a[0]?.isDisposed).toBe(true);
  });

  test('nested tidy hands results outwards', () => {
    let middle: tf.Tensor | undefined;
    tf.tidy(() => {
      middle = tf.tidy(() => matrix().add(1));
      expect(middle.isDisposed).toBe(false);
    });
    expect(middle?.isDisposed).toBe(true);
  });

  test('tidy passes errors on and refuses promises', () => {
    let inner: tf.Tensor | undefined;
    expect(() =>
      tf.tidy(() => {
        inner = matrix();
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(inner?.isDisposed).toBe(true);
    expect(() => tf.tidy(async () => {})).toThrow(tf.ConfigError);
  });

  test('memory counts tensors and bytes', () => {
    const before = tf.memory();
    const x = tf.tensor(new Float32Array(100_000));
    const during = tf.memory();
    expect(during.numTensors).toBeGreaterThan(before.numTensors);
    expect(during.numBytes - before.numBytes).toBeGreaterThanOrEqual(400_000);
    x.dispose();
    expect(tf.memory().numBytes).toBeLessThan(during.numBytes);
  });
});

describe('runtime', () => {
  test('version names everything', () => {
    expect(tf.version.hornbeam).toMatch(/^\d+\.\d+\.\d+/);
    expect(tf.version.native).toBe(tf.version.hornbeam);
    expect(tf.version.isa).toMatch(/^(avx512|avx2|neon|portable)$/);
    expect(tf.version.threads).toBe(tf.getThreads());
  });

  test('setThreads', () => {
    const threads = tf.getThreads();
    tf.setThreads(3);
    expect(tf.getThreads()).toBe(3);
    tf.setThreads(threads);
    for (const wrong of [0, -1, 1.5, Number.NaN]) expect(() => tf.setThreads(wrong)).toThrow(tf.ConfigError);
  });
});
