import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

describe('dtypes', () => {
  const i32 = (): tf.Tensor => tf.tensor([1, 2], [2], 'int32');
  const u8 = (): tf.Tensor => tf.tensor(new Uint8Array([200, 100]));
  const f32 = (): tf.Tensor => tf.tensor([0.5, 1.5]);
  const cases: [string, () => tf.Tensor, tf.DType, number[]][] = [
    ['float32 + number', () => f32().add(1), 'float32', [1.5, 2.5]],
    ['number - float32', () => tf.sub(1, f32()), 'float32', [0.5, -0.5]],
    ['int32 + whole number', () => i32().add(1), 'int32', [2, 3]],
    ['int32 + fraction', () => i32().add(0.5), 'float32', [1.5, 2.5]],
    ['int32 + Infinity', () => i32().add(Number.POSITIVE_INFINITY), 'float32', [Infinity, Infinity]],
    ['int32 + number beyond int32', () => i32().add(2 ** 40), 'float32', [2 ** 40, 2 ** 40]],
    ['int32 * float32', () => i32().mul(f32()), 'float32', [0.5, 3]],
    ['uint8 + uint8 does not wrap', () => u8().add(u8()), 'int32', [400, 200]],
    ['uint8 - number', () => u8().sub(201), 'int32', [-1, -101]],
    ['uint8 / number', () => u8().div(200), 'float32', [1, 0.5]],
    ['int32 / int32', () => i32().div(i32().add(1)), 'float32', [0.5, 2 / 3]],
    ['bool + bool', () => tf.tensor([true, false]).add([true, true]), 'int32', [2, 1]],
    ['bool * float32', () => tf.tensor([true, false]).mul(f32()), 'float32', [0.5, 0]],
    ['-uint8', () => u8().neg(), 'int32', [-200, -100]],
    ['exp(int32)', () => i32().sub(1).exp(), 'float32', [1, Math.E]],
    ['floor(int32)', () => i32().floor(), 'int32', [1, 2]],
    ['bfloat16 + number', () => f32().cast('bfloat16').add(1), 'bfloat16', [1.5, 2.5]],
    ['bfloat16 * float32', () => f32().cast('bfloat16').mul(f32()), 'float32', [0.25, 2.25]],
    ['bfloat16 + float16', () => f32().cast('bfloat16').add(f32().cast('float16')), 'float32', [1, 3]],
    ['maximum of int8', () => tf.tensor([-3, 3], [2], 'int8').maximum(0), 'int32', [0, 3]],
    ['sum of bool', () => tf.tensor([true, true]).sum(0, true), 'int32', [2]],
    ['max keeps uint8', () => u8().max(0, true), 'uint8', [200]],
    ['mean of int32', () => i32().mean(0, true), 'float32', [1.5]],
    ['float32 to int32 truncates', () => tf.tensor([2.7, -2.7]).toInt(), 'int32', [2, -2]],
    ['to bool', () => f32().sub(0.5).toBool(), 'bool', [0, 1]],
  ];
  for (const [name, make, dtype, values] of cases) {
    test(name, () => {
      expect(make().dtype).toBe(dtype);
      expectClose(make(), values);
    });
  }
});

