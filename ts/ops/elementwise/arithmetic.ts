// Functions of two numbers, broadcast, and of lists of them.
import { checkList } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { floatOperand, type TensorLike, toTensor } from '../../tensor/convert.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { integral, pairwise } from './build.ts';
import { equal, greater, isInf, isNaN, less, logicalOr, signbit, where } from './logic.ts';
import { abs, exp, exp2, floor, log1p, neg, sqrt, square } from './math.ts';

/**
 * `a + b`, broadcast. A JavaScript number takes the tensor's dtype (float32 when it is fractional and the tensor holds
 * integers); int32 with float32 gives float32; bool and small integers are computed in int32.
 * @throws ShapeError for shapes that do not broadcast.
 * @example add(tensor([1, 2]), 0.5) // [1.5, 2.5]
 */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('add', a, b);
}

/** `a - b`, broadcast; dtypes as in {@link add}. @example sub([5, 7], 2) // [3, 5] */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('sub', a, b);
}

/** `a * b`, broadcast; dtypes as in {@link add}. @example mul([1, 2], [3, 4]) // [3, 8] */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('mul', a, b);
}

/** `a / b`, broadcast; integers are divided as float32. @example div([1, 4], 2) // [0.5, 2] */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('div', a, b, true);
}

/**
 * `floor(a / b)`, broadcast; of integers an int32 (0 where the divisor is 0).
 * @example floorDiv([7, -7], 2) // [3, -4]
 */
export function floorDiv(a: TensorLike, b: TensorLike): Tensor {
  return floor(pairwise('div', a, b));
}

/** `a / b`, and 0 where b is 0. @example divNoNan([1, 2], [0, 4]) // [0, 0.5] */
export function divNoNan(a: TensorLike, b: TensorLike): Tensor {
  const divisor = new Tensor(floatOperand(b).handle);
  const zero = equal(divisor, 0);
  return where(zero, 0, div(a, where(zero, 1, divisor)));
}

/**
 * The sum of tensors of one shape.
 * @throws ConfigError for an empty list; ShapeError for shapes that differ.
 * @example addN([[1, 2], [3, 4], [5, 6]]) // [9, 12]
 */
export function addN(tensors: readonly TensorLike[]): Tensor {
  const list = checkList('addN', 'its argument', tensors);
  if (list.length === 0) throw new ConfigError('addN takes a list of at least one tensor, got []');
  const [first, ...others] = list.map((x: TensorLike) => toTensor(x)) as [Tensor, ...Tensor[]];
  for (const other of others) {
    if (other.shape.length !== first.shape.length || other.shape.some((dim, i) => dim !== first.shape[i])) {
      throw new ShapeError(
        `addN takes tensors of one shape, got [${first.shape.join(', ')}] and [${other.shape.join(', ')}]. ` +
          'Use add to broadcast',
      );
    }
  }
  return others.reduce((sum, x) => add(sum, x), first);
}

/**
 * `a` to the power `b`, broadcast. Integers give int32, which wraps; to a negative power they are rounded towards 0. The
 * gradient of a is 0 where b is 0, that of b is 0 where a is not positive.
 * @example pow([2, 3], 2) // [4, 9]
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('pow', a, b);
}

/**
 * The larger of both, broadcast; NaN wins. Where they are equal half of the gradient goes to each.
 * @example maximum([1, 5], [3, 2]) // [3, 5]
 */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('maximum', a, b);
}

/** The smaller of both, broadcast; NaN wins. @example minimum([1, 5], [3, 2]) // [1, 2] */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('minimum', a, b);
}

/** The larger of both, broadcast; where one is NaN, the other. @example ops.fmax([NaN, 1], [2, 3]) // [2, 3] */
export function fmax(a: TensorLike, b: TensorLike): Tensor {
  return where(isNaN(a), b, where(isNaN(b), a, maximum(a, b)));
}

/** The smaller of both, broadcast; where one is NaN, the other. @example ops.fmin([NaN, 1], [2, 3]) // [2, 1] */
export function fmin(a: TensorLike, b: TensorLike): Tensor {
  return where(isNaN(a), b, where(isNaN(b), a, minimum(a, b)));
}

/** `a - floor(a / b) * b`, broadcast: has the sign of the divisor. @example mod([7, -7], 4) // [3, 1] */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('mod', a, b);
}

/**
 * `a - trunc(a / b) * b`, broadcast: has the sign of the dividend. Of integers 0 where the divisor is 0.
 * @example ops.fmod([7, -7], 4) // [3, -3]
 */
export function fmod(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('fmod', a, b);
}

/** The angle of the point (b, a) in radians, broadcast. @example atan2([1], [1]) // [0.7854] */
export function atan2(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('atan2', a, b, true);
}

