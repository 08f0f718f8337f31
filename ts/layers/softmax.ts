import { softmax } from '../activations/index.ts';
import { checkIntegers } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { where } from '../ops/index.ts';
import { type Tensor, zerosLike } from '../tensor/index.ts';
import { type CallOptions, Layer, type LayerConfig } from './layer.ts';
import { shown } from './shape.ts';

/** Options of {@link Softmax}. */
export interface SoftmaxConfig extends LayerConfig {
  /** The axis along which the output sums to 1, or several together. Default -1. */
  axis?: number | readonly number[];
}

/**
 * `exp(x) / sum(exp(x))` along an axis. The output has the input's shape.
 *
 * A `mask`, of the input's shape or broadcast to it, leaves values out: they are 0, all of them where nothing is left.
 * @example
 * const allowed = tensor([[true, true, false]]);
 * layers.softmax().apply([[1, 1, 5]], { mask: allowed }) // [[0.5, 0.5, 0]]
 */
export class Softmax extends Layer {
  static override readonly className: string = 'Softmax';
  static override readonly optionNames: readonly string[] = ['axis'];
  readonly axis: number | readonly number[];

  /** @throws ShapeError unless `axis` is a whole number or a list of them. */
  constructor(config: SoftmaxConfig = {}) {
    super(config);
    this.supportsMasking = true;
    const { axis = -1 } = config;
    const axes = checkIntegers(this.label, 'axis', typeof axis === 'number' ? [axis] : axis);
    if (axes.length === 0) throw new ShapeError(`${this.label}: axis holds no axis`);
    this.axis = typeof axis === 'number' ? axis : axes;
  }

  override call(inputs: Tensor, { mask }: CallOptions): Tensor {
    if (mask === undefined || mask === null) return softmax(inputs, this.axis);
    const fits =
      mask.rank <= inputs.rank &&
      mask.shape.every((size, i) => size === 1 || size === inputs.shape[i + inputs.rank - mask.rank]);
    if (!fits)
      throw new ShapeError(
        `${this.label}: a mask of shape ${shown(mask.shape)} does not broadcast to inputs of shape ${shown(inputs.shape)}`,
      );
    const kept = mask.dtype === 'bool' ? mask : mask.greater(0.5);
    return where(kept, softmax(where(kept, inputs, -1e9), this.axis), zerosLike(inputs));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: typeof this.axis === 'number' ? this.axis : [...this.axis] };
  }
}
