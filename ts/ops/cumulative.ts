import { checkFlag } from '../arguments.ts';
import { type CumulativeKind, native } from '../native.ts';
import { checkAxis } from '../tensor/axes.ts';
import { castTo, operand, type TensorLike, wrap } from '../tensor/convert.ts';
import { computeDType, isFloat } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

function running(kind: CumulativeKind, x: TensorLike, axis: number, exclusive: boolean, reverse: boolean): Tensor {
  checkFlag(`cum${kind}`, 'exclusive', exclusive);
  checkFlag(`cum${kind}`, 'reverse', reverse);
  const found = operand(x);
  const computed = computeDType(found.dtype);
  const handle = castTo(found, computed);
  const at = checkAxis(`cum${kind}`, axis, handle.shape.length);
  const result = native.cumulative(kind, handle, at, exclusive, reverse);
  return wrap(result, computed, isFloat(found.dtype) ? found.dtype : computed);
}

/**
 * Running sum along an axis (default 0): `y[i] = x[0] + ... + x[i]`; `exclusive`: without `x[i]`; `reverse`: from the end.
 * bool and small integers give int32, which wraps.
 * @example cumsum([1, 2, 3]) // [1, 3, 6]
 */
export function cumsum(x: TensorLike, axis = 0, exclusive = false, reverse = false): Tensor {
  return running('sum', x, axis, exclusive, reverse);
}

/**
 * Running product along an axis (default 0); options as for {@link cumsum}. The gradient is exact where elements are 0.
 * @example cumprod([1, 2, 3], 0, true) // [1, 1, 2]
 */
export function cumprod(x: TensorLike, axis = 0, exclusive = false, reverse = false): Tensor {
  return running('prod', x, axis, exclusive, reverse);
}

/**
 * Largest element so far along an axis (default 0), NaN from the first NaN on; the gradient goes to the last of equals.
 * @example cummax([1, 3, 2]) // [1, 3, 3]
 */
export function cummax(x: TensorLike, axis = 0, reverse = false): Tensor {
  return running('max', x, axis, false, reverse);
}

/**
 * Smallest element so far along an axis (default 0), NaN from the first NaN on; the gradient goes to the last of equals.
 * @example cummin([3, 1, 2]) // [3, 1, 1]
 */
export function cummin(x: TensorLike, axis = 0, reverse = false): Tensor {
  return running('min', x, axis, false, reverse);
}
