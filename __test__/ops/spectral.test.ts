import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';

/** The transform by its sum. */
function slow(re: number[], im: number[], sign = -1): { real: number[]; imag: number[] } {
  const n = re.length;
  const part = (f: (j: number, angle: number) => number): number[] =>
    Array.from({ length: n }, (_, k) => re.reduce((s, _x, j) => s + f(j, (sign * 2 * Math.PI * j * k) / n), 0));
  return {
    real: part((j, angle) => (re[j] as number) * Math.cos(angle) - (im[j] as number) * Math.sin(angle)),
    imag: part((j, angle) => (re[j] as number) * Math.sin(angle) + (im[j] as number) * Math.cos(angle)),
  };
}
const numbers = (n: number, phase: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase));

describe('Fourier transforms', () => {
  test('fft and ifft of any length', () => {
    for (const n of [1, 2, 5, 8, 12, 31]) {
      const [re, im] = [numbers(n, 0), numbers(n, 2)];
      const { real, imag } = tf.fft({ real: re, imag: im });
      const expected = slow(re, im);
      expectClose(real, expected.real);
      expectClose(imag, expected.imag);
      const back = tf.spectral.ifft({ real, imag });
      expectClose(back.real, re);
      expectClose(back.imag, im);
    }
    expectClose(tf.fft([1, 1, 1, 1]).real, [4, 0, 0, 0]);
    expect(() => tf.fft({ real: [1, 2], imag: [1] })).toThrow(tf.ShapeError);
    expect(() => tf.fft(1)).toThrow(tf.ShapeError);
  });

  test('rfft and irfft', () => {
    const x = numbers(7, 1);
    const { real, imag } = tf.rfft(x);
    const expected = slow(x, new Array<number>(7).fill(0));
    expectClose(real, expected.real.slice(0, 4));
    expectClose(imag, expected.imag.slice(0, 4));
    expectClose(tf.irfft({ real, imag }, 7), x);
    expectClose(tf.rfft([1, 2, 3, 4]).real, [10, -2, -2]);
    expect(tf.rfft([1, 2, 3, 4], 7).real.shape).toEqual([4]);
    expectClose(tf.rfft([1, 2, 3, 4], 2).real, [3, -1]);
    expectClose(tf.irfft(tf.rfft([1, 2, 3, 4])), [1, 2, 3, 4]);
    expect(() => tf.rfft([1, 2], 0)).toThrow(tf.ConfigError);
    expect(() => tf.irfft([1])).toThrow(tf.ConfigError);
  });

  test('fft2 and ifft2', () => {
    const x = tf.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const { real, imag } = tf.fft2(x);
    expect(real.dataSync()[0]).toBeCloseTo(21, 4);
    expect(real.dataSync()[3]).toBeCloseTo(-9, 4);
    expectClose(tf.ifft2({ real, imag }).real, x.arraySync() as number[][]);
  });

  test('gradients', () => {
    // Parseval: the energy of the spectrum is n times that of the signal.
    const x = tf.tensor(numbers(6, 0));
    const energy = (y: tf.Tensor): tf.Tensor => {
      const { real, imag } = tf.fft(y);
      return real.square().add(imag.square()).sum();
    };
    expectClose(tf.grad(energy)(x), x.mul(12).arraySync() as number[], 1e-4);
    const half = (y: tf.Tensor): tf.Tensor => tf.rfft(y).real.sum();
    // Each frequency's real part has slope cos(2 pi j k / n).
    const slopes = Array.from({ length: 6 }, (_, j) =>
      [0, 1, 2, 3].reduce((s, k) => s + Math.cos((2 * Math.PI * j * k) / 6), 0),
    );
    expectClose(tf.grad(half)(x), slopes, 1e-4);
  });
});

describe('signals', () => {
  test('windows', () => {
    expectClose(tf.signal.hannWindow(4), [0, 0.5, 1, 0.5]);
    expectClose(tf.signal.hannWindow(3), [0, 1, 0]);
    expectClose(tf.signal.hammingWindow(4), [0.08, 0.54, 1, 0.54]);
    expectClose(tf.signal.hannWindow(1), [1]);
    expect(() => tf.signal.hannWindow(0)).toThrow(tf.ConfigError);
  });

  test('frame and overlapAndAdd', () => {
    expectClose(tf.signal.frame([1, 2, 3], 2, 1), [
      [1, 2],
      [2, 3],
    ]);
    expectClose(tf.signal.frame([1, 2, 3, 4, 5], 3, 2, true, 9), [
      [1, 2, 3],
      [3, 4, 5],
      [5, 9, 9],
    ]);
    expect(tf.signal.frame([1, 2], 3, 1).shape).toEqual([0, 3]);
    expect(tf.extractSequences(tf.zeros([2, 10]), 4, 3).shape).toEqual([2, 3, 4]);
    expectClose(
      tf.overlapAndAdd(
        [
          [1, 1, 1],
          [2, 2, 2],
        ],
        2,
      ),
      [1, 1, 3, 2, 2],
    );
    expectClose(
      tf.overlapAndAdd(
        [
          [1, 2],
          [3, 4],
        ],
        3,
      ),
      [1, 2, 0, 3, 4],
    );
    expect(() => tf.signal.frame([1], 0, 1)).toThrow(tf.ConfigError);
  });

  test('stft and istft', () => {
    const x = wave([2, 64], 0);
    const spectrum = tf.stft(x, 16, 4);
    expect(spectrum.real.shape).toEqual([2, 13, 9]);
    const first = tf.rfft(x.slice([0, 0], [1, 16]).mul(tf.signal.hannWindow(16)));
    expectClose(spectrum.imag.slice([0, 0, 0], [1, 1, 9]).reshape([1, 9]), first.imag.arraySync() as number[][]);
    const back = tf.istft(spectrum, 16, 4);
    expect(back.shape).toEqual([2, 64]);
    // The first element has no weight in any window.
    expectClose(back.slice([0, 1], [2, 62]), x.slice([0, 1], [2, 62]).arraySync() as number[][], 1e-4);
    expect(tf.istft(spectrum, 16, 4, { length: 70 }).shape).toEqual([2, 70]);
    const plain = tf.istft(tf.stft(x, 16, 8, 32, null), 16, 8, { window: null, fftLength: 32, length: 64 });
    expectClose(plain, x.arraySync() as number[][], 1e-4);
    expect(() => tf.stft(x, 16, 4, 16, 'kaiser' as 'hann')).toThrow(tf.ConfigError);
    expect(() => tf.stft(x, 16, 4, 16, [1, 2])).toThrow(tf.ShapeError);
  });
});
