import { checkIntegers, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxes, checkAxis, shown } from '../tensor/axes.ts';
import { operandOf, type TensorLike, toTensor } from '../tensor/convert.ts';
import { checkShape } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { slice } from './indexing.ts';
import { concat } from './joining.ts';
import { flatten, reshape } from './shape.ts';

/** `[before, after]` of every axis. */
export type Paddings = readonly (readonly [number, number])[];

/** The elements in reverse order along axes (default all). @example reverse([1, 2, 3]) // [3, 2, 1] */
export function reverse(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const tensor = toTensor(x);
  return new Tensor(native.reverse(tensor.handle, checkAxes('reverse', axis, tensor.rank)));
}

/** A vector in reverse order. @example reverse1d([1, 2, 3]) // [3, 2, 1] */
export function reverse1d(x: TensorLike): Tensor {
  return reverse(x, 0);
}

/** {@link reverse} of a tensor of rank 2. @example reverse2d([[1, 2], [3, 4]], 0) // [[3, 4], [1, 2]] */
export function reverse2d(x: TensorLike, axis?: number | readonly number[]): Tensor {
  return reverse(x, axis);
}

/** {@link reverse} of a tensor of rank 3. @example reverse3d([[[1, 2]]], 2) // [[[2, 1]]] */
export function reverse3d(x: TensorLike, axis?: number | readonly number[]): Tensor {
  return reverse(x, axis);
}

/** {@link reverse} of a tensor of rank 4. @example reverse4d([[[[1, 2]]]], 3) // [[[[2, 1]]]] */
export function reverse4d(x: TensorLike, axis?: number | readonly number[]): Tensor {
  return reverse(x, axis);
}

/** A copy. @throws ShapeError unless there is a pair of whole numbers from 0 on for every axis. */
function checkPaddings(tensor: Tensor, paddings: Paddings): [number, number][] {
  if (!Array.isArray(paddings))
    throw new ShapeError(`pad: paddings must be an array of pairs, got ${received(paddings)}`);
  if (paddings.length !== tensor.rank) {
    throw new ShapeError(
      `pad: ${paddings.length} pairs for a tensor of rank ${tensor.rank}; give [before, after] for every axis`,
    );
  }
  return Array.from(paddings as Paddings, (pair) => {
    const both = checkShape(pair, 'pad: [before, after]');
    if (both.length !== 2) throw new ShapeError(`pad: every axis needs [before, after], got ${received(pair)}`);
    return both as [number, number];
  });
}

/**
 * With `[before, after]` elements at the ends of every axis: of `value` (default 0), or as `mode` says
 * (see {@link mirrorPad}).
 * @example pad([1, 2], [[1, 2]]) // [0, 1, 2, 0, 0]
 */
export function pad(
  x: TensorLike,
  paddings: Paddings,
  value = 0,
  mode: 'constant' | 'reflect' | 'symmetric' = 'constant',
): Tensor {
  if (mode !== 'constant') return mirrorPad(x, paddings, mode);
  const tensor = toTensor(x);
  const pairs = checkPaddings(tensor, paddings);
  const low = pairs.map(([before]) => before);
  const high = pairs.map(([, after]) => after);
  return new Tensor(
    native.pad(
      tensor.handle,
      operandOf(value, tensor.dtype),
      low,
      high,
      low.map(() => 0),
    ),
  );
}

/** {@link pad} of a vector. @example pad1d([1, 2], [1, 0]) // [0, 1, 2] */
export function pad1d(x: TensorLike, paddings: readonly [number, number], value = 0): Tensor {
  return pad(x, [paddings], value);
}

/** {@link pad} of a tensor of rank 2. @example pad2d([[1]], [[0, 1], [0, 1]]) // [[1, 0], [0, 0]] */
export function pad2d(x: TensorLike, paddings: Paddings, value = 0): Tensor {
  return pad(x, paddings, value);
}

