import { checkFunction, checkList, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { native } from '../native.ts';
import { type TensorLike, toTensor } from './convert.ts';
import { insideBody } from './seed.ts';
import { Tensor } from './tensor.ts';

/** Keeps tensors for the gradient function, which gets them as its second argument. */
export type GradSaveFunc = (tensors: readonly Tensor[]) => void;

/** What a function given to {@link customGrad} returns. */
export interface CustomGradient {
  /** Its value. */
  value: Tensor;
  /** The gradients of the arguments (one tensor, or an array with one for each) from the value's and what was saved. */
  gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor | readonly Tensor[];
}

/** A function of one tensor with a gradient of its own. */
export type CustomGradientFunc = (x: Tensor, save: GradSaveFunc) => CustomGradient;

/** Records `gradFunc` as a sub-graph of `dy`. */
function recordBackward(value: Tensor, gradFunc: (dy: Tensor) => readonly Tensor[]): ReturnType<typeof native.bodyEnd> {
  native.traceBegin('customGrad');
  let open = true;
  try {
    const dy = new Tensor(native.placeholder([...value.shape], value.dtype));
    const handles = insideBody(() => gradFunc(dy)).map((gradient) => gradient.handle);
    open = false;
    return native.bodyEnd([dy.handle], handles);
  } catch (error) {
    if (open) native.traceAbort();
    throw error;
  }
}

/**
 * `f` with the gradient that `f` itself gives: `f(x, save)` returns its `value` and a `gradFunc` that makes the gradients
 * of the arguments from that of the value. Works wherever tensors do: alone, in `jit` and `fit`, inside `scan`. `gradFunc` is
 * traced once, whenever the function is called; it is differentiated itself for second derivatives.
 * @throws ConfigError when `f` returns something else; ShapeError when a gradient has another shape than its argument.
 * @example
 * // Backward, the gradient is cut off at 1.
 * const clipped = customGrad((x) => ({ value: x.clone(), gradFunc: (dy) => dy.clipByValue(-1, 1) }));
 */
export function customGrad(f: CustomGradientFunc): (x: TensorLike) => Tensor;
export function customGrad(
  f: (a: Tensor, b: Tensor, save: GradSaveFunc) => CustomGradient,
): (a: TensorLike, b: TensorLike) => Tensor;
export function customGrad(
  f: (a: Tensor, b: Tensor, c: Tensor, save: GradSaveFunc) => CustomGradient,
): (a: TensorLike, b: TensorLike, c: TensorLike) => Tensor;
export function customGrad(
  f: (a: Tensor, b: Tensor, c: Tensor, d: Tensor, save: GradSaveFunc) => CustomGradient,
): (a: TensorLike, b: TensorLike, c: TensorLike, d: TensorLike) => Tensor;
export function customGrad(f: (...args: never[]) => CustomGradient): (...args: TensorLike[]) => Tensor {
  checkFunction('customGrad', 'its argument', f);
  return (...args) => {
    const inputs = args.map((arg) => toTensor(arg));
    const saved: Tensor[] = [];
    const save: GradSaveFunc = (tensors) => {
      saved.push(...checkList('customGrad', 'what save gets', tensors));
    };
    const result: unknown = f(...([...inputs, save] as never[]));
    const { value, gradFunc } = (result ?? {}) as Partial<CustomGradient>;
    if (!(value instanceof Tensor) || typeof gradFunc !== 'function') {
      throw new ConfigError(
        'customGrad: the function must return { value, gradFunc }, a tensor and a function (dy, saved) => gradients',
      );
    }
    const body = recordBackward(value, (dy) => {
      const gradients = gradFunc(dy, saved);
      const list: readonly unknown[] = Array.isArray(gradients) ? gradients : [gradients];
      for (const gradient of list) {
        if (!(gradient instanceof Tensor))
          throw new ConfigError(`customGrad: gradFunc must return tensors, got ${received(gradient)}`);
      }
      return list as readonly Tensor[];
    });
    const handles = inputs.map((x) => x.handle);
    return new Tensor(native.customGradient(value.handle, handles, body));
  };
}
