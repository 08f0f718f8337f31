import { checkFlag, checkList, checkNumber, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import type { Axes } from '../ops/reduction.ts';
import { checkAxes, checkAxis } from '../tensor/axes.ts';
import { isFloat } from '../tensor/dtype.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

/** Axes; null and none are all of them. */
export type AxisOption = Axes | null;

type Reduction = (x: TensorLike, axis?: AxisOption, keepdims?: boolean) => Tensor;

/** With Keras' `axis = null` for all. */
function reduction(f: (x: TensorLike, axis?: Axes, keepDims?: boolean) => Tensor): Reduction {
  return (x, axis, keepdims = false) => f(x, axis ?? undefined, keepdims);
}

/** Whether all elements are true. @example ops.all([true, false]) // 0 */
export const all: Reduction = reduction(ops.all);
/** Whether some element is true. @example ops.any([true, false]) // 1 */
export const any: Reduction = reduction(ops.any);
/** Largest element. @example ops.max([1, 5, 2]) // 5 */
export const max: Reduction = reduction(ops.max);
/** Smallest element. @example ops.min([3, 1, 2]) // 1 */
export const min: Reduction = reduction(ops.min);
/** Mean. @example ops.mean([[1, 2], [3, 4]], 0) // [2, 3] */
export const mean: Reduction = reduction(ops.mean);
/** Product. @example ops.prod([2, 3]) // 6 */
export const prod: Reduction = reduction(ops.prod);
/** Sum. @example ops.sum([[1, 2], [3, 4]], 1) // [3, 7] */
export const sum: Reduction = reduction(ops.sum);
/** Biased variance. @example ops.var([1, 3]) // 1 */
const var_: Reduction = reduction(ops.variance);
/** Biased standard deviation. @example ops.std([1, 3]) // 1 */
export const std: Reduction = reduction(ops.std);
/** `log(sum(e^x))`. @example ops.logsumexp([0, 0]) // 0.6931 */
export const logsumexp: Reduction = reduction(ops.logSumExp);
/** Middle of the sorted elements. @example ops.median([1, 5, 2]) // 2 */
export const median: Reduction = reduction(ops.median);
export { max as amax, min as amin, var_ as var };

/**
 * Index (int32) of the largest element along an axis (null: of the flattened `x`).
 * @example ops.argmax([1, 5, 2]) // 1
 */
export function argmax(x: TensorLike, axis: number | null = null, keepdims = false): Tensor {
  return ops.argMax(x, axis, keepdims);
}

/**
 * Index (int32) of the smallest element along an axis (null: of the flattened `x`).
 * @example ops.argmin([3, 1, 2]) // 1
 */
export function argmin(x: TensorLike, axis: number | null = null, keepdims = false): Tensor {
  return ops.argMin(x, axis, keepdims);
}

/** How many elements are not 0. @example ops.countNonzero([0, 1, 2]) // 2 */
export function countNonzero(x: TensorLike, axis?: AxisOption): Tensor {
  return ops.countNonzero(x, axis ?? undefined);
}

/** Mean, weighted. @example ops.average([1, 2], null, [3, 1]) // 1.25 */
export function average(x: TensorLike, axis?: AxisOption, weights?: TensorLike | null): Tensor {
  return ops.average(x, axis ?? undefined, weights ?? undefined);
}

/** Mean and biased variance. @example ops.moments([1, 3], 0) // [2, 1] */
export function moments(x: TensorLike, axes: Axes, keepdims = false): [Tensor, Tensor] {
  const { mean: center, variance } = ops.moments(x, axes, keepdims);
  return [center, variance];
}

/** Largest less smallest element. @example ops.ptp([1, 5, 2]) // 4 */
export function ptp(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  return max(x, axis, keepdims).sub(min(x, axis, keepdims));
}

/** The q-quantiles, 0 to 1. @example ops.quantile([1, 2, 3], 0.5) // 2 */
export function quantile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: AxisOption,
  method: ops.QuantileMethod = 'linear',
  keepdims = false,
): Tensor {
  return ops.quantile(x, q, axis ?? undefined, keepdims, method);
}

