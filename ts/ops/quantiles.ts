import { checkFlag, checkList, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { checkAxes } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { add, cast, isNaN, mul, where } from './elementwise.ts';
import { slice } from './indexing.ts';
import { stack } from './joining.ts';
import type { Axes } from './reduction.ts';
import { reshape, squeeze, transpose } from './shape.ts';
import { sort } from './sorting.ts';

/** What a quantile between two elements is: on the line between them, one of them, or their middle. */
export type QuantileMethod = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';

const methods: readonly QuantileMethod[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];

/** The two neighbours of a position and how far it is from the first. */
function neighbours(position: number, method: QuantileMethod): { low: number; high: number; share: number } {
  const [low, high] = [Math.floor(position), Math.ceil(position)];
  if (method === 'linear') return { low, high, share: position - low };
  if (method === 'midpoint') return { low, high, share: low === high ? 0 : 0.5 };
  if (method === 'lower') return { low, high: low, share: 0 };
  if (method === 'higher') return { low: high, high, share: 0 };
  // Halves to even, as NumPy rounds.
  const middle = position - low === 0.5 ? low + (low % 2) : Math.round(position);
  return { low: middle, high: middle, share: 0 };
}

/**
 * The q-quantiles (0 to 1) along axes (default all): the element at `q (n - 1)` of the n sorted ones. Several q give a new
 * first axis. NaN if an element is NaN. Integers give float32.
 * @throws ConfigError for q outside of 0 to 1; ShapeError for quantiles of nothing.
 * @example quantile([1, 2, 3, 4], 0.5) // 2.5
 */
export function quantile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: Axes,
  keepDims = false,
  method: QuantileMethod = 'linear',
): Tensor {
  if (!methods.includes(method)) {
    throw new ConfigError(`quantile: method must be one of ${methods.join(', ')}, got ${received(method)}`);
  }
  const wanted = Array.isArray(q) ? checkList('quantile', 'q', q as readonly number[]) : [q as number];
  if (wanted.length === 0 || wanted.some((value) => typeof value !== 'number' || !(value >= 0 && value <= 1))) {
    throw new ConfigError(`quantile: q must be 0 to 1, or several such numbers, got ${received(q)}`);
  }
  checkFlag('quantile', 'keepDims', keepDims);
  const tensor = toTensor(x);
  const real = isFloat(tensor.dtype) ? tensor : cast(tensor, 'float32');
  const axes = checkAxes('quantile', axis, real.rank);
  const kept = real.shape.map((_, a) => a).filter((a) => !axes.includes(a));
  const outer = kept.map((a) => real.shape[a] ?? 0);
  const n = axes.reduce((count, a) => count * (real.shape[a] ?? 1), 1);
  if (n === 0)
    throw new ShapeError(`quantile of nothing: shape [${real.shape.join(', ')}] along axes [${axes.join(', ')}]`);
  const rows = sort(reshape(transpose(real, [...kept, ...axes]), [...outer, n]));
  const at = (position: number): Tensor => squeeze(slice(rows, [...outer.map(() => 0), position], [...outer, 1]), -1);
  // NaN are the last of their row.
  const spoiled = isNaN(at(n - 1));
  const results = wanted.map((value) => {
    const { low, high, share } = neighbours(value * (n - 1), method);
    const between = share === 0 ? at(low) : add(mul(at(low), 1 - share), mul(at(high), share));
    const result = where(spoiled, Number.NaN, between);
    return keepDims
      ? reshape(
          result,
          real.shape.map((dim, a) => (axes.includes(a) ? 1 : dim)),
        )
      : result;
  });
  return Array.isArray(q) ? stack(results) : (results[0] as Tensor);
}

/** The middle element along axes (default all), the mean of the middle two of an even number. @example median([3, 1, 2]) // 2 */
export function median(x: TensorLike, axis?: Axes, keepDims = false): Tensor {
  return quantile(x, 0.5, axis, keepDims);
}
