import * as ops from '../../ops/index.ts';
import { TensorBase } from '../base.ts';
import type { TensorLike } from '../convert.ts';
import type { DType } from '../dtype.ts';
import { isTypedArray } from '../infer.ts';
import type { Tensor } from '../tensor.ts';
import { ReductionMethods } from './reduction.ts';

/** A list of tensors to join; nested arrays of numbers count as one tensor. */
function several(others: TensorLike | readonly TensorLike[]): readonly TensorLike[] {
  const list = Array.isArray(others) && others.some((entry) => entry instanceof TensorBase || isTypedArray(entry));
  return list ? (others as readonly TensorLike[]) : [others as TensorLike];
}

/** What moves elements. */
export abstract class ShapeMethods extends ReductionMethods {
  /** The same elements under another shape; one -1 is worked out. */
  reshape(this: Tensor, shape: readonly number[]): Tensor {
    return ops.reshape(this, shape);
  }

  /** All elements along one axis. */
  flatten(this: Tensor): Tensor {
    return ops.flatten(this);
  }

  /** A new axis of size 1 (default at 0). */
  expandDims(this: Tensor, axis = 0): Tensor {
    return ops.expandDims(this, axis);
  }

  /** Without axes of size 1 (default all of them). */
  squeeze(this: Tensor, axis?: number | readonly number[]): Tensor {
    return ops.squeeze(this, axis);
  }

  /** Axes in another order (default reversed). */
  transpose(this: Tensor, order?: readonly number[]): Tensor {
    return ops.transpose(this, order);
  }

  /** Repeated along axes of size 1 and new leading axes. */
  broadcastTo(this: Tensor, shape: readonly number[]): Tensor {
    return ops.broadcastTo(this, shape);
  }

  /** Repeated along every axis. */
  tile(this: Tensor, reps: readonly number[]): Tensor {
    return ops.tile(this, reps);
  }

  /** End to end with others along an axis (default 0). */
  concat(this: Tensor, others: TensorLike | readonly TensorLike[], axis = 0): Tensor {
    return ops.concat([this, ...several(others)], axis);
  }

  /** Beside others along a new axis (default 0). */
  stack(this: Tensor, others: TensorLike | readonly TensorLike[], axis = 0): Tensor {
    return ops.stack([this, ...several(others)], axis);
  }

  /** The slices along an axis (default 0). */
  unstack(this: Tensor, axis = 0): Tensor[] {
    return ops.unstack(this, axis);
  }

  /** Cut along an axis (default 0) into equal parts or given sizes. */
  split(this: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
    return ops.split(this, parts, axis);
  }

  /** In reverse order along axes (default all). */
  reverse(this: Tensor, axis?: number | readonly number[]): Tensor {
    return ops.reverse(this, axis);
  }

  /** With `[before, after]` elements of `value` around every axis. */
  pad(this: Tensor, paddings: readonly (readonly [number, number])[], value = 0): Tensor {
    return ops.pad(this, paddings, value);
  }

  /** The block at `begin` with `size` elements along every axis (-1: to the end). */
  slice(this: Tensor, begin: number | readonly number[], size?: number | readonly number[]): Tensor {
    return ops.slice(this, begin, size);
  }

  /** `x[begin:end:strides]`. */
  stridedSlice(this: Tensor, begin: readonly number[], end: readonly number[], strides?: readonly number[]): Tensor {
    return ops.stridedSlice(this, begin, end, strides);
  }

  /** The slices that `ids` name along an axis (default 0). */
  gather(this: Tensor, ids: TensorLike, axis = 0): Tensor {
    return ops.gather(this, ids, axis);
  }

  /** A new last axis with `onValue` at the id. */
  oneHot(this: Tensor, depth: number, onValue = 1, offValue = 0, dtype: DType = 'float32'): Tensor {
    return ops.oneHot(this, depth, onValue, offValue, dtype);
  }

  /** A copy of the handle: disposing one leaves the other. */
  clone(this: Tensor): Tensor {
    return ops.reshape(this, this.shape);
  }

  /** With mirrored elements at the ends of every axis. */
  mirrorPad(this: Tensor, paddings: readonly (readonly [number, number])[], mode: 'reflect' | 'symmetric'): Tensor {
    return ops.mirrorPad(this, paddings, mode);
  }

  /** Blocks of the spatial axes moved to the batch. */
  spaceToBatchND(
    this: Tensor,
    blockShape: readonly number[],
    paddings: readonly (readonly [number, number])[],
  ): Tensor {
    return ops.spaceToBatchND(this, blockShape, paddings);
  }

  /** Blocks of the batch moved to the spatial axes. */
  batchToSpaceND(this: Tensor, blockShape: readonly number[], crops: readonly (readonly [number, number])[]): Tensor {
    return ops.batchToSpaceND(this, blockShape, crops);
  }

  /** Channels moved to blocks of rows and columns. */
  depthToSpace(this: Tensor, blockSize: number, dataFormat: 'NHWC' | 'NCHW' = 'NHWC'): Tensor {
    return ops.depthToSpace(this, blockSize, dataFormat);
  }
}
