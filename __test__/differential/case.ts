/** How an input is filled: seeded by the case's position, the same numbers for both libraries. */
export interface Input {
  shape: readonly number[];
  dtype: 'float32' | 'int32' | 'bool';
  /** Uniform in `low .. high` (whole numbers below `high` for int32). */
  low: number;
  high: number;
  /** Distinct values at least this far apart, in random order: no ties, no jumps between neighbours. */
  apart?: number;
  /** Given numbers instead. */
  values?: readonly number[];
}

/** One call of one operation in both libraries. */
export interface DiffCase {
  /** Name as in the table: `abs`, `linalg.qr`. */
  op: string;
  inputs: readonly Input[];
  /** Arguments after (or, with `$0`, `$1`, ... around) the inputs. */
  args: readonly unknown[];
  /** Why there is no gradient to compare. */
  noGrad?: string;
  /** Inputs that are differentiated (default: all float32 ones). */
  wrt?: readonly number[];
  /** Relative and absolute distance allowed (default 1e-4). */
  tolerance?: number;
  /** Arguments of hornbeam where they differ from TensorFlow.js'. */
  ours?: readonly unknown[];
  /** Why dtypes may differ. */
  dtypeDiffers?: string;
}

/** float32, uniform in `low .. high`. */
export function f(shape: readonly number[], low = -2, high = 2): Input {
  return { shape, dtype: 'float32', low, high };
}

/** float32, distinct values. */
export function d(shape: readonly number[], apart = 0.25): Input {
  return { shape, dtype: 'float32', low: 0, high: 0, apart };
}

/** int32, whole numbers in `low .. high - 1`. */
export function i(shape: readonly number[], low = 0, high = 5): Input {
  return { shape, dtype: 'int32', low, high };
}

/** bool. */
export function b(shape: readonly number[]): Input {
  return { shape, dtype: 'bool', low: 0, high: 2 };
}

/** Given numbers. */
export function v(
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: Input['dtype'] = 'float32',
): Input {
  return { shape, dtype, low: 0, high: 0, values };
}

/** A case with options. */
export function of(
  op: string,
  inputs: readonly Input[],
  args: readonly unknown[] = [],
  options: Partial<DiffCase> = {},
): DiffCase {
  return { op, inputs, args, ...options };
}

/** The same options for several cases. */
export function all(options: Partial<DiffCase>, cases: readonly DiffCase[]): DiffCase[] {
  return cases.map((entry) => ({ ...options, ...entry }));
}
