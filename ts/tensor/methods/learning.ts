import * as ops from '../../ops/index.ts';
import type { TensorLike } from '../convert.ts';
import type { Tensor } from '../tensor.ts';
import { ShapeMethods } from './shape.ts';

/** Products, and what networks are made of. */
export abstract class LearningMethods extends ShapeMethods {
  /** Matrix product. */
  matMul(this: Tensor, other: TensorLike, transposeA = false, transposeB = false): Tensor {
    return ops.matMul(this, other, transposeA, transposeB);
  }

  /** Product of vectors and matrices. */
  dot(this: Tensor, other: TensorLike): Tensor {
    return ops.dot(this, other);
  }

  /** `e^x / sum(e^x)` along an axis (default the last). */
  softmax(this: Tensor, axis = -1): Tensor {
    return ops.softmax(this, axis);
  }

  /** `x - log(sum(e^x))` along an axis (default the last). */
  logSoftmax(this: Tensor, axis = -1): Tensor {
    return ops.logSoftmax(this, axis);
  }

  /** Itself, without gradient. */
  stopGradient(this: Tensor): Tensor {
    return ops.stopGradient(this);
  }
}
