import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

type Fn = (x: tf.TensorLike) => tf.Tensor;

/** The slope of `f` at every x by central differences in float32: coarse, so that a wrong formula shows. */
function slopes(f: (x: number) => number, xs: readonly number[]): number[] {
  return xs.map((x) => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5);
}

describe('functions of one number', () => {
  const table: [Fn, (x: number) => number, number[]][] = [
    [tf.tan, Math.tan, [-1.2, 0, 0.5, 2, 100]],
    [tf.asin, Math.asin, [-0.9, -0.3, 0, 0.6]],
    [tf.acos, Math.acos, [-0.9, -0.3, 0, 0.6]],
    [tf.atan, Math.atan, [-20, -1, 0, 0.4, 1e6]],
    [tf.sinh, Math.sinh, [-5, -0.4, 0, 1.5]],
    [tf.cosh, Math.cosh, [-5, -0.4, 0, 1.5]],
    [tf.asinh, Math.asinh, [-1000, -0.4, 0, 1.5]],
    [tf.acosh, Math.acosh, [1.1, 2, 1000]],
    [tf.atanh, Math.atanh, [-0.9, 0, 0.004, 0.5]],
    [tf.exp2, (x) => 2 ** x, [-3, 0, 0.5, 4]],
    [tf.log2, Math.log2, [0.3, 1, 1024]],
    [tf.log10, Math.log10, [0.3, 1, 1000]],
    [tf.cbrt, Math.cbrt, [-27, -0.5, 0.3, 8]],
    [tf.sinc, (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)), [-1.5, 0.25, 1]],
    [tf.deg2rad, (x) => (x * Math.PI) / 180, [-90, 30]],
    [tf.rad2deg, (x) => (x * 180) / Math.PI, [-1, 2]],
    [tf.elu, (x) => (x >= 0 ? x : Math.expm1(x)), [-3, -0.5, 2]],
    [tf.selu, (x) => 1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * Math.expm1(x)), [-3, -0.5, 2]],
    [tf.leakyRelu, (x) => (x > 0 ? x : 0.2 * x), [-3, 2]],
    [tf.relu6, (x) => Math.min(Math.max(x, 0), 6), [-1, 3, 7]],
    [tf.softplus, (x) => Math.log1p(Math.exp(x)), [-3, 0, 2]],
    [tf.logSigmoid, (x) => -Math.log1p(Math.exp(-x)), [-3, 0, 2]],
  ];
  for (const [op, f, xs] of table) {
    test(`${op.name}: values and gradient`, () => {
      expectClose(op(xs), xs.map(f));
      const gradient = tf.grad((x: tf.Tensor) => op(x).sum())(tf.tensor(xs));
      expectClose(gradient, slopes(f, xs), 2e-4);
    });
  }

  test('error and gamma functions', () => {
    expectClose(tf.erfc([-1, 0, 0.5, 3]), [1.8427008, 1, 0.4795001, 2.2090497e-5], 1e-8 * 20);
    expectClose(tf.erfc(9).div(4.137032e-37), 1);
    expectClose(tf.erfinv([-0.9, 0, 0.5, 1, -1, 2]), [-1.1630872, 0, 0.4769363, Infinity, -Infinity, Number.NaN]);
    expectClose(tf.lgamma([0.5, 1, 2, 10, -0.5, 0, -3]), [0.5723649, 0, 0, 12.8018275, 1.2655121, Infinity, Infinity]);
    expectClose(tf.digamma([0.5, 1, 10, -0.5, -2]), [-1.96351, -0.5772157, 2.2517526, 0.03648997, Number.NaN]);
    const second = tf.grad((x: tf.Tensor) =>
      tf
        .grad((y: tf.Tensor) => tf.lgamma(y).sum())(x)
        .sum(),
    );
    expectClose(second(tf.tensor([1, 0.25])), [Math.PI ** 2 / 6, 17.1973291]);
    const third = tf.grad((x: tf.Tensor) => second(x).sum());
    // -2 zeta(3), and by reflection for negative numbers.
    expectClose(third(tf.tensor([1, -0.5])), [-2.4041138, -0.8287966], 1e-4);
  });

  test('rounding and signs', () => {
    expectClose(tf.trunc([-2.7, 2.7, -0.5]), [-2, 2, -0]);
    expect(tf.trunc(tf.tensor([3], [1], 'int32')).dtype).toBe('int32');
    expectClose(tf.signbit([-0, 0, -3, Infinity, -Infinity]), [1, 0, 1, 0, 1]);
    expectClose(tf.signbit(tf.tensor([-1, 1], [2], 'int8')), [1, 0]);
    expectClose(tf.copysign([1, -2, 3], [-0, 1, -5]), [-1, 2, -3]);
    expectClose(tf.step([-1, 0, 2, Number.NaN], 0.5), [0.5, 0.5, 1, Number.NaN]);
    expectClose(tf.heaviside([-1, 0, 2, Number.NaN], 0.5), [0, 0.5, 1, Number.NaN]);
    expectClose(tf.nextafter([1, 0, 1], [2, -1, 1]), [1 + 2 ** -23, -(2 ** -149), 1], 0);
  });

  test('of narrow floats: computed in float32, given back in the narrow type', () => {
    const y = tf.atan(tf.tensor([0.5, 2]).cast('bfloat16'));
    expect(y.dtype).toBe('bfloat16');
    expectClose(y, [0.4636, 1.1071], 5e-3);
    expect(tf.lgamma(tf.tensor([3], [1], 'int32')).dtype).toBe('float32');
  });
});

