import { checkNumber } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { type TensorLike, toTensor } from './convert.ts';
import { checkDType, type DType } from './dtype.ts';
import { checkShape, inferValues, type NestedArray, type TypedArray } from './infer.ts';
import { Tensor } from './tensor.ts';

/**
 * A tensor of given numbers (copied): a number, nested arrays, or a typed array or Buffer with a shape.
 * Without a dtype: numbers are float32, booleans bool, typed arrays keep their type: Uint8Array and Buffer are uint8 (int32
 * in TensorFlow.js), 16-bit and unsigned 32-bit integers int32, Float64Array float32.
 * @throws DataError for ragged arrays and detached buffers; ShapeError when the shape holds another number of elements.
 * @example tensor([[1, 2], [3, 4]]); tensor(new Float32Array(6), [2, 3]);
 */
export function tensor(values: NestedArray | TypedArray | Tensor, shape?: readonly number[], dtype?: DType): Tensor {
  if (values instanceof Tensor) {
    throw new ConfigError('tensor() takes numbers. To convert a tensor use cast(), reshape() or variable()');
  }
  const found = inferValues(values, shape, dtype);
  return new Tensor(native.fromData(found.data, found.shape, found.dtype));
}

function ranked(
  rank: number,
  values: NestedArray | TypedArray,
  shape: readonly number[] | undefined,
  dtype: DType | undefined,
): Tensor {
  const found = inferValues(values, shape, dtype);
  if (found.shape.length !== rank) {
    const need =
      shape === undefined && !Array.isArray(values) ? 'a flat array needs a shape' : `got rank ${found.shape.length}`;
    throw new ShapeError(`tensor${rank}d takes rank ${rank}: ${need}`);
  }
  return new Tensor(native.fromData(found.data, found.shape, found.dtype));
}

/** A tensor of rank 0. @throws DataError for anything but a number or boolean. @example scalar(3).shape // [] */
export function scalar(value: number | boolean, dtype?: DType): Tensor {
  return new Tensor(toScalar(value, dtype));
}

function toScalar(value: number | boolean, dtype: DType | undefined): Tensor['handle'] {
  const found = inferValues(value, [], dtype);
  return native.fromData(found.data, found.shape, found.dtype);
}

/** A tensor of rank 1. @example tensor1d([1, 2]).shape // [2] */
export function tensor1d(values: NestedArray | TypedArray, dtype?: DType): Tensor {
  return ranked(1, values, undefined, dtype);
}

/**
 * A tensor of rank 2, from nested arrays or from flat numbers and a shape.
 * @example tensor2d([1, 2, 3, 4], [2, 2]) // [[1, 2], [3, 4]]
 */
export function tensor2d(values: NestedArray | TypedArray, shape?: readonly number[], dtype?: DType): Tensor {
  return ranked(2, values, shape, dtype);
}

/**
 * A tensor of rank 3, from nested arrays or from flat numbers and a shape.
 * @example tensor3d([[[1], [2]]]).shape // [1, 2, 1]
 */
export function tensor3d(values: NestedArray | TypedArray, shape?: readonly number[], dtype?: DType): Tensor {
  return ranked(3, values, shape, dtype);
}

/**
 * A tensor of rank 4, from nested arrays or from flat numbers and a shape.
 * @example tensor4d([1, 2], [1, 1, 1, 2]).shape // [1, 1, 1, 2]
 */
export function tensor4d(values: NestedArray | TypedArray, shape?: readonly number[], dtype?: DType): Tensor {
  return ranked(4, values, shape, dtype);
}

/**
 * A tensor of rank 5, from nested arrays or from flat numbers and a shape.
 * @example tensor5d([1, 2], [1, 1, 1, 1, 2]).rank // 5
 */
export function tensor5d(values: NestedArray | TypedArray, shape?: readonly number[], dtype?: DType): Tensor {
  return ranked(5, values, shape, dtype);
}

