import { checkFunction, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { Tensor } from '../tensor/tensor.ts';
import { leaves, rebuild, type Tree } from '../tensor/tree.ts';
import { cond, scan } from './control.ts';
import { concat, stack } from './joining.ts';
import { reverse as reversed } from './padding.ts';
import { reshape, transpose } from './shape.ts';

/**
 * `f` of every slice along the leading axis of `xs`, the results stacked. Traced once; has gradients.
 * @throws ShapeError when leading axes differ.
 * @example map((row) => row.sum(), tensor([[1, 2], [3, 4]])) // [3, 7]
 */
export function map<X extends Tree, Y extends Tree>(f: (x: X) => Y, xs: X): Y {
  checkFunction('map', 'f', f);
  const [, ys] = scan((carry: Tensor[], x: X): [Tensor[], Y] => [carry, f(x)], [] as Tensor[], xs);
  return ys;
}

/**
 * {@link map}, under the name that promises independent slices (`keras.ops.vectorized_map`). They are computed one after the
 * other: write the function for whole tensors where that is possible.
 * @example ops.vectorizedMap((row: Tensor) => row.sum(), tensor([[1, 2], [3, 4]])) // [3, 7]
 */
export function vectorizedMap<X extends Tree, Y extends Tree>(f: (x: X) => Y, xs: X): Y {
  return map(f, xs);
}

/**
 * `state = body(i, state)` for `i` from `lower` to `upper - 1`. The body is traced once, with `i` an int32 scalar; has gradients, as the
 * number of steps is known.
 * @throws ConfigError unless both bounds are whole numbers. ShapeError when the body changes the state's type.
 * @example foriLoop(0, 5, (i, s) => s.add(i.cast('float32')), scalar(0)) // 10
 */
export function foriLoop<S extends Tree>(
  lower: number,
  upper: number,
  body: (i: Tensor, state: S) => S,
  initial: S,
): S {
  checkFunction('foriLoop', 'body', body);
  const first = checkWhole('foriLoop', 'lower', lower, -(2 ** 31));
  const steps = Math.max(checkWhole('foriLoop', 'upper', upper, -(2 ** 31)) - first, 0);
  const indices = new Tensor(native.iota([steps], 0, 'int32')).add(first);
  const [state] = scan((s: S, i: Tensor): [S, Tensor[]] => [body(i, s), []], initial, indices);
  return state;
}

/**
 * The result of branch number `index` (an int32 scalar, clamped to the branches there are), called with `operands`. All branches are
 * traced, one runs. `keras.ops.switch`; the word itself is taken in JavaScript.
 * @throws ShapeError unless all branches return the same types.
 * @example switchCase(1, [(x) => x, (x) => x.neg()], scalar(3)) // -3
 */
export function switchCase<A extends unknown[], R extends Tree>(
  index: TensorLike,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  if (!Array.isArray(branches) || branches.length === 0) {
    throw new ConfigError(`switchCase: branches must be a list of functions, got ${received(branches)}`);
  }
  for (const branch of branches) checkFunction('switchCase', 'a branch', branch);
  const chosen = toTensor(index, 'int32');
  if (chosen.rank !== 0) throw new ShapeError(`switchCase: the index is a scalar, got shape ${shown(chosen.shape)}`);
  const from = (at: number): R => {
    const branch = branches[at] as (...operands: A) => R;
    if (at === branches.length - 1) return branch(...operands);
    return cond(
      chosen.lessEqual(at),
      () => branch(...operands),
      () => from(at + 1),
    );
  };
  return from(0);
}

/** Every second slice along axis 0, from `start` on. */
function everySecond(x: Tensor, start: number): Tensor {
  const starts = x.shape.map((_, axis) => (axis === 0 ? start : 0));
  const strides = x.shape.map((_, axis) => (axis === 0 ? 2 : 1));
  return new Tensor(native.slice(x.handle, starts, [...x.shape], strides));
}

function rows(x: Tensor, begin: number, end: number): Tensor {
  return x.slice(
    x.shape.map((_, axis) => (axis === 0 ? begin : 0)),
    [end - begin, ...x.shape.slice(1)],
  );
}

/** Slices of `even` and `odd` in turn; `even` has as many or one more. */
function interleave(even: Tensor, odd: Tensor): Tensor {
  const count = odd.shape[0] as number;
  const pairs = reshape(stack([rows(even, 0, count), odd], 1), [2 * count, ...odd.shape.slice(1)]);
  return even.shape[0] === count ? pairs : concat([pairs, rows(even, count, count + 1)], 0);
}

/**
 * Running combinations along an axis by an associative function: `y_0 = x_0`, `y_i = f(y_{i-1}, x_i)`. `f` is called about `2 log2 n` times, on
 * whole tensors (halves, quarters, ... of the axis), so it must work elementwise along that axis.
 * @param reverse From the end: `y_i = f(y_{i+1}, x_i)`.
 * @throws ShapeError when the sizes of the axis differ or `f` changes a shape.
 * @example associativeScan((a, b) => a.mul(b), tensor([1, 2, 3, 4])) // [1, 2, 6, 24]
 */
export function associativeScan<X extends Tree>(f: (a: X, b: X) => X, xs: X, reverse = false, axis = 0): X {
  checkFunction('associativeScan', 'f', f);
  const given = leaves(xs);
  // An exchange of two axes is its own inverse.
  const exchanged = (x: Tensor): Tensor => {
    const at = checkAxis('associativeScan', axis, x.rank);
    const order = x.shape.map((_, i) => (i === 0 ? at : i === at ? 0 : i));
    return at === 0 ? x : transpose(x, order);
  };
  const front = given.map((x) => (reverse ? reversed(exchanged(x), 0) : exchanged(x)));
  const sizes = front.map((x) => x.shape[0] as number);
  if (sizes.some((n) => n !== sizes[0])) {
    throw new ShapeError(`associativeScan: all tensors have one size along axis ${axis}, got ${shown(sizes)}`);
  }
  const combine = (a: Tensor[], b: Tensor[]): Tensor[] => {
    const result = leaves(f(rebuild(xs, a) as X, rebuild(xs, b) as X));
    if (result.length !== a.length || result.some((t, i) => t.shape.join() !== (a[i] as Tensor).shape.join())) {
      throw new ShapeError('associativeScan: f must return what it takes, with the same shapes');
    }
    return result;
  };
  const run = (elements: Tensor[], n: number): Tensor[] => {
    if (n < 2) return elements;
    const half = Math.floor(n / 2);
    const evens = elements.map((x) => everySecond(x, 0));
    const odds = elements.map((x) => everySecond(x, 1));
    const combined = run(
      combine(
        evens.map((x) => rows(x, 0, half)),
        odds,
      ),
      half,
    );
    const later = Math.ceil(n / 2) - 1;
    if (later === 0) return evens.map((even, i) => interleave(even, combined[i] as Tensor));
    const others = combine(
      combined.map((x) => rows(x, 0, later)),
      evens.map((x) => rows(x, 1, later + 1)),
    );
    return evens.map((even, i) => {
      const all = concat([rows(even, 0, 1), others[i] as Tensor], 0);
      return interleave(all, combined[i] as Tensor);
    });
  };
  const results = run(front, sizes[0] ?? 0).map((x) => exchanged(reverse ? reversed(x, 0) : x));
  return rebuild(xs, results) as X;
}
