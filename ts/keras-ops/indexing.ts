import { checkIntegers, checkList, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { checkAxis } from '../tensor/axes.ts';
import { type DType, Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

export {
  digitize,
  extractSequences,
  histogram,
  nonzero,
  segmentMax,
  segmentMin,
  segmentProd,
  segmentSum,
  sliceUpdate,
  takeAlongAxis,
} from '../ops/index.ts';

/**
 * The slices that `indices` name along an axis; without an axis, elements of the flattened `x`. Negative ones count from the end.
 * @example ops.take([10, 20, 30], [2, 0]) // [30, 10]
 */
export function take(x: TensorLike, indices: TensorLike, axis?: number | null): Tensor {
  const source = axis === undefined || axis === null ? ops.flatten(x) : toTensor(x);
  const at = checkAxis('take', axis ?? 0, source.rank);
  const ids = toTensor(indices).toInt();
  const dim = source.shape[at] as number;
  return ops.gather(source, ops.where(ids.less(0), ids.add(dim), ids), at);
}

/**
 * The block of `shape` that starts at `startIndices`, which may be computed (clamped so that the block lies inside).
 * @example ops.slice([1, 2, 3, 4], [1], [2]) // [2, 3]
 */
export function slice(inputs: TensorLike, startIndices: TensorLike, shape: readonly number[]): Tensor {
  const source = toTensor(inputs);
  const sizes = checkIntegers('slice', 'shape', shape);
  const starts = ops.unstack(toTensor(startIndices).toInt().reshape([-1]));
  if (starts.length !== source.rank || sizes.length !== source.rank)
    throw new ShapeError(
      `slice: rank ${source.rank} needs as many starts and sizes, got ${starts.length} and ${sizes.length}`,
    );
  return ops.dynamicSlice(source, starts, sizes);
}

/**
 * Zeros of `shape` with `values` added at `indices` `[..., k]`.
 * @example ops.scatter([[1], [3]], [5, 7], [4]) // [0, 5, 0, 7]
 */
export function scatter(indices: TensorLike, values: TensorLike, shape: readonly number[]): Tensor {
  return ops.scatterND(indices, values, shape);
}

/** How {@link scatterUpdate} joins updates with what is there. */
export type ScatterReduction = 'add' | 'max' | 'min' | 'mul';

/**
 * `inputs` with elements at `indices` `[..., k]` replaced by `updates`, or joined with them. @throws ConfigError for an unknown reduction.
 * @example ops.scatterUpdate([1, 2, 3], [[1]], [9]) // [1, 9, 3]
 */
export function scatterUpdate(
  inputs: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  reduction?: ScatterReduction | null,
): Tensor {
  switch (reduction ?? 'set') {
    case 'set':
      return ops.tensorScatterUpdate(inputs, indices, updates);
    case 'add':
      return ops.tensorScatterAdd(inputs, indices, updates);
    case 'max':
      return ops.tensorScatterMax(inputs, indices, updates);
    case 'min':
      return ops.tensorScatterMin(inputs, indices, updates);
    default:
      throw new ConfigError(`scatterUpdate: reduction must be 'add', 'max' or 'min', got ${received(reduction)}`);
  }
}

/**
 * Where sorted values would be put in: {@link ops.searchSorted} under NumPy's name.
 * @example ops.searchsorted([1, 3, 5], [4]) // [2]
 */
export function searchsorted(sortedSequence: TensorLike, values: TensorLike, side: 'left' | 'right' = 'left'): Tensor {
  return ops.searchSorted(sortedSequence, values, side);
}

/** Sorted ascending along an axis (null: the flattened `x`). @example ops.sort([3, 1, 2]) // [1, 2, 3] */
export function sort(x: TensorLike, axis: number | null = -1): Tensor {
  return axis === null ? ops.sort(ops.flatten(x)) : ops.sort(x, axis);
}

/** Indices that sort along an axis (null: the flattened `x`). @example ops.argsort([3, 1, 2]) // [1, 2, 0] */
export function argsort(x: TensorLike, axis: number | null = -1): Tensor {
  return axis === null ? ops.argsort(ops.flatten(x)) : ops.argsort(x, axis);
}

/**
 * Indices with the `kth` smallest element in its place: the sorted order is one such.
 * @example ops.argpartition([3, 1, 2], 1) // [1, 2, 0]
 */
export function argpartition(x: TensorLike, kth: number, axis: number | null = -1): Tensor {
  if (!Number.isSafeInteger(kth))
    throw new ConfigError(`argpartition: kth must be a whole number, got ${received(kth)}`);
  return argsort(x, axis);
}

/** The k largest elements along the last axis: `[values, indices]`. @example ops.topK([3, 1, 2], 2)[0] // [3, 2] */
export function topK(x: TensorLike, k: number, sorted = true): [Tensor, Tensor] {
  const { values, indices } = ops.topk(x, k, sorted);
  return [values, indices];
}

/** Whether the target class is among the k best predictions. @example ops.inTopK([2], [[0.5, 0.1, 0.4]], 2) // [1] */
export function inTopK(targets: TensorLike, predictions: TensorLike, k: number): Tensor {
  return ops.inTopK(predictions, targets, k);
}

/**
 * How often each whole number from 0 on occurs (weighted), at least `minlength` counts.
 * @example ops.bincount([1, 2, 1]) // [0, 2, 1]
 */
export function bincount(x: TensorLike, weights?: TensorLike | null, minlength = 0): Tensor {
  const found = toTensor(x).toInt();
  const least = Number.isSafeInteger(minlength) && minlength >= 0 ? minlength : -1;
  if (least < 0)
    throw new ConfigError(`bincount: minlength must be a whole number from 0 on, got ${received(minlength)}`);
  const length = found.size === 0 ? least : Math.max((found.max().dataSync()[0] as number) + 1, least);
  if (found.rank <= 1) return ops.bincount(found, weights ?? null, length);
  return ops.denseBincount(found, weights ?? null, length);
}

/** Positions of a shape for flat indices: one tensor an axis. @example ops.unravelIndex([5], [2, 3]) // [[1], [2]] */
export function unravelIndex(indices: TensorLike, shape: readonly number[]): Tensor[] {
  const sizes = checkIntegers('unravelIndex', 'shape', shape);
  let rest = toTensor(indices).toInt();
  const found: Tensor[] = [];
  for (const size of [...sizes].reverse()) {
    found.unshift(rest.mod(size));
    rest = rest.floorDiv(size);
  }
  return found;
}

/** Whether elements of `x1` occur in `x2`. @example ops.isin([1, 2, 3], [2]) // [0, 1, 0] */
export function isin(x1: TensorLike, x2: TensorLike, _assumeUnique = false, invert = false): Tensor {
  const found = toTensor(x1).expandDims(-1).equal(ops.flatten(x2)).any(-1);
  return invert ? found.logicalNot() : found;
}

/**
 * The distinct values, sorted, of the flattened `x` (or slices along an axis). Needs numbers: not inside a trace.
 * @example ops.unique([3, 1, 3]) // [1, 3]
 */
export function unique(x: TensorLike, axis?: number | null): Tensor {
  const { values } = ops.unique(axis === undefined || axis === null ? ops.flatten(x) : x, axis ?? 0);
  return values.rank === 1 ? ops.sort(values) : values;
}

/** Ones at the ids: a new axis of size `numClasses`. @example ops.oneHot([1, 0], 2) // [[0, 1], [1, 0]] */
export function oneHot(x: TensorLike, numClasses: number, axis = -1, dtype: DType = 'float32'): Tensor {
  return ops.oneHot(x, numClasses, 1, 0, dtype, axis);
}

/**
 * Ones at all ids of a row `[..., n]`: the largest of their one-hot vectors.
 * @example ops.multiHot([0, 2], 3) // [1, 0, 1]
 */
export function multiHot(inputs: TensorLike, numClasses: number, axis = -1, dtype: DType = 'float32'): Tensor {
  const ids = toTensor(inputs);
  const hot = ops.oneHot(ids, numClasses, 1, 0, dtype, axis);
  return ids.rank === 0 ? hot : hot.max(ids.rank > 1 ? 1 : 0);
}

/**
 * The entries of Python's indices: whole numbers and `null` (everything), one an axis.
 * @example ops.getItem([[1, 2], [3, 4]], 1) // [3, 4]
 */
export function getItem(x: TensorLike, key: number | readonly (number | null)[]): Tensor {
  const source = toTensor(x);
  const keys = typeof key === 'number' ? [key] : checkList('getItem', 'key', key);
  if (keys.length > source.rank) throw new ShapeError(`getItem: ${keys.length} indices for rank ${source.rank}`);
  const begin = source.shape.map((dim, a) => {
    const at = keys[a] ?? null;
    if (at === null) return 0;
    if (!Number.isInteger(at) || at < -dim || at >= dim)
      throw new ShapeError(`getItem: index ${received(at)} is outside of axis ${a} of size ${dim}`);
    return at < 0 ? at + dim : at;
  });
  const fixed = source.shape.flatMap((_, a) => ((keys[a] ?? null) === null ? [] : [a]));
  const block = ops.slice(
    source,
    begin,
    source.shape.map((dim, a) => (fixed.includes(a) ? 1 : dim)),
  );
  return fixed.length === 0 ? block : ops.squeeze(block, fixed);
}

/**
 * Elements of the first choice whose condition is true, `defaultValue` where none is.
 * @example ops.select([[true, false], [false, true]], [[1, 2], [3, 4]], 0) // [1, 4]
 */
export function select(
  conditions: readonly TensorLike[],
  choices: readonly TensorLike[],
  defaultValue: TensorLike = 0,
): Tensor {
  const [tests, values] = [checkList('select', 'conditions', conditions), checkList('select', 'choices', choices)];
  if (tests.length !== values.length || tests.length === 0)
    throw new ConfigError(`select needs a choice for every condition, got ${tests.length} and ${values.length}`);
  return tests.reduceRight<Tensor>(
    (rest, test, i) => ops.where(test, values[i] as TensorLike, rest),
    toTensor(defaultValue),
  );
}

/** Whether something is a tensor. @example ops.isTensor(tensor([1])) // true */
export function isTensor(x: unknown): boolean {
  return x instanceof Tensor;
}
