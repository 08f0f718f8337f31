import { ConfigError } from '../errors.ts';
import { mul } from '../ops/elementwise.ts';
import { checkOptionNames } from '../option-names.ts';
import { eye, fill } from '../tensor/create.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Config, Initializer, numberOption } from './initializer.ts';

/** All zeros. @example new initializers.Zeros().call([2]) // [0, 0] */
export class Zeros extends Initializer {
  static readonly className: string = 'Zeros';

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return fill(shape, 0, dtype);
  }
}

/** All ones. @example new initializers.Ones().call([2]) // [1, 1] */
export class Ones extends Initializer {
  static readonly className: string = 'Ones';

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return fill(shape, 1, dtype);
  }
}

/** Options of {@link Constant}. */
export interface ConstantOptions {
  /** The number (default 0). */
  value?: number;
}

/** One number everywhere. @example new initializers.Constant({ value: 2 }).call([2]) // [2, 2] */
export class Constant extends Initializer {
  static readonly className: string = 'Constant';
  readonly value: number;

  constructor(options: ConstantOptions = {}) {
    super();
    if (new.target === Constant) checkOptionNames('Constant', options, ['value'], '{ value: 1 }');
    this.value = numberOption('Constant', 'value', options.value, 0);
  }

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return fill(shape, this.value, dtype);
  }

  override getConfig(): Config {
    return { value: this.value };
  }
}

/** Options of {@link Identity}. */
export interface IdentityOptions {
  /** Factor (default 1). */
  gain?: number;
}

/**
 * `gain` on the diagonal of a matrix, zeros elsewhere.
 * @example new initializers.Identity({ gain: 2 }).call([2, 2]) // [[2, 0], [0, 2]]
 */
export class Identity extends Initializer {
  static readonly className: string = 'Identity';
  readonly gain: number;

  constructor(options: IdentityOptions = {}) {
    super();
    if (new.target === Identity) checkOptionNames('Identity', options, ['gain'], '{ gain: 1 }');
    this.gain = numberOption('Identity', 'gain', options.gain, 1);
  }

  /** @throws ConfigError unless the weight is a matrix. */
  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2)
      throw new ConfigError(`The Identity initializer fills matrices only, got shape [${shape.join(', ')}]`);
    return mul(eye(rows, columns, dtype), this.gain);
  }

  override getConfig(): Config {
    return { gain: this.gain };
  }
}
