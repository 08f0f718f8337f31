import { checkFunction, checkList, received } from '../arguments.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { type NativeTensor, native } from '../native.ts';
import { shown } from './axes.ts';
import { operandOf, type TensorLike, toTensor } from './convert.ts';
import { onesLike, zerosLike } from './create.ts';
import { isFloat } from './dtype.ts';
import { isRecording, recording } from './recording.ts';
import { Tensor } from './tensor.ts';
import { checkVariables, trainableVariables, type Variable, watching } from './variable.ts';

/** The factor that starts backward: `dy`, or ones (the gradient of the sum of y). */
function cotangent(y: Tensor, dy: TensorLike | undefined): NativeTensor {
  if (!isFloat(y.dtype))
    throw new ConfigError(`A gradient needs a function with floating-point values, got ${y.dtype}`);
  if (dy === undefined) return onesLike(y).handle;
  const given = new Tensor(operandOf(dy, y.dtype));
  if (given.shape.join() !== y.shape.join()) {
    throw new ShapeError(`dy has shape ${shown(given.shape)}, but the function's value has ${shown(y.shape)}`);
  }
  return given.handle;
}

function checkValue(value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  throw new ConfigError(`A gradient needs a function that returns a tensor, got ${received(value)}`);
}

/**
 * Gradients of `sum(y * dy)` (default `sum(y)`) with respect to tensors that y was computed from; zeros where y does not
 * depend on one. For use inside a function that is recorded or traced (`grad`, `valueAndGrads`, `jit`, a layer): elsewhere a tensor that
 * has its numbers no longer knows what it was computed from.
 * @throws ConfigError for tensors of integers; StateError for a `y` that has its numbers and was not recorded.
 * @example
 * const slope = jit((x: Tensor) => gradients(x.square().sum(), [x])[0] as Tensor);
 * slope(tensor([1, 2])) // [2, 4]
 */
export function gradients(y: Tensor, xs: readonly Tensor[], dy?: TensorLike): Tensor[] {
  checkValue(y);
  const wanted = checkList('gradients', 'the second argument', xs);
  const handles = wanted.map((x, i) => {
    if (x instanceof Tensor) return x.handle;
    throw new ConfigError(`gradients: argument ${i} must be a tensor, got ${received(x)}`);
  });
  for (const [i, x] of wanted.entries()) {
    if (!isFloat(x.dtype))
      throw new ConfigError(
        `Gradients exist for floating-point tensors, argument ${i} is ${x.dtype}. Cast it to float32`,
      );
  }
  const { handle } = y;
  const isConstant = native.producer(handle) === null && !handle.isTraced;
  if (isConstant && !isRecording() && !native.isTracing() && !handles.some(({ id }) => id === handle.id)) {
    throw new StateError(
      'gradients: y has its numbers already and no longer knows what it was computed from. Compute it inside a function: grad(f)(x), valueAndGrads(f)(xs) or variableGrads(f)',
    );
  }
  const found = native.gradients([handle], [cotangent(y, dy)], handles);
  return found.map((handle, i) => (handle === null ? zerosLike(wanted[i] as Tensor) : new Tensor(handle)));
}

/** An argument as the tensor that the gradient is taken for. */
function argument(x: TensorLike): Tensor {
  return new Tensor(toTensor(x).handle);
}

/** `f` and its gradients. */
export interface ValueAndGrads {
  value: Tensor;
  grads: Tensor[];
}

/**
 * `f` with its value and the gradients with respect to all its arguments. `dy` (default ones) weighs the values.
 * @example
 * const { value, grads } = valueAndGrads((a, b) => a.mul(b).sum())([tensor([1, 2]), tensor([3, 4])]);
 * value // 11
 * grads // [[3, 4], [1, 2]]
 */
export function valueAndGrads(
  f: (...xs: Tensor[]) => Tensor,
): (xs: readonly TensorLike[], dy?: TensorLike) => ValueAndGrads {
  checkFunction('The gradient', 'what is differentiated', f);
  return (xs, dy) =>
    recording(() => {
      const args = checkList('The gradient', 'the arguments', xs).map(argument);
      const value = checkValue(f(...args));
      return { value, grads: gradients(value, args, dy) };
    });
}

/**
 * The gradients of `f` with respect to all its arguments, given as an array.
 * @example
 * const [da, db] = grads((a, b) => a.mul(b).sum())([tensor([1, 2]), tensor([3, 4])]);
 * da // [3, 4]
 * db // [1, 2]
 */
