import { where } from '../ops/index.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { Loss } from './loss.ts';
import { aligned, matched } from './reduction.ts';

/** What is missing to a margin of 1: `max(1 - y * p, 0)`. If all targets are 0 or 1, -1 and 1 are meant. */
function margins(name: string, yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = matched(name, toTensor(yTrue), toTensor(yPred));
  const isBinary = targets.equal(0).logicalOr(targets.equal(1)).all();
  const signs = where(isBinary, targets.mul(2).sub(1), targets);
  return signs.mul(predictions).neg().add(1).maximum(0);
}

/**
 * `mean(max(1 - yTrue * yPred, 0))` over the last axis, for targets -1 and 1; targets that are all 0 or 1 stand for -1 and 1.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.hinge([[-1, 1]], [[0.5, 0.5]]) // [1]
 */
export function hinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return margins('hinge', yTrue, yPred).mean(-1);
}

/**
 * `mean(max(1 - yTrue * yPred, 0)^2)` over the last axis; see {@link hinge}.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.squaredHinge([[-1, 1]], [[0.5, 0.5]]) // [1.25]
 */
export function squaredHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return margins('squaredHinge', yTrue, yPred).square().mean(-1);
}

/**
 * `max(neg - pos + 1, 0)` with `pos = sum(yTrue * yPred)` and `neg = max((1 - yTrue) * yPred)` over the last axis, for one-hot
 * targets: one value per sample.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.categoricalHinge([[0, 1]], [[0.5, 0.25]]) // [1.25]
 */
export function categoricalHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = aligned('categoricalHinge', toTensor(yTrue), toTensor(yPred));
  const own = targets.mul(predictions).sum(-1);
  const others = targets.neg().add(1).mul(predictions).max(-1);
  return others.sub(own).add(1).maximum(0);
}

/** See {@link hinge}. @example new losses.Hinge() */
export class Hinge extends Loss {
  static override readonly className: string = 'Hinge';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return hinge(yTrue, yPred);
  }
}

/** See {@link squaredHinge}. @example new losses.SquaredHinge() */
export class SquaredHinge extends Loss {
  static override readonly className: string = 'SquaredHinge';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return squaredHinge(yTrue, yPred);
  }
}

/** See {@link categoricalHinge}. @example new losses.CategoricalHinge() */
export class CategoricalHinge extends Loss {
  static override readonly className: string = 'CategoricalHinge';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalHinge(yTrue, yPred);
  }
}
