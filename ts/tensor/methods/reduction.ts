import * as ops from '../../ops/index.ts';
import type { Axes } from '../../ops/reduction.ts';
import type { Tensor } from '../tensor.ts';
import { LogicMethods } from './logic.ts';

/** What takes axes away. */
export abstract class ReductionMethods extends LogicMethods {
  /** Sum along axes (default all). */
  sum(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.sum(this, axis, keepDims);
  }

  /** Product along axes (default all). */
  prod(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.prod(this, axis, keepDims);
  }

  /** Mean along axes (default all). */
  mean(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.mean(this, axis, keepDims);
  }

  /** Largest element along axes (default all). */
  max(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.max(this, axis, keepDims);
  }

  /** Smallest element along axes (default all). */
  min(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.min(this, axis, keepDims);
  }

  /** Biased variance along axes (default all). */
  variance(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.variance(this, axis, keepDims);
  }

  /** Biased standard deviation along axes (default all). */
  std(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.std(this, axis, keepDims);
  }

  /** `log(sum(e^x))` along axes (default all). */
  logSumExp(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.logSumExp(this, axis, keepDims);
  }

  /** Whether all elements are true, along axes (default all). */
  all(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.all(this, axis, keepDims);
  }

  /** Whether some element is true, along axes (default all). */
  any(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.any(this, axis, keepDims);
  }

  /** Index of the largest element along an axis (default 0), int32. */
  argMax(this: Tensor, axis = 0): Tensor {
    return ops.argMax(this, axis);
  }

  /** Index of the smallest element along an axis (default 0), int32. */
  argMin(this: Tensor, axis = 0): Tensor {
    return ops.argMin(this, axis);
  }

  /** Norm along axes (default all). */
  norm(this: Tensor, order: number | 'euclidean' = 'euclidean', axis?: Axes, keepDims = false): Tensor {
    return ops.norm(this, order, axis, keepDims);
  }
}
