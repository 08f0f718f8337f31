import { checkFlag, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { fill } from '../tensor/create.ts';
import { computeDType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { add, cast, div, equal, less, logicalAnd, minimum, mul, sub, where } from './elementwise.ts';
import { slice } from './indexing.ts';
import { stack } from './joining.ts';
import { countOf, positions } from './positions.ts';
import { max, min } from './reduction.ts';
import { scatterND } from './scatter.ts';
import { flatten } from './shape.ts';
import { searchSorted } from './sorting.ts';

/** The numbers 0 .. count - 1 as float32. */
const count = (n: number): Tensor => new Tensor(native.iota([n], 0, 'float32'));

/** Rows of ids counted, each id from `size` on left out; what each counts is its weight. */
function counted(ids: Tensor, weights: Tensor, size: number): Tensor {
  const batch = ids.shape.slice(0, -1);
  // They are counted in one more bin, which is cut off.
  const inside = where(less(ids, size), ids, size);
  const bins = fill([...batch, size + 1], 0, weights.dtype);
  const sums = new Tensor(native.scatter('add', bins.handle, cast(inside, 'int32').handle, weights.handle));
  return slice(sums, 0, [...batch, size]);
}

function weightsOf(name: string, ids: Tensor, weights: TensorLike | null | undefined): Tensor {
  const given = weights === null || weights === undefined ? undefined : toTensor(weights);
  if (given === undefined || given.size === 0) return fill(ids.shape, 1, 'int32');
  if (given.shape.join() !== ids.shape.join()) {
    throw new ShapeError(`${name}: weights of shape ${shown(given.shape)} for values of shape ${shown(ids.shape)}`);
  }
  return cast(given, computeDType(given.dtype));
}

/**
 * How often each of 0 .. size - 1 is in the vector `x` (or the sum of its weights): int32 `[size]`, in the weights' type where
 * there are some. Larger values are left out. Without `size`, as many bins as the largest value asks for, which needs the
 * numbers.
 * @throws DataError, when the numbers are computed, for a negative value.
 * @example bincount([1, 2, 1], null, 4) // [0, 2, 1, 0]
 */
export function bincount(x: TensorLike, weights?: TensorLike | null, size?: number): Tensor {
  const ids = positions(x);
  if (ids.rank !== 1) throw new ShapeError(`bincount takes a vector, got shape ${shown(ids.shape)}`);
  const bins = size ?? countOf('bincount', 'the size', ids);
  checkShape([bins], 'bincount: size');
  return counted(ids, weightsOf('bincount', ids, weights), bins);
}

/**
 * {@link bincount} of a vector, or of every row of a matrix; with `binaryOutput` only whether a value is there, as 0 or 1.
 * @example denseBincount([1, 2, 1], [], 4) // [0, 2, 1, 0]
 */
export function denseBincount(x: TensorLike, weights: TensorLike | null, size: number, binaryOutput = false): Tensor {
  const ids = positions(x);
  if (ids.rank < 1 || ids.rank > 2) {
    throw new ShapeError(`denseBincount takes a vector or a matrix, got shape ${shown(ids.shape)}`);
  }
  checkShape([size], 'denseBincount: size');
  const values = weightsOf('denseBincount', ids, weights);
  checkFlag('denseBincount', 'binaryOutput', binaryOutput);
  if (!binaryOutput) return counted(ids, values, size);
  const there = counted(ids, fill(ids.shape, 1, 'int32'), size);
  return cast(minimum(there, 1), values.dtype);
}

/**
 * Counts of the elements in `bins` equal parts of a range (default: from the smallest to the largest element): `[counts, edges]`,
 * int32 `[bins]` and float32 `[bins + 1]`. The last bin includes its end; what is outside is left out.
 * @example histogram([1, 2, 1], 2)[0] // [2, 1]
 */
export function histogram(x: TensorLike, bins = 10, range?: readonly [number, number] | null): [Tensor, Tensor] {
  if (!Number.isSafeInteger(bins) || bins < 1) {
    throw new ConfigError(`histogram: bins must be a whole number from 1 on, got ${received(bins)}`);
  }
  if (range && !(Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1])) {
    throw new ConfigError(`histogram: a range is [low, high] with low < high, got ${received(range)}`);
  }
  const values = flatten(cast(x, 'float32'));
  const empty = values.size === 0;
  const given = range ?? (empty ? ([0, 1] as const) : undefined);
  let low = given ? toTensor(given[0]) : min(values);
  let high = given ? toTensor(given[1]) : max(values);
  // One value alone lies in the middle of a range of 1.
  const flat = equal(low, high);
  [low, high] = [where(flat, sub(low, 0.5), low), where(flat, add(high, 0.5), high)];
  const inner = add(low, mul(div(sub(high, low), bins), count(bins + 1)));
  const edges = where(equal(count(bins + 1), bins), high, inner);
  const behind = searchSorted(edges, values, 'right');
  const last = logicalAnd(equal(values, high), equal(behind, bins + 1));
  const ids = where(last, bins - 1, sub(behind, 1));
  // What is below counts as beyond the last bin too.
  const kept = where(less(ids, 0), bins, ids);
  return [counted(kept, fill(values.shape, 1, 'int32'), bins), edges];
}

/**
 * How often class i was predicted as class j: int32 `[numClasses, numClasses]` of label i and prediction j.
 * @throws DataError, when the numbers are computed, for a class outside of `0 .. numClasses - 1`.
 * @example confusionMatrix([0, 1, 1], [0, 1, 0], 2) // [[1, 0], [1, 1]]
 */
export function confusionMatrix(labels: TensorLike, predictions: TensorLike, numClasses: number): Tensor {
  const [truth, guess] = [positions(labels), positions(predictions)];
  if (truth.rank !== 1 || guess.rank !== 1 || truth.size !== guess.size) {
    throw new ShapeError(
      `confusionMatrix takes two vectors of one length, got shapes ${shown(truth.shape)} and ${shown(guess.shape)}`,
    );
  }
  checkShape([numClasses], 'confusionMatrix: numClasses');
  return scatterND(stack([truth, guess], 1), fill(truth.shape, 1, 'int32'), [numClasses, numClasses]);
}
