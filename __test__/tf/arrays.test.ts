import { expect, it } from 'vitest';
import { ConfigError, math, util } from '../../ts/index.ts';

it('tf.util counts, compares and flattens', () => {
  expect(util.sizeFromShape([2, 3, 4])).toBe(24);
  expect(util.computeStrides([2, 3, 4])).toEqual([12, 4]);
  expect(util.inferShape([[1, 2, 3]])).toEqual([1, 3]);
  expect(util.inferFromImplicitShape([2, -1], 6)).toEqual([2, 3]);
  expect(() => util.inferFromImplicitShape([4, -1], 6)).toThrow(/does not hold 6 values/);
  expect(util.flatten([[1, [2]], 3])).toEqual([1, 2, 3]);
  // An array that cannot grow.
  expect(() => util.flatten(1, new Array(2 ** 32 - 1))).toThrow(ConfigError);
  expect(util.toNestedArray([2, 2], Float32Array.from([1, 2, 3, 4]))).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(util.arraysEqual([1, 2], [1, 2])).toBe(true);
  expect(util.arraysEqual([1, 2], [1, 3])).toBe(false);
  expect(util.parseAxisParam(-1, [2, 3])).toEqual([1]);
  expect(util.isScalarShape([])).toBe(true);
  expect(util.bytesPerElement('bool')).toBe(1);
  expect(util.inferDtype(true)).toBe('bool');
});

it('tf.util shuffles in place and asserts', () => {
  const values = Array.from({ length: 50 }, (_, i) => i);
  const twin = [...values];
  util.shuffleCombo(values, twin);
  expect(twin).toEqual(values);
  util.shuffle(values);
  expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect([...util.createShuffledIndices(20)].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(() => util.shuffleCombo([1], [])).toThrow(/different lengths, 1 and 0/);
  expect(() => util.createShuffledIndices(-1)).toThrow(/whole number from 0 to/);
  expect(() => util.assert(false, () => 'no')).toThrow('no');
  expect(() => util.assertShapesMatch([1], [2], 'x: ')).toThrow(/x: Shapes \[1\] and \[2\] must match/);
  expect(() => util.assertNonNull(null)).toThrow(/must not be null/);
});

it('tf.util does small arithmetic', () => {
  expect([util.clamp(0, 5, 3), util.nearestLargerEven(3), util.nearestDivisor(12, 5), util.sum([1, 2])]).toEqual([
    3, 4, 6, 3,
  ]);
  expect(util.distSquared([1, 2], [3, 5])).toBe(13);
  expect(util.randUniform(2, 3)).toBeGreaterThanOrEqual(2);
  expect([
    util.isString('x'),
    util.isNumber(1),
    util.isInt(1.5),
    util.isBoolean(true),
    util.isFunction(() => 1),
  ]).toEqual([true, true, false, true, true]);
  expect([util.isPromise(Promise.resolve()), util.isTypedArray(new Float32Array(1))]).toEqual([true, true]);
  expect(util.now()).toBeGreaterThan(0);
});

it('tf.math has the confusion matrix', () => {
  expect(math.confusionMatrix([0, 1, 1], [0, 1, 0], 2).arraySync()).toEqual([
    [1, 0],
    [1, 1],
  ]);
});
