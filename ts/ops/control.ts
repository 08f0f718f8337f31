import { checkFlag, checkFunction, checkWhole } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type NativeBody, native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, toTensor } from '../tensor/convert.ts';
import { insideBody } from '../tensor/seed.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { TraceParam } from '../tensor/trace.ts';
import { leaves, rebuild, type Tree } from '../tensor/tree.ts';

/** `x`, through which no gradient flows. @example grad((x: Tensor) => x.mul(ops.stopGradient(x)))(scalar(3)) // 3 */
export function stopGradient(x: TensorLike): Tensor {
  return new Tensor(native.stopGradient(operand(x).handle));
}

/** Records `build` as a sub-graph with parameters of the given types; an error ends the recording. */
function record<R>(
  name: string,
  params: readonly TraceParam[],
  build: (args: Tensor[]) => { result: R; outputs: readonly Tensor[] },
): { body: NativeBody; result: R } {
  native.traceBegin(name);
  let open = true;
  try {
    const args = params.map((param) => new Tensor(native.placeholder([...param.shape], param.dtype)));
    const { result, outputs } = insideBody(() => build(args));
    const handles = outputs.map((output) => output.handle);
    open = false;
    return {
      body: native.bodyEnd(
        args.map((arg) => arg.handle),
        handles,
      ),
      result,
    };
  } catch (error) {
    if (open) native.traceAbort();
    throw error;
  }
}

/** Options of {@link scan}. */
export interface ScanOptions {
  /** From the last index to the first (default false). */
  reverse?: boolean;
  /** Number of steps; needed when there are no `xs`. */
  length?: number;
}

/**
 * Runs `step(carry, x_t) -> [carry, y_t]` for every index t of the leading axis of `xs` and gives the last carry and the
 * stacked y. The step is traced once, whatever the length, and has gradients.
 * `carry`, `xs` and `y` are tensors or (nested) arrays and records of them; the carry keeps its shapes and dtypes.
 * @throws ShapeError when leading axes differ or the step changes the carry's type.
 * @example
 * const running = (sum: Tensor, x: Tensor): [Tensor, Tensor] => [sum.add(x), sum.add(x)];
 * const [total, sums] = scan(running, scalar(0), tensor([1, 2, 3]));
 * total // 6
 * sums // [1, 3, 6]
 */
export function scan<C extends Tree, X extends Tree | null, Y extends Tree>(
  step: (carry: C, x: X) => [C, Y],
  carry: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  checkFunction('scan', 'the step', step);
  checkOptionNames('scan', options, ['reverse', 'length'], '{ reverse: true }');
  const reverse = checkFlag('scan', 'reverse', options.reverse ?? false);
  const initial = leaves(carry);
  const sequences = xs === null ? [] : leaves(xs);
  const lengths = sequences.map((x) => x.shape[0]);
  const length = options.length ?? lengths[0];
  if (length === undefined || !Number.isInteger(length) || length < 0) {
    throw new ConfigError('scan needs xs with a leading axis, or { length }');
  }
  if (lengths.some((n) => n !== length)) {
    throw new ShapeError(
      `scan: the leading axes of xs must all be ${length}, got ${shown(lengths.map((n) => n ?? Number.NaN))}`,
    );
  }
  const slices = sequences.map((x) => ({ shape: x.shape.slice(1), dtype: x.dtype }));
  const { body, result } = record('scan', [...initial, ...slices], (args) => {
    const state = rebuild(carry, args.slice(0, initial.length)) as C;
    const x = (xs === null ? null : rebuild(xs as Tree, args.slice(initial.length))) as X;
    const stepped: unknown = step(state, x);
    if (!Array.isArray(stepped) || stepped.length !== 2) {
      throw new ConfigError('scan: the step must return two things, [carry, y]');
    }
    const [next, y] = stepped as [C, Y];
    const outputs = leaves(next);
    checkSame('scan', initial, outputs);
    return { result: { next, y }, outputs: [...outputs, ...leaves(y)] };
  });
  const results = native.scan(
    body,
    initial.map((c) => c.handle),
    sequences.map((x) => x.handle),
    length,
    reverse,
  );
  const tensors = results.map((handle) => new Tensor(handle));
  return [
    rebuild(result.next, tensors.slice(0, initial.length)) as C,
    rebuild(result.y, tensors.slice(initial.length)) as Y,
  ];
}