export function grads(f: (...xs: Tensor[]) => Tensor): (xs: readonly TensorLike[], dy?: TensorLike) => Tensor[] {
  const both = valueAndGrads(f);
  return (xs, dy) => both(xs, dy).grads;
}

/**
 * `f` with its value and the gradient with respect to its argument.
 * @example
 * const { value, grad } = valueAndGrad((x: Tensor) => x.square().sum())([1, 2]);
 * value // 5
 * grad // [2, 4]
 */
export function valueAndGrad(
  f: (x: Tensor) => Tensor,
): (x: TensorLike, dy?: TensorLike) => { value: Tensor; grad: Tensor } {
  const both = valueAndGrads(f);
  return (x, dy) => {
    const { value, grads: found } = both([x], dy);
    return { value, grad: found[0] as Tensor };
  };
}

/**
 * The gradient of `f` with respect to its argument: a function of the same argument. Can be nested for higher derivatives.
 * A value that is no scalar counts as its sum, unless `dy` weighs it.
 * @throws ConfigError when `f` returns no floating-point tensor or the argument holds integers.
 * @example const slope = grad((x) => x.square()); await slope(3).data() // [6]
 */
export function grad(f: (x: Tensor) => Tensor): (x: TensorLike, dy?: TensorLike) => Tensor {
  const both = valueAndGrad(f);
  return (x, dy) => both(x, dy).grad;
}

/**
 * The value of `f` and its gradients with respect to given variables, in their order; null where the value does not depend
 * on one. What a training step is made of. @internal
 */
export function differentiate(
  f: () => Tensor,
  variables: readonly Variable[],
): { value: Tensor; gradients: (Tensor | null)[] } {
  const { value, nodes, found } = recording(() => {
    const { result, nodes } = watching(variables, f);
    const value = checkValue(result);
    const found = native.gradients([value.handle], [cotangent(value, undefined)], [...nodes.values()]);
    return { value, nodes, found };
  });
  const grads = new Map([...nodes.keys()].map((v, i) => [v, found[i] ?? null]));
  return {
    value,
    gradients: variables.map((v) => {
      const handle = grads.get(v);
      return handle ? new Tensor(handle) : null;
    }),
  };
}

/**
 * As {@link differentiate}, by default with respect to the trainable variables that `f` reads; which those are is told, too.
 * @internal
 */
export function differentiateUsed(
  f: () => Tensor,
  variables?: readonly Variable[],
): { value: Tensor; variables: readonly Variable[]; gradients: (Tensor | null)[] } {
  if (variables !== undefined) return { ...differentiate(f, variables), variables };
  return recording(() => {
    const { result, nodes, used } = watching(trainableVariables(), f);
    const value = checkValue(result);
    if (used.size === 0) throw new ConfigError('The function reads no trainable variable: there is nothing to train');
    const wanted = [...used];
    const handles = wanted.map((v) => nodes.get(v) as NativeTensor);
    const found = native.gradients([value.handle], [cotangent(value, undefined)], handles);
    return {
      value,
      variables: wanted,
      gradients: found.map((handle) => (handle === null ? null : new Tensor(handle))),
    };
  });
}

/**
 * The value of `f` and its gradients with respect to the trainable variables that it reads (or to those given), by name.
 * @throws ConfigError when f reads no trainable variable, or two of them have one name.
 * @example
 * const w = variable(scalar(3), true, 'w');
 * const { value, grads } = variableGrads(() => w.mul(2).square());
 * value // 36
 * grads.w // 24
 */
export function variableGrads(
  f: () => Tensor,
  variables?: readonly Variable[],
): { value: Tensor; grads: Record<string, Tensor> } {
  checkFunction('variableGrads', 'the first argument', f);
  if (variables !== undefined) checkVariables('variableGrads', variables);
  return recording(() => {
    const { result, nodes, used } = watching(variables ?? trainableVariables(), f);
    const value = checkValue(result);
    const wanted = variables ?? [...used];
    if (wanted.length === 0) throw new ConfigError('variableGrads: the function reads no trainable variable');
    const twice = wanted.find((v, i) => wanted.findIndex((other) => other.name === v.name) !== i);
    if (twice !== undefined)
      throw new ConfigError(`variableGrads: two variables are called "${twice.name}". Use grads() or minimize()`);
    const found = gradients(
      value,
      wanted.map((v) => new Tensor(nodes.get(v) as NativeTensor)),
    );
    return { value, grads: Object.fromEntries(wanted.map((v, i) => [v.name, found[i] as Tensor])) };
  });
}
