// Comparisons, logic, tests and selection.
import { checkNumber } from '../../arguments.ts';
import { native } from '../../native.ts';
import { castTo, floatOperand, operand, operandPair, type TensorLike, toTensor } from '../../tensor/convert.ts';
import { commonDType, isFloat } from '../../tensor/dtype.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { all } from '../reduction.ts';
import { add, mul, sub } from './arithmetic.ts';
import { compare, logical, test } from './build.ts';
import { abs, reciprocal } from './math.ts';

/** `a == b`, broadcast, as bool. @example equal([1, 2], [1, 3]) // [1, 0] */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return compare('equal', a, b);
}

/** `a != b`, broadcast, as bool. @example notEqual([1, 2], [1, 3]) // [0, 1] */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('notEqual', a, b);
}

/** `a < b`, broadcast, as bool. @example less([1, 3], 2) // [1, 0] */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return compare('less', a, b);
}

/** `a <= b`, broadcast, as bool. @example lessEqual([1, 3], 1) // [1, 0] */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('lessEqual', a, b);
}

/** `a > b`, broadcast, as bool. @example greater([1, 3], 2) // [0, 1] */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return compare('greater', a, b);
}

/** `a >= b`, broadcast, as bool. @example greaterEqual([1, 2], 2) // [0, 1] */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('greaterEqual', a, b);
}

/** Whether both are true (numbers: not 0), broadcast. @example logicalAnd([true, true], [true, false]) // [1, 0] */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return logical('logicalAnd', a, b);
}

/** Whether one of both is true, broadcast. @example logicalOr([true, false], [false, false]) // [1, 0] */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return logical('logicalOr', a, b);
}

/** Whether exactly one of both is true, broadcast. @example logicalXor([true, true], [true, false]) // [0, 1] */
export function logicalXor(a: TensorLike, b: TensorLike): Tensor {
  return logical('logicalXor', a, b);
}

/** Whether x is false. @example logicalNot([true, false]) // [0, 1] */
export function logicalNot(x: TensorLike): Tensor {
  return new Tensor(native.unary('logicalNot', castTo(operand(x), 'bool')));
}

/** Whether an element is NaN, as bool. @example isNaN([1, NaN]) // [0, 1] */
export function isNaN(x: TensorLike): Tensor {
  return test('isNaN', x);
}

/** Whether an element is infinite, as bool. @example isInf([1, Infinity]) // [0, 1] */
export function isInf(x: TensorLike): Tensor {
  return test('isInf', x);
}

/** Whether an element is neither infinite nor NaN, as bool. @example isFinite([1, Infinity]) // [1, 0] */
export function isFinite(x: TensorLike): Tensor {
  return test('isFinite', x);
}

/** Whether an element is +infinity, as bool. @example ops.isposinf([-Infinity, Infinity]) // [0, 1] */
export function isPosInf(x: TensorLike): Tensor {
  return equal(new Tensor(floatOperand(x).handle), Number.POSITIVE_INFINITY);
}

/** Whether an element is -infinity, as bool. @example ops.isneginf([-Infinity, 1]) // [1, 0] */
export function isNegInf(x: TensorLike): Tensor {
  return equal(new Tensor(floatOperand(x).handle), Number.NEGATIVE_INFINITY);
}

/**
 * Whether the sign of an element is negative, as bool: of -0 too; NaN counts as positive.
 * @example ops.signbit([-1, 1]) // [1, 0]
 */
export function signbit(x: TensorLike): Tensor {
  const found = toTensor(x);
  if (!isFloat(found.dtype)) return less(found, 0);
  // 1 / -0 is -infinity.
  return less(where(equal(found, 0), reciprocal(found), found), 0);
}

/**
 * `condition ? a : b` for every element, all three broadcast.
 * @example where([true, false], [1, 2], [10, 20]) // [1, 20]
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const pair = operandPair(a, b);
  const dtype = commonDType(pair.a.dtype, pair.b.dtype);
  return new Tensor(native.select(castTo(operand(condition), 'bool'), castTo(pair.a, dtype), castTo(pair.b, dtype)));
}

/**
 * Whether `|a - b| <= atol + rtol |b|`, broadcast, as bool; equal infinities are close, NaN are to each other if `equalNaN`.
 * @throws ConfigError for tolerances that are no numbers.
 * @example ops.isclose([1, 2], [1, 2.1]) // [1, 0]
 */
export function isClose(a: TensorLike, b: TensorLike, rtol = 1e-5, atol = 1e-8, equalNaN = false): Tensor {
  const [first, second] = [new Tensor(floatOperand(a).handle), new Tensor(floatOperand(b).handle)];
  const bound = add(mul(abs(second), checkNumber('isClose', 'rtol', rtol)), checkNumber('isClose', 'atol', atol));
  const finite = logicalAnd(isFinite(first), isFinite(second));
  const near = logicalOr(equal(first, second), logicalAnd(finite, lessEqual(abs(sub(first, second)), bound)));
  return equalNaN ? logicalOr(near, logicalAnd(isNaN(first), isNaN(second))) : near;
}

/**
 * Whether all elements are close to each other ({@link isClose}), as one bool.
 * @example ops.allclose([1, 2], [1, 2.000001]) // 1
 */
export function allClose(a: TensorLike, b: TensorLike, rtol = 1e-5, atol = 1e-8, equalNaN = false): Tensor {
  return all(isClose(a, b, rtol, atol, equalNaN));
}

/**
 * Numbers instead of what is none: `nan` for NaN, `posInf` and `negInf` (default the largest finite numbers) for infinities.
 * Integers are as they are.
 * @throws ConfigError for a replacement that is no number.
 * @example ops.nanToNum([1, NaN]) // [1, 0]
 */
export function nanToNum(x: TensorLike, nan = 0, posInf?: number, negInf?: number): Tensor {
  const found = toTensor(x);
  if (!isFloat(found.dtype)) return found;
  const largest = found.dtype === 'float16' ? 65504 : found.dtype === 'bfloat16' ? 3.3895313892515355e38 : MAX_FLOAT32;
  const above = checkNumber('nanToNum', 'posInf', posInf ?? largest);
  const below = checkNumber('nanToNum', 'negInf', negInf ?? -largest);
  const numbers = where(isNaN(found), checkNumber('nanToNum', 'nan', nan), found);
  return where(isPosInf(found), above, where(isNegInf(found), below, numbers));
}

const MAX_FLOAT32 = 3.4028234663852886e38;
