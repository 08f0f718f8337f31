import { randomNormal, randomUniform, truncatedNormal } from '../ops/random.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Config, Initializer } from './initializer.ts';

/** Options of {@link RandomUniform}. */
export interface RandomUniformOptions {
  /** Smallest value (default -0.05). */
  minval?: number;
  /** Upper end, excluded (default 0.05). */
  maxval?: number;
  /** With a seed every call gives the same values; without, `setSeed` rules. */
  seed?: number;
}

/** Uniform in `[minval, maxval)`. */
export class RandomUniform extends Initializer {
  static readonly className: string = 'RandomUniform';
  readonly minval: number;
  readonly maxval: number;
  readonly seed: number | undefined;

  constructor(options: RandomUniformOptions = {}) {
    super();
    this.minval = options.minval ?? -0.05;
    this.maxval = options.maxval ?? 0.05;
    this.seed = options.seed;
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

/** Normal. */
export class RandomNormal extends Initializer {
  static readonly className: string = 'RandomNormal';
  readonly mean: number;
  readonly stddev: number;
  readonly seed: number | undefined;

  constructor(options: RandomNormalOptions = {}) {
    super();
    this.mean = options.mean ?? 0;
    this.stddev = options.stddev ?? 0.05;
    this.seed = options.seed;
  }

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return randomNormal(shape, this.mean, this.stddev, dtype, this.seed);
  }

  override getConfig(): Config {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed ?? null };
  }
}

/** Normal, values beyond two standard deviations drawn anew. */
export class TruncatedNormal extends RandomNormal {
  static override readonly className: string = 'TruncatedNormal';

  override call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    return truncatedNormal(shape, this.mean, this.stddev, dtype, this.seed);
  }
}
