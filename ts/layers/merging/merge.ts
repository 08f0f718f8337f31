import { ShapeError } from '../../errors.ts';
import { expandDims, logicalOr } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import type { CallOptions } from '../calls.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import type { Nest } from '../nest.ts';
import { isShape, type Shape, shown } from '../shape.ts';

/** Masks of a list of inputs, with gaps. */
export type Masks = readonly (Tensor | undefined)[];

/** The shapes of a list of tensors. @throws ShapeError for one tensor, a record, lists in the list, and for an empty one. */
export function listOfShapes(label: string, shapes: Nest<Shape>): readonly Shape[] {
  const isList = Array.isArray(shapes) && shapes.length > 0 && !isShape(shapes);
  if (isList && (shapes as readonly Nest<Shape>[]).every(isShape)) return shapes as readonly Shape[];
  const got = !Array.isArray(shapes) ? 'a record' : isList ? 'lists in a list' : 'one tensor, or none';
  throw new ShapeError(`${label} expects a list of tensors, but got ${got}`);
}

/**
 * Base of the layers that join a list of tensors element by element. Sizes of 1 are repeated; a tensor with fewer axes gets axes of
 * size 1 behind its batch. Where every tensor has a mask, the result has one: what any of them keeps.
 */
export abstract class Merge extends Layer {
  static override readonly takesSeveral: boolean = true;

  constructor(config: LayerConfig = {}) {
    super(config);
    this.supportsMasking = true;
  }

  /** The tensors, of one rank, as one; masks come with tensors that had this rank before. */
  protected abstract merge(inputs: readonly Tensor[], masks: Masks): Tensor;

  override checkInput(shapes: Nest<Shape>): void {
    const list = listOfShapes(this.label, shapes);
    const rank = Math.max(...list.map((shape) => shape.length));
    const sizes: (number | null)[] = new Array(rank).fill(1);
    const batches = new Set<number>();
    for (const shape of list) {
      if (shape.length === 0) throw new ShapeError(`${this.label} expects inputs with a batch axis, but got a scalar`);
      if (typeof shape[0] === 'number') batches.add(shape[0]);
      for (let back = 1; back < shape.length; back++) {
        const size = shape.at(-back) as number | null;
        const known = sizes[rank - back] as number | null;
        if (known !== null && size !== null && known !== 1 && size !== 1 && known !== size)
          throw new ShapeError(`${this.label}: the input shapes ${list.map(shown).join(' and ')} do not broadcast`);
        if (known === 1 || known === null) sizes[rank - back] = size === 1 ? known : size;
      }
    }
    if (batches.size > 1)
      throw new ShapeError(
        `${this.label}: the inputs have different numbers of samples, ${[...batches].join(' and ')} (input shapes ${list.map(shown).join(', ')})`,
      );
  }

  override call(inputs: readonly Tensor[], { mask }: CallOptions): Tensor {
    const rank = Math.max(...inputs.map((x) => x.rank));
    const given = (mask ?? []) as unknown as Masks;
    return this.merge(
      inputs.map((x) => ofRank(x, rank)),
      inputs.map((x, i) => (x.rank === rank ? given[i] : undefined)),
    );
  }

  override computeMask(inputs: Tree, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    const masks = mask as Masks | undefined;
    const given = Array.isArray(masks) ? masks.filter((one) => one !== undefined && one !== null) : [];
    if (given.length === 0 || given.length < (inputs as readonly Tensor[]).length) return undefined;
    const rank = Math.max(...given.map((one) => one.rank));
    return given.map((one) => ofRank(one, rank)).reduce((all, one) => logicalOr(all, one));
  }
}

/** `x` with axes of size 1 behind the batch. */
function ofRank(x: Tensor, rank: number): Tensor {
  let found = x;
  while (found.rank < rank) found = expandDims(found, 1);
  return found;
}

/** A mask with axes of size 1 at its end, so that it goes with `x`. */
export function alongside(mask: Tensor, x: Tensor): Tensor {
  let found = mask;
  while (found.rank < x.rank) found = expandDims(found, -1);
  return found;
}