/**
 * A tensor of rank 6, from nested arrays or from flat numbers and a shape.
 * @example tensor6d([1, 2], [1, 1, 1, 1, 1, 2]).rank // 6
 */
export function tensor6d(values: NestedArray | TypedArray, shape?: readonly number[], dtype?: DType): Tensor {
  return ranked(6, values, shape, dtype);
}

/** A copy of the handle: disposing one leaves the other. @example clone([1, 2]) // [1, 2] */
export function clone(x: TensorLike): Tensor {
  const tensor = toTensor(x);
  return new Tensor(native.reshape(tensor.handle, [...tensor.shape]));
}

/** Writes type and numbers to the console. @example print(tensor([1, 2])); */
export function print(x: Tensor): void {
  toTensor(x).print();
}

/** One number everywhere. @example fill([2], 7) // [7, 7] */
export function fill(shape: readonly number[], value: number, dtype: DType = 'float32'): Tensor {
  return new Tensor(native.fill(checkNumber('fill', 'value', value), checkShape(shape), checkDType(dtype)));
}

/** Zeros. @example zeros([2, 3]) */
export function zeros(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return fill(shape, 0, dtype);
}

/** Ones. @example ones([2]) // [1, 1] */
export function ones(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return fill(shape, 1, dtype);
}

/** Zeros of another tensor's shape and dtype. @example zerosLike([3, 4]) // [0, 0] */
export function zerosLike(x: TensorLike): Tensor {
  const like = toTensor(x);
  return zeros(like.shape, like.dtype);
}

/** Ones of another tensor's shape and dtype. @example onesLike([3, 4]) // [1, 1] */
export function onesLike(x: TensorLike): Tensor {
  const like = toTensor(x);
  return ones(like.shape, like.dtype);
}

/**
 * Ones on the diagonal of a `rows x columns` matrix (default square), zeros elsewhere; as many of them as `batchShape` says.
 * The third argument may be the dtype.
 * @example eye(2) // [[1, 0], [0, 1]]
 */
export function eye(
  rows: number,
  columns: number = rows,
  batchShape: readonly number[] | DType = [],
  dtype: DType = 'float32',
): Tensor {
  const [batch, type] = typeof batchShape === 'string' ? [[], batchShape] : [batchShape, dtype];
  const shape = checkShape([rows, columns], 'eye: sizes');
  const hit = native.binary('equal', native.iota(shape, 0, 'int32'), native.iota(shape, 1, 'int32'));
  const all = checkShape([...checkShape(batch, 'eye: batchShape'), ...shape], 'eye: shape');
  return new Tensor(native.broadcastTo(native.cast(hit, checkDType(type)), all));
}

/** `count` numbers from `start` to `stop`, both included, evenly spaced. @example linspace(0, 1, 3) // [0, 0.5, 1] */
export function linspace(start: number, stop: number, count: number): Tensor {
  checkNumber('linspace', 'start', start);
  checkNumber('linspace', 'stop', stop);
  const [n] = checkShape([count], 'linspace: count') as [number];
  const step = n > 1 ? (stop - start) / (n - 1) : 0;
  // In double precision, the end exact: float32 steps would drift.
  return new Tensor(native.sequence(start, step, n, n > 1 ? stop : null, 'float32'));
}

/**
 * `start`, `start + step`, ... below `stop` (above it for a negative step). @throws ConfigError for a step of 0.
 * @example range(0, 6, 2) // [0, 2, 4]
 */
export function range(start: number, stop: number, step = 1, dtype: DType = 'float32'): Tensor {
  for (const [name, value] of Object.entries({ start, stop, step })) checkNumber('range', name, value);
  if (step === 0 || !Number.isFinite((stop - start) / step)) {
    throw new ConfigError(`range: from ${start} to ${stop} by ${step} has no end`);
  }
  const count = Math.max(Math.ceil((stop - start) / step), 0);
  const [n] = checkShape([count], 'range: the number of values') as [number];
  return new Tensor(native.sequence(start, step, n, null, checkDType(dtype)));
}
