import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type TensorLike, toTensor, type Variable } from '../tensor/index.ts';
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
