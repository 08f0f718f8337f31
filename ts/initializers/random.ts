import { randomNormal, randomUniform, truncatedNormal } from '../ops/random.ts';
import { checkOptionNames } from '../option-names.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Config, Initializer, numberOption, seedOption } from './initializer.ts';

/** Options of {@link RandomUniform}. */
export interface RandomUniformOptions {
  /** Smallest value (default -0.05). */
  minval?: number;
  /** Upper end, excluded (default 0.05). */
  maxval?: number;
  /** With a seed every call gives the same values; without, `setSeed` rules. */
  seed?: number;
}

/**
 * Uniform in `[minval, maxval)`.
 * @example new initializers.RandomUniform({ minval: 0, maxval: 1 }).call([4, 3]).shape // [4, 3]
 */
export class RandomUniform extends Initializer {
  static readonly className: string = 'RandomUniform';
  readonly minval: number;
  readonly maxval: number;
  readonly seed: number | undefined;

  constructor(options: RandomUniformOptions = {}) {
    super();
    if (new.target === RandomUniform)
      checkOptionNames('RandomUniform', options, ['minval', 'maxval', 'seed'], '{ minval: -1 }');
    this.minval = numberOption('RandomUniform', 'minval', options.minval, -0.05);
    this.maxval = numberOption('RandomUniform', 'maxval', options.maxval, 0.05);
    this.seed = seedOption('RandomUniform', options.seed);
  }

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return randomUniform(shape, this.minval, this.maxval, dtype, this.seed);
  }

  override getConfig(): Config {
    return { minval: this.minval, maxval: this.maxval, seed: this.seed ?? null };
  }
}

/** Options of {@link RandomNormal} and {@link TruncatedNormal}. */
export interface RandomNormalOptions {
  /** Default 0. */
  mean?: number;
  /** Standard deviation (default 0.05). */
  stddev?: number;
  /** With a seed every call gives the same values; without, `setSeed` rules. */
  seed?: number;
}

/** Normal. @example new initializers.RandomNormal({ mean: 1, stddev: 0.1 }).call([4, 3]).shape // [4, 3] */
export class RandomNormal extends Initializer {
  static readonly className: string = 'RandomNormal';
  readonly mean: number;
  readonly stddev: number;
  readonly seed: number | undefined;

  constructor(options: RandomNormalOptions = {}) {
    super();
    checkOptionNames(this.getClassName(), options, ['mean', 'stddev', 'seed'], '{ stddev: 0.1 }');
    this.mean = numberOption(this.getClassName(), 'mean', options.mean, 0);
    this.stddev = numberOption(this.getClassName(), 'stddev', options.stddev, 0.05);
    this.seed = seedOption(this.getClassName(), options.seed);
  }

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return randomNormal(shape, this.mean, this.stddev, dtype, this.seed);
  }

  override getConfig(): Config {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed ?? null };
  }
}

/**
 * Normal, values beyond two standard deviations drawn anew.
 * @example new initializers.TruncatedNormal({ stddev: 0.02 }).call([4, 3]).shape // [4, 3]
 */
export class TruncatedNormal extends RandomNormal {
  static override readonly className: string = 'TruncatedNormal';

  override call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return truncatedNormal(shape, this.mean, this.stddev, dtype, this.seed);
  }
}
