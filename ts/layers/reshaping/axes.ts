import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { broadcastTo } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { checkRank, needed, positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';

/** Options of {@link Permute}. */
export interface PermuteConfig extends LayerConfig {
  /** Where each axis of the output comes from, counted from 1: the batch stays. */
  dims: readonly number[];
}

/**
 * The axes of every sample in another order: axis i of the output is axis `dims[i - 1]` of the input.
 * @example layers.permute({ dims: [2, 1] }).apply(ones([1, 10, 64])).shape // [1, 64, 10]
 */
export class Permute extends Layer {
  static override readonly className: string = 'Permute';
  static override readonly optionNames: readonly string[] = ['dims'];
  readonly dims: readonly number[];

  /** @throws ConfigError unless `dims` holds each number from 1 on once. */
  constructor(config: PermuteConfig) {
    super(needed('Permute', config));
    const { dims } = config;
    const fits = Array.isArray(dims) && dims.length > 0 && dims.length <= 8;
    if (!fits || !dims.every((_, i) => dims.includes(i + 1))) {
      throw new ConfigError(
        `${this.label}: dims must hold each number from 1 on once, such as [2, 1], got ${received(dims)}`,
      );
    }
    this.dims = [...dims];
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, this.dims.length + 1, `the batch and ${this.dims.length} axes`);
  }

  override call(inputs: Tensor): Tensor {
    return inputs.transpose([0, ...this.dims]);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), dims: [...this.dims] };
  }
}

/** Options of {@link RepeatVector}. */
export interface RepeatVectorConfig extends LayerConfig {
  /** How often. */
  n: number;
}

/**
 * Every vector `n` times in a row: `[batch, features]` becomes `[batch, n, features]`.
 *
 * @example
 * layers.repeatVector({ n: 10, inputShape: [64] })
 */
export class RepeatVector extends Layer {
  static override readonly className: string = 'RepeatVector';
  static override readonly optionNames: readonly string[] = ['n'];
  readonly n: number;

  /** @throws ConfigError unless `n` is a whole number above 0. */
  constructor(config: RepeatVectorConfig) {
    super(needed('RepeatVector', config));
    this.n = positiveInteger(this.label, 'n', config.n);
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, 2, '[batch, features]');
  }

  override call(inputs: Tensor): Tensor {
    const [batch, features] = inputs.shape as [number, number];
    return broadcastTo(inputs.expandDims(1), [batch, this.n, features]);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), n: this.n };
  }
}
