import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { Tensor } from '../tensor/tensor.ts';
import { equal, greaterEqual, lessEqual, sub, where } from './elementwise.ts';
import { sum } from './reduction.ts';
import { broadcastTo, moveaxis, reshape } from './shape.ts';

function whole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && Math.abs(value) < 2 ** 31) return value;
  throw new ConfigError(`${name} takes whole numbers, got ${received(value)}`);
}

/** Column minus row of every place of the last two axes, int32. */
function diagonals(name: string, x: Tensor): Tensor {
  if (x.rank < 2) throw new ShapeError(`${name} takes matrices (rank 2 or more), got shape ${shown(x.shape)}`);
  const size = x.shape.slice(-2) as number[];
  return sub(new Tensor(native.iota(size, 1, 'int32')), new Tensor(native.iota(size, 0, 'int32')));
}

const broadcastZero = (x: Tensor): Tensor => new Tensor(native.fill(0, [], x.dtype));

/**
 * The lower triangle of matrices, zeros above the `k`-th diagonal (default 0, the main one; positive is above it).
 * @example ops.tril([[1, 2], [3, 4]]) // [[1, 0], [3, 4]]
 */
export function tril(x: TensorLike, k = 0): Tensor {
  const tensor = toTensor(x);
  return where(lessEqual(diagonals('tril', tensor), whole('tril', k)), tensor, broadcastZero(tensor));
}

/**
 * The upper triangle of matrices, zeros below the `k`-th diagonal (default 0, the main one; positive is above it).
 * @example ops.triu([[1, 2], [3, 4]]) // [[1, 2], [0, 4]]
 */
export function triu(x: TensorLike, k = 0): Tensor {
  const tensor = toTensor(x);
  return where(greaterEqual(diagonals('triu', tensor), whole('triu', k)), tensor, broadcastZero(tensor));
}

/**
 * `x` on the diagonal of zeros: of shape `[d...]` a tensor of shape `[d..., d...]`. A vector may go on the `k`-th diagonal of a
 * square matrix (positive is above the main one).
 * @example diag([1, 2]) // [[1, 0], [0, 2]]
 */
export function diag(x: TensorLike, k = 0): Tensor {
  const tensor = toTensor(x);
  if (tensor.rank === 0) throw new ShapeError('diag takes a tensor of rank 1 or more, got a scalar');
  if (whole('diag', k) !== 0 && tensor.rank !== 1) {
    throw new ShapeError(`diag: only a vector goes on diagonal ${k}, got shape ${shown(tensor.shape)}`);
  }
  const n = tensor.size + Math.abs(k);
  const zero = broadcastZero(tensor);
  const row = reshape(tensor, [1, tensor.size]);
  const shifted = new Tensor(native.pad(row.handle, zero.handle, [0, Math.max(k, 0)], [0, Math.max(-k, 0)], [0, 0]));
  const square = broadcastTo(shifted, [n, n]);
  const matrix = where(equal(diagonals('diag', square), k), square, zero);
  return tensor.rank === 1 ? matrix : reshape(matrix, [...tensor.shape, ...tensor.shape]);
}

/** The diagonal of a tensor of shape `[d..., d...]`, of shape `[d...]`: undoes {@link diag}. @example diagPart([[1, 2], [3, 4]]) // [1, 4] */
export function diagPart(x: TensorLike): Tensor {
  const tensor = toTensor(x);
  const half = tensor.shape.slice(0, Math.floor(tensor.rank / 2));
  if (tensor.rank % 2 !== 0 || tensor.rank === 0 || half.some((dim, a) => dim !== tensor.shape[half.length + a])) {
    throw new ShapeError(`diagPart takes a tensor of shape [d..., d...], got ${shown(tensor.shape)}`);
  }
  const n = half.reduce((size, dim) => size * dim, 1);
  return reshape(diagonal(reshape(tensor, [n, n])), half);
}

/**
 * The `offset`-th diagonal (default 0, the main one; positive is above it) of the matrices along two axes (default the first
 * two), as a new last axis.
 * @example diagonal([[1, 2], [3, 4]], 1) // [2]
 */
export function diagonal(x: TensorLike, offset = 0, axis1 = 0, axis2 = 1): Tensor {
  const tensor = toTensor(x);
  if (tensor.rank < 2)
    throw new ShapeError(`diagonal takes a tensor of rank 2 or more, got shape ${shown(tensor.shape)}`);
  const axes = [checkAxis('diagonal', axis1, tensor.rank), checkAxis('diagonal', axis2, tensor.rank)];
  if (axes[0] === axes[1]) throw new ShapeError(`diagonal: the axes must differ, got ${axis1} twice`);
  const moved = moveaxis(tensor, axes, [-2, -1]);
  const [rows, columns] = moved.shape.slice(-2) as [number, number];
  const batch = moved.shape.slice(0, -2);
  const k = whole('diagonal', offset);
  const count = Math.max(Math.min(rows + Math.min(k, 0), columns - Math.max(k, 0)), 0);
  const start = count === 0 ? 0 : Math.max(k, 0) + Math.max(-k, 0) * columns;
  // Places of a diagonal are a row and a column apart.
  const step = columns + 1;
  const flat = reshape(moved, [...batch, rows * columns]);
  const limit = count === 0 ? 0 : start + (count - 1) * step + 1;
  const taken = native.slice(
    flat.handle,
    [...batch.map(() => 0), start],
    [...batch, limit],
    [...batch.map(() => 1), step],
  );
  return new Tensor(taken);
}

/** Sum of a {@link diagonal}. @example trace([[1, 2], [3, 4]]) // 5 */
export function trace(x: TensorLike, offset = 0, axis1 = 0, axis2 = 1): Tensor {
  return sum(diagonal(x, offset, axis1, axis2), -1);
}