/** {@link pad} of a tensor of rank 3. @example pad3d([[[1]]], [[0, 0], [0, 0], [1, 0]]) // [[[0, 1]]] */
export function pad3d(x: TensorLike, paddings: Paddings, value = 0): Tensor {
  return pad(x, paddings, value);
}

/** {@link pad} of a tensor of rank 4. @example pad4d([[[[1]]]], [[0, 0], [0, 0], [0, 0], [1, 0]]) // [[[[0, 1]]]] */
export function pad4d(x: TensorLike, paddings: Paddings, value = 0): Tensor {
  return pad(x, paddings, value);
}

/**
 * With mirrored elements at the ends of every axis: 'reflect' leaves out the edge itself, 'symmetric' repeats it.
 * @throws ShapeError for more than `n - 1` ('symmetric': n) elements at an end of an axis of size n.
 * @example mirrorPad([1, 2, 3], [[2, 1]], 'reflect') // [3, 2, 1, 2, 3, 2]
 */
export function mirrorPad(x: TensorLike, paddings: Paddings, mode: 'reflect' | 'symmetric'): Tensor {
  if (mode !== 'reflect' && mode !== 'symmetric') {
    throw new ConfigError(`mirrorPad: mode must be 'reflect' or 'symmetric', got ${received(mode)}`);
  }
  const tensor = toTensor(x);
  const pairs = checkPaddings(tensor, paddings);
  const edge = mode === 'reflect' ? 1 : 0;
  return pairs.reduce<Tensor>((padded, [before, after], a) => {
    if (before === 0 && after === 0) return padded;
    const dim = padded.shape[a] ?? 0;
    if (Math.max(before, after) > dim - edge) {
      throw new ShapeError(
        `mirrorPad: axis ${a} of size ${dim} takes at most ${Math.max(dim - edge, 0)} mirrored elements at an end ('${mode}'), got [${before}, ${after}]`,
      );
    }
    const part = (from: number, count: number): Tensor => sliceAxis(padded, a, from, count);
    const parts = [reverse(part(edge, before), a), padded, reverse(part(dim - edge - after, after), a)];
    return concat(
      parts.filter((p) => p.shape[a] !== 0),
      a,
    );
  }, tensor);
}

function sliceAxis(x: Tensor, axis: number, from: number, count: number): Tensor {
  return slice(
    x,
    x.shape.map((_, a) => (a === axis ? from : 0)),
    x.shape.map((dim, a) => (a === axis ? count : dim)),
  );
}

/**
 * With the elements moved on by `shift` along axes, those that leave the end coming back at the start; without an axis, of
 * all elements in a row.
 * @example roll([1, 2, 3, 4], 1) // [4, 1, 2, 3]
 */
export function roll(x: TensorLike, shift: number | readonly number[], axis?: number | readonly number[]): Tensor {
  const tensor = toTensor(x);
  if (axis === undefined) {
    if (Array.isArray(shift)) throw new ConfigError('roll: several shifts need an axis for each');
    return reshape(roll(flatten(tensor), shift, 0), tensor.shape);
  }
  const axes = (Array.isArray(axis) ? checkIntegers('roll', 'axes', axis) : [axis as number]).map((a) =>
    checkAxis('roll', a, tensor.rank),
  );
  const shifts = Array.isArray(shift) ? Array.from(shift as readonly number[]) : axes.map(() => shift as number);
  if (shifts.length !== axes.length || shifts.some((s) => !Number.isSafeInteger(s))) {
    throw new ConfigError(
      `roll: shifts are a whole number for every axis, got ${received(shift)} for axes ${shown(axes)}`,
    );
  }
  return axes.reduce<Tensor>((rolled, a, i) => {
    const dim = rolled.shape[a] ?? 0;
    const by = dim === 0 ? 0 : (((shifts[i] ?? 0) % dim) + dim) % dim;
    if (by === 0) return rolled;
    return concat([sliceAxis(rolled, a, dim - by, by), sliceAxis(rolled, a, 0, dim - by)], a);
  }, tensor);
}
