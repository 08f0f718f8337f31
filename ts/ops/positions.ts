import { StateError } from '../errors.ts';
import { native } from '../native.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { cast } from './elementwise.ts';

/** Positions as an int32 tensor. */
export function positions(ids: TensorLike): Tensor {
  return cast(toTensor(ids, 'int32'), 'int32');
}

/** One more than the largest position, which must be known. @throws StateError inside a trace. */
export function countOf(name: string, what: string, ids: Tensor): number {
  if (native.isTracing()) {
    throw new StateError(
      `${name}: give ${what}. Inside a trace (a layer's call, jit, fit) it cannot be read off the numbers`,
    );
  }
  return Array.from(ids.dataSync()).reduce((most, id) => Math.max(most, id + 1), 0);
}