/** `(a - b)^2`, broadcast. @example squaredDifference([1, 5], [3, 2]) // [4, 9] */
export function squaredDifference(a: TensorLike, b: TensorLike): Tensor {
  return square(sub(a, b));
}

/** `sqrt(a^2 + b^2)`, broadcast, without overflow. @example ops.hypot([3], [4]) // [5] */
export function hypot(a: TensorLike, b: TensorLike): Tensor {
  const [first, second] = [abs(a), abs(b)];
  const [large, small] = [maximum(first, second), minimum(first, second)];
  // Also two zeros and two infinities have the ratio 1; the divisor must not be 0 in the gradient either.
  const alike = equal(large, small);
  const ratio = div(where(alike, 1, small), where(alike, 1, large));
  const value = mul(large, sqrt(add(square(ratio), 1)));
  return where(logicalOr(isInf(first), isInf(second)), Number.POSITIVE_INFINITY, value);
}

/**
 * `|a|` with the sign of `b`, broadcast; -0 and negative NaN aside a sign is what `b < 0` says.
 * @example copysign([1, 2], [-1, 1]) // [-1, 2]
 */
export function copysign(a: TensorLike, b: TensorLike): Tensor {
  const magnitude = abs(new Tensor(floatOperand(a).handle));
  return where(signbit(b), neg(magnitude), magnitude);
}

/**
 * The float32 next to `a` in the direction of `b`, broadcast; no gradient flows.
 * @example ops.nextafter([1], [2]) // [1]
 */
export function nextafter(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('nextafter', a, b, true);
}

/** `x * 2^exponent`, broadcast. @example ops.ldexp([1, 3], [2, 1]) // [4, 6] */
export function ldexp(x: TensorLike, exponent: TensorLike): Tensor {
  return mul(x, exp2(exponent));
}

/** `log(e^a + e^b)`, broadcast, without overflow. @example ops.logaddexp([0], [0]) // [0.6931] */
export function logaddexp(a: TensorLike, b: TensorLike): Tensor {
  return add(maximum(a, b), log1p(exp(neg(distance(a, b)))));
}

/** `log2(2^a + 2^b)`, broadcast, without overflow. @example ops.logaddexp2([0], [0]) // [1] */
export function logaddexp2(a: TensorLike, b: TensorLike): Tensor {
  return add(maximum(a, b), mul(log1p(exp2(neg(distance(a, b)))), Math.LOG2E));
}

/** `|a - b|`, and 0 of equal infinities. */
function distance(a: TensorLike, b: TensorLike): Tensor {
  return abs(where(equal(a, b), 0, sub(a, b)));
}

/**
 * The greatest common divisor of integers, broadcast, not negative. @throws ShapeError for floats.
 * @example ops.gcd(tensor([12, 18], [2], 'int32'), tensor([8, 12], [2], 'int32')) // [4, 6]
 */
export function gcd(a: TensorLike, b: TensorLike): Tensor {
  return integral('gcd', a, b);
}

/**
 * The least common multiple of integers, broadcast, not negative; 0 where one of both is 0. @throws ShapeError for floats.
 * @example ops.lcm(tensor([4], [1], 'int32'), tensor([6], [1], 'int32')) // [12]
 */
export function lcm(a: TensorLike, b: TensorLike): Tensor {
  const divisor = gcd(a, b);
  return abs(mul(pairwise('div', integral('bitwiseOr', a, 0), divisor), integral('bitwiseOr', b, 0)));
}

/**
 * `x` cut off at both ends: `low` where it is below, `high` where it is above, which may be tensors that broadcast. Inside
 * and at the ends the gradient is 1, outside 0; NaN stays.
 * @throws ConfigError for a `low` above `high`.
 * @example clipByValue([-5, 0.5, 5], -1, 1) // [-1, 0.5, 1]
 */
export function clipByValue(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  if (typeof low === 'number' && typeof high === 'number' && low > high) {
    throw new ConfigError(`clipByValue: the lower end ${low} is above the upper end ${high}. Exchange them`);
  }
  const whole = toTensor(x);
  return where(less(whole, low), low, where(greater(whole, high), high, whole));
}

/**
 * 0 below 0, 1 above, and `atZero` at 0; no gradient flows to `x`.
 * @example ops.heaviside([-1, 0, 2], 0.5) // [0, 0.5, 1]
 */
export function heaviside(x: TensorLike, atZero: TensorLike): Tensor {
  const number = new Tensor(floatOperand(x).handle);
  return where(less(number, 0), 0, where(greater(number, 0), 1, where(isNaN(number), number, atZero)));
}
