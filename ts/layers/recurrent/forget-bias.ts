import { Initializer } from '../../initializers/index.ts';
import { concat } from '../../ops/index.ts';
import { type DType, ones, type Tensor } from '../../tensor/index.ts';

/** A bias of four gates (i, f, c, o): ones for the second, values of another initializer for the others. @internal */
export class ForgetBias extends Initializer {
  readonly #others: Initializer;

  constructor(others: Initializer) {
    super();
    this.#others = others;
  }

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    const width = (shape[0] as number) / 4;
    const before = this.#others.call([width], dtype);
    return concat([before, ones([width], dtype), this.#others.call([2 * width], dtype)], 0);
  }
}
