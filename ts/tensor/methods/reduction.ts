import * as ops from '../../ops/index.ts';
import type { Axes } from '../../ops/reduction.ts';
import type { TensorLike } from '../convert.ts';
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

  /** Norm of order 2 along axes (default all). */
  euclideanNorm(this: Tensor, axis?: Axes, keepDims = false): Tensor {
    return ops.euclideanNorm(this, axis, keepDims);
  }

  /** Running sum along an axis (default 0). */
  cumsum(this: Tensor, axis = 0, exclusive = false, reverse = false): Tensor {
    return ops.cumsum(this, axis, exclusive, reverse);
  }

  /** Running product along an axis (default 0). */
  cumprod(this: Tensor, axis = 0, exclusive = false, reverse = false): Tensor {
    return ops.cumprod(this, axis, exclusive, reverse);
  }

  /** The k largest elements along the last axis. */
  topk(this: Tensor, k = 1, sorted = true): { values: Tensor; indices: Tensor } {
    return ops.topk(this, k, sorted);
  }

  /** The distinct values (slices along an axis), which of them each element is, and how often each occurs. */
  unique(this: Tensor, axis = 0): { values: Tensor; indices: Tensor; counts: Tensor } {
    return ops.unique(this, axis);
  }

  /** Sums of the slices with one id. */
  unsortedSegmentSum(this: Tensor, segmentIds: TensorLike, numSegments: number): Tensor {
    return ops.unsortedSegmentSum(this, segmentIds, numSegments);
  }
}
