import { checkConfig, checkNumber, checkWhole } from '../arguments.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A record that a class can be built from again: what `getConfig` gives and files hold. */
export type Config = { [key: string]: ConfigValue };
/** What a {@link Config} may hold. */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | Config;

/** A number among the options of an initializer. @internal */
export function numberOption(owner: string, name: string, value: number | null | undefined, otherwise: number): number {
  return value === undefined || value === null ? otherwise : checkNumber(owner, name, value);
}

/** A seed among the options of an initializer. @throws ConfigError unless it is a whole number. @internal */
export function seedOption(owner: string, seed: number | null | undefined): number | undefined {
  return seed === undefined || seed === null ? undefined : checkWhole(owner, 'seed', seed, Number.MIN_SAFE_INTEGER);
}

/**
 * Gives the first values of a weight. Subclass it for one of your own: `call` is all that is needed.
 * @example
 * class Half extends initializers.Initializer {
 *   override call(shape: readonly number[]) { return fill(shape, 0.5); }
 * }
 * layers.dense({ units: 3, kernelInitializer: new Half() })
 */
export abstract class Initializer {
  /** An initializer of the options that `getConfig` gives. @throws ConfigError for options outside their allowed values. */
  static fromConfig<T extends Initializer>(this: new (config: never) => T, config: Config): T {
    checkConfig('fromConfig', config);
    return new this(config as never);
  }

  /** Values for a weight of this shape. */
  abstract call(shape: readonly number[], dtype?: DType): Tensor;

  /** The options it was made with. */
  getConfig(): Config {
    return {};
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return (this.constructor as { className?: string }).className ?? this.constructor.name;
  }
}

/**
 * How many inputs feed one output of a weight, and how many outputs one input feeds: for a kernel `[..., in, out]` both
 * times the receptive field, for a vector its length.
 */
export function computeFans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const receptive = shape.slice(0, -2).reduce((size, dim) => size * dim, 1);
  return { fanIn: (shape.at(-2) ?? 1) * receptive, fanOut: (shape.at(-1) ?? 1) * receptive };
}