describe('functions', () => {
  const xs = [-2.5, -1, -0.5, 0, 0.5, 1.5, 3];
  const table: [(x: tf.TensorLike) => tf.Tensor, (x: number) => number][] = [
    [tf.neg, (x) => (x === 0 ? -0 : -x)],
    [tf.abs, Math.abs],
    [tf.sign, Math.sign],
    [tf.square, (x) => x * x],
    [tf.exp, Math.exp],
    [tf.expm1, Math.expm1],
    [tf.sin, Math.sin],
    [tf.cos, Math.cos],
    [tf.tan, Math.tan],
    [tf.tanh, Math.tanh],
    [tf.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
    [tf.floor, Math.floor],
    [tf.ceil, Math.ceil],
    [tf.relu, (x) => Math.max(x, 0)],
    [tf.relu6, (x) => Math.min(Math.max(x, 0), 6)],
    [tf.softplus, (x) => Math.log1p(Math.exp(x))],
  ];
  for (const [op, f] of table) {
    test(op.name, () => {
      expectClose(op(xs), xs.map(f));
    });
  }

  test('of positive numbers', () => {
    const ps = [0.25, 1, 4, 10];
    expectClose(tf.log(ps), ps.map(Math.log));
    expectClose(tf.log1p(ps), ps.map(Math.log1p));
    expectClose(tf.sqrt(ps), ps.map(Math.sqrt));
    expectClose(
      tf.rsqrt(ps),
      ps.map((p) => 1 / Math.sqrt(p)),
    );
    expectClose(
      tf.reciprocal(ps),
      ps.map((p) => 1 / p),
    );
    expectClose(tf.erf([0, 0.5, 1]), [0, 0.5204999, 0.8427008]);
    expectClose(tf.round([0.5, 1.5, 2.5, -0.5, 2.4]), [0, 2, 2, 0, 2]);
  });

  test('extremes', () => {
    expectClose(tf.softplus([-200, 200]), [0, 200]);
    expectClose(tf.sigmoid([-200, 200]), [0, 1]);
    expectClose(tf.log(0), Number.NEGATIVE_INFINITY);
    expectClose(tf.sqrt(-1), Number.NaN);
    expectClose(tf.isNaN([Number.NaN, 1]), [1, 0]);
    expectClose(tf.isInf([Number.NEGATIVE_INFINITY, 1]), [1, 0]);
    expectClose(tf.isFinite([Number.NaN, Infinity, 1]), [0, 0, 1]);
    expectClose(tf.maximum([Number.NaN, 1], [0, Number.NaN]), [Number.NaN, Number.NaN]);
  });

  test('of two operands', () => {
    expectClose(tf.pow([2, 4], [3, 0.5]), [8, 2]);
    expectClose(tf.mod([5, -5, 5], [3, 3, -3]), [2, 1, -1]);
    expectClose(tf.floorDiv([7, -7], 2), [3, -4]);
    expect(tf.floorDiv(tf.tensor([7], [1], 'int32'), 2).dtype).toBe('int32');
    expectClose(tf.divNoNan([1, 1], [0, 2]), [0, 0.5]);
    expectClose(tf.atan2([1, 0], [1, -1]), [Math.PI / 4, Math.PI]);
    expectClose(tf.squaredDifference([3], [1]), [4]);
    expectClose(tf.clipByValue([-5, 0.5, 5], -1, 1), [-1, 0.5, 1]);
  });

  test('comparisons and logic give bool', () => {
    expect(tf.less([1, 2], 2).dtype).toBe('bool');
    expectClose(tf.less([1, 2, 3], 2), [1, 0, 0]);
    expectClose(tf.lessEqual([1, 2, 3], 2), [1, 1, 0]);
    expectClose(tf.greater([1, 2, 3], 2), [0, 0, 1]);
    expectClose(tf.greaterEqual([1, 2, 3], 2), [0, 1, 1]);
    expectClose(tf.equal(tf.tensor(new Uint8Array([1, 2])), 2), [0, 1]);
    expectClose(tf.notEqual([true, false], [true, true]), [0, 1]);
    expectClose(tf.logicalAnd([true, true], [true, false]), [1, 0]);
    expectClose(tf.logicalOr([2, 0], [0, 0]), [1, 0]);
    expectClose(tf.logicalXor([true, true], [true, false]), [0, 1]);
    expectClose(tf.logicalNot([true, false]), [0, 1]);
    expectClose(tf.where([true, false], [1, 2], 9), [1, 9]);
    expect(tf.where([true], tf.tensor([1], [1], 'int32'), 0.5).dtype).toBe('float32');
  });

  test('broadcasting', () => {
    expectClose(tf.add([[1], [2]], [10, 20, 30]), [
      [11, 21, 31],
      [12, 22, 32],
    ]);
    expect(tf.add(tf.zeros([2, 1, 3]), tf.zeros([4, 1])).shape).toEqual([2, 4, 3]);
    expect(tf.add(tf.zeros([0, 3]), tf.zeros([1, 3])).shape).toEqual([0, 3]);
    expect(() => tf.add([1, 2], [1, 2, 3])).toThrow(tf.ShapeError);
    expect(() => tf.add([1, 2], [1, 2, 3])).toThrow(/add.*\[2\].*\[3\].*broadcast/);
  });
});
