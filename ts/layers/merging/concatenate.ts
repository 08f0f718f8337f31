import { checkWhole } from '../../arguments.ts';
import { ShapeError } from '../../errors.ts';
import { any, broadcastTo, concat } from '../../ops/index.ts';
import { fill, type Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import type { Nest } from '../nest.ts';
import { type Shape, shown } from '../shape.ts';
import { alongside, listOfShapes, type Masks } from './merge.ts';

/** Options of {@link Concatenate}. */
export interface ConcatenateConfig extends LayerConfig {
  /** Axis along which the tensors are put one behind the other. Default -1, the last. */
  axis?: number;
}

/**
 * Tensors one behind the other along an axis.
 *
 * Shapes: inputs equal but for `axis`, whose sizes are summed. Tensors without a mask count as kept where others have one.
 * @example
 * const x = ones([2, 4]);
 * const y = layers.concatenate().apply([layers.dense({ units: 3 }).apply(x), x]);
 * y.shape // [2, 7]
 */
export class Concatenate extends Layer {
  static override readonly className: string = 'Concatenate';
  static override readonly optionNames: readonly string[] = ['axis'];
  static override readonly takesSeveral: boolean = true;
  readonly axis: number;

  /** @throws ConfigError unless `axis` is a whole number. */
  constructor(config: ConcatenateConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.axis = checkWhole(this.label, 'axis', config.axis ?? -1, Number.MIN_SAFE_INTEGER);
  }

  override checkInput(shapes: Nest<Shape>): void {
    const list = listOfShapes(this.label, shapes);
    const first = list[0] as Shape;
    const listed = list.map(shown).join(', ');
    if (this.axis >= first.length || this.axis < -first.length)
      throw new ShapeError(`${this.label}: axis ${this.axis} does not exist in inputs of shapes ${listed}`);
    const at = this.axis < 0 ? this.axis + first.length : this.axis;
    const fits = (shape: Shape): boolean =>
      shape.length === first.length &&
      shape.every((size, i) => i === at || size === null || list.every((other) => (other[i] ?? size) === size));
    if (!list.every(fits))
      throw new ShapeError(`${this.label} expects shapes that differ along axis ${this.axis} only, but got ${listed}`);
  }

  override call(inputs: readonly Tensor[]): Tensor {
    return concat(inputs, this.axis);
  }

  override computeMask(inputs: Tree, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    const masks = mask as Masks | undefined;
    if (!Array.isArray(masks) || masks.every((one) => one === undefined || one === null)) return undefined;
    const wide = (inputs as readonly Tensor[]).map((x, i) => {
      const given = (masks as Masks)[i];
      return given ? broadcastTo(alongside(given, x).cast('bool'), x.shape) : fill(x.shape, 1, 'bool');
    });
    return any(concat(wide, this.axis), -1);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }
}