describe('functions of two', () => {
  test('powers of integers stay integers', () => {
    const base = tf.tensor([2, -3, 7, 2, 1, -1, 0], [7], 'int32');
    const power = tf.pow(base, tf.tensor([30, 3, 0, -1, -5, -3, -2], [7], 'int32'));
    expect(power.dtype).toBe('int32');
    expectClose(power, [2 ** 30, -27, 1, 0, 1, -1, 0], 0);
    expect(tf.pow(base, 0.5).dtype).toBe('float32');
  });

  test('sums of exponentials and roots of squares do not overflow', () => {
    expectClose(tf.logaddexp([1000, -Infinity, Infinity, 0], [1000, -Infinity, Infinity, 1]), [
      1000 + Math.LN2,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Math.log(1 + Math.E),
    ]);
    expectClose(tf.logaddexp2([200, 1], [200, 3]), [201, Math.log2(10)]);
    expectClose(tf.hypot([3e30, 0, Infinity, -3], [4e30, 0, Number.NaN, 4]).div([1e30, 1, 1, 1]), [5, 0, Infinity, 5]);
    const both = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.hypot(a, b).sum());
    const [da, db] = both([tf.tensor([3, 1, 0]), tf.tensor([-4, 1, 0])]) as [tf.Tensor, tf.Tensor];
    expectClose(da, [0.6, Math.SQRT1_2, 0]);
    expectClose(db, [-0.8, Math.SQRT1_2, 0]);
  });

  test('remainders, divisors, and extremes that pass over NaN', () => {
    expectClose(tf.fmod([5, -5, 5], [3, 3, -3]), [2, -2, 2]);
    expectClose(tf.fmod(tf.tensor([-7, 7], [2], 'int32'), tf.tensor([3, 0], [2], 'int32')), [-1, 0]);
    expectClose(tf.gcd([12, 0, -18], [18, 5, 12]), [6, 5, 6]);
    expectClose(tf.lcm([4, 0, -6], [6, 5, 4]), [12, 0, 12]);
    expect(tf.lcm([4], [6]).dtype).toBe('int32');
    expectClose(tf.fmax([Number.NaN, 1, 3], [2, Number.NaN, 4]), [2, 1, 4]);
    expectClose(tf.fmin([Number.NaN, 1, 3], [2, Number.NaN, 4]), [2, 1, 3]);
    expectClose(tf.ldexp([1.5, -1], [3, -1]), [12, -0.5]);
    expectClose(tf.prelu([-2, 0, 3], [0.1, 0.2, 0.3]), [-0.2, 0, 3]);
    expectClose(tf.addN([[1, 2], tf.tensor([3, 4]), [5, 6]]), [9, 12]);
  });

  test('bits', () => {
    expectClose(tf.bitwiseAnd([12, -1], [10, 7]), [8, 7]);
    expectClose(tf.bitwiseOr([12, 1], 2), [14, 3]);
    expectClose(tf.bitwiseXor(tf.tensor(new Uint8Array([12, 255])), 10), [6, 245]);
    expectClose(tf.bitwiseNot([0, -1, 5]), [-1, 0, -6]);
    expectClose(tf.leftShift([1, 3, 1], [4, 31, 32]), [16, -(2 ** 31), 0]);
    expectClose(tf.rightShift([-16, 16, -1], [2, 3, 40]), [-4, 2, -1]);
    const both = tf.bitwiseAnd([true, false], [true, true]);
    expect(both.dtype).toBe('bool');
    expectClose(both, [1, 0]);
    expectClose(tf.bitwiseNot([true, false]), [0, 1]);
    expect(() => tf.bitwiseAnd(tf.tensor([1.5]), 1)).toThrow(/bitwiseAnd.*(int32|float32)/);
    expect(() => tf.gcd(tf.tensor([1.5]), tf.tensor([2.5]))).toThrow(tf.ShapeError);
    expect(() => tf.bitwiseNot(tf.tensor([1.5]))).toThrow(tf.ShapeError);
  });

  test('closeness, and numbers instead of none', () => {
    const nan = Number.NaN;
    expectClose(tf.isClose([1, 1, nan, Infinity, Infinity], [1.000001, 1.1, nan, Infinity, 1]), [1, 0, 0, 1, 0]);
    expectClose(tf.isClose([nan, 1], [nan, nan], 1e-5, 1e-8, true), [1, 0]);
    expectClose(tf.allClose([1, 2], [1, 2.000001]), 1);
    expectClose(tf.allClose([1, 2], [1, 2.5]), 0);
    expectClose(tf.isPosInf([Infinity, -Infinity, 0]), [1, 0, 0]);
    expectClose(tf.isNegInf([Infinity, -Infinity, 0]), [0, 1, 0]);
    expectClose(tf.nanToNum([nan, Infinity, -Infinity, 2], 7, 8, 9), [7, 8, 9, 2]);
    expect(tf.nanToNum([Infinity]).dataSync()[0]).toBe(Math.fround(3.4028234663852886e38));
    expect(tf.nanToNum(tf.tensor([Infinity]).cast('float16')).dataSync()[0]).toBe(65504);
  });
});

