import { type BinaryKind, native, type UnaryKind } from '../native.ts';
import { castTo, floatOperand, operand, operandPair, type TensorLike, wrap } from '../tensor/convert.ts';
import { checkDType, commonDType, computeDType, type DType, isFloat } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';

/** A function that is real-valued also of integers: they are cast to float32 first. */
function real(kind: UnaryKind, x: TensorLike): Tensor {
  const { handle, result } = floatOperand(x);
  return wrap(native.unary(kind, handle), 'float32', result);
}

/** A function that keeps integers integers (bool and small ones become int32). */
function arithmetic(kind: UnaryKind, x: TensorLike): Tensor {
  const found = operand(x);
  const computed = computeDType(found.dtype);
  return wrap(native.unary(kind, castTo(found, computed)), computed, isFloat(found.dtype) ? found.dtype : computed);
}

/** A rounding function: integers are rounded already. */
function rounding(kind: UnaryKind, x: TensorLike): Tensor {
  const found = operand(x);
  return isFloat(found.dtype) ? real(kind, x) : new Tensor(found.handle);
}

/** A test that gives bool. */
function test(kind: UnaryKind, x: TensorLike): Tensor {
  return new Tensor(native.unary(kind, floatOperand(x).handle));
}

function pairwise(kind: BinaryKind, a: TensorLike, b: TensorLike, alwaysReal = false): Tensor {
  const pair = operandPair(a, b);
  const computed = alwaysReal ? 'float32' : computeDType(pair.dtype);
  const result: DType = isFloat(pair.dtype) ? pair.dtype : computed;
  return wrap(native.binary(kind, castTo(pair.a, computed), castTo(pair.b, computed)), computed, result);
}

/** `-x`. */
export function neg(x: TensorLike): Tensor {
  return arithmetic('neg', x);
}

/** `|x|`. */
export function abs(x: TensorLike): Tensor {
  return arithmetic('abs', x);
}

/** -1, 0 or 1; no gradient flows through. */
export function sign(x: TensorLike): Tensor {
  return arithmetic('sign', x);
}

/** `x * x`. */
export function square(x: TensorLike): Tensor {
  return arithmetic('square', x);
}

/** `e^x`. */
export function exp(x: TensorLike): Tensor {
  return real('exp', x);
}

/** `e^x - 1`, exact for small x. */
export function expm1(x: TensorLike): Tensor {
  return real('expm1', x);
}

/** Natural logarithm. */
export function log(x: TensorLike): Tensor {
  return real('log', x);
}

/** `log(1 + x)`, exact for small x. */
export function log1p(x: TensorLike): Tensor {
  return real('log1p', x);
}

/** Square root; NaN below 0. */
export function sqrt(x: TensorLike): Tensor {
  return real('sqrt', x);
}

/** `1 / sqrt(x)`. */
export function rsqrt(x: TensorLike): Tensor {
  return real('rsqrt', x);
}

/** `1 / x`. */
export function reciprocal(x: TensorLike): Tensor {
  return real('reciprocal', x);
}

/** Sine of radians. */
export function sin(x: TensorLike): Tensor {
  return real('sin', x);
}

/** Cosine of radians. */
export function cos(x: TensorLike): Tensor {
  return real('cos', x);
}

/** Tangent of radians. */
export function tan(x: TensorLike): Tensor {
  return div(sin(x), cos(x));
}

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return real('tanh', x);
}

/** `1 / (1 + e^-x)`. */
export function sigmoid(x: TensorLike): Tensor {
  return real('sigmoid', x);
}

/** The error function `2/sqrt(pi) * integral_0^x exp(-t^2) dt`. */
export function erf(x: TensorLike): Tensor {
  return real('erf', x);
}

/** The largest whole number that is not above x. */
export function floor(x: TensorLike): Tensor {
  return rounding('floor', x);
}

/** The smallest whole number that is not below x. */
export function ceil(x: TensorLike): Tensor {
  return rounding('ceil', x);
}

/** The nearest whole number, halves to the even one. */
export function round(x: TensorLike): Tensor {
  return rounding('round', x);
}

/** `max(x, 0)`; the gradient at 0 is 0. */
export function relu(x: TensorLike): Tensor {
  return arithmetic('relu', x);
}

/** `min(max(x, 0), 6)`. */
export function relu6(x: TensorLike): Tensor {
  return minimum(relu(x), 6);
}

/** `log(1 + e^x)`, without overflow. */
export function softplus(x: TensorLike): Tensor {
  return add(relu(x), log1p(exp(neg(abs(x)))));
}

