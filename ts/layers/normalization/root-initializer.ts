import { Initializer } from '../../initializers/index.ts';
import type { DType, Tensor } from '../../tensor/index.ts';

/** Standard deviations that begin where the variances of another initializer do. */
export class RootInitializer extends Initializer {
  readonly #variances: Initializer;

  constructor(variances: Initializer) {
    super();
    this.#variances = variances;
  }

  call(shape: readonly number[], dtype?: DType): Tensor {
    return this.#variances.call(shape, dtype).sqrt();
  }
}
