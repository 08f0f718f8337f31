import { checkFunction, received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Initializer } from './initializer.ts';

/** The first values of a weight, from its shape and element type. */
export type InitializerFunction = (shape: readonly number[], dtype: DType) => TensorLike;

/** A plain function as an initializer. */
export class FunctionInitializer extends Initializer {
  readonly #f: InitializerFunction;

  /** @throws ConfigError for what is no function. */
  constructor(f: InitializerFunction) {
    super();
    checkFunction('initializer', 'the initializer', f);
    this.#f = f;
  }

  /** @throws ShapeError for values of another shape. */
  override call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    const values = toTensor(this.#f([...shape], dtype));
    if (values.rank !== shape.length || values.shape.some((size, axis) => size !== shape[axis])) {
      throw new ShapeError(
        `${this.getClassName()}: an initializer for a weight of shape ${received([...shape])} gave values of shape ${received([...values.shape])}`,
      );
    }
    return values.cast(dtype);
  }

  override getClassName(): string {
    return this.#f.name || 'function';
  }
}
