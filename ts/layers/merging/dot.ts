import { checkFlag, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { einsum, minimum, rsqrt } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import type { Nest } from '../nest.ts';
import { needed } from '../options.ts';
import { type Shape, shown } from '../shape.ts';
import { listOfShapes } from './merge.ts';

/** Options of {@link Dot}. */
export interface DotConfig extends LayerConfig {
  /** The axis that is summed over, or that of each tensor; not the batch. */
  axes: number | readonly [number, number];
  /** Whether both tensors are divided by their length along the axis first: cosine similarity. Default false. */
  normalize?: boolean;
}

/**
 * Products of two tensors, summed along one axis of each, sample by sample.
 *
 * Shapes: inputs `[batch, ...a, n, ...b]` and `[batch, ...c, n, ...d]`, output `[batch, ...a, ...b, ...c, ...d]`; `[batch, 1]` for two
 * vectors a sample. The result carries no mask.
 * @example
 * const similarity = layers.dot({ axes: -1, normalize: true }).apply([tensor([[3, 4]]), tensor([[6, 8]])]);
 * similarity // [[1]]
 */
export class Dot extends Layer {
  static override readonly className: string = 'Dot';
  static override readonly optionNames: readonly string[] = ['axes', 'normalize'];
  static override readonly takesSeveral: boolean = true;
  readonly axes: number | readonly [number, number];
  readonly normalize: boolean;

  /** @throws ConfigError unless `axes` is a whole number or two of them. */
  constructor(config: DotConfig) {
    super(needed('Dot', config));
    const axes: unknown = config.axes;
    const isPair = Array.isArray(axes) && axes.length === 2 && axes.every((axis) => Number.isSafeInteger(axis));
    if (!isPair && !Number.isSafeInteger(axes))
      throw new ConfigError(`${this.label}: axes must be a whole number or two such as [1, 2], got ${received(axes)}`);
    this.axes = isPair ? [axes[0], axes[1]] : (axes as number);
    this.normalize = checkFlag(this.label, 'normalize', config.normalize ?? false);
  }

  /** The axes summed over, counted from 0. */
  #axesOf(shapes: readonly Shape[]): [number, number] {
    const given = typeof this.axes === 'number' ? [this.axes, this.axes] : this.axes;
    return shapes.map((shape, i) => {
      const axis = given[i] as number;
      const at = axis < 0 ? axis + shape.length : axis;
      if (at < 1 || at >= shape.length)
        throw new ShapeError(
          `${this.label}: axis ${axis} of an input of shape ${shown(shape)} ${at === 0 ? 'is the batch, which is not summed over' : 'does not exist'}`,
        );
      return at;
    }) as [number, number];
  }

  override checkInput(shapes: Nest<Shape>): void {
    const list = listOfShapes(this.label, shapes);
    if (list.length !== 2) throw new ShapeError(`${this.label} expects exactly 2 tensors, but got ${list.length}`);
    const [a, b] = list as [Shape, Shape];
    const [i, j] = this.#axesOf(list);
    const differ = (x: number | null | undefined, y: number | null | undefined): boolean =>
      typeof x === 'number' && typeof y === 'number' && x !== y;
    if (differ(a[i], b[j]))
      throw new ShapeError(
        `${this.label}: sizes ${a[i]} (axis ${i} of ${shown(a)}) and ${b[j]} (axis ${j} of ${shown(b)}) differ`,
      );
    if (differ(a[0], b[0]))
      throw new ShapeError(`${this.label}: the inputs ${shown(a)} and ${shown(b)} have different numbers of samples`);
  }

  override call(inputs: readonly Tensor[]): Tensor {
    const [i, j] = this.#axesOf(inputs.map(({ shape }) => shape));
    const [a, b] = (this.normalize ? inputs.map((x, k) => unit(x, k === 0 ? i : j)) : inputs) as [Tensor, Tensor];
    // A letter an axis: `a` is the batch, `b` what is summed over.
    let next = 'c'.charCodeAt(0);
    const named = (x: Tensor, axis: number): string =>
      x.shape.map((_, k) => (k === 0 ? 'a' : k === axis ? 'b' : String.fromCharCode(next++))).join('');
    const [left, right] = [named(a, i), named(b, j)];
    const kept = `a${[...left, ...right].filter((letter) => letter > 'b').join('')}`;
    const product = einsum(`${left},${right}->${kept}`, a, b);
    return product.rank === 1 ? product.expandDims(1) : product;
  }

  override getConfig(): Record<string, unknown> {
    const axes = typeof this.axes === 'number' ? this.axes : [...this.axes];
    return { ...super.getConfig(), axes, normalize: this.normalize };
  }
}

/** `x` of length 1 along an axis; what is shorter than 1e-7 is multiplied by 1e7. */
function unit(x: Tensor, axis: number): Tensor {
  return x.mul(minimum(rsqrt(x.square().sum(axis, true)), 1e7));
}
