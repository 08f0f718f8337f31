// `tf.util`: what TensorFlow.js programs use of it, on plain numbers and arrays.
import { checkIntegers, checkLength, checkList, checkNumber, checkText, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { checkAxes } from '../tensor/axes.ts';
import { stridesOf } from '../tensor/buffer.ts';
import { type NestedNumbers, nest } from '../tensor/format.ts';
import {
  type DType,
  isTypedArray as isTyped,
  type NestedArray,
  sizeOf,
  type TensorData,
  toTensor,
} from '../tensor/index.ts';
import { checkShape, inferValues } from '../tensor/infer.ts';
import { checkDepth } from '../tensor/tree.ts';

/**
 * @throws ConfigError with the message when the condition is false.
 * @example util.assert(1 < 2, () => 'one is less than two');
 */
export function assert(condition: boolean, message: () => string): void {
  if (!condition) throw new ConfigError(typeof message === 'function' ? message() : received(message));
}

/** @throws ShapeError unless both shapes are one. @example util.assertShapesMatch([2, 3], [2, 3]); */
export function assertShapesMatch(a: readonly number[], b: readonly number[], prefix = ''): void {
  checkText('assertShapesMatch', 'the prefix', prefix);
  if (!arraysEqual(a, b)) throw new ShapeError(`${prefix}Shapes ${received(a)} and ${received(b)} must match`);
}

/** @throws ConfigError for null and undefined. @example util.assertNonNull(0); */
export function assertNonNull(x: unknown): void {
  if (x === null || x === undefined) throw new ConfigError(`The value must not be ${received(x)}`);
}

/** Whether two flat arrays hold the same. @example util.arraysEqual([1, 2], [1, 2]) // true */
export function arraysEqual(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined || a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** Number of elements of a shape. @example util.sizeFromShape([2, 3]) // 6 */
export function sizeFromShape(shape: readonly number[]): number {
  return sizeOf(checkShape(shape));
}

/** Row-major distances between neighbours, without the last axis. @example util.computeStrides([2, 3, 4]) // [12, 4] */
export function computeStrides(shape: readonly number[]): number[] {
  return stridesOf(checkShape(shape));
}

/** Whether a shape is a scalar's. @example util.isScalarShape([]) // true */
export function isScalarShape(shape: readonly number[]): boolean {
  return checkShape(shape).length === 0;
}

/** Shape of nested arrays. @example util.inferShape([[1, 2], [3, 4]]) // [2, 2] */
export function inferShape(values: NestedArray): number[] {
  return inferValues(values).shape;
}

/**
 * The shape with its one -1 worked out. @throws ShapeError when it does not.
 * @example util.inferFromImplicitShape([2, -1], 6) // [2, 3]
 */
export function inferFromImplicitShape(shape: readonly number[], size: number): number[] {
  const dims = checkIntegers('inferFromImplicitShape', 'the shape', shape);
  checkNumber('inferFromImplicitShape', 'size', size);
  const unknown = dims.filter((dim) => dim === -1).length;
  const known = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const fits = unknown === 0 ? known === size : unknown === 1 && known > 0 && size % known === 0;
  if (!fits) throw new ShapeError(`shape ${received(shape)} does not hold ${received(size)} values`);
  return dims.map((dim) => (dim === -1 ? size / known : dim));
}

/** Nested arrays as one flat array. @example util.flatten([[1, 2], [3]]) // [1, 2, 3] */
export function flatten<T>(values: T | readonly unknown[], result: T[] = []): T[] {
  if (!Array.isArray(result)) throw new ConfigError(`flatten: the result must be an array, got ${received(result)}`);
  checkEntries('flatten', result);
  const visit = (entry: unknown, depth: number): void => {
    checkDepth(depth);
    if (Array.isArray(entry)) checkEntries('flatten', entry);
    if (!Array.isArray(entry) && !isTyped(entry)) result.push(entry as T);
    // By index: the iterator of an array whose buffer was detached throws.
    else for (let k = 0; k < entry.length; k++) visit(entry[k], depth + 1);
  };
  visit(values, 0);
  return result;
}

/**
 * Flat numbers as nested arrays.
 * @example util.toNestedArray([2, 2], new Float32Array([1, 2, 3, 4])) // [[1, 2], [3, 4]]
 */
export function toNestedArray(shape: readonly number[], values: TensorData): NestedNumbers {
  const dims = checkShape(shape);
  if (!isTyped(values) || values.length !== sizeOf(dims)) {
    throw new ShapeError(`toNestedArray: shape ${received(shape)} does not hold ${received(values)}`);
  }
  return nest(values, dims);
}

/**
 * Axes counted from 0. @throws ShapeError for one that does not exist.
 * @example util.parseAxisParam(-1, [2, 3]) // [1]
 */
export function parseAxisParam(axis: number | readonly number[] | undefined, shape: readonly number[]): number[] {
  return checkAxes('parseAxisParam', axis, checkShape(shape).length);
}

/** Bytes of an element, as `dataSync()` gives it. @example util.bytesPerElement('float32') // 4 */
export function bytesPerElement(dtype: DType): number {
  return dtype === 'bool' || dtype === 'uint8' || dtype === 'int8' ? 1 : 4;
}

/** The dtype that numbers get. @example util.inferDtype(true) // 'bool' */
export function inferDtype(values: unknown): DType {
  return toTensor(values as NestedArray).dtype;
}

/** @throws ConfigError for what is no array, or longer than anybody puts into order. */
function checkEntries(name: string, array: unknown): void {
  if ((Array.isArray(array) || isTyped(array)) && array.length <= 2 ** 24) return;
  throw new ConfigError(`${name} takes an array, got ${received(array)}`);
}

/** Random whole numbers are drawn with this: `Math.random`, as in TensorFlow.js. */
function pick(count: number): number {
  return Math.floor(Math.random() * count);
}

/**
 * Puts an array into random order, where it is. `setSeed` has no part in it.
 * @example
 * const cards = [1, 2, 3];
 * util.shuffle(cards);
 */
export function shuffle(array: unknown[] | TensorData): void {
  checkEntries('shuffle', array);
  for (let k = array.length - 1; k > 0; k--) exchange(array as number[], k, pick(k + 1));
}

/**
 * Puts two arrays of one length into the same random order. @throws ShapeError for different lengths.
 * @example
 * const [x, y] = [[1, 2, 3], ['a', 'b', 'c']];
 * util.shuffleCombo(x, y);
 */
export function shuffleCombo(array: unknown[], array2: unknown[]): void {
  checkEntries('shuffleCombo', array);
  checkEntries('shuffleCombo', array2);
  if (array.length !== array2.length)
    throw new ShapeError(`shuffleCombo: the arrays have different lengths, ${array.length} and ${array2.length}`);
  for (let k = array.length - 1; k > 0; k--) {
    const other = pick(k + 1);
    exchange(array as number[], k, other);
    exchange(array2 as number[], k, other);
  }
}

/** The numbers below `n` in random order. @example util.createShuffledIndices(3).length // 3 */
export function createShuffledIndices(n: number): Uint32Array {
  if (!Number.isInteger(n) || n < 0 || n > 2 ** 24)
    throw new ConfigError(`createShuffledIndices needs a whole number from 0 to 2^24, got ${received(n)}`);
  const indices = Uint32Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) exchange(indices, k, pick(k + 1));
  return indices;
}

/**
 * Exchanges two entries.
 * @example
 * const pair = [1, 2];
 * util.swap(pair, 0, 1);
 * pair // [2, 1]
 */
export function swap<T>(array: { [index: number]: T }, a: number, b: number): void {
  checkEntries('swap', array);
  checkWhole('swap', 'a position', a);
  checkWhole('swap', 'a position', b);
  exchange(array, a, b);
}

function exchange<T>(array: { [index: number]: T }, a: number, b: number): void {
  [array[a], array[b]] = [array[b] as T, array[a] as T];
}

/** `x` cut off at both ends. @example util.clamp(0, 5, 3) // 3 */
export function clamp(min: number, x: number, max: number): number {
  for (const [name, value] of Object.entries({ min, x, max })) checkNumber('clamp', name, value);
  return Math.max(min, Math.min(x, max));
}

/** A random number in `[a, b)`. @example util.randUniform(0, 1) < 1 // true */
export function randUniform(a: number, b: number): number {
  return checkNumber('randUniform', 'a', a) + Math.random() * (checkNumber('randUniform', 'b', b) - a);
}

/** Sum of numbers. @example util.sum([1, 2, 3]) // 6 */
export function sum(values: readonly number[]): number {
  return checkList('sum', 'its argument', values).reduce(
    (total, value) => total + checkNumber('sum', 'an entry', value),
    0,
  );
}

/**
 * Squared distance of two vectors. @throws ShapeError for different lengths.
 * @example util.distSquared([0, 0], [3, 4]) // 25
 */
export function distSquared(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkEntries('distSquared', a);
  checkEntries('distSquared', b);
  if (a.length !== b.length) throw new ShapeError(`distSquared: vectors of ${a.length} and ${b.length} numbers`);
  return Array.from(
    a,
    (value, k) => (checkNumber('distSquared', 'an entry', value) - checkNumber('distSquared', 'an entry', b[k])) ** 2,
  ).reduce((total, value) => total + value, 0);
}

/** The next even number from `x` on. @example util.nearestLargerEven(3) // 4 */
export function nearestLargerEven(x: number): number {
  return checkNumber('nearestLargerEven', 'x', x) % 2 === 0 ? x : x + 1;
}

/** The smallest divisor of `size` from `start` on. @example util.nearestDivisor(12, 5) // 6 */
export function nearestDivisor(size: number, start: number): number {
  checkLength('nearestDivisor', 'size', size);
  checkNumber('nearestDivisor', 'start', start);
  for (let k = Math.max(Math.ceil(start), 1); k < size; k++) if (size % k === 0) return k;
  return size;
}

/** Milliseconds of a clock that only goes forward. @example util.now() > 0 // true */
export function now(): number {
  return performance.now();
}

/** Whether `x` is a typed array of numbers. @example util.isTypedArray(new Float32Array(1)) // true */
export function isTypedArray(x: unknown): boolean {
  return isTyped(x);
}

/** Whether `x` is a text. @example util.isString('a') // true */
export function isString(x: unknown): boolean {
  return typeof x === 'string';
}

/** Whether `x` is true or false. @example util.isBoolean(false) // true */
export function isBoolean(x: unknown): boolean {
  return typeof x === 'boolean';
}

/** Whether `x` is a number. @example util.isNumber(1) // true */
export function isNumber(x: unknown): boolean {
  return typeof x === 'number';
}

/** Whether `x` is a whole number. @example util.isInt(1.5) // false */
export function isInt(x: number): boolean {
  return typeof x === 'number' && x % 1 === 0;
}

/** Whether `x` is a function. @example util.isFunction(util.isFunction) // true */
export function isFunction(x: unknown): boolean {
  return typeof x === 'function';
}

/** Whether `x` can be awaited. @example util.isPromise(Promise.resolve()) // true */
export function isPromise(x: unknown): boolean {
  return typeof (x as { then?: unknown } | null | undefined)?.then === 'function';
}
