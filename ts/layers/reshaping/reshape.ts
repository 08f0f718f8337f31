import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { moveaxis } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed } from '../options.ts';
import { type Shape, shown } from '../shape.ts';
import { type DataFormat, type DataFormatConfig, dataFormatOf } from '../spatial.ts';

/** Options of {@link Flatten}. */
export interface FlattenConfig extends LayerConfig, DataFormatConfig {}

/**
 * Everything but the batch in one axis: `[batch, a, b]` becomes `[batch, a * b]`, `[batch]` becomes `[batch, 1]`. With
 * `dataFormat: 'channelsFirst'` the channels, axis 1, go last before: the numbers come in the order that they have channels last.
 *
 * @example layers.flatten().apply(ones([2, 3, 4])).shape // [2, 12]
 */
export class Flatten extends Layer {
  static override readonly className: string = 'Flatten';
  static override readonly optionNames: readonly string[] = ['dataFormat'];
  readonly dataFormat: DataFormat;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: FlattenConfig = {}) {
    super(config);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    if (shape.length === 0) throw new ShapeError(`${this.label} expects inputs with a batch axis, but got a scalar`);
  }

  override call(inputs: Tensor): Tensor {
    const [batch, ...rest] = inputs.shape as [number, ...number[]];
    const x = this.dataFormat === 'channelsFirst' && inputs.rank > 2 ? moveaxis(inputs, 1, -1) : inputs;
    return x.reshape([batch, rest.reduce((size, dim) => size * dim, 1)]);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), dataFormat: this.dataFormat };
  }
}

/** Options of {@link Reshape}. */
export interface ReshapeConfig extends LayerConfig {
  /** Shape of one sample; one size may be -1. */
  targetShape: readonly number[];
}

/**
 * Every sample in a new shape: `[batch, ...]` becomes `[batch, ...targetShape]`.
 * @example layers.reshape({ targetShape: [2, -1] }).apply(ones([5, 6])).shape // [5, 2, 3]
 */
export class Reshape extends Layer {
  static override readonly className: string = 'Reshape';
  static override readonly optionNames: readonly string[] = ['targetShape'];
  readonly targetShape: readonly number[];

  /** @throws ConfigError for a shape with more than one -1, or sizes that are no whole numbers. */
  constructor(config: ReshapeConfig) {
    super(needed('Reshape', config));
    const { targetShape } = config;
    const valid = Array.isArray(targetShape) && targetShape.every((size) => Number.isSafeInteger(size) && size >= -1);
    if (!valid || targetShape.filter((size) => size === -1).length > 1) {
      throw new ConfigError(
        `${this.label}: targetShape must hold whole numbers, at most one of them -1, got ${received(targetShape)}`,
      );
    }
    this.targetShape = [...targetShape];
  }

  override call(inputs: Tensor): Tensor {
    const [batch, ...sample] = inputs.shape as [number, ...number[]];
    const size = sample.reduce((product, dim) => product * dim, 1);
    const known = this.targetShape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
    const fits = this.targetShape.includes(-1) ? known > 0 && size % known === 0 : known === size;
    if (!fits) {
      throw new ShapeError(
        `${this.label}: samples of shape ${shown(sample)} (${size} values) do not fit targetShape ${shown(this.targetShape)}`,
      );
    }
    return inputs.reshape([batch, ...this.targetShape.map((dim) => (dim === -1 ? size / known : dim))]);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), targetShape: [...this.targetShape] };
  }
}
