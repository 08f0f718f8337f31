import { checkLength, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { shown } from '../tensor/axes.ts';
import { floatOperand, operandOf, type TensorLike } from '../tensor/convert.ts';
import { Tensor } from '../tensor/tensor.ts';
import { matrixTranspose } from './contraction.ts';
import { mul } from './elementwise.ts';

/** Complex numbers: there is no complex dtype. Both parts are float32 and have one shape. */
export interface Complex {
  real: Tensor;
  imag: Tensor;
}

/** What is accepted where complex numbers are: both parts, or real numbers. */
export type ComplexLike = { real: TensorLike; imag: TensorLike } | TensorLike;

/** Both parts as float32 tensors of one shape. */
function parts(name: string, x: ComplexLike): [Tensor, Tensor] {
  const isPair = typeof x === 'object' && x !== null && 'real' in x && 'imag' in x;
  const real = new Tensor(operandOf(isPair ? x.real : (x as TensorLike), 'float32'));
  const imag = isPair ? new Tensor(operandOf(x.imag, 'float32')) : mul(real, 0);
  if (real.shape.join() !== imag.shape.join()) {
    throw new ShapeError(
      `${name}: the real and the imaginary part have one shape, got ${shown(real.shape)} and ${shown(imag.shape)}`,
    );
  }
  return [real, imag];
}

function complex(handles: ReturnType<typeof native.fft>): Complex {
  const [real, imag] = handles.map((handle) => new Tensor(handle)) as [Tensor, Tensor];
  return { real, imag };
}

function transform(name: string, x: ComplexLike, inverse: boolean): Complex {
  const [real, imag] = parts(name, x);
  return complex(native.fft(real.handle, imag.handle, inverse));
}

/**
 * Discrete Fourier transform along the last axis: `y_k = sum_j x_j e^(-2 pi i j k / n)`, of any length n. Takes and gives
 * `{ real, imag }`, as `keras.ops.fft` does with pairs; TensorFlow.js has a complex64 tensor in its place.
 * @throws ShapeError when the parts differ in shape or have an empty last axis.
 * @example fft({ real: [1, 0, 0, 0], imag: [0, 0, 0, 0] }).real // [1, 1, 1, 1]
 */
export function fft(x: ComplexLike): Complex {
  return transform('fft', x, false);
}

/**
 * The inverse of {@link fft}: with a positive exponent, divided by n.
 * @example spectral.ifft({ real: [2, 0], imag: [0, 0] }).real // [1, 1]
 */
export function ifft(x: ComplexLike): Complex {
  return transform('ifft', x, true);
}

function overTwoAxes(name: string, x: ComplexLike, inverse: boolean): Complex {
  const [real, imag] = parts(name, x);
  if (real.rank < 2) throw new ShapeError(`${name} needs rank 2 or more, got shape ${shown(real.shape)}`);
  const rows = transform(name, { real, imag }, inverse);
  const turned = { real: matrixTranspose(rows.real), imag: matrixTranspose(rows.imag) };
  const columns = transform(name, turned, inverse);
  return { real: matrixTranspose(columns.real), imag: matrixTranspose(columns.imag) };
}

/**
 * Discrete Fourier transform along the last two axes.
 * @example spectral.fft2({ real: ones([2, 2]), imag: zeros([2, 2]) }).real // [[4, 0], [0, 0]]
 */
export function fft2(x: ComplexLike): Complex {
  return overTwoAxes('fft2', x, false);
}

/**
 * The inverse of {@link fft2}.
 * @example spectral.ifft2({ real: [[4, 0], [0, 0]], imag: zeros([2, 2]) }).real // [[1, 1], [1, 1]]
 */
export function ifft2(x: ComplexLike): Complex {
  return overTwoAxes('ifft2', x, true);
}

/**
 * The first `fftLength / 2 + 1` frequencies of real numbers along the last axis, which determine the others.
 * @param fftLength The axis is cut, or filled up with zeros, to this size (default: as it is).
 * @example rfft([1, 2, 3, 4]).real // [10, -2, -2]
 */
export function rfft(x: TensorLike, fftLength?: number): Complex {
  const { handle } = floatOperand(x);
  const length = fftLength === undefined ? (handle.shape.at(-1) ?? 1) : checkLength('rfft', 'fftLength', fftLength);
  return complex(native.rfft(handle, length));
}

/**
 * The real numbers whose first frequencies are `x`: the inverse of {@link rfft}.
 * @param fftLength How many there are (default: `2 (n - 1)` for n frequencies); an odd number must be named.
 * @example spectral.irfft({ real: [4, 0, 0], imag: [0, 0, 0] }) // [1, 1, 1, 1]
 */
export function irfft(x: ComplexLike, fftLength?: number): Tensor {
  const [real, imag] = parts('irfft', x);
  if (real.rank === 0) throw new ShapeError('irfft needs rank 1 or more, got a scalar');
  const frequencies = real.shape.at(-1) as number;
  if (frequencies < 2 && fftLength === undefined) {
    throw new ConfigError(`irfft of ${frequencies} frequencies: give fftLength, got ${received(fftLength)}`);
  }
  const length = checkLength('irfft', 'fftLength', fftLength ?? 2 * (frequencies - 1));
  return new Tensor(native.irfft(real.handle, imag.handle, length));
}
