import { ShapeError, StateError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import type { TensorData } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { cast } from './elementwise.ts';
import { gather } from './gather.ts';
import { flatten, moveaxis, reshape } from './shape.ts';

/** Results whose size depends on numbers cannot be made where there are no numbers yet. */
function outsideTrace(name: string, instead: string): void {
  if (!native.isTracing()) return;
  throw new StateError(
    `${name}: the size of the result depends on the numbers, which are not there inside a trace (a layer's call, jit, fit). ${instead}`,
  );
}

const integers = (values: readonly number[], shape: number[]): Tensor =>
  new Tensor(native.fromData(Int32Array.from(values), shape, 'int32'));

/** Indices of the elements that are not 0, one after the other, a coordinate for every axis. */
function coordinates(data: TensorData, shape: readonly number[]): number[] {
  const result: number[] = [];
  const index = shape.map(() => 0);
  for (const value of data) {
    if (value !== 0) result.push(...index);
    for (let a = shape.length - 1; a >= 0; a--) {
      index[a] = (index[a] ?? 0) + 1;
      if ((index[a] ?? 0) < (shape[a] ?? 0)) break;
      index[a] = 0;
    }
  }
  return result;
}

/**
 * The indices of the elements that are true (not 0): int32 `[count, rank]`, in row-major order.
 * @throws StateError inside a trace.
 * @example await whereAsync([[0, 1], [1, 0]]) // [[0, 1], [1, 0]]
 */
export async function whereAsync(condition: TensorLike): Promise<Tensor> {
  outsideTrace('whereAsync', 'Use where(condition, a, b)');
  const tensor = toTensor(condition);
  const found = coordinates(await tensor.data(), tensor.shape);
  const count = tensor.rank === 0 ? Number((await tensor.data())[0] !== 0) : found.length / tensor.rank;
  return integers(found, [count, tensor.rank]);
}

/**
 * The indices of the elements that are not 0, an int32 vector for every axis. @throws StateError inside a trace.
 * @example ops.nonzero([0, 5, 7]) // [[1, 2]]
 */
export function nonzero(x: TensorLike): Tensor[] {
  outsideTrace('nonzero', 'Use where(condition, a, b)');
  const tensor = toTensor(x);
  const found = coordinates(tensor.dataSync(), tensor.shape);
  return tensor.shape.map((_, a) => {
    const own = found.filter((_, i) => i % tensor.rank === a);
    return integers(own, [own.length]);
  });
}

/**
 * The slices of `x` where `mask` is true: the mask has the shape of axes of `x` from `axis` (default 0) on, which become one.
 * @throws StateError inside a trace; ShapeError for a mask of another shape.
 * @example await booleanMaskAsync([1, 2, 3], [true, false, true]) // [1, 3]
 */
export async function booleanMaskAsync(x: TensorLike, mask: TensorLike, axis = 0): Promise<Tensor> {
  outsideTrace('booleanMaskAsync', 'Use where(mask, x, 0)');
  const [tensor, chosen] = [toTensor(x), toTensor(mask)];
  const at = checkAxis('booleanMaskAsync', axis, tensor.rank);
  if (chosen.rank === 0 || chosen.shape.some((dim, a) => tensor.shape[at + a] !== dim)) {
    throw new ShapeError(
      `booleanMaskAsync: a mask of shape ${shown(chosen.shape)} does not fit axes of ${shown(tensor.shape)} from ${at} on`,
    );
  }
  const flags = await chosen.data();
  const ids: number[] = [];
  flags.forEach((flag, i) => {
    if (flag !== 0) ids.push(i);
  });
  const joined = reshape(tensor, [...tensor.shape.slice(0, at), chosen.size, ...tensor.shape.slice(at + chosen.rank)]);
  return gather(joined, Int32Array.from(ids), at);
}

/**
 * The different slices along an axis (default 0; undefined axis of a vector) in the order of their first appearance: `values`,
 * the position in them of every slice (`indices`, int32), and how often each appears (`counts`, int32).
 * @throws StateError inside a trace.
 * @example unique([3, 1, 3]).values // [3, 1]
 */
export function unique(x: TensorLike, axis = 0): { values: Tensor; indices: Tensor; counts: Tensor } {
  outsideTrace('unique', 'Compute it before, and pass the result in');
  const tensor = toTensor(x);
  const at = checkAxis('unique', axis, tensor.rank);
  const n = tensor.shape[at] ?? 0;
  const data = moveaxis(tensor, at, 0).dataSync();
  const width = n === 0 ? 0 : data.length / n;
  const seen = new Map<number | string, number>();
  const [first, indices, counts]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < n; i++) {
    // A Map tells -0 from 0 as little as === does, and finds NaN.
    const key = width === 1 ? (data[i] as number) : data.subarray(i * width, (i + 1) * width).join();
    let place = seen.get(key);
    if (place === undefined) {
      place = first.length;
      seen.set(key, place);
      first.push(i);
      counts.push(0);
    }
    indices.push(place);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return {
    values: gather(tensor, Int32Array.from(first), at),
    indices: integers(indices, [n]),
    counts: integers(counts, [counts.length]),
  };
}

/**
 * The elements of the vector `x` that are not in `y`, in order with repetitions, and their positions (int32).
 * @throws StateError inside a trace.
 * @example
 * const [rest, at] = await setdiff1dAsync([1, 2, 3, 2], [2]);
 * rest // [1, 3]
 * at // [0, 2]
 */
export async function setdiff1dAsync(x: TensorLike, y: TensorLike): Promise<[Tensor, Tensor]> {
  outsideTrace('setdiff1dAsync', 'Compute it before, and pass the result in');
  const [from, without] = [toTensor(x), toTensor(y)];
  if (from.rank !== 1 || without.rank !== 1) {
    throw new ShapeError(`setdiff1dAsync takes vectors, got shapes ${shown(from.shape)} and ${shown(without.shape)}`);
  }
  const [all, gone] = await Promise.all([from.data(), cast(without, from.dtype).data()]);
  const excluded = new Set<number>(gone);
  const kept: number[] = [];
  all.forEach((value, i) => {
    if (!excluded.has(value)) kept.push(i);
  });
  const ids = integers(kept, [kept.length]);
  return [gather(flatten(from), ids), ids];
}
