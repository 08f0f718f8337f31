import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { randomNormal, randomUniform, truncatedNormal } from '../ops/random.ts';
import { checkOptionNames } from '../option-names.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Config, computeFans, Initializer, numberOption, seedOption } from './initializer.ts';

/** What the variance is divided by: inputs, outputs, or the mean of both. */
export type FanMode = 'fanIn' | 'fanOut' | 'fanAvg';
/** The law drawn from; `'normal'` is the truncated one. */
export type ScalingDistribution = 'truncatedNormal' | 'untruncatedNormal' | 'uniform' | 'normal';

/** Options of {@link VarianceScaling}; the snake_case spellings of Keras are accepted too. */
export interface VarianceScalingOptions {
  /** Default 1. */
  scale?: number;
  /** Default `'fanIn'`. */
  mode?: FanMode | 'fan_in' | 'fan_out' | 'fan_avg';
  /** Default `'truncatedNormal'`. */
  distribution?: ScalingDistribution | 'truncated_normal' | 'untruncated_normal';
  /** With a seed every call gives the same values; without, `setSeed` rules. */
  seed?: number;
}

/** Standard deviation of the standard normal law cut at two: dividing by it keeps the variance. */
const TRUNCATED_STDDEV = 0.87962566103423978;

const modes: Record<string, FanMode> = {
  fanin: 'fanIn',
  fanout: 'fanOut',
  fanavg: 'fanAvg',
};
const distributions: Record<string, ScalingDistribution> = {
  truncatednormal: 'truncatedNormal',
  normal: 'truncatedNormal',
  untruncatednormal: 'untruncatedNormal',
  uniform: 'uniform',
};

function choose<T>(table: Record<string, T>, value: string, what: string): T {
  const key = typeof value === 'string' ? value.replaceAll('_', '').toLowerCase() : '';
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  if (found === undefined)
    throw new ConfigError(
      `VarianceScaling: ${what} must be one of ${[...new Set(Object.values(table))].join(', ')}, got ${received(value)}`,
    );
  return found;
}

/**
 * Variance `scale / fan`: normal (cut at two standard deviations) or uniform within `sqrt(3 * scale / fan)`.
 * Glorot and Bengio 2010; He et al. 2015.
 * @example
 * new initializers.VarianceScaling({ scale: 2, mode: 'fanOut', distribution: 'uniform' }).call([4, 3]).shape // [4, 3]
 */
export class VarianceScaling extends Initializer {
  static readonly className: string = 'VarianceScaling';
  readonly scale: number;
  readonly mode: FanMode;
  readonly distribution: ScalingDistribution;
  readonly seed: number | undefined;

  /** @throws ConfigError for a scale that is not positive, an unknown mode or distribution. */
  constructor(options: VarianceScalingOptions = {}) {
    super();
    if (new.target === VarianceScaling)
      checkOptionNames('VarianceScaling', options, ['scale', 'mode', 'distribution', 'seed'], '{ mode: "fanIn" }');
    this.scale = numberOption(this.getClassName(), 'scale', options.scale, 1);
    if (!(this.scale > 0)) throw new ConfigError(`VarianceScaling: scale must be positive, got ${this.scale}`);
    this.mode = choose(modes, options.mode ?? 'fanIn', 'mode');
    this.distribution = choose(distributions, options.distribution ?? 'truncatedNormal', 'distribution');
    this.seed = seedOption(this.getClassName(), options.seed);
  }

  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    const { fanIn, fanOut } = computeFans(shape);
    const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[this.mode];
    const variance = this.scale / Math.max(1, fan);
    if (this.distribution === 'uniform') {
      const limit = Math.sqrt(3 * variance);
      return randomUniform(shape, -limit, limit, dtype, this.seed);
    }
    if (this.distribution === 'untruncatedNormal') return randomNormal(shape, 0, Math.sqrt(variance), dtype, this.seed);
    return truncatedNormal(shape, 0, Math.sqrt(variance) / TRUNCATED_STDDEV, dtype, this.seed);
  }

  override getConfig(): Config {
    return { scale: this.scale, mode: this.mode, distribution: this.distribution, seed: this.seed ?? null };
  }
}

/** Options of the Glorot, He and LeCun initializers. */
export interface SeedOptions {
  /** With a seed every call gives the same values; without, `setSeed` rules. */
  seed?: number;
}

function seeded(owner: string, options: SeedOptions): SeedOptions {
  checkOptionNames(owner, options, ['seed'], '{ seed: 1 }');
  return options.seed === undefined ? {} : { seed: options.seed };
}

/** A {@link VarianceScaling} with everything fixed but the seed, which is all that its config holds. */
abstract class FixedScaling extends VarianceScaling {
  override getConfig(): Config {
    return { seed: this.seed ?? null };
  }
}

/**
 * Uniform within `sqrt(6 / (fanIn + fanOut))`.
 * @example layers.dense({ units: 3, kernelInitializer: initializers.glorotUniform({ seed: 1 }) })
 */
export class GlorotUniform extends FixedScaling {
  static override readonly className: string = 'GlorotUniform';
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: 'fanAvg', distribution: 'uniform', ...seeded('GlorotUniform', options) });
  }
}

/**
 * Truncated normal of variance `2 / (fanIn + fanOut)`.
 * @example layers.dense({ units: 3, kernelInitializer: initializers.glorotNormal({ seed: 1 }) })
 */
export class GlorotNormal extends FixedScaling {
  static override readonly className: string = 'GlorotNormal';
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: 'fanAvg', distribution: 'truncatedNormal', ...seeded('GlorotNormal', options) });
  }
}

/**
 * Uniform within `sqrt(6 / fanIn)`.
 * @example layers.dense({ units: 3, activation: 'relu', kernelInitializer: initializers.heUniform() })
 */
export class HeUniform extends FixedScaling {
  static override readonly className: string = 'HeUniform';
  constructor(options: SeedOptions = {}) {
    super({ scale: 2, mode: 'fanIn', distribution: 'uniform', ...seeded('HeUniform', options) });
  }
}

/**
 * Truncated normal of variance `2 / fanIn`.
 * @example layers.dense({ units: 3, activation: 'relu', kernelInitializer: initializers.heNormal() })
 */
export class HeNormal extends FixedScaling {
  static override readonly className: string = 'HeNormal';
  constructor(options: SeedOptions = {}) {
    super({ scale: 2, mode: 'fanIn', distribution: 'truncatedNormal', ...seeded('HeNormal', options) });
  }
}

/**
 * Uniform within `sqrt(3 / fanIn)`.
 * @example layers.dense({ units: 3, kernelInitializer: initializers.leCunUniform() })
 */
export class LecunUniform extends FixedScaling {
  static override readonly className: string = 'LecunUniform';
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: 'fanIn', distribution: 'uniform', ...seeded('LecunUniform', options) });
  }
}

/**
 * Truncated normal of variance `1 / fanIn`.
 * @example layers.dense({ units: 3, activation: 'selu', kernelInitializer: initializers.leCunNormal() })
 */
export class LecunNormal extends FixedScaling {
  static override readonly className: string = 'LecunNormal';
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: 'fanIn', distribution: 'truncatedNormal', ...seeded('LecunNormal', options) });
  }
}
