import { fill, type Tensor } from '../tensor/index.ts';

/**
 * A number of a formula. Equal ones are one value of the traced step, so that what is made of them is computed once for all variables;
 * each `scalar` is an operand of its own.
 */
export function constant(value: number): Tensor {
  return fill([], value);
}