/** Whether an element is NaN, as bool. */
export function isNaN(x: TensorLike): Tensor {
  return test('isNaN', x);
}

/** Whether an element is infinite, as bool. */
export function isInf(x: TensorLike): Tensor {
  return test('isInf', x);
}

/** Whether an element is neither infinite nor NaN, as bool. */
export function isFinite(x: TensorLike): Tensor {
  return test('isFinite', x);
}

/**
 * `a + b`, broadcast. A JavaScript number takes the tensor's dtype (float32 when it is fractional and the tensor holds
 * integers); int32 with float32 gives float32; bool and small integers are computed in int32.
 * @throws ShapeError for shapes that do not broadcast.
 * @example add(tensor([1, 2]), 0.5) // [1.5, 2.5]
 */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('add', a, b);
}

/** `a - b`, broadcast; dtypes as in {@link add}. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('sub', a, b);
}

/** `a * b`, broadcast; dtypes as in {@link add}. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('mul', a, b);
}

/** `a / b`, broadcast; integers are divided as float32. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('div', a, b, true);
}

/** `floor(a / b)`, broadcast; of integers an int32 (0 where the divisor is 0). */
export function floorDiv(a: TensorLike, b: TensorLike): Tensor {
  return floor(pairwise('div', a, b));
}

/** `a / b`, and 0 where b is 0. */
export function divNoNan(a: TensorLike, b: TensorLike): Tensor {
  const divisor = new Tensor(floatOperand(b).handle);
  const zero = equal(divisor, 0);
  return where(zero, 0, div(a, where(zero, 1, divisor)));
}

/** `a` to the power `b`, broadcast; integers are computed as float32. */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('pow', a, b, true);
}

/** The larger of both, broadcast; NaN wins. Where they are equal half of the gradient goes to each. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('maximum', a, b);
}

/** The smaller of both, broadcast; NaN wins. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('minimum', a, b);
}

/** `a - floor(a / b) * b`, broadcast: has the sign of the divisor. */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('mod', a, b);
}

/** The angle of the point (b, a) in radians, broadcast. */
export function atan2(a: TensorLike, b: TensorLike): Tensor {
  return pairwise('atan2', a, b, true);
}

/** `(a - b)^2`, broadcast. */
export function squaredDifference(a: TensorLike, b: TensorLike): Tensor {
  return square(sub(a, b));
}

/** `x` cut off at both ends; outside, no gradient flows. */
export function clipByValue(x: TensorLike, low: number, high: number): Tensor {
  return minimum(maximum(x, low), high);
}

function compare(kind: BinaryKind, a: TensorLike, b: TensorLike): Tensor {
  const pair = operandPair(a, b);
  const computed = computeDType(pair.dtype);
  return new Tensor(native.binary(kind, castTo(pair.a, computed), castTo(pair.b, computed)));
}

/** `a == b`, broadcast, as bool. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return compare('equal', a, b);
}

/** `a != b`, broadcast, as bool. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('notEqual', a, b);
}

/** `a < b`, broadcast, as bool. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return compare('less', a, b);
}

/** `a <= b`, broadcast, as bool. */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('lessEqual', a, b);
}

/** `a > b`, broadcast, as bool. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return compare('greater', a, b);
}

/** `a >= b`, broadcast, as bool. */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('greaterEqual', a, b);
}

function logical(kind: BinaryKind, a: TensorLike, b: TensorLike): Tensor {
  return new Tensor(native.binary(kind, castTo(operand(a), 'bool'), castTo(operand(b), 'bool')));
}

/** Whether both are true (numbers: not 0), broadcast. */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return logical('logicalAnd', a, b);
}

/** Whether one of both is true, broadcast. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return logical('logicalOr', a, b);
}

/** Whether exactly one of both is true, broadcast. */
export function logicalXor(a: TensorLike, b: TensorLike): Tensor {
  return logical('logicalXor', a, b);
}

/** Whether x is false. */
export function logicalNot(x: TensorLike): Tensor {
  return new Tensor(native.unary('logicalNot', castTo(operand(x), 'bool')));
}

/** `condition ? a : b` for every element, all three broadcast. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const pair = operandPair(a, b);
  const dtype = commonDType(pair.a.dtype, pair.b.dtype);
  return new Tensor(native.select(castTo(operand(condition), 'bool'), castTo(pair.a, dtype), castTo(pair.b, dtype)));
}

/** `x` as another dtype: float to integer truncates and saturates, anything to bool is `x != 0`. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  return new Tensor(castTo(operand(x), checkDType(dtype)));
}
