import { checkIntegers, checkLength, checkList, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { checkAxis } from '../tensor/axes.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';

export {
  broadcastTo,
  concat as concatenate,
  depthToSpace,
  diagonal,
  expandDims,
  flatten as ravel,
  meshgrid,
  moveaxis,
  repeat,
  reshape,
  roll,
  spaceToDepth,
  squeeze,
  stack,
  swapaxes,
  trace,
  transpose,
  tril,
  triu,
} from '../ops/index.ts';
export { clone as copy } from '../tensor/index.ts';

/** Joined along an axis; without one, both are flattened first. @example ops.append([1, 2], [3]) // [1, 2, 3] */
export function append(x1: TensorLike, x2: TensorLike, axis?: number | null): Tensor {
  if (axis === undefined || axis === null) return ops.concat([ops.flatten(x1), ops.flatten(x2)], 0);
  return ops.concat([x1, x2], axis);
}

/**
 * In parts along an axis: a number of equal parts, or the positions where to cut (not sizes, as `tf.split` takes).
 * @example ops.split([1, 2, 3, 4], 2) // [[1, 2], [3, 4]]
 */
export function split(x: TensorLike, indicesOrSections: number | readonly number[], axis = 0): Tensor[] {
  if (typeof indicesOrSections === 'number') return ops.split(x, indicesOrSections, axis);
  const tensor = toTensor(x);
  const at = checkAxis('split', axis, tensor.rank);
  const dim = tensor.shape[at] as number;
  const cuts = checkIntegers('split', 'the positions', indicesOrSections).map((cut) =>
    Math.min(Math.max(cut < 0 ? cut + dim : cut, 0), dim),
  );
  const edges = [0, ...cuts, dim];
  return edges.slice(1).map((end, i) => {
    const start = edges[i] as number;
    const begin = tensor.shape.map((_, a) => (a === at ? Math.min(start, end) : 0));
    const size = tensor.shape.map((d, a) => (a === at ? Math.max(end - start, 0) : d));
    return ops.slice(tensor, begin, size);
  });
}

/**
 * In parts along an axis; the first ones are longer by one where it does not divide.
 * @example ops.arraySplit([1, 2, 3], 2) // [[1, 2], [3]]
 */
export function arraySplit(x: TensorLike, indicesOrSections: number | readonly number[], axis = 0): Tensor[] {
  if (typeof indicesOrSections !== 'number') return split(x, indicesOrSections, axis);
  const tensor = toTensor(x);
  const dim = tensor.shape[checkAxis('arraySplit', axis, tensor.rank)] as number;
  const parts = checkLength('arraySplit', 'the number of parts', indicesOrSections);
  const short = Math.floor(dim / parts);
  const sizes = Array.from({ length: parts }, (_, i) => short + (i < dim % parts ? 1 : 0));
  return ops.split(tensor, sizes, axis);
}

function atLeast(x: TensorLike, rank: number, place: 'front' | 'third'): Tensor {
  let tensor = toTensor(x);
  // NumPy's rule: a vector becomes a row, for dstack a row in the middle.
  if (place === 'third') {
    if (tensor.rank === 0) return ops.reshape(tensor, [1, 1, 1]);
    if (tensor.rank === 1) return ops.reshape(tensor, [1, tensor.size, 1]);
    return tensor.rank === 2 ? ops.expandDims(tensor, 2) : tensor;
  }
  while (tensor.rank < rank) tensor = ops.expandDims(tensor, 0);
  return tensor;
}

/**
 * Above each other: rows of vectors, or joined along axis 0.
 * @example ops.vstack([[1, 2], [3, 4]]) // [[1, 2], [3, 4]]
 */
export function vstack(xs: readonly TensorLike[]): Tensor {
  return ops.concat(
    checkList('vstack', 'xs', xs).map((x) => atLeast(x, 2, 'front')),
    0,
  );
}

/** Beside each other: vectors end to end, or joined along axis 1. @example ops.hstack([[1, 2], [3]]) // [1, 2, 3] */
export function hstack(xs: readonly TensorLike[]): Tensor {
  const all = checkList('hstack', 'xs', xs).map((x) => atLeast(x, 1, 'front'));
  return ops.concat(all, all[0]?.rank === 1 ? 0 : 1);
}

/** Behind each other: joined along axis 2. @example ops.dstack([[1, 2], [3, 4]]) // [[[1, 3], [2, 4]]] */
export function dstack(xs: readonly TensorLike[]): Tensor {
  return ops.concat(
    checkList('dstack', 'xs', xs).map((x) => atLeast(x, 3, 'third')),
    2,
  );
}

function ranked(name: string, x: TensorLike, least: number): Tensor {
  const tensor = toTensor(x);
  if (tensor.rank < least)
    throw new ShapeError(`${name} takes rank ${least} or more, got [${tensor.shape.join(', ')}]`);
  return tensor;
}

/** {@link split} along axis 0. @example ops.vsplit([[1], [2]], 2) // [[[1]], [[2]]] */
export function vsplit(x: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] {
  return split(ranked('vsplit', x, 2), indicesOrSections, 0);
}

/** {@link split} along axis 1 (0 of a vector). @example ops.hsplit([1, 2], 2) // [[1], [2]] */
export function hsplit(x: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] {
  const tensor = ranked('hsplit', x, 1);
  return split(tensor, indicesOrSections, tensor.rank === 1 ? 0 : 1);
}

/** {@link split} along axis 2. @example ops.dsplit([[[1, 2]]], 2) // [[[[1]]], [[[2]]]] */
export function dsplit(x: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] {
  return split(ranked('dsplit', x, 3), indicesOrSections, 2);
}

/** In reverse order along axes (default all). @example ops.flip([1, 2, 3]) // [3, 2, 1] */
export function flip(x: TensorLike, axis?: number | readonly number[] | null): Tensor {
  return ops.reverse(x, axis ?? undefined);
}

/** {@link flip} along axis 1. @example ops.fliplr([[1, 2]]) // [[2, 1]] */
export function fliplr(x: TensorLike): Tensor {
  return ops.reverse(ranked('fliplr', x, 2), 1);
}

/** {@link flip} along axis 0. @example ops.flipud([[1], [2]]) // [[2], [1]] */
export function flipud(x: TensorLike): Tensor {
  return ops.reverse(ranked('flipud', x, 1), 0);
}

/**
 * Turned `k` times by 90 degrees from the first towards the second of `axes`.
 * @example ops.rot90([[1, 2], [3, 4]]) // [[2, 4], [1, 3]]
 */
export function rot90(x: TensorLike, k = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  const tensor = ranked('rot90', x, 2);
  if (!Number.isSafeInteger(k)) throw new ConfigError(`rot90: k must be a whole number, got ${received(k)}`);
  const [a, b] = checkIntegers('rot90', 'axes', axes).map((axis) => checkAxis('rot90', axis, tensor.rank)) as [
    number,
    number,
  ];
  if (axes.length !== 2 || a === b) throw new ShapeError(`rot90 takes two different axes, got ${received(axes)}`);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return tensor;
  if (turns === 2) return ops.reverse(tensor, [a, b]);
  return turns === 1 ? ops.swapaxes(ops.reverse(tensor, b), a, b) : ops.reverse(ops.swapaxes(tensor, a, b), b);
}

/**
 * A matrix with a vector on diagonal `k`; the diagonal `k` of a matrix. @throws ShapeError for other ranks.
 * @example ops.diag([1, 2]) // [[1, 0], [0, 2]]
 */
export function diag(x: TensorLike, k = 0): Tensor {
  const source = toTensor(x);
  if (source.rank === 2) return ops.diagonal(source, k);
  if (source.rank === 1) return ops.diag(source, k);
  throw new ShapeError(`diag takes a vector or a matrix, got shape [${source.shape.join(', ')}]`);
}

/** A matrix with the flattened `x` on diagonal `k`. @example ops.diagflat([1, 2]) // [[1, 0], [0, 2]] */
export function diagflat(x: TensorLike, k = 0): Tensor {
  return ops.diag(ops.flatten(x), k);
}

/**
 * Repeated; `repeats` may be shorter or longer than the rank, ones are put in front.
 * @example ops.tile([1, 2], 2) // [1, 2, 1, 2]
 */
export function tile(x: TensorLike, repeats: number | readonly number[]): Tensor {
  const tensor = toTensor(x);
  const given = typeof repeats === 'number' ? [repeats] : checkIntegers('tile', 'repeats', repeats);
  const reps = [...Array<number>(Math.max(tensor.rank - given.length, 0)).fill(1), ...given];
  const shape = [...Array<number>(Math.max(reps.length - tensor.rank, 0)).fill(1), ...tensor.shape];
  return ops.tile(ops.reshape(tensor, shape), reps);
}

/** The modes of {@link pad}. */
export type PadMode = 'constant' | 'reflect' | 'symmetric';

/**
 * With elements at both ends of every axis: `padWidth` is a number, `[before, after]`, or such a pair an axis.
 * @example ops.pad([1, 2], [[1, 0]]) // [0, 1, 2]
 */
export function pad(
  x: TensorLike,
  padWidth: number | readonly number[] | readonly (readonly number[])[],
  mode: PadMode = 'constant',
  constantValues = 0,
): Tensor {
  const tensor = toTensor(x);
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'symmetric')
    throw new ConfigError(`pad: mode must be 'constant', 'reflect' or 'symmetric', got ${received(mode)}`);
  const same = (before: unknown, after: unknown): [number, number][] =>
    tensor.shape.map(() => [before as number, after as number]);
  const list: readonly unknown[] =
    typeof padWidth === 'number' ? [padWidth, padWidth] : checkList('pad', 'padWidth', padWidth as readonly unknown[]);
  let pairs: [number, number][];
  if (typeof list[0] === 'number') pairs = same(list[0], list[1] ?? list[0]);
  else if (list.length === 1 && tensor.rank !== 1) pairs = same(...(list[0] as [number, number]));
  else
    pairs = list.map((pair) => (Array.isArray(pair) && pair.length === 1 ? [pair[0], pair[0]] : pair)) as [
      number,
      number,
    ][];
  return ops.pad(tensor, pairs, constantValues, mode);
}

/** Number of axes. @example ops.ndim([[1, 2]]) // 2 */
export function ndim(x: TensorLike): number {
  return toTensor(x).rank;
}

/** Sizes of the axes. @example ops.shape([[1, 2]]) // [1, 2] */
export function shape(x: TensorLike): readonly number[] {
  return toTensor(x).shape;
}

/** Number of elements. @example ops.size([[1, 2]]) // 2 */
export function size(x: TensorLike): number {
  return toTensor(x).size;
}

/** The slices along an axis, without that axis. @example ops.unstack([[1, 2], [3, 4]]) // [[1, 2], [3, 4]] */
export function unstack(x: TensorLike, num?: number | null, axis = 0): Tensor[] {
  const parts = ops.unstack(x, axis);
  if (num !== undefined && num !== null && num !== parts.length)
    throw new ShapeError(`unstack: axis ${axis} has ${parts.length} slices, not ${received(num)}`);
  return parts;
}