function checkSame(name: string, before: readonly Tensor[], after: readonly Tensor[]): void {
  if (before.length !== after.length) {
    throw new ShapeError(`${name}: the step returns ${after.length} tensors for a carry of ${before.length}`);
  }
  for (const [i, tensor] of before.entries()) {
    const other = after[i] as Tensor;
    if (tensor.dtype !== other.dtype || tensor.shape.join() !== other.shape.join()) {
      throw new ShapeError(
        `${name}: the step turns carry ${i} from ${tensor.dtype} ${shown(tensor.shape)} into ${other.dtype} ${shown(other.shape)}; it must keep its type`,
      );
    }
  }
}

/**
 * `condition ? then() : otherwise()` where the condition (a bool scalar) may be computed: both branches are traced, one runs.
 * @throws ShapeError unless both branches return the same shapes and dtypes.
 * @example cond(true, () => scalar(1), () => scalar(2)) // 1
 */
export function cond<R extends Tree>(condition: TensorLike, then: () => R, otherwise: () => R): R {
  checkFunction('cond', 'then', then);
  checkFunction('cond', 'otherwise', otherwise);
  // A tensor: the branches make others before it is used.
  const predicate = new Tensor(castTo(operand(condition), 'bool'));
  const branch = (name: string, build: () => R): { body: NativeBody; result: R } =>
    record(name, [], () => {
      const result = build();
      return { result, outputs: leaves(result) };
    });
  const first = branch('cond (then)', then);
  const types = leaves(first.result).map((t) => `${t.dtype} ${shown(t.shape)}`);
  const second = branch('cond (otherwise)', otherwise);
  const others = leaves(second.result).map((t) => `${t.dtype} ${shown(t.shape)}`);
  if (types.join() !== others.join()) {
    throw new ShapeError(`cond: the branches return different types: ${types.join(', ')} and ${others.join(', ')}`);
  }
  const results = native.cond(predicate.handle, first.body, second.body);
  return rebuild(
    first.result,
    results.map((handle) => new Tensor(handle)),
  ) as R;
}

/**
 * While `condition(carry)` (a bool scalar) is true, `carry = body(carry)`. Both are traced once. Has no gradient.
 * @param maximumIterations Ends the loop after so many steps whatever the condition says.
 * @throws ShapeError when the body changes the carry's type.
 * @example whileLoop((i: Tensor) => i.less(3), (i: Tensor) => i.add(1), scalar(0)) // 3
 */
export function whileLoop<C extends Tree>(
  condition: (carry: C) => Tensor,
  body: (carry: C) => C,
  carry: C,
  maximumIterations?: number,
): C {
  checkFunction('whileLoop', 'the condition', condition);
  checkFunction('whileLoop', 'the body', body);
  if (maximumIterations !== undefined) {
    const most = checkWhole('whileLoop', 'maximumIterations', maximumIterations);
    type Counted = [C, Tensor];
    const [state] = whileLoop<Counted>(
      ([inner, step]) => toTensor(condition(inner)).logicalAnd(step.less(most)),
      ([inner, step]) => [body(inner), step.add(1)],
      [carry, new Tensor(native.constant(0, 'int32'))],
    );
    return state;
  }
  const initial = leaves(carry);
  const handles = initial.map((c) => c.handle);
  const test = record('whileLoop (condition)', initial, (args) => {
    const result = toTensor(condition(rebuild(carry, args) as C));
    if (result.dtype !== 'bool' || result.rank !== 0) {
      throw new ShapeError(
        `whileLoop: the condition must be a bool scalar, got ${result.dtype} ${shown(result.shape)}`,
      );
    }
    return { result, outputs: [result] };
  });
  const step = record('whileLoop (body)', initial, (args) => {
    const result = body(rebuild(carry, args) as C);
    const outputs = leaves(result);
    checkSame('whileLoop', initial, outputs);
    return { result, outputs };
  });
  const results = native.whileLoop(test.body, step.body, handles);
  return rebuild(
    carry,
    results.map((handle) => new Tensor(handle)),
  ) as C;
}