describe("gradients at special points are TensorFlow's", () => {
  const at = (f: (x: tf.Tensor) => tf.Tensor, x: number[]): tf.Tensor =>
    tf.grad((t: tf.Tensor) => f(t).sum())(tf.tensor(x));

  test('kinks', () => {
    expectClose(at(tf.abs, [0]), [0]);
    expectClose(at(tf.relu, [0]), [0]);
    expectClose(at(tf.relu6, [0, 3, 6, 7]), [0, 1, 0, 0]);
    expectClose(
      at((x) => tf.maximum(x, 1), [1, 2]),
      [0.5, 1],
    );
    expectClose(
      at((x) => tf.clipByValue(x, -1, 1), [-2, -1, 0, 1, 2]),
      [0, 1, 1, 1, 0],
    );
    expectClose(at(tf.elu, [0]), [1]);
    expectClose(at(tf.leakyRelu, [0]), [0.2]);
    expectClose(at(tf.softplus, [0]), [0.5]);
    expectClose(at(tf.sinc, [0]), [0]);
    expectClose(at(tf.step, [0, 1]), [0, 0]);
  });

  test('poles and powers', () => {
    expectClose(at(tf.sqrt, [0]), [Infinity]);
    expectClose(at(tf.cbrt, [0]), [Infinity]);
    expectClose(
      at((x) => tf.pow(x, 2), [0, -3]),
      [0, -6],
    );
    expectClose(
      at((x) => tf.pow(x, 0), [0]),
      [0],
    );
    expectClose(
      at((x) => tf.pow(x, 1), [0]),
      [1],
    );
    expectClose(
      at((x) => tf.pow(x, tf.tensor([0, 2, 3])), [0, 0, 2]),
      [0, 0, 12],
    );
    expectClose(
      at((y) => tf.pow(tf.tensor([0, 2, -2]), y), [2, 3, 3]),
      [0, 8 * Math.LN2, 0],
    );
    expectClose(
      at((x) => tf.divNoNan(x, 0), [3]),
      [0],
    );
    expectClose(
      at((x) => tf.logaddexp(x, 1), [1]),
      [0.5],
    );
  });
});

describe('casts', () => {
  const source = [Number.NaN, Infinity, -Infinity, -0, 0.4, 255.9, -128.9, 300, -200, 3e9];
  const table: [tf.DType, number[]][] = [
    ['int32', [0, 2 ** 31 - 1, -(2 ** 31), 0, 0, 255, -128, 300, -200, 2 ** 31 - 1]],
    ['int8', [0, 127, -128, 0, 0, 127, -128, 127, -128, 127]],
    ['uint8', [0, 255, 0, 0, 0, 255, 0, 255, 0, 255]],
    ['bool', [1, 1, 1, 0, 1, 1, 1, 1, 1, 1]],
  ];
  for (const [dtype, expected] of table) {
    test(`float32 to ${dtype} truncates and saturates`, () => {
      expectClose(tf.cast(source, dtype), expected);
    });
  }

  test('integers wrap, floats round to the nearest, halves to even', () => {
    expectClose(tf.cast(tf.tensor([300, -129, 128], [3], 'int32'), 'int8'), [44, 127, -128]);
    expectClose(tf.cast(tf.tensor([300, -1], [2], 'int32'), 'uint8'), [44, 255]);
    expectClose(tf.cast([1 + 2 ** -8, 1 + 3 * 2 ** -8], 'bfloat16'), [1, 1 + 2 ** -6], 0);
    expectClose(tf.cast([1 + 2 ** -11, 65519, 65520, 2 ** -25], 'float16'), [1, 65504, Infinity, 0], 0);
  });
});

test('wrong arguments throw where they are made', () => {
  expect(() => tf.clipByValue([1], 2, 1)).toThrow(/lower end 2 is above the upper end 1/);
  expect(() => tf.addN([])).toThrow(tf.ConfigError);
  expect(() => tf.addN([[1, 2], [1]])).toThrow(/one shape, got \[2\] and \[1\]/);
  expect(() => tf.leakyRelu([1], 'x' as never)).toThrow(tf.ConfigError);
  expect(() => tf.cast([1], 'float64' as never)).toThrow(tf.ConfigError);
  expect(() => tf.hypot([1, 2], [1, 2, 3])).toThrow(tf.ShapeError);
  expect(() => tf.nanToNum([1], Symbol('x') as never)).toThrow(tf.ConfigError);
});
