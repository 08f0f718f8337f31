import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import type { Initializer } from '../initializers/index.ts';
import { type DType, type Tensor, type TensorLike, toTensor, type Variable, zeros } from '../tensor/index.ts';
import { shown } from './shape.ts';

/** Assigns `values` to `variables` after all have been checked. @internal */
export function assignWeights(owner: string, variables: readonly Variable[], values: readonly TensorLike[]): void {
  if (!Array.isArray(values))
    throw new ConfigError(`${owner}: setWeights needs an array of tensors, got ${received(values)}`);
  if (values.length !== variables.length) {
    throw new ConfigError(`${owner}: setWeights got ${values.length} values for ${variables.length} weights`);
  }
  const tensors = values.map((value) => toTensor(value));
  tensors.forEach((value, i) => {
    const variable = variables[i] as Variable;
    if (
      value.shape.length !== variable.shape.length ||
      value.shape.some((size, axis) => size !== variable.shape[axis])
    ) {
      throw new ShapeError(
        `${owner}: weight ${i} "${variable.name}" has shape ${shown(variable.shape)}, but a value of shape ${shown(value.shape)} was given`,
      );
    }
  });
  tensors.forEach((value, i) => {
    const variable = variables[i] as Variable;
    variable.assign(value.dtype === variable.dtype ? value : value.cast(variable.dtype));
  });
}

/** Numbers that weights may still have, while the model of a file is made. */
let left: number | undefined;

/**
 * Makes the model of a file that has so many numbers for all its weights: they begin as zeros, as the file has their values, and take
 * no more memory than it says it needs. @internal
 */
export function withNumbersOfFile<T>(numbers: number, make: () => T): T {
  const before = left;
  left = numbers;
  try {
    return make();
  } finally {
    left = before;
  }
}

/** What a weight begins with. @throws ConfigError for one that the file which is being read cannot have. @internal */
export function firstValue(initializer: Initializer, shape: readonly number[], dtype: DType, name: string): Tensor {
  if (left === undefined) return initializer.call(shape, dtype);
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size > left)
    throw new ConfigError(`the weight "${name}" of shape ${shown([...shape])} is larger than all weights of the file`);
  left -= size;
  return zeros(shape, dtype);
}
