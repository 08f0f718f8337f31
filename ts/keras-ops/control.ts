import { checkFunction, checkList } from '../arguments.ts';
import * as ops from '../ops/index.ts';
import type { Tensor, TensorLike } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';

/**
 * `pred ? trueFn() : falseFn()` where the condition may be computed.
 * @example ops.cond(true, () => scalar(1), () => scalar(2)) // 1
 */
export function cond<R extends Tree>(pred: TensorLike, trueFn: () => R, falseFn: () => R): R {
  return ops.cond(pred, trueFn, falseFn);
}

/**
 * Runs `f(carry, x) -> [carry, y]` over the leading axis of `xs`; gives the last carry and the stacked y.
 * @example
 * const [total, sums] = ops.scan((sum: Tensor, x: Tensor): [Tensor, Tensor] => [sum.add(x), sum.add(x)], scalar(0), tensor([1, 2]));
 * total // 3
 */
export function scan<C extends Tree, X extends Tree | null, Y extends Tree>(
  f: (carry: C, x: X) => [C, Y],
  init: C,
  xs: X,
  length?: number | null,
  reverse = false,
): [C, Y] {
  return ops.scan(f, init, xs, length === undefined || length === null ? { reverse } : { length, reverse });
}

/**
 * While the condition holds, and at most `maximumIterations` times, `loopVars = body(...loopVars)`.
 * @example ops.whileLoop((i) => i.less(3), (i) => [i.add(1)], [scalar(0)]) // [3]
 */
export function whileLoop(
  condition: (...vars: Tensor[]) => Tensor,
  body: (...vars: Tensor[]) => Tensor | readonly Tensor[],
  loopVars: readonly Tensor[],
  maximumIterations?: number | null,
): Tensor[] {
  checkFunction('whileLoop', 'the condition', condition);
  checkFunction('whileLoop', 'the body', body);
  const listed = (result: Tensor | readonly Tensor[]): Tensor[] =>
    Array.isArray(result) ? [...result] : [result as Tensor];
  return ops.whileLoop<Tensor[]>(
    (vars) => condition(...vars),
    (vars) => listed(body(...vars)),
    checkList('whileLoop', 'loopVars', loopVars),
    maximumIterations ?? undefined,
  );
}

/**
 * Running combinations by an associative function.
 * @example ops.associativeScan((a: Tensor, b: Tensor) => a.mul(b), tensor([1, 2, 3])) // [1, 2, 6]
 */
export function associativeScan<X extends Tree>(f: (a: X, b: X) => X, elems: X, reverse = false, axis = 0): X {
  return ops.associativeScan(f, elems, reverse, axis);
}
export { foriLoop, map, switchCase as switch, vectorizedMap } from '../ops/index.ts';

/** `f` with a gradient of its own: {@link customGrad}, whose function returns `{ value, gradFunc }`. */
export { customGrad as customGradient } from '../tensor/index.ts';
