// Functions of numbers, one by one.
import type { Builder } from '../builder.ts';
import { NoForm } from '../no-form.ts';
import { combined, type Size, sameSize } from '../operations.ts';
import { product, type Value, type ValueType } from '../values.ts';
import { elementwise, numberOf, type Rule } from './rule.ts';

/** A function of one operand. */
type Make = (b: Builder, x: Value, type: ValueType) => Value;

const direct =
  (op: string): Make =>
  (b, x, type) =>
    b.op(op, [x], type);

/** A binary node with a number. */
const withNumber = (b: Builder, op: string, x: Value, number: number, type: ValueType = x): Value =>
  b.op(op, [x, b.scalar(number, x.element)], type);

const fromNumber = (b: Builder, op: string, number: number, x: Value): Value =>
  b.op(op, [b.scalar(number, x.element), x], x);

const unary: Readonly<Record<string, Make>> = {
  neg: direct('Neg'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  reciprocal: direct('Reciprocal'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  tan: direct('Tan'),
  asin: direct('Asin'),
  acos: direct('Acos'),
  atan: direct('Atan'),
  sinh: direct('Sinh'),
  cosh: direct('Cosh'),
  tanh: direct('Tanh'),
  asinh: direct('Asinh'),
  acosh: direct('Acosh'),
  atanh: direct('Atanh'),
  sigmoid: direct('Sigmoid'),
  erf: direct('Erf'),
  floor: direct('Floor'),
  ceil: direct('Ceil'),
  round: direct('Round'),
  relu: direct('Relu'),
  isNaN: direct('IsNaN'),
  isInf: direct('IsInf'),
  logicalNot: direct('Not'),
  bitwiseNot: direct('BitwiseNot'),
  square: (b, x) => b.op('Mul', [x, x], x),
  exp2: (b, x) => fromNumber(b, 'Pow', 2, x),
  // exp(x) - 1 = tanh(x / 2) (exp(x) + 1), which loses no digits near 0.
  expm1: (b, x) => {
    const half = b.op('Tanh', [withNumber(b, 'Mul', x, 0.5)], x);
    return b.op('Mul', [half, withNumber(b, 'Add', b.op('Exp', [x], x), 1)], x);
  },
  log2: (b, x) => withNumber(b, 'Mul', b.op('Log', [x], x), Math.LOG2E),
  log10: (b, x) => withNumber(b, 'Mul', b.op('Log', [x], x), Math.LOG10E),
  log1p: (b, x) => b.op('Log', [withNumber(b, 'Add', x, 1)], x),
  rsqrt: (b, x) => b.op('Reciprocal', [b.op('Sqrt', [x], x)], x),
  cbrt: (b, x) => b.op('Mul', [b.op('Sign', [x], x), withNumber(b, 'Pow', b.op('Abs', [x], x), 1 / 3)], x),
  erfc: (b, x) => fromNumber(b, 'Sub', 1, b.op('Erf', [x], x)),
  trunc: (b, x) => b.op('Mul', [b.op('Sign', [x], x), b.op('Floor', [b.op('Abs', [x], x)], x)], x),
  // The form that runtimes know as Gelu.
  gelu: (b, x) => {
    const erf = b.op('Erf', [withNumber(b, 'Div', x, Math.SQRT2)], x);
    return withNumber(b, 'Mul', b.op('Mul', [x, withNumber(b, 'Add', erf, 1)], x), 0.5);
  },
  isFinite: (b, x, type) => {
    const not = b.op('Or', [b.op('IsNaN', [x], type), b.op('IsInf', [x], type)], type);
    return b.op('Not', [not], type);
  },
};

export const unaryRule: Rule = ({ b, node, inputs, type }) => {
  const make = unary[node.name];
  if (make === undefined) throw new NoForm('the function is none of ONNX');
  return elementwise(b, inputs, type, ([x], to) => make(b, x as Value, to));
};

/** A function of two operands. */
type MakePair = (b: Builder, x: Value, y: Value, type: ValueType) => Value;

const pair =
  (op: string): MakePair =>
  (b, x, y, type) =>
    b.op(op, [x, y], type);

/** The divisor, 1 in place of 0, and which those were; a constant divisor is known not to be 0. */
function divisor(b: Builder, y: Value): { by: Value; isZero: Value | undefined } {
  const known = y.constant !== undefined && y.constant.size <= 64 ? y.constant.values() : undefined;
  if (known !== undefined && ![...known].some((value) => Number(value) === 0)) return { by: y, isZero: undefined };
  const isZero = b.op('Equal', [y, b.scalar(0, y.element)], { element: 'bool', shape: y.shape });
  return { by: b.op('Where', [isZero, b.scalar(1, y.element), y], y), isZero };
}

/** A result of whole numbers, 0 where the divisor is. */
function guarded(b: Builder, y: Value, type: ValueType, make: (by: Value) => Value): Value {
  const { by, isZero } = divisor(b, y);
  const result = make(by);
  return isZero === undefined ? result : b.op('Where', [isZero, b.scalar(0, type.element), result], type);
}

const binary: Readonly<Record<string, MakePair>> = {
  add: (b, x, y, type) => affine(b, x, y, type) ?? affine(b, y, x, type) ?? b.op('Add', [x, y], type),
  sub: pair('Sub'),
  mul: pair('Mul'),
  pow: pair('Pow'),
  maximum: pair('Max'),
  minimum: pair('Min'),
  equal: pair('Equal'),
  less: pair('Less'),
  lessEqual: pair('LessOrEqual'),
  greater: pair('Greater'),
  greaterEqual: pair('GreaterOrEqual'),
  logicalAnd: pair('And'),
  logicalOr: pair('Or'),
  logicalXor: pair('Xor'),
  bitwiseAnd: pair('BitwiseAnd'),
  bitwiseOr: pair('BitwiseOr'),
  bitwiseXor: pair('BitwiseXor'),
  notEqual: (b, x, y, type) => b.op('Not', [b.op('Equal', [x, y], type)], type),
  div: (b, x, y, type) => {
    if (type.element !== 'int32') return b.op('Div', [x, y], type);
    // Div of ONNX rounds towards zero: what is divided is a multiple here.
    return guarded(b, y, type, (by) => b.op('Div', [b.op('Sub', [x, b.op('Mod', [x, by], type)], type), by], type));
  },
  mod: (b, x, y, type) => {
    if (type.element === 'int32') return guarded(b, y, type, (by) => b.op('Mod', [x, by], type));
    const times = b.op('Floor', [b.op('Div', [x, y], type)], type);
    return b.op('Sub', [x, b.op('Mul', [times, y], type)], type);
  },
  fmod: (b, x, y, type) => {
    if (type.element !== 'int32') return b.op('Mod', [x, y], type, { fmod: 1 });
    return guarded(b, y, type, (by) => b.op('Mod', [x, by], type, { fmod: 1 }));
  },
  atan2: (b, y, x, type) => {
    const test = (op: string, value: Value): Value =>
      b.op(op, [value, b.scalar(0, 'float32')], { element: 'bool', shape: value.shape });
    const number = (value: number): Value => b.scalar(value, 'float32');
    const turn = b.op('Where', [test('Less', y), number(-Math.PI), number(Math.PI)], y);
    const angle = b.op('Atan', [b.op('Div', [y, x], type)], type);
    const whole = b.op('Add', [angle, b.op('Where', [test('Less', x), turn, number(0)], type)], type);
    const none = b.op('And', [test('Equal', y), test('Equal', x)], { element: 'bool', shape: type.shape });
    // 0 / 0 is no number, but an angle of 0, or of pi for a negative zero, which is not told apart.
    return b.op('Where', [none, number(0), whole], type);
  },
};

export const binaryRule: Rule = ({ b, node, inputs, type }) => {
  const make = binary[node.name];
  if (make === undefined) throw new NoForm('the function is none of ONNX');
  const [x, y] = inputs as [Value, Value];
  const known = node.name === 'add' ? (withBias(b, x, y, type) ?? withBias(b, y, x, type)) : undefined;
  const whole = known ?? (node.name === 'div' ? mean(b, x, y, type) : undefined);
  return whole ?? elementwise(b, inputs, type, ([p, q], to) => make(b, p as Value, q as Value, to));
};

/** A convolution or product of matrices that nothing else reads, with a constant added to its channels or columns: one node. */
function withBias(b: Builder, x: Value, bias: Value, type: ValueType): Value | undefined {
  const channels = type.shape.at(-1) as Size;
  const isVector = bias.shape.at(-1) === channels && bias.shape.slice(0, -1).every((size) => size === 1);
  if (!isVector || typeof channels !== 'number' || bias.constant === undefined || x.uses !== 1) return undefined;
  const vector = (): Value => b.reshape(bias, [channels]);
  const source = x.view?.source ?? x;
  const { op, inputs, attributes } = source.making ?? { op: '', inputs: [], attributes: {} };
  if ((op === 'Conv' || op === 'ConvTranspose') && inputs.length === 2 && x.view?.order.at(-1) === 1) {
    return b.transpose(b.op(op, [...inputs, vector()], source, attributes), x.view.order);
  }
  if (op === 'MatMul' && x === source && x.rank === 2 && inputs.every((input) => input?.rank === 2)) {
    return b.op('Gemm', [...inputs, vector()], type);
  }
  return undefined;
}

/** `(x - m) s + b` of constants as `x s + (b - m s)`: what runtimes fold into a convolution before it. */
function affine(b: Builder, scaled: Value, offset: Value, type: ValueType): Value | undefined {
  const { op, inputs } = scaled.making ?? { op: '', inputs: [] };
  const [centered, scale] = inputs[0]?.constant === undefined ? inputs : inputs.toReversed();
  const [x, shift] = centered?.making?.op === 'Sub' ? centered.making.inputs : [];
  if (op !== 'Mul' || type.element !== 'float32' || x === undefined || shift === undefined) return undefined;
  if (scale?.constant === undefined || shift.constant === undefined || offset.constant === undefined) return undefined;
  const shapes = [scale, shift, offset].map(({ shape }) => shape.join());
  if (shapes.some((shape) => shape !== shapes[0]) || scaled.rank !== type.shape.length) return undefined;
  const moved = b.op('Sub', [offset, b.op('Mul', [shift, scale], offset)], offset);
  return b.op('Add', [b.op('Mul', [x, scale], type), moved], type);
}

/** A sum divided by the number of elements that were added. */
function mean(b: Builder, x: Value, y: Value, type: ValueType): Value | undefined {
  // Axes of one may have been put in the place of those that were added up.
  const sum = x.making?.op === 'Unsqueeze' ? (x.making.inputs[0] as Value) : x;
  if (x.uses !== 1 || sum.uses > 1 || x.element !== 'float32' || y.rank !== 0) return undefined;
  const { op, inputs, attributes } = sum.making ?? { op: '', inputs: [], attributes: {} };
  const [source, axes] = inputs;
  if (op !== 'ReduceSum' || source === undefined || axes?.constant === undefined) return undefined;
  const count = product([...axes.constant.values()].map((axis) => source.shape[Number(axis)] as Size));
  const divided = computed.get(y) ?? numberOf(y);
  if (divided === undefined || !sameSize(divided, count)) return undefined;
  return b.reshape(b.op('ReduceMean', [source, axes], sum, attributes), type.shape);
}

/** Sizes that were computed as numbers. */
const computed = new WeakMap<Value, Size>();

/** A number that is part of the model; one that varies is made of sizes. */
export const constantRule: Rule = ({ b, node, type }) => {
  const { value } = node.attributes as { value: Size | string };
  if (typeof value === 'number' || typeof value === 'string') return b.scalar(Number(value), type.element);
  const isWhole = combined([value], (v) => (Number.isInteger(v) ? 1 : 0)) === 1;
  const size = isWhole ? value : combined([value], (v) => Math.round(1 / v));
  const isInverse = combined([value, size], (v, n) => (Math.abs(v * n - 1) < 1e-12 ? 1 : 0)) === 1;
  if (!isWhole && !isInverse) throw new NoForm('a number that depends on unknown sizes of the inputs', value);
  const number = b.cast(b.op('Squeeze', [b.size(size)], { element: 'int64', shape: [] }), type.element);
  if (!isWhole) return b.op('Reciprocal', [number], type);
  computed.set(number, value);
  return number;
};

export const selectRule: Rule = ({ b, inputs, type }) =>
  elementwise(b, inputs, type, ([condition, x, y], to) => {
    const [c, p, q] = [condition, x, y] as [Value, Value, Value];
    if (to.element === 'bool') {
      const truth = (shape: readonly Size[]): ValueType => ({ element: 'bool', shape });
      const yes = b.op('And', [c, p], truth(to.shape));
      return b.op('Or', [yes, b.op('And', [b.op('Not', [c], truth(c.shape)), q], truth(to.shape))], to);
    }
    if (to.element === 'float32' || to.element === 'int32' || to.element === 'uint8')
      return b.op('Where', [c, p, q], to);
    // Runtimes choose among numbers of a few types only; the others fit into these.
    const wide = to.element === 'int8' ? 'int32' : 'float32';
    const chosen = b.op('Where', [c, b.cast(p, wide), b.cast(q, wide)], { element: wide, shape: to.shape });
    return b.cast(chosen, to.element);
  });

export const castRule: Rule = ({ b, inputs, type }) =>
  elementwise(b, inputs, type, ([x], to) => {
    const from = x as Value;
    const limits = { int8: [-128, 127], uint8: [0, 255] }[to.element as string];
    const isReal = from.element === 'float32' || from.element === 'float16' || from.element === 'bfloat16';
    if (limits === undefined || !isReal) return b.cast(from, to.element);
    // Numbers out of range become the nearest.
    const wide = b.cast(from, 'float32');
    const inside = b.op('Clip', [wide, ...limits.map((limit) => b.scalar(limit, 'float32'))], wide);
    return b.cast(inside, to.element);
  });