/** The q-th percentiles, 0 to 100. @example ops.percentile([1, 2, 3], 50) // 2 */
export function percentile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: AxisOption,
  method: ops.QuantileMethod = 'linear',
  keepdims = false,
): Tensor {
  const share = (percent: number): number => checkNumber('percentile', 'q', percent) / 100;
  return quantile(
    x,
    typeof q === 'number' ? share(q) : checkList('percentile', 'q', q).map(share),
    axis,
    method,
    keepdims,
  );
}

/** Running sum along an axis (null: of the flattened `x`). @example ops.cumsum([1, 2, 3]) // [1, 3, 6] */
export function cumsum(x: TensorLike, axis: number | null = null): Tensor {
  return axis === null ? ops.cumsum(ops.flatten(x)) : ops.cumsum(x, axis);
}

/** Running product along an axis (null: of the flattened `x`). @example ops.cumprod([1, 2, 3]) // [1, 2, 6] */
export function cumprod(x: TensorLike, axis: number | null = null): Tensor {
  return axis === null ? ops.cumprod(ops.flatten(x)) : ops.cumprod(x, axis);
}

/** `n`-th differences of neighbours along an axis. @example ops.diff([1, 4, 9]) // [3, 5] */
export function diff(x: TensorLike, n = 1, axis = -1): Tensor {
  checkWhole('diff', 'n', n);
  const source = toTensor(x);
  const at = checkAxis('diff', axis, source.rank);
  let result = source;
  for (let i = 0; i < n; i++) {
    const dim = result.shape[at] as number;
    if (dim === 0) return result;
    const begin = result.shape.map((_, a) => (a === at ? 1 : 0));
    const size = result.shape.map((d, a) => (a === at ? dim - 1 : d));
    const [after, before] = [
      ops.slice(result, begin, size),
      ops.slice(
        result,
        begin.map(() => 0),
        size,
      ),
    ];
    result = result.dtype === 'bool' ? after.notEqual(before) : after.sub(before);
  }
  return result;
}

/**
 * Area under the points `y` at `x` (or `dx` apart) by trapezoids, along an axis.
 * @example ops.trapezoid([1, 2, 3]) // 4
 */
export function trapezoid(y: TensorLike, x?: TensorLike | null, dx = 1, axis = -1): Tensor {
  const values = toTensor(y);
  const at = checkAxis('trapezoid', axis, values.rank);
  const dim = values.shape[at] as number;
  if (dim < 1) throw new ShapeError('trapezoid needs at least one point');
  const part = (from: number): Tensor =>
    ops.slice(
      values,
      values.shape.map((_, a) => (a === at ? from : 0)),
      values.shape.map((d, a) => (a === at ? dim - 1 : d)),
    );
  const middles = part(1).add(part(0)).mul(0.5);
  if (x === undefined || x === null) return middles.mul(checkNumber('trapezoid', 'dx', dx)).sum(at);
  const points = toTensor(x);
  const steps =
    points.rank === 1 ? diff(points).reshape(values.shape.map((_, a) => (a === at ? -1 : 1))) : diff(points, 1, at);
  return middles.mul(steps).sum(at);
}

/**
 * Correlation of the rows of a matrix with each other: `[rows, rows]`.
 * @example ops.corrcoef([[1, 2, 3], [2, 4, 6]]) // [[1, 1], [1, 1]]
 */
export function corrcoef(x: TensorLike): Tensor {
  const rows = toTensor(x).rank === 1 ? ops.expandDims(x, 0) : toTensor(x);
  if (rows.rank !== 2) throw new ShapeError(`corrcoef takes a matrix, got shape [${rows.shape.join(', ')}]`);
  const centered = rows.toFloat().sub(rows.toFloat().mean(1, true));
  const covariance = centered.matMul(centered, false, true);
  const scale = ops.sqrt(ops.sum(ops.square(centered), 1, true));
  const found = covariance.div(scale).div(ops.transpose(scale)).clipByValue(-1, 1);
  return rows.shape[0] === 1 ? ops.reshape(found, []) : found;
}

/**
 * Cross-correlation of two vectors: all overlaps ('full'), whole ones ('valid'), or as many as the longer has elements ('same').
 * @example ops.correlate([1, 2, 3], [0, 1], 'valid') // [2, 3]
 */
