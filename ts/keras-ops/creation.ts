import { checkFlag, checkLength, checkNumber, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { pow, reshape } from '../ops/index.ts';
import {
  type DType,
  linspace as evenly,
  eye as eyeOf,
  fill,
  range,
  type Tensor,
  type TensorLike,
  tensor,
  toTensor,
  zeros,
} from '../tensor/index.ts';

export { ones, onesLike, zeros, zerosLike } from '../tensor/index.ts';

/** A tensor of given numbers; a tensor stays itself. @example ops.array([1, 2]) // [1, 2] */
export function array(x: TensorLike, dtype?: DType): Tensor {
  const converted = toTensor(x, dtype);
  return dtype === undefined || converted.dtype === dtype ? converted : converted.cast(dtype);
}

/** {@link array} under the name Keras has it by. @example ops.convertToTensor([1, 2]).shape // [2] */
export const convertToTensor: typeof array = array;

/**
 * The numbers as nested arrays: NumPy's place is taken by JavaScript's arrays. Blocks until they are there.
 * @example ops.convertToNumpy(tensor([1, 2])) // [1, 2]
 */
export function convertToNumpy(x: TensorLike): ReturnType<Tensor['arraySync']> {
  return toTensor(x).arraySync();
}

/**
 * `start`, `start + step`, ... below `stop`; with one argument from 0 up to it. Whole numbers give int32, others float32.
 * @example ops.arange(0, 6, 2) // [0, 2, 4]
 */
export function arange(start: number, stop?: number | null, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined || stop === null ? [0, start] : [start, stop];
  const whole = [from, to, step].every(Number.isInteger);
  return range(
    checkNumber('arange', 'start', from),
    checkNumber('arange', 'stop', to),
    step,
    dtype ?? (whole ? 'int32' : 'float32'),
  );
}

/** Zeros: memory is never handed out uninitialized. @example ops.empty([2]).shape // [2] */
export function empty(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return zeros(shape, dtype);
}

/** Zeros of the shape of `x`. @example ops.emptyLike([1, 2]).shape // [2] */
export function emptyLike(x: TensorLike, dtype?: DType): Tensor {
  const like = toTensor(x);
  return zeros(like.shape, dtype ?? like.dtype);
}

/** `fillValue` everywhere (broadcast, if it is a tensor). @example ops.full([2], 7) // [7, 7] */
export function full(shape: readonly number[], fillValue: TensorLike, dtype: DType = 'float32'): Tensor {
  if (typeof fillValue === 'number') return fill(shape, fillValue, dtype);
  return toTensor(fillValue).cast(dtype).broadcastTo(shape);
}

/** `fillValue` everywhere in the shape of `x`. @example ops.fullLike([1, 2], 7) // [7, 7] */
export function fullLike(x: TensorLike, fillValue: TensorLike, dtype?: DType): Tensor {
  const like = toTensor(x);
  return full(like.shape, fillValue, dtype ?? like.dtype);
}

/** Ones where `column - row = k`. @example ops.eye(2) // [[1, 0], [0, 1]] */
export function eye(rows: number, columns?: number | null, k = 0, dtype: DType = 'float32'): Tensor {
  const wide = columns ?? rows;
  if (k === 0) return eyeOf(rows, wide, dtype);
  return differences('eye', rows, wide).equal(checkOffset('eye', k)).cast(dtype);
}

/** The square identity matrix. @example ops.identity(2) // [[1, 0], [0, 1]] */
export function identity(n: number, dtype: DType = 'float32'): Tensor {
  return eyeOf(n, n, dtype);
}

/** Ones where `column - row <= k`, zeros above. @example ops.tri(2) // [[1, 0], [1, 1]] */
export function tri(rows: number, columns?: number | null, k = 0, dtype: DType = 'float32'): Tensor {
  return differences('tri', rows, columns ?? rows)
    .lessEqual(checkOffset('tri', k))
    .cast(dtype);
}

function checkOffset(owner: string, k: number): number {
  if (!Number.isSafeInteger(k)) throw new ConfigError(`${owner}: k must be a whole number, got ${received(k)}`);
  return k;
}

/** `column - row` of every element of a matrix. */
function differences(owner: string, rows: number, columns: number): Tensor {
  checkWhole(owner, 'the number of rows', rows);
  checkWhole(owner, 'the number of columns', columns);
  // Found before the rows and columns are numbered, which takes seconds for billions.
  if (rows * columns > 2 ** 48)
    throw new ShapeError(`${owner}: shape [${rows}, ${columns}] has more than 2^48 elements`);
  return range(0, columns, 1, 'int32').sub(range(0, rows, 1, 'int32').expandDims(1));
}

/**
 * `num` numbers from `start` to `stop`, evenly spaced, without the last if `endpoint` is false.
 * @example ops.linspace(0, 1, 3) // [0, 0.5, 1]
 */
export function linspace(start: number, stop: number, num = 50, endpoint = true): Tensor {
  checkNumber('linspace', 'start', start);
  checkNumber('linspace', 'stop', stop);
  checkWhole('linspace', 'num', num);
  if (checkFlag('linspace', 'endpoint', endpoint)) return evenly(start, stop, num);
  return evenly(start, stop - (num > 0 ? (stop - start) / num : 0), num);
}

/** `base` to the powers of {@link linspace}. @example ops.logspace(0, 2, 3) // [1, 10, 100] */
export function logspace(start: number, stop: number, num = 50, endpoint = true, base = 10): Tensor {
  return pow(checkNumber('logspace', 'base', base), linspace(start, stop, num, endpoint));
}

/**
 * `num` numbers from `start` to `stop` with a common ratio. @throws ConfigError unless both have one sign and none is 0.
 * @example ops.geomspace(1, 100, 3) // [1, 10, 100]
 */
export function geomspace(start: number, stop: number, num = 50, endpoint = true): Tensor {
  checkNumber('geomspace', 'start', start);
  checkNumber('geomspace', 'stop', stop);
  if (!(start * stop > 0))
    throw new ConfigError(`geomspace: start and stop must have one sign, got ${start} and ${stop}`);
  const exponents = linspace(Math.log(Math.abs(start)), Math.log(Math.abs(stop)), num, endpoint);
  return exponents.exp().mul(Math.sign(start));
}

/**
 * Powers of a vector as columns: `x^(n-1), ..., x, 1` (the other way round if `increasing`).
 * @example ops.vander([2, 3], 3) // [[4, 2, 1], [9, 3, 1]]
 */
export function vander(x: TensorLike, n?: number | null, increasing = false): Tensor {
  const vector = toTensor(x);
  if (vector.rank !== 1) throw new ShapeError(`vander takes a vector, got shape [${vector.shape.join(', ')}]`);
  const columns = checkWhole('vander', 'n', n ?? vector.size);
  const rising = range(0, columns, 1, vector.dtype === 'float32' ? 'float32' : 'int32');
  return pow(reshape(vector, [-1, 1]), checkFlag('vander', 'increasing', increasing) ? rising : rising.reverse());
}

/** `f` of the positions `0 .. n - 1` of a window. */
function window(owner: string, n: number, f: (position: number, last: number) => number): Tensor {
  if (n !== 0) checkLength(owner, 'the length', n);
  return tensor(
    Float64Array.from({ length: n }, (_, i) => (n === 1 ? 1 : f(i, n - 1))),
    [n],
    'float32',
  );
}

/** Triangular window. @example ops.bartlett(3) // [0, 1, 0] */
export function bartlett(n: number): Tensor {
  return window('bartlett', n, (i, last) => 1 - Math.abs((2 * i) / last - 1));
}

/** Blackman's window. @example ops.blackman(3) // [0, 1, 0] */
export function blackman(n: number): Tensor {
  return window('blackman', n, (i, last) => {
    const angle = (2 * Math.PI * i) / last;
    return 0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle);
  });
}

/**
 * Hamming's window, symmetric (`hammingWindow` of `tf.signal` is periodic).
 * @example ops.hamming(3) // [0.0800, 1, 0.0800]
 */
export function hamming(n: number): Tensor {
  return window('hamming', n, (i, last) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / last));
}

/** Von Hann's window, symmetric (`hannWindow` of `tf.signal` is periodic). @example ops.hanning(3) // [0, 1, 0] */
export function hanning(n: number): Tensor {
  return window('hanning', n, (i, last) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / last));
}

/** Kaiser's window `i0(beta sqrt(1 - (2i/(n-1) - 1)^2)) / i0(beta)`. @example ops.kaiser(3, 0) // [1, 1, 1] */
export function kaiser(n: number, beta: number): Tensor {
  checkNumber('kaiser', 'beta', beta);
  return window(
    'kaiser',
    n,
    (i, last) => besselI0(beta * Math.sqrt(Math.max(1 - ((2 * i) / last - 1) ** 2, 0))) / besselI0(beta),
  );
}

/** The power series, which double precision sums exactly enough for windows. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let [term, sum] = [1, 1];
  for (let k = 1; k < 500 && term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
