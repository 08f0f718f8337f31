import type { DType } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A record that a class can be built from again: what `getConfig` gives and files hold. */
export type Config = { [key: string]: ConfigValue };
/** What a {@link Config} may hold. */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | Config;

/** Gives the first values of a weight. Subclass it for one of your own: `call` is all that is needed. */
export abstract class Initializer {
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
