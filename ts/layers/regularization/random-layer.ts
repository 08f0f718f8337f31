import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed } from '../options.ts';
import { SeedGenerator } from '../seed-generator.ts';

/** Options of layers that draw random numbers. */
export interface RandomLayerConfig extends LayerConfig {
  /** Seed of the random numbers. Default: follows from `setSeed`. */
  seed?: number | null;
}

/** A number from 0 to 1. @throws ConfigError for anything else. */
export function checkShare(label: string, name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ConfigError(`${label}: ${name} must be a number from 0 to 1, got ${received(value)}`);
}

/** What layers share that draw random numbers in training: a stream of their own. They let masks pass. */
export abstract class RandomLayer extends Layer {
  readonly seed: number | undefined;
  readonly seedGenerator: SeedGenerator;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: RandomLayerConfig) {
    super(needed(new.target.className, config));
    this.supportsMasking = true;
    this.seed = config.seed ?? undefined;
    this.seedGenerator = new SeedGenerator(this.seed);
  }

  override getConfig(): Record<string, unknown> {
    return this.seed === undefined ? super.getConfig() : { ...super.getConfig(), seed: this.seed };
  }

  override dispose(): void {
    super.dispose();
    this.seedGenerator.state.dispose();
  }
}
