import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { where } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { CallOptions } from '../layer.ts';
import { type DropoutConfig, maskShape, noiseShapeOption } from './dropout.ts';
import { checkShare, RandomLayer, type RandomLayerConfig } from './random-layer.ts';

/** Options of {@link GaussianNoise}. */
export interface GaussianNoiseConfig extends RandomLayerConfig {
  /** Standard deviation of the noise, from 0 to 1. */
  stddev: number;
}

/**
 * Adds normal noise of mean 0 and standard deviation `stddev` in training; does nothing in inference. The output has the
 * input's shape.
 *
 * @example
 * layers.gaussianNoise({ stddev: 0.1 })
 */
export class GaussianNoise extends RandomLayer {
  static override readonly className: string = 'GaussianNoise';
  static override readonly optionNames: readonly string[] = ['stddev', 'seed'];
  readonly stddev: number;

  /** @throws ConfigError unless `stddev` is in [0, 1]. */
  constructor(config: GaussianNoiseConfig) {
    super(config);
    this.stddev = checkShare(this.label, 'stddev', config.stddev);
  }

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    if (!training || this.stddev === 0) return inputs;
    return inputs.add(this.seedGenerator.begin().normal(inputs.shape).mul(this.stddev));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), stddev: this.stddev };
  }
}

/** Options of {@link GaussianDropout}. */
export interface GaussianDropoutConfig extends RandomLayerConfig {
  /** As the rate of a dropout of the same noise, from 0 to below 1. */
  rate: number;
}

/**
 * Multiplies with normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))` in training, the variance that
 * dropout of this rate has; does nothing in inference (Srivastava et al., 2014). The output has the input's shape.
 *
 * @example
 * layers.gaussianDropout({ rate: 0.2 })
 */
export class GaussianDropout extends RandomLayer {
  static override readonly className: string = 'GaussianDropout';
  static override readonly optionNames: readonly string[] = ['rate', 'seed'];
  readonly rate: number;

  /** @throws ConfigError unless `rate` is in [0, 1). */
  constructor(config: GaussianDropoutConfig) {
    super(config);
    this.rate = checkShare(this.label, 'rate', config.rate);
    if (this.rate === 1) {
      throw new ConfigError(`${this.label}: rate must be below 1, where the noise has no limit, got ${received(1)}`);
    }
  }

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    if (!training || this.rate === 0) return inputs;
    const stddev = Math.sqrt(this.rate / (1 - this.rate));
    return inputs.mul(this.seedGenerator.begin().normal(inputs.shape).mul(stddev).add(1));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rate: this.rate };
  }
}

/** What selu tends to for large negative values: `-scale * alpha`. */
const SATURATION = -1.6732632423543772 * 1.0507009873554805;

/** Options of {@link AlphaDropout}. */
export type AlphaDropoutConfig = DropoutConfig;

/**
 * Dropout for networks of `selu` units: in training random values become what selu tends to, `s = -1.7581`, and all are
 * moved to mean and variance as before: `a * (kept ? x : s) + b` with
 * `a = ((1 - rate) * (1 + rate * s^2))^(-1/2)`, `b = -a * s * rate` (Klambauer et al., 2017).
 * Does nothing in inference. The output has the input's shape.
 *
 * @example
 * layers.alphaDropout({ rate: 0.1 })
 */
export class AlphaDropout extends RandomLayer {
  static override readonly className: string = 'AlphaDropout';
  static override readonly optionNames: readonly string[] = ['rate', 'noiseShape', 'seed'];
  readonly rate: number;
  readonly noiseShape: readonly (number | null)[] | undefined;

  /** @throws ConfigError unless `rate` is in [0, 1). */
  constructor(config: AlphaDropoutConfig) {
    super(config);
    this.rate = checkShare(this.label, 'rate', config.rate);
    if (this.rate === 1) {
      throw new ConfigError(`${this.label}: rate must be below 1, where nothing is left to scale, got ${received(1)}`);
    }
    this.noiseShape = noiseShapeOption(this.label, config.noiseShape);
  }

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    const { rate } = this;
    if (!training || rate === 0) return inputs;
    const kept = this.seedGenerator.begin().uniform(maskShape(inputs.shape, this.noiseShape)).greaterEqual(rate);
    const factor = ((1 - rate) * (1 + rate * SATURATION ** 2)) ** -0.5;
    return where(kept, inputs, SATURATION)
      .mul(factor)
      .add(-factor * SATURATION * rate);
  }

  override getConfig(): Record<string, unknown> {
    const config = { ...super.getConfig(), rate: this.rate };
    return this.noiseShape === undefined ? config : { ...config, noiseShape: [...this.noiseShape] };
  }
}
