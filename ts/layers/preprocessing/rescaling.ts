import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { type Tensor, type TensorLike, tensor, toTensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed } from '../options.ts';

/** A number, or rows of them. */
export type Constants = number | readonly Constants[];

/** Options of {@link Rescaling}. */
export interface RescalingConfig extends LayerConfig {
  /** Factor: a number, or numbers that broadcast with the inputs, such as one for each channel. */
  scale: TensorLike;
  /** What is added after the factor. Default 0. */
  offset?: TensorLike;
}

/** Numbers among the options of a layer, as a configuration holds them. @throws ConfigError, ShapeError for what is no tensor of numbers. @internal */
export function constants(label: string, name: string, value: unknown): Constants {
  if (typeof value === 'number') return value;
  if (value === undefined || value === null || typeof value === 'boolean')
    throw new ConfigError(`${label}: ${name} must be a number or an array of numbers, got ${received(value)}`);
  const numbers = toTensor(value as TensorLike);
  // Plain numbers stay as they were written; reading them back would round them to float32.
  if (Array.isArray(value) && isPlain(value)) return value.map((entry) => constants(label, name, entry));
  return numbers.arraySync();
}

function isPlain(value: readonly unknown[]): boolean {
  return value.every((entry) => typeof entry === 'number' || (Array.isArray(entry) && isPlain(entry)));
}

/**
 * `y = x * scale + offset`, in training and inference alike: images from 0 to 255 into 0 to 1.
 *
 * Shapes: output as the input. Whole numbers become float32 (or the layer's dtype).
 *
 * @example
 * layers.rescaling({ scale: 1 / 127.5, offset: -1, inputShape: [28, 28, 1] })
 */
export class Rescaling extends Layer {
  static override readonly className: string = 'Rescaling';
  static override readonly optionNames: readonly string[] = ['scale', 'offset'];
  readonly scale: Constants;
  readonly offset: Constants;

  /** @throws ConfigError, ShapeError for a scale or offset that is no number and no array of them. */
  constructor(config: RescalingConfig) {
    super(needed('Rescaling', config));
    this.supportsMasking = true;
    this.scale = constants(this.label, 'scale', config.scale);
    this.offset = constants(this.label, 'offset', config.offset ?? 0);
  }

  override call(inputs: Tensor): Tensor {
    const of = (value: Constants): Tensor | number =>
      typeof value === 'number' ? value : tensor(value as number[]).cast(this.dtype);
    return inputs.cast(this.dtype).mul(of(this.scale)).add(of(this.offset)).cast(this.dtype);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset };
  }
}
