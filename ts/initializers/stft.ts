import { checkFlag, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { tensor } from '../tensor/create.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Config, Initializer } from './initializer.ts';

/** Windows by their coefficients: `sum((-1)^j a[j] cos(2 pi j k / (n - 1)))`. */
const cosineSums = {
  boxcar: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
} as const;

/** Windows that are no such sum, at place `k` of `n`. */
const others = {
  bartlett: (k: number, n: number): number => 1 - Math.abs((2 * k) / (n - 1) - 1),
  cosine: (k: number, n: number): number => Math.sin((Math.PI * (k + 0.5)) / n),
  triang: (k: number, n: number): number => {
    const from = Math.min(k, n - 1 - k);
    return n % 2 === 0 ? (2 * from + 1) / n : (2 * (from + 1)) / (n + 1);
  },
} as const;

/** Names of windows, as SciPy has them. */
export type WindowName = keyof typeof cosineSums | keyof typeof others;

/** Options of {@link STFT}. */
export interface STFTOptions {
  /** Which part of the transform: default `'real'`. */
  side?: 'real' | 'imag';
  /** What a frame is multiplied with: a name, as many numbers as a frame has, or null for nothing. Default `'hann'`. */
  window?: WindowName | readonly number[] | null;
  /** What the window is divided by: the root of its squares' sum (`'density'`), its sum (`'spectrum'`), nothing (null). Default `'density'`. */
  scaling?: 'density' | 'spectrum' | null;
  /** Whether the window is one period of a longer one, not symmetric. Default false. */
  periodic?: boolean;
}

/**
 * The kernel that makes a convolution a short-time Fourier transform: `cos(-2 pi t f / n)` or `sin` of it for time t and frequency f,
 * times the window, where `n = 2 (F - 1)`.
 *
 * Shapes: `[frameLength, 1, F]`, F the number of frequencies from 0 to half the sampling rate.
 *
 * @example
 * new initializers.STFT({ side: 'imag' }).call([256, 1, 129])
 */
export class STFT extends Initializer {
  static readonly className: string = 'STFT';
  readonly side: 'real' | 'imag';
  readonly window: WindowName | readonly number[] | null;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly periodic: boolean;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(options: STFTOptions = {}) {
    super();
    if (new.target === STFT)
      checkOptionNames('STFT', options, ['side', 'window', 'scaling', 'periodic'], "{ window: 'hann' }");
    this.side = options.side ?? 'real';
    if (this.side !== 'real' && this.side !== 'imag')
      throw new ConfigError(`STFT: side must be 'real' or 'imag', got ${received(options.side)}`);
    // Null is a value of both: none.
    const { window = 'hann', scaling = 'density' } = options;
    this.window = checkWindow(window);
    if (scaling !== null && scaling !== 'density' && scaling !== 'spectrum')
      throw new ConfigError(`STFT: scaling must be 'density', 'spectrum' or null, got ${received(scaling)}`);
    this.scaling = scaling;
    this.periodic = checkFlag('STFT', 'periodic', options.periodic ?? false);
  }

  /** @throws ConfigError for a shape that is not `[frameLength, 1, frequencies]`, or no longer that of the window. */
  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, 'STFT: shape');
    const [length = 0, channels, frequencies = 0] = shape;
    if (shape.length !== 3 || channels !== 1 || frequencies < 2) {
      throw new ConfigError(
        `The STFT initializer fills kernels [frameLength, 1, frequencies], 2 frequencies or more, got shape [${shape.join(', ')}]`,
      );
    }
    const window = this.#windowOf(length);
    const values = new Float64Array(length * frequencies);
    const wave = this.side === 'real' ? Math.cos : Math.sin;
    for (let t = 0; t < length; t++) {
      for (let f = 0; f < frequencies; f++) {
        const angle = (-Math.PI * t * f) / (frequencies - 1);
        values[t * frequencies + f] = wave(angle) * (window[t] as number);
      }
    }
    return tensor(values, [length, 1, frequencies]).cast(dtype);
  }

  /** The window, scaled. */
  #windowOf(length: number): readonly number[] {
    if (this.window === null) return new Array<number>(length).fill(1);
    const window = typeof this.window === 'string' ? namedWindow(this.window, length, this.periodic) : this.window;
    if (window.length !== length) {
      throw new ConfigError(`STFT: the window has ${window.length} numbers, the frames of the kernel have ${length}`);
    }
    if (this.scaling === null) return window;
    const sum = window.reduce((total, w) => total + (this.scaling === 'density' ? w * w : Math.abs(w)), 0);
    const divisor = this.scaling === 'density' ? Math.sqrt(sum) : sum;
    return window.map((w) => w / divisor);
  }

  override getConfig(): Config {
    const { side, window, scaling, periodic } = this;
    return { side, window: typeof window === 'string' || window === null ? window : [...window], scaling, periodic };
  }
}

function checkWindow(window: unknown): WindowName | readonly number[] | null {
  if (window === null) return null;
  if (typeof window === 'string' && (Object.hasOwn(cosineSums, window) || Object.hasOwn(others, window)))
    return window as WindowName;
  const isList = Array.isArray(window) && window.length <= 2 ** 20;
  if (isList && window.every((w) => typeof w === 'number')) return [...(window as number[])];
  const names = [...Object.keys(cosineSums), ...Object.keys(others)].join(', ');
  throw new ConfigError(`STFT: window must be an array of numbers, null, or one of ${names}, got ${received(window)}`);
}

function namedWindow(name: WindowName, length: number, periodic: boolean): number[] {
  if (length <= 1) return new Array<number>(length).fill(1);
  const n = periodic ? length + 1 : length;
  const at = (k: number): number => {
    if (name in others) return others[name as keyof typeof others](k, n);
    const terms: readonly number[] = cosineSums[name as keyof typeof cosineSums];
    return terms.reduce((sum, a, j) => sum + (j % 2 === 0 ? a : -a) * Math.cos((2 * Math.PI * j * k) / (n - 1)), 0);
  };
  return Array.from({ length }, (_, k) => at(k));
}
