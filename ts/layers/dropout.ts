import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { where } from '../ops/index.ts';
import { type Tensor, zerosLike } from '../tensor/index.ts';
import { type CallOptions, Layer, type LayerConfig } from './layer.ts';
import { needed } from './options.ts';
import { SeedGenerator } from './seed-generator.ts';

/** Options of {@link Dropout}. */
export interface DropoutConfig extends LayerConfig {
  /** Share of the values that are set to 0, from 0 to 1. */
  rate: number;
  /** Shape of the mask, with the batch; 1 (or `null` for the input's own size) where it is shared along an axis. */
  noiseShape?: readonly (number | null)[];
  /** Seed of the mask. Default: follows from `setSeed`. */
  seed?: number;
}

/**
 * Sets random values to 0 in training and scales the others by `1 / (1 - rate)`; does nothing in inference
 * (Srivastava et al., 2014).
 */
export class Dropout extends Layer {
  static override readonly className: string = 'Dropout';
  static override readonly optionNames: readonly string[] = ['rate', 'noiseShape', 'seed'];
  readonly rate: number;
  readonly noiseShape: readonly (number | null)[] | undefined;
  readonly seed: number | undefined;
  readonly seedGenerator: SeedGenerator;

  /** @throws ConfigError unless `rate` is in [0, 1]. */
  constructor(config: DropoutConfig) {
    super(needed('Dropout', config));
    if (!(typeof config.rate === 'number' && config.rate >= 0 && config.rate <= 1)) {
      throw new ConfigError(`${this.label}: rate must be a number from 0 to 1, got ${received(config.rate)}`);
    }
    this.supportsMasking = true;
    this.rate = config.rate;
    this.noiseShape = config.noiseShape;
    this.seed = config.seed;
    this.seedGenerator = new SeedGenerator(config.seed);
  }

  override call(inputs: Tensor, { training }: CallOptions): Tensor {
    if (!training || this.rate === 0) return inputs;
    if (this.rate === 1) return zerosLike(inputs);
    const shape = inputs.shape.map((size, axis) => this.noiseShape?.[axis] ?? size);
    const kept = this.seedGenerator.begin().uniform(shape).greaterEqual(this.rate);
    return where(kept, inputs.mul(1 / (1 - this.rate)), zerosLike(inputs));
  }

  override getConfig(): Record<string, unknown> {
    const config: Record<string, unknown> = { ...super.getConfig(), rate: this.rate };
    if (this.seed !== undefined) config.seed = this.seed;
    if (this.noiseShape !== undefined) config.noiseShape = [...this.noiseShape];
    return config;
  }

  override dispose(): void {
    super.dispose();
    this.seedGenerator.state.dispose();
  }
}
