// The operations of Keras that graphs of models may hold (`x + y`, `keras.ops.mean(x)`), as Keras names their classes.
import * as ops from '../keras-ops/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** A parameter of an operation. */
export interface Parameter {
  /** Keras' name. */
  readonly name: string;
  /** Whether the operation is made with it; others come with the call. */
  readonly isOption: boolean;
  /** Whether null means something else than our default (all elements at once, instead of along the last axis), and is not supported. */
  readonly isNeeded: boolean;
  /** Whether only its absence is supported: null or false. */
  readonly isAbsent: boolean;
}

/** An operation. */
export interface KnownOperation {
  readonly name: string;
  /** Part of Keras' module: `numpy` for `keras.src.ops.numpy`. */
  readonly module: string;
  /** In the order in which `run` takes them. */
  readonly parameters: readonly Parameter[];
  run(...values: unknown[]): Tensor | Tensor[];
}

const unary = 'x';
const binary = 'x1 x2';
const reduction = 'x *axis *keepdims';
const along = 'x *axis';
const alongOne = 'x +axis';

/**
 * Parameters by the class of Keras, in the order of our function, which has the name of the class: those with `*` are options of the
 * class, those with `+` options that may not be null, those with `!` are not supported.
 */
const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  numpy: {
    ...all(
      unary,
      `Abs Absolute Arccos Arccosh Arcsin Arcsinh Arctan Arctanh BitwiseInvert BitwiseNot Cbrt Ceil Copy Cos Cosh Deg2rad Exp Exp2
      Expm1 Fabs Fliplr Flipud Floor Isfinite Isinf Isnan Log Log10 Log1p Log2 LogicalNot Negative Rad2deg Ravel Reciprocal Sign
      Sin Sinh Sqrt Square Tan Tanh Trunc`,
    ),
    ...all(
      binary,
      `Add Arctan2 Divide DivideNoNan Dot Equal FloorDivide Fmax Fmin Fmod Greater GreaterEqual Hypot Inner Less LessEqual Logaddexp
      Logaddexp2 LogicalAnd LogicalOr LogicalXor Matmul Maximum Minimum Mod Multiply NotEqual Outer Power Subtract TrueDivide`,
    ),
    ...all('x y', 'BitwiseAnd BitwiseLeftShift BitwiseOr BitwiseRightShift BitwiseXor LeftShift RightShift'),
    ...all(reduction, 'All Amax Amin Any Argmax Argmin Mean Median Nanmax Nanmean Nanmin Nansum Ptp Std Sum Var'),
    ...all(along, 'CountNonzero ExpandDims Flip Squeeze'),
    ...all(alongOne, 'Argsort Sort'),
    ...all('x *k', 'Tril Triu'),
    Append: 'x1 x2 *axis',
    Average: 'x *axis weights',
    BroadcastTo: 'x *shape',
    Clip: 'x *x_min *x_max',
    Concatenate: 'xs +axis',
    Cumprod: 'x *axis !dtype',
    Cumsum: 'x *axis !dtype',
    Diagonal: 'x *offset *axis1 *axis2',
    Diff: 'a *n *axis',
    Digitize: 'x bins',
    Einsum: '*subscripts operands',
    FullLike: 'x fill_value !dtype',
    GetItem: 'x key',
    Hstack: 'xs',
    Max: 'x *axis *keepdims !initial',
    Min: 'x *axis *keepdims !initial',
    Moveaxis: 'x *source *destination',
    NanToNum: 'x *nan *posinf *neginf',
    OnesLike: 'x !dtype',
    Pad: 'x *pad_width *mode constant_values',
    Prod: 'x *axis *keepdims !dtype',
    Repeat: 'x *repeats *axis',
    Reshape: 'x *newshape',
    Roll: 'x *shift *axis',
    Rot90: 'array *k *axes',
    Round: 'x *decimals',
    Split: 'x *indices_or_sections *axis',
    Stack: 'x *axis',
    Swapaxes: 'x *axis1 *axis2',
    Take: 'x indices *axis',
    TakeAlongAxis: 'x indices +axis',
    Tensordot: 'x1 x2 *axes',
    Tile: 'x *repeats',
    Trace: 'x *offset *axis1 *axis2',
    Transpose: 'x *axes',
    Vstack: 'xs',
    Where: 'condition x1 x2',
    ZerosLike: 'x !dtype',
  },
  nn: {
    ...all(
      unary,
      'HardSigmoid HardSilu HardTanh LogSigmoid Relu Relu6 Selu Sigmoid Silu Softplus Softsign SparsePlus SparseSigmoid TanhShrink',
    ),
    ...all(alongOne, 'Glu LogSoftmax Softmax Sparsemax'),
    ...all('x *alpha', 'Celu Elu'),
    ...all('x *threshold', 'HardShrink SoftShrink'),
    Gelu: 'x *approximate',
    LeakyRelu: 'x *negative_slope',
    Normalize: 'x +axis *order *epsilon',
    OneHot: 'x *num_classes *axis *dtype !sparse',
    Squareplus: 'x *b',
    Threshold: 'x *threshold *default_value',
  },
  math: { ...all(unary, 'Erf Erfc Erfinv Rsqrt'), Logsumexp: reduction, TopK: 'x *k *sorted' },
  core: { Cast: 'x *dtype', ConvertToTensor: 'x *dtype !sparse', StopGradient: 'variable', Unstack: 'x *num *axis' },
};

function all(parameters: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, parameters]));
}

type Run = KnownOperation['run'];

/** Operations whose function takes its arguments otherwise. */
const special: Readonly<Record<string, Run>> = {
  Einsum: (subscripts, operands) => ops.einsum(subscripts as string, ...(operands as Tensor[])),
};

let known: ReadonlyMap<string, KnownOperation> | undefined;

/** All operations, by the names of Keras' classes. */
export function knownOperations(): ReadonlyMap<string, KnownOperation> {
  known ??= new Map(
    Object.entries(tables).flatMap(([module, table]) =>
      Object.entries(table).map(([name, parameters]) => [name, operationOf(module, name, parameters)] as const),
    ),
  );
  return known;
}

function operationOf(module: string, name: string, parameters: string): KnownOperation {
  const functions = ops as unknown as Readonly<Record<string, Run>>;
  return {
    name,
    module,
    parameters: parameters.split(' ').map((text) => ({
      name: text.replace(/^[*+!]/, ''),
      isOption: /^[*+!]/.test(text),
      isNeeded: text.startsWith('+'),
      isAbsent: text.startsWith('!'),
    })),
    run: special[name] ?? (functions[`${name[0]?.toLowerCase()}${name.slice(1)}`] as Run),
  };
}
