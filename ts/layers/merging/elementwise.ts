import { ShapeError } from '../../errors.ts';
import { logicalOr, maximum, minimum, where } from '../../ops/index.ts';
import { type Tensor, zerosLike } from '../../tensor/index.ts';
import type { Nest } from '../nest.ts';
import type { Shape } from '../shape.ts';
import { alongside, listOfShapes, type Masks, Merge } from './merge.ts';

/**
 * `x1 + x2 + ...`, with broadcasting.
 *
 * Shapes: inputs `[batch, ...]`, output `[batch, ...]`.
 * @example layers.add().apply([tensor([1, 2]), tensor([10, 20])]) // [11, 22]
 */
export class Add extends Merge {
  static override readonly className: string = 'Add';
  static override readonly optionNames: readonly string[] = [];

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((sum, x) => sum.add(x));
  }
}

/**
 * `x1 - x2` of two tensors, with broadcasting.
 * @example layers.subtract().apply([tensor([1, 2]), tensor([10, 20])]) // [-9, -18]
 */
export class Subtract extends Merge {
  static override readonly className: string = 'Subtract';
  static override readonly optionNames: readonly string[] = [];

  override checkInput(shapes: Nest<Shape>): void {
    const { length } = listOfShapes(this.label, shapes);
    if (length !== 2) throw new ShapeError(`${this.label} expects exactly 2 tensors, but got ${length}`);
    super.checkInput(shapes);
  }

  protected override merge(inputs: readonly Tensor[]): Tensor {
    const [a, b] = inputs as [Tensor, Tensor];
    return a.sub(b);
  }
}

/**
 * `x1 * x2 * ...`, with broadcasting. A masked step counts as 1; where the masks of all tensors drop a step, the product is 0.
 * @example
 * const x = ones([2, 4]);
 * const gated = layers.multiply().apply([x, layers.dense({ units: 4, activation: 'sigmoid' }).apply(x)]);
 */
export class Multiply extends Merge {
  static override readonly className: string = 'Multiply';
  static override readonly optionNames: readonly string[] = [];

  protected override merge(inputs: readonly Tensor[], masks: Masks): Tensor {
    const wide = masks.map((mask, i) => mask && alongside(mask, inputs[i] as Tensor));
    const factors = inputs.map((x, i) => (wide[i] === undefined ? x : where(wide[i], x, 1).cast(x.dtype)));
    const product = factors.reduce((all, x) => all.mul(x));
    if (wide.includes(undefined)) return product;
    const kept = (wide as readonly Tensor[]).reduce((all, mask) => logicalOr(all, mask));
    return where(kept, product, zerosLike(product));
  }
}

/**
 * `(x1 + x2 + ...) / n`, with broadcasting.
 * @example layers.average().apply([tensor([1, 2]), tensor([10, 20])]) // [5.5, 11]
 */
export class Average extends Merge {
  static override readonly className: string = 'Average';
  static override readonly optionNames: readonly string[] = [];

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((sum, x) => sum.add(x)).div(inputs.length);
  }
}

/**
 * The largest of each place, with broadcasting; masked steps do not compete.
 * @example layers.maximum().apply([tensor([1, 20]), tensor([10, 2])]) // [10, 20]
 */
export class Maximum extends Merge {
  static override readonly className: string = 'Maximum';
  static override readonly optionNames: readonly string[] = [];

  protected override merge(inputs: readonly Tensor[], masks: Masks): Tensor {
    return withoutMasked(maximum, inputs, masks);
  }
}

/**
 * The smallest of each place, with broadcasting; masked steps do not compete.
 * @example layers.minimum().apply([tensor([1, 20]), tensor([10, 2])]) // [1, 2]
 */
export class Minimum extends Merge {
  static override readonly className: string = 'Minimum';
  static override readonly optionNames: readonly string[] = [];

  protected override merge(inputs: readonly Tensor[], masks: Masks): Tensor {
    return withoutMasked(minimum, inputs, masks);
  }
}

/** Joins from left to right; a masked value is replaced by what it would be joined with, as neither function has a neutral element. */
function withoutMasked(join: (a: Tensor, b: Tensor) => Tensor, inputs: readonly Tensor[], masks: Masks): Tensor {
  const [first, ...others] = inputs as [Tensor, ...Tensor[]];
  let output = first;
  let kept = masks[0] && alongside(masks[0], first);
  others.forEach((input, i) => {
    const given = masks[i + 1];
    const mask = given && alongside(given, input);
    const x = mask === undefined ? input : where(mask, input, output);
    if (kept !== undefined) output = where(kept, output, x);
    kept = mask === undefined || kept === undefined ? undefined : logicalOr(kept, mask);
    output = join(output, x);
  });
  return output;
}
