import { checkFlag, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { checkAxis } from '../tensor/axes.ts';
import { ones, type Tensor, type TensorLike, tensor, toTensor } from '../tensor/index.ts';

/** Complex numbers as Keras has them: `[real, imag]`. */
export type ComplexPair = readonly [TensorLike, TensorLike];

type Transform = (x: { real: TensorLike; imag: TensorLike }) => { real: Tensor; imag: Tensor };

function paired(name: string, f: Transform): (x: ComplexPair) => [Tensor, Tensor] {
  return (x) => {
    const { real, imag } = f(both(name, x));
    return [real, imag];
  };
}

function both(name: string, x: ComplexPair): { real: TensorLike; imag: TensorLike } {
  if (Array.isArray(x) && x.length === 2) return { real: x[0] as TensorLike, imag: x[1] as TensorLike };
  throw new ConfigError(`${name} takes [real, imag], got ${received(x)}`);
}

/**
 * Fourier transform along the last axis of `[real, imag]`.
 * @example
 * const [real, imag] = ops.fft([[1, 1], [0, 0]]);
 * real // [2, 0]
 */
export const fft: (x: ComplexPair) => [Tensor, Tensor] = paired('fft', ops.fft);
/**
 * Fourier transform along the last two axes.
 * @example
 * const [real, imag] = ops.fft2([ones([2, 2]), zeros([2, 2])]);
 * real // [[4, 0], [0, 0]]
 */
export const fft2: (x: ComplexPair) => [Tensor, Tensor] = paired('fft2', ops.fft2);
/**
 * The inverse of {@link fft2}.
 * @example
 * const [real, imag] = ops.ifft2([[[4, 0], [0, 0]], [[0, 0], [0, 0]]]);
 * real // [[1, 1], [1, 1]]
 */
export const ifft2: (x: ComplexPair) => [Tensor, Tensor] = paired('ifft2', ops.ifft2);

/**
 * The first frequencies of real numbers along the last axis.
 * @example
 * const [real, imag] = ops.rfft([1, 1, 1, 1]);
 * real // [4, 0, 0]
 */
export function rfft(x: TensorLike, fftLength?: number | null): [Tensor, Tensor] {
  const { real, imag } = ops.rfft(x, fftLength ?? undefined);
  return [real, imag];
}

/** The inverse of {@link rfft}. @example ops.irfft([[4, 0, 0], [0, 0, 0]]) // [1, 1, 1, 1] */
export function irfft(x: ComplexPair, fftLength?: number | null): Tensor {
  return ops.irfft(both('irfft', x), fftLength ?? undefined);
}

/** A window: a name, numbers, or null for none. */
export type WindowOption = 'hann' | 'hamming' | TensorLike | null;

/** The window in the middle of `fftLength` numbers. */
function windowOf(name: string, window: WindowOption, length: number, fftLength: number): Tensor {
  let values: Tensor;
  if (window === null) {
    values = ones([length]);
  } else if (window === 'hann' || window === 'hamming') {
    const share = window === 'hann' ? 0.5 : 0.54;
    values = tensor(Array.from({ length }, (_, i) => share - (1 - share) * Math.cos((2 * Math.PI * i) / length)));
  } else if (typeof window === 'string') {
    throw new ConfigError(`${name}: the window must be 'hann', 'hamming', numbers or null, got ${received(window)}`);
  } else {
    values = toTensor(window).toFloat();
  }
  if (values.rank !== 1 || values.shape[0] !== length)
    throw new ShapeError(`${name}: the window needs shape [${length}], got [${values.shape.join(', ')}]`);
  const before = Math.floor((fftLength - length) / 2);
  return ops.pad(values, [[before, fftLength - length - before]]);
}

function checkLengths(name: string, sequenceLength: number, sequenceStride: number, fftLength: number): void {
  checkWhole(name, 'sequenceStride', sequenceStride, 1);
  checkWhole(name, 'fftLength', fftLength, checkWhole(name, 'sequenceLength', sequenceLength, 1));
}

/**
 * Short-time Fourier transform of `[..., n]`: `[real, imag]` of `[..., frames, fftLength / 2 + 1]`. With `center` the signal is
 * mirrored at its ends, so that frame t is around element `t * sequenceStride`.
 * @example
 * const [real, imag] = ops.stft(ones([16]), 8, 4, 8);
 * real.shape.at(-1) // 5
 */
export function stft(
  x: TensorLike,
  sequenceLength: number,
  sequenceStride: number,
  fftLength: number,
  window: WindowOption = 'hann',
  center = true,
): [Tensor, Tensor] {
  checkLengths('stft', sequenceLength, sequenceStride, fftLength);
  let signal = toTensor(x).toFloat();
  if (checkFlag('stft', 'center', center)) {
    const side = Math.floor(fftLength / 2);
    const last = checkAxis('stft', -1, signal.rank);
    const sides = signal.shape.map((_, axis): [number, number] => (axis === last ? [side, side] : [0, 0]));
    signal = ops.mirrorPad(signal, sides, 'reflect');
  }
  const frames = ops.extractSequences(signal, fftLength, sequenceStride);
  return rfft(ops.mul(frames, windowOf('stft', window, sequenceLength, fftLength)), fftLength);
}

/**
 * The signal of a {@link stft}: pieces added up, divided by the sum of the squared windows.
 * @example
 * const pair = ops.stft(ones([16]), 8, 4, 8);
 * ops.istft(pair, 8, 4, 8).shape // [16]
 */
export function istft(
  x: ComplexPair,
  sequenceLength: number,
  sequenceStride: number,
  fftLength: number,
  length?: number | null,
  window: WindowOption = 'hann',
  center = true,
): Tensor {
  checkLengths('istft', sequenceLength, sequenceStride, fftLength);
  const pieces = irfft(x, fftLength);
  const weights = windowOf('istft', window, sequenceLength, fftLength);
  const summed = ops.signal.overlapAndAdd(ops.mul(pieces, weights), sequenceStride);
  const count = pieces.shape.at(-2) as number;
  const cover = ops.signal.overlapAndAdd(ops.broadcastTo(ops.square(weights), [count, fftLength]), sequenceStride);
  const whole = ops.div(summed, ops.where(cover.greater(1e-10), cover, 1));
  const size = whole.shape.at(-1) as number;
  const start = checkFlag('istft', 'center', center) ? Math.floor(fftLength / 2) : 0;
  const end = length === undefined || length === null ? (center ? size - start : size) : Math.min(start + length, size);
  return ops.slice(
    whole,
    whole.shape.map((_, axis) => (axis === whole.rank - 1 ? Math.min(start, size) : 0)),
    whole.shape.map((dim, axis) => (axis === whole.rank - 1 ? Math.max(end - start, 0) : dim)),
  );
}
