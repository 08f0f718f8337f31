import { checkFlag, checkLength, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { tensor1d } from '../tensor/create.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { add, cast, div, maximum, mul, square } from './elementwise.ts';
import { gather } from './gather.ts';
import { pad } from './padding.ts';
import { broadcastTo, reshape } from './shape.ts';
import { type Complex, irfft, rfft } from './spectral.ts';

/** `a - b cos(2 pi i / n)`: one period of n steps, as spectral analysis wants it. */
function cosineWindow(name: string, length: number, a: number, b: number): Tensor {
  const n = checkLength(name, 'windowLength', length);
  // An even length is one whole period, an odd one is symmetric, as in TensorFlow.js; of one element nothing is left out.
  const period = n % 2 === 0 ? n : n - 1;
  const values = Array.from({ length: n }, (_, i) => (n === 1 ? 1 : a - b * Math.cos((2 * Math.PI * i) / period)));
  return tensor1d(values);
}

/**
 * Hann's window: `1/2 - 1/2 cos(2 pi i / n)`, periodic for even n, symmetric for odd n.
 * @example signal.hannWindow(4) // [0, 0.5, 1, 0.5]
 */
export function hannWindow(windowLength: number): Tensor {
  return cosineWindow('hannWindow', windowLength, 0.5, 0.5);
}

/**
 * Hamming's window: `0.54 - 0.46 cos(2 pi i / n)`, periodic for even n, symmetric for odd n.
 * @example signal.hammingWindow(4) // [0.0800, 0.5400, 1, 0.5400]
 */
export function hammingWindow(windowLength: number): Tensor {
  return cosineWindow('hammingWindow', windowLength, 0.54, 0.46);
}

function floatTensor(x: TensorLike): Tensor {
  const tensor = toTensor(x);
  return isFloat(tensor.dtype) ? tensor : cast(tensor, 'float32');
}

/**
 * Pieces of `frameLength` elements of the last axis, `frameStep` apart: `[..., n] -> [..., frames, frameLength]`.
 * @param padEnd Frames that begin inside of the signal are filled up with `padValue`; else those that do not fit are left out.
 * @example signal.frame([1, 2, 3], 2, 1) // [[1, 2], [2, 3]]
 */
export function frame(
  signal: TensorLike,
  frameLength: number,
  frameStep: number,
  padEnd = false,
  padValue = 0,
): Tensor {
  let x = toTensor(signal);
  const size = checkLength('frame', 'frameLength', frameLength);
  const step = checkWhole('frame', 'frameStep', frameStep, 1);
  if (x.rank === 0) throw new ShapeError('frame needs rank 1 or more, got a scalar');
  let n = x.shape.at(-1) as number;
  let count = n < size ? 0 : Math.floor((n - size) / step) + 1;
  if (checkFlag('frame', 'padEnd', padEnd)) {
    count = Math.ceil(n / step);
    const missing = Math.max((count - 1) * step + size - n, 0);
    x = pad(x, [...x.shape.slice(0, -1).map((): [number, number] => [0, 0]), [0, missing]], padValue);
    n += missing;
  }
  if (count === 0)
    return reshape(
      x.slice(
        x.shape.map(() => 0),
        [...x.shape.slice(0, -1), 0],
      ),
      [...x.shape.slice(0, -1), 0, size],
    );
  checkLength('frame', 'the number of elements of all frames', count * size);
  const places = Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * step + (i % size));
  return reshape(gather(x, places, x.rank - 1), [...x.shape.slice(0, -1), count, size]);
}

/**
 * {@link frame} without padding, under `keras.ops`' name.
 * @example ops.extractSequences([1, 2, 3], 2, 1) // [[1, 2], [2, 3]]
 */
export function extractSequences(x: TensorLike, sequenceLength: number, sequenceStride: number): Tensor {
  return frame(x, sequenceLength, sequenceStride);
}

/**
 * Adds up pieces `[..., frames, frameLength]` that begin `frameStep` elements apart: `[..., (frames - 1) frameStep + frameLength]`. The
 * transpose of {@link frame}.
 * @example signal.overlapAndAdd([[1, 2], [3, 4]], 1) // [1, 5, 4]
 */
export function overlapAndAdd(frames: TensorLike, frameStep: number): Tensor {
  const x = toTensor(frames);
  const step = checkWhole('overlapAndAdd', 'frameStep', frameStep, 1);
  if (x.rank < 2) throw new ShapeError(`overlapAndAdd needs rank 2 or more, got shape ${shown(x.shape)}`);
  const [count, size] = x.shape.slice(-2) as [number, number];
  const lead = x.shape.slice(0, -2);
  const none = lead.map((): [number, number] => [0, 0]);
  const blocks = Math.ceil(size / step);
  const filled = pad(x, [...none, [0, 0], [0, blocks * step - size]]);
  const parts = reshape(filled, [...lead, count, blocks, step]);
  // Block b of frame f adds to step f + b: each block's row of frames, moved by b steps.
  let sum: Tensor | undefined;
  for (let b = 0; b < blocks; b++) {
    const begin = parts.shape.map((_, axis) => (axis === parts.rank - 2 ? b : 0));
    const block = parts.slice(begin, [...lead, count, 1, step]);
    const moved = pad(reshape(block, [...lead, count, step]), [...none, [b, blocks - 1 - b], [0, 0]]);
    sum = sum === undefined ? moved : add(sum, moved);
  }
  const total = count === 0 ? 0 : (count - 1) * step + size;
  const flat = reshape(sum ?? parts, [...lead, -1]);
  return flat.slice(
    flat.shape.map(() => 0),
    [...lead, total],
  );
}

