import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import * as ops from '../ops/index.ts';
import { range, type Tensor, type TensorLike } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';

/** `pred ? trueFn() : falseFn()` where the condition may be computed. */
export function cond<R extends Tree>(pred: TensorLike, trueFn: () => R, falseFn: () => R): R {
  return ops.cond(pred, trueFn, falseFn);
}

/** Runs `f(carry, x) -> [carry, y]` over the leading axis of `xs`; gives the last carry and the stacked y. */
export function scan<C extends Tree, X extends Tree | null, Y extends Tree>(
  f: (carry: C, x: X) => [C, Y],
  init: C,
  xs: X,
  length?: number | null,
  reverse = false,
): [C, Y] {
  return ops.scan(f, init, xs, length === undefined || length === null ? { reverse } : { length, reverse });
}

/** While the condition holds, and at most `maximumIterations` times, `loopVars = body(...loopVars)`. */
export function whileLoop(
  condition: (...vars: Tensor[]) => Tensor,
  body: (...vars: Tensor[]) => Tensor | readonly Tensor[],
  loopVars: readonly Tensor[],
  maximumIterations?: number | null,
): Tensor[] {
  const listed = (result: Tensor | readonly Tensor[]): Tensor[] =>
    Array.isArray(result) ? [...result] : [result as Tensor];
  if (maximumIterations === undefined || maximumIterations === null)
    return ops.whileLoop<Tensor[]>(
      (vars) => condition(...vars),
      (vars) => listed(body(...vars)),
      [...loopVars],
    );
  if (!Number.isSafeInteger(maximumIterations) || maximumIterations < 0)
    throw new ConfigError(
      `whileLoop: maximumIterations must be a whole number from 0 on, got ${received(maximumIterations)}`,
    );
  const [, ...rest] = ops.whileLoop<Tensor[]>(
    ([count, ...vars]) => ops.logicalAnd((count as Tensor).less(maximumIterations), condition(...vars)),
    ([count, ...vars]) => [(count as Tensor).add(1), ...listed(body(...vars))],
    [range(0, 1, 1, 'int32').reshape([]), ...loopVars],
  );
  return rest;
}

/** `value = body(i, value)` for i from `lower` to `upper - 1`. Has gradients: it is a scan. */
export function foriLoop<C extends Tree>(
  lower: number,
  upper: number,
  body: (i: Tensor, value: C) => C,
  initial: C,
): C {
  if (!Number.isSafeInteger(lower) || !Number.isSafeInteger(upper))
    throw new ConfigError(`foriLoop: bounds must be whole numbers, got ${received(lower)} and ${received(upper)}`);
  const steps = range(lower, Math.max(upper, lower), 1, 'int32');
  const [last] = ops.scan<C, Tensor, Tensor>((value, i) => [body(i, value), i], initial, steps);
  return last;
}

/** `f` of every slice along the leading axis, stacked. */
export function map<X extends Tree, Y extends Tree>(f: (x: X) => Y, xs: X): Y {
  const nothing: Tensor[] = [];
  const [, ys] = ops.scan<Tensor[], X, Y>((carry, x) => [carry, f(x)], nothing, xs);
  return ys;
}

/** {@link map}: `f` is traced once and compiled, whatever the length. */
export function vectorizedMap<X extends Tree, Y extends Tree>(f: (x: X) => Y, xs: X): Y {
  return map(f, xs);
}

/** The result of the branch that `index` chooses (clamped to the branches there are), called with the operands. */
function switchCase<R extends Tree, A extends readonly unknown[]>(
  index: TensorLike,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  if (!Array.isArray(branches) || branches.length === 0)
    throw new ConfigError(`switch needs one branch or more, got ${received(branches)}`);
  const choose = (k: number): R => {
    const branch = (branches as readonly ((...operands: A) => R)[])[k] as (...operands: A) => R;
    if (k === branches.length - 1) return branch(...operands);
    return ops.cond(
      ops.lessEqual(index, k),
      () => branch(...operands),
      () => choose(k + 1),
    );
  };
  return choose(0);
}

/** `f` with a gradient of its own: {@link customGrad}, whose function returns `{ value, gradFunc }`. */
export { customGrad as customGradient } from '../tensor/index.ts';
export { switchCase as switch };
