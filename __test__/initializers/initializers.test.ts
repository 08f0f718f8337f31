import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { getInitializer, type InitializerName } from '../../ts/initializers/index.ts';
import { expectClose } from '../close.ts';

const { initializers } = tf;
const spread = (x: tf.Tensor): { std: number; largest: number } => {
  const data = Array.from(x.dataSync());
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  return {
    std: Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length),
    largest: data.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
  };
};

describe('initializers', () => {
  test('fixed ones', () => {
    expectClose(initializers.zeros().call([2]), [0, 0]);
    expectClose(initializers.ones().call([2]), [1, 1]);
    expectClose(initializers.constant({ value: 3 }).call([1, 2]), [[3, 3]]);
    expectClose(initializers.identity({ gain: 2 }).call([2, 3]), [
      [2, 0, 0],
      [0, 2, 0],
    ]);
    expect(() => initializers.identity().call([2])).toThrow(tf.ConfigError);
    expect(initializers.zeros().call([1], 'int32').dtype).toBe('int32');
  });

  // A kernel [3, 3, 8, 16]: fanIn 72, fanOut 144.
  const shape = [3, 3, 8, 16];
  const cases: [InitializerName, number, number][] = [
    ['glorotUniform', Math.sqrt(2 / 216), Math.sqrt(6 / 216)],
    ['glorot_normal', Math.sqrt(2 / 216), (2 * Math.sqrt(2 / 216)) / 0.8796],
    ['heUniform', Math.sqrt(2 / 72), Math.sqrt(6 / 72)],
    ['he_normal', Math.sqrt(2 / 72), (2 * Math.sqrt(2 / 72)) / 0.8796],
    ['leCunUniform', Math.sqrt(1 / 72), Math.sqrt(3 / 72)],
    ['lecun_normal', Math.sqrt(1 / 72), (2 * Math.sqrt(1 / 72)) / 0.8796],
    ['varianceScaling', Math.sqrt(1 / 72), (2 * Math.sqrt(1 / 72)) / 0.8796],
    ['randomUniform', 0.05 / Math.sqrt(3), 0.05],
    ['truncatedNormal', 0.05 * 0.8796, 0.1],
    ['randomNormal', 0.05, Number.POSITIVE_INFINITY],
  ];
  for (const [name, std, limit] of cases) {
    test(`${name} has the variance Keras gives it`, () => {
      tf.setSeed(1);
      const found = spread(getInitializer(name).call(shape));
      expect(Math.abs(found.std / std - 1)).toBeLessThan(0.1);
      expect(found.largest).toBeLessThanOrEqual(limit * 1.001);
    });
  }

  test('varianceScaling takes modes and laws in both spellings', () => {
    const x = initializers.varianceScaling({ scale: 3, mode: 'fan_out', distribution: 'untruncated_normal', seed: 1 });
    expect(x.getConfig()).toEqual({ scale: 3, mode: 'fanOut', distribution: 'untruncatedNormal', seed: 1 });
    expect(Math.abs(spread(x.call(shape)).std / Math.sqrt(3 / 144) - 1)).toBeLessThan(0.1);
    expect(() => initializers.varianceScaling({ mode: 'fan' as never })).toThrow(
      /mode must be one of fanIn, fanOut, fanAvg/,
    );
    expect(() => initializers.varianceScaling({ scale: -1 })).toThrow(tf.ConfigError);
  });

  test('orthogonal rows or columns', () => {
    const tall = initializers.orthogonal({ gain: 2, seed: 1 }).call([5, 3]);
    const gram = tf.matMul(tall, tall, true).arraySync() as number[][];
    const wide = initializers.orthogonal({ seed: 1 }).call([2, 2, 7]);
    expectClose(
      tf.matMul(wide.reshape([4, 7]), wide.reshape([4, 7]), false, true),
      tf.eye(4).arraySync() as number[][],
    );
    expect(gram[0]?.[0]).toBeCloseTo(4, 4);
    expect(gram[0]?.[1]).toBeCloseTo(0, 4);
    expect(() => initializers.orthogonal().call([3])).toThrow(/at least two axes/);
  });

  test('a seed gives the same values, setSeed makes all of them reproducible', () => {
    const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
    const seeded = initializers.glorotUniform({ seed: 3 });
    expect(values(seeded.call([4]))).toEqual(values(seeded.call([4])));
    const unseeded = initializers.glorotUniform();
    expect(values(unseeded.call([4]))).not.toEqual(values(unseeded.call([4])));
    const run = (): number[] => {
      tf.setSeed(9);
      return values(unseeded.call([4]));
    };
    expect(run()).toEqual(run());
  });

  test('names, instances and configs', () => {
    expect(getInitializer('glorot_uniform')).toBeInstanceOf(initializers.GlorotUniform);
    const own = new (class Own extends initializers.Initializer {
      call(s: readonly number[]): tf.Tensor {
        return tf.fill(s, 7);
      }
    })();
    expect(getInitializer(own)).toBe(own);
    expect(own.getClassName()).toBe('Own');
    const saved = { className: 'RandomNormal', config: initializers.randomNormal({ stddev: 2 }).getConfig() };
    expect(getInitializer(saved).getConfig()).toEqual({ mean: 0, stddev: 2, seed: null });
    expect(getInitializer('zeros').getClassName()).toBe('Zeros');
    expect(() => getInitializer('glorot' as never)).toThrow(/Unknown initializer "glorot". Known are/);
    expect(() => getInitializer(undefined as never)).toThrow(tf.ConfigError);
  });

  test('functions, registered classes, and the names that Keras has for files', () => {
    const ramp = getInitializer((shape) => tf.range(0, shape[0] as number));
    expectClose(ramp.call([3]), [0, 1, 2]);
    expect(ramp.call([2], 'int32').dtype).toBe('int32');
    expect(() => ramp.call([3, 1])).toThrow(/a weight of shape \[3, 1\] gave values of shape \[3\]/);
    expect(() => getInitializer(initializers.Zeros as never)).toThrow(/is a class: pass an object/);
    class Sevens extends initializers.Initializer {
      static readonly className = 'Sevens';
      call(s: readonly number[]): tf.Tensor {
        return tf.fill(s, 7);
      }
    }
    tf.registerClass(Sevens);
    expect(getInitializer({ className: 'Sevens', config: {} })).toBeInstanceOf(Sevens);
    const named = (className: string): string => getInitializer({ className, config: {} }).getClassName();
    expect(['IdentityInitializer', 'OrthogonalInitializer', 'STFTInitializer'].map(named)).toEqual([
      'Identity',
      'Orthogonal',
      'STFT',
    ]);
  });

  test('STFT keeps what null means', () => {
    const plain = initializers.stft({ window: null, scaling: null });
    const copy = getInitializer({ className: 'STFT', config: plain.getConfig() });
    expect(copy.getConfig()).toEqual({ side: 'real', window: null, scaling: null, periodic: false });
    expectClose(initializers.stft({ window: [1, 2], scaling: null }).call([2, 1, 2]), [[[1, 1]], [[2, -2]]]);
    expect(() => initializers.stft({ window: [1, 2] }).call([3, 1, 2])).toThrow(/the window has 2 numbers/);
    expect(() => initializers.stft().call([3, 2])).toThrow(/fills kernels \[frameLength, 1, frequencies\]/);
    expect(() => initializers.stft({ window: 'kaiser' as never })).toThrow(/one of boxcar, hann/);
  });
});