/** A window: a name, numbers, or a function of the length. */
export type Window = 'hann' | 'hamming' | TensorLike | ((length: number) => Tensor) | null;

function windowOf(name: string, window: Window, length: number): Tensor | undefined {
  checkLength(name, 'frameLength', length);
  if (window === null) return undefined;
  if (window === 'hann' || window === 'hamming') {
    // Periodic whatever the length, as keras.ops has it.
    const [a, b] = window === 'hann' ? [0.5, 0.5] : [0.54, 0.46];
    return tensor1d(Array.from({ length }, (_, i) => a - b * Math.cos((2 * Math.PI * i) / length)));
  }
  if (typeof window === 'string') {
    throw new ConfigError(
      `${name}: the window is 'hann', 'hamming', numbers, a function or null, got ${received(window)}`,
    );
  }
  const values = typeof window === 'function' ? window(length) : floatTensor(window);
  if (values.rank !== 1 || values.shape[0] !== length) {
    throw new ShapeError(`${name}: the window needs shape [${length}], got ${shown(values.shape)}`);
  }
  return values;
}

/**
 * Short-time Fourier transform `[..., n] -> { real, imag } [..., frames, fftLength / 2 + 1]`, as `tf.signal.stft`: pieces of the signal times a window, each transformed.
 * @param fftLength Pieces are filled up to it with zeros (default: the next power of two).
 * @param window Default Hann's, periodic. TensorFlow.js takes a function of the length; names, numbers and null (no window) do as well.
 * @example
 * const { real } = signal.stft(ones([16]), 8, 4);
 * real.shape // [3, 5]
 */
export function stft(
  signal: TensorLike,
  frameLength: number,
  frameStep: number,
  fftLength?: number,
  window: Window = hannWindow,
): Complex {
  const frames = frame(floatTensor(signal), frameLength, frameStep);
  const length = fftLength ?? 2 ** Math.ceil(Math.log2(frameLength));
  const weights = windowOf('stft', window, frameLength);
  return rfft(weights === undefined ? frames : mul(frames, weights), length);
}

/** Options of {@link istft}. */
export interface InverseStftOptions {
  /** The window that {@link stft} used (default Hann's). */
  window?: Window;
  /** Length of a piece's transform (default: the next power of two from `frameLength` on). */
  fftLength?: number;
  /** Elements of the result: it is cut, or filled up with zeros (default: what the pieces cover). */
  length?: number;
}

/**
 * The signal of a short-time Fourier transform: the pieces times the window, added up, divided by the sum of the squared windows (least squares; Griffin and Lim
 * 1984). Exact where windows overlap enough that this sum is not zero; elements that no window covers are 0.
 * @example
 * const spectrum = signal.stft(ones([16]), 8, 4);
 * signal.istft(spectrum, 8, 4).shape // [16]
 */
export function istft(x: Complex, frameLength: number, frameStep: number, options: InverseStftOptions = {}): Tensor {
  checkOptionNames('istft', options, ['window', 'fftLength', 'length'], '{ length: 1000 }');
  const { window = hannWindow, fftLength, length } = options;
  checkLength('istft', 'frameLength', frameLength);
  const n = fftLength ?? 2 ** Math.ceil(Math.log2(frameLength));
  const whole = irfft(x, n);
  const frames = whole.slice(
    whole.shape.map(() => 0),
    [...whole.shape.slice(0, -1), Math.min(frameLength, n)],
  );
  const weights = windowOf('istft', window, frameLength) ?? tensor1d(new Array<number>(frameLength).fill(1));
  const weighted = overlapAndAdd(mul(frames, weights), frameStep);
  const count = frames.shape.at(-2) as number;
  const cover = overlapAndAdd(broadcastTo(square(weights), [count, frameLength]), frameStep);
  const covered = cover.greater(1e-10);
  const signal = div(weighted, maximum(cover, 1e-10));
  const kept = mul(signal, cast(covered, signal.dtype));
  if (length === undefined) return kept;
  const want = checkWhole('istft', 'length', length, 1);
  const have = kept.shape.at(-1) as number;
  const none = kept.shape.slice(0, -1).map((): [number, number] => [0, 0]);
  if (want > have) return pad(kept, [...none, [0, want - have]]);
  return kept.slice(
    kept.shape.map(() => 0),
    [...kept.shape.slice(0, -1), want],
  );
}
