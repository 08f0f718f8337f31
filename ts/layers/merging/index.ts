import type { LayerConfig } from '../layer.ts';
import { Concatenate, type ConcatenateConfig } from './concatenate.ts';
import { Dot, type DotConfig } from './dot.ts';
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from './elementwise.ts';

export { Add, Average, Concatenate, type ConcatenateConfig, Dot, type DotConfig, Maximum, Minimum, Multiply, Subtract };

/** See {@link Add}. */
export function add(config?: LayerConfig): Add {
  return new Add(config);
}

/** See {@link Subtract}. */
export function subtract(config?: LayerConfig): Subtract {
  return new Subtract(config);
}

/** See {@link Multiply}. */
export function multiply(config?: LayerConfig): Multiply {
  return new Multiply(config);
}

/** See {@link Average}. */
export function average(config?: LayerConfig): Average {
  return new Average(config);
}

/** See {@link Maximum}. */
export function maximum(config?: LayerConfig): Maximum {
  return new Maximum(config);
}

/** See {@link Minimum}. */
export function minimum(config?: LayerConfig): Minimum {
  return new Minimum(config);
}

/** See {@link Concatenate}. */
export function concatenate(config?: ConcatenateConfig): Concatenate {
  return new Concatenate(config);
}

/** See {@link Dot}. */
export function dot(config: DotConfig): Dot {
  return new Dot(config);
}