export function correlate(x1: TensorLike, x2: TensorLike, mode: 'valid' | 'same' | 'full' = 'valid'): Tensor {
  if (mode !== 'valid' && mode !== 'same' && mode !== 'full')
    throw new ConfigError(`correlate: mode must be 'valid', 'same' or 'full', got ${received(mode)}`);
  const [a, b] = [toTensor(x1).toFloat(), toTensor(x2).toFloat()];
  if (a.rank !== 1 || b.rank !== 1 || a.size === 0 || b.size === 0)
    throw new ShapeError(`correlate takes two vectors, got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  const [n, m] = [a.size, b.size];
  // All overlaps: the sums of the skewed outer product's columns.
  const outer = ops.pad(ops.outerProduct(ops.reverse(b), a), [
    [0, 0],
    [0, m],
  ]);
  const full = ops
    .slice(ops.flatten(outer), 0, m * (n + m - 1))
    .reshape([m, n + m - 1])
    .sum(0);
  if (mode === 'full') return full;
  const [long, short] = [Math.max(n, m), Math.min(n, m)];
  if (mode === 'valid') return ops.slice(full, short - 1, long - short + 1);
  // Where NumPy begins: the shorter one is swapped to the right, and the result turned round again.
  const start = n >= m ? Math.floor((m - 1) / 2) : Math.ceil((n - 1) / 2);
  return ops.slice(full, start, long);
}

/** `x` with NaN replaced. */
function without(x: TensorLike, value: number): { kept: Tensor; missing: Tensor } {
  const source = toTensor(x);
  if (!isFloat(source.dtype)) return { kept: source, missing: source.zerosLike().cast('bool') };
  const missing = ops.isNaN(source);
  return { kept: ops.where(missing, value, source), missing };
}

/** Where everything was NaN the result is NaN again. */
function orNaN(result: Tensor, missing: Tensor, axis: AxisOption, keepdims: boolean): Tensor {
  if (!isFloat(result.dtype)) return result;
  return ops.where(all(missing, axis, keepdims), Number.NaN, result);
}

/** {@link sum}, NaN as 0. @example ops.nansum([1, NaN, 3]) // 4 */
export function nansum(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  return sum(without(x, 0).kept, axis, keepdims);
}

/** {@link prod}, NaN as 1. @example ops.nanprod([2, NaN, 3]) // 6 */
export function nanprod(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  return prod(without(x, 1).kept, axis, keepdims);
}

/** {@link max} of what is no NaN. @example ops.nanmax([1, NaN, 3]) // 3 */
export function nanmax(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  const { kept, missing } = without(x, Number.NEGATIVE_INFINITY);
  return orNaN(max(kept, axis, keepdims), missing, axis, keepdims);
}

/** {@link min} of what is no NaN. @example ops.nanmin([1, NaN, 3]) // 1 */
export function nanmin(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  const { kept, missing } = without(x, Number.POSITIVE_INFINITY);
  return orNaN(min(kept, axis, keepdims), missing, axis, keepdims);
}

/** {@link argmax} of what is no NaN; -1 where there is nothing else. @example ops.nanargmax([1, NaN, 3]) // 2 */
export function nanargmax(x: TensorLike, axis: number | null = null, keepdims = false): Tensor {
  const { kept, missing } = without(x, Number.NEGATIVE_INFINITY);
  return ops.where(all(missing, axis, keepdims), -1, argmax(kept, axis, keepdims));
}

/** {@link argmin} of what is no NaN; -1 where there is nothing else. @example ops.nanargmin([1, NaN, 3]) // 0 */
export function nanargmin(x: TensorLike, axis: number | null = null, keepdims = false): Tensor {
  const { kept, missing } = without(x, Number.POSITIVE_INFINITY);
  return ops.where(all(missing, axis, keepdims), -1, argmin(kept, axis, keepdims));
}

/** {@link mean} of what is no NaN. @example ops.nanmean([1, NaN, 3]) // 2 */
export function nanmean(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  const { kept, missing } = without(x, 0);
  return sum(kept.toFloat(), axis, keepdims).div(sum(missing.logicalNot().toFloat(), axis, keepdims));
}

/** {@link var_} of what is no NaN. @example ops.nanvar([1, NaN, 3]) // 1 */
export function nanvar(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  const center = nanmean(x, axis, true);
  return nanmean(ops.square(ops.sub(x, center)), axis, checkFlag('nanvar', 'keepdims', keepdims));
}

/** {@link std} of what is no NaN. @example ops.nanstd([1, NaN, 3]) // 1 */
export function nanstd(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  return ops.sqrt(nanvar(x, axis, keepdims));
}

/** {@link quantile} of what is no NaN. @example ops.nanquantile([1, NaN, 3], 0.5) // 2 */
export function nanquantile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: AxisOption,
  method: ops.QuantileMethod = 'linear',
  keepdims = false,
): Tensor {
  if (method !== 'linear' && method !== 'lower' && method !== 'higher' && method !== 'midpoint' && method !== 'nearest')
    throw new ConfigError(
      `nanquantile: method must be linear, lower, higher, midpoint or nearest, got ${received(method)}`,
    );
  const source = toTensor(x).toFloat();
  const axes = checkAxes('nanquantile', axis ?? undefined, source.rank);
  const kept = source.shape.map((_, a) => a).filter((a) => !axes.includes(a));
  const rows = ops.transpose(source, [...kept, ...axes]).reshape([...kept.map((a) => source.shape[a] as number), -1]);
  // NaN are sorted to the end: the quantile is that of the first `count`.
  const sorted = ops.sort(rows);
  const count = ops.isNaN(rows).logicalNot().toInt().sum(-1, true);
  const share = (wanted: number): Tensor => {
    if (!(checkNumber('nanquantile', 'q', wanted) >= 0 && wanted <= 1))
      throw new ConfigError(`nanquantile: q must be 0 to 1, got ${received(wanted)}`);
    const position = count.toFloat().sub(1).maximum(0).mul(wanted);
    const [low, high] = [ops.floor(position), ops.ceil(position)];
    const at = (place: Tensor): Tensor => ops.takeAlongAxis(sorted, place.toInt(), -1);
    if (method === 'lower') return at(low);
    if (method === 'higher') return at(high);
    if (method === 'nearest') return at(ops.round(position));
    const fraction = method === 'midpoint' ? ops.where(low.equal(high), 0, 0.5) : position.sub(low);
    return at(low).add(at(high).sub(at(low)).mul(fraction));
  };
  const shape = keepdims
    ? source.shape.map((dim, a) => (axes.includes(a) ? 1 : dim))
    : kept.map((a) => source.shape[a] as number);
  const found = (typeof q === 'number' ? [q] : checkList('nanquantile', 'q', q)).map((wanted) =>
    share(wanted).reshape(shape),
  );
  return typeof q === 'number' ? (found[0] as Tensor) : ops.stack(found);
}

/** {@link percentile} of what is no NaN. @example ops.nanpercentile([1, NaN, 3], 50) // 2 */
export function nanpercentile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: AxisOption,
  method: ops.QuantileMethod = 'linear',
  keepdims = false,
): Tensor {
  const share = (percent: number): number => checkNumber('nanpercentile', 'q', percent) / 100;
  const shares = typeof q === 'number' ? share(q) : checkList('nanpercentile', 'q', q).map(share);
  return nanquantile(x, shares, axis, method, keepdims);
}

/** {@link median} of what is no NaN. @example ops.nanmedian([1, NaN, 3]) // 2 */
export function nanmedian(x: TensorLike, axis?: AxisOption, keepdims = false): Tensor {
  return nanquantile(x, 0.5, axis, 'linear', keepdims);
}

/** {@link cumsum}, NaN as 0. @example ops.nancumsum([1, NaN, 3]) // [1, 1, 4] */
export function nancumsum(x: TensorLike, axis: number | null = null): Tensor {
  return cumsum(without(x, 0).kept, axis);
}

/** {@link cumprod}, NaN as 1. @example ops.nancumprod([2, NaN, 3]) // [2, 2, 6] */
export function nancumprod(x: TensorLike, axis: number | null = null): Tensor {
  return cumprod(without(x, 1).kept, axis);
}
