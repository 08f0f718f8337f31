import * as ops from '../../ops/index.ts';
import type { TensorLike } from '../convert.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { ArithmeticMethods } from './arithmetic.ts';

/** Comparisons, logic, choice and conversion of elements. */
export abstract class LogicMethods extends ArithmeticMethods {
  /** Whether elements are NaN. */
  isNaN(this: Tensor): Tensor {
    return ops.isNaN(this);
  }

  /** Whether elements are infinite. */
  isInf(this: Tensor): Tensor {
    return ops.isInf(this);
  }

  /** Whether elements are finite. */
  isFinite(this: Tensor): Tensor {
    return ops.isFinite(this);
  }

  /** Whether elements are false. */
  logicalNot(this: Tensor): Tensor {
    return ops.logicalNot(this);
  }

  /** `==`, broadcast, as bool. */
  equal(this: Tensor, other: TensorLike): Tensor {
    return ops.equal(this, other);
  }

  /** `!=`, broadcast, as bool. */
  notEqual(this: Tensor, other: TensorLike): Tensor {
    return ops.notEqual(this, other);
  }

  /** `<`, broadcast, as bool. */
  less(this: Tensor, other: TensorLike): Tensor {
    return ops.less(this, other);
  }

  /** `<=`, broadcast, as bool. */
  lessEqual(this: Tensor, other: TensorLike): Tensor {
    return ops.lessEqual(this, other);
  }

  /** `>`, broadcast, as bool. */
  greater(this: Tensor, other: TensorLike): Tensor {
    return ops.greater(this, other);
  }

  /** `>=`, broadcast, as bool. */
  greaterEqual(this: Tensor, other: TensorLike): Tensor {
    return ops.greaterEqual(this, other);
  }

  /** Whether both are true, broadcast. */
  logicalAnd(this: Tensor, other: TensorLike): Tensor {
    return ops.logicalAnd(this, other);
  }

  /** Whether one is true, broadcast. */
  logicalOr(this: Tensor, other: TensorLike): Tensor {
    return ops.logicalOr(this, other);
  }

  /** Whether exactly one is true, broadcast. */
  logicalXor(this: Tensor, other: TensorLike): Tensor {
    return ops.logicalXor(this, other);
  }

  /** Where `condition` is true this tensor, else `other`; broadcast. */
  where(this: Tensor, condition: TensorLike, other: TensorLike): Tensor {
    return ops.where(condition, this, other);
  }

  /** As another dtype. */
  cast(this: Tensor, dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }

  /** As another dtype (the name TensorFlow.js has). */
  asType(this: Tensor, dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }

  /** As float32. */
  toFloat(this: Tensor): Tensor {
    return ops.cast(this, 'float32');
  }

  /** As int32. */
  toInt(this: Tensor): Tensor {
    return ops.cast(this, 'int32');
  }

  /** As bool: whether elements are not 0. */
  toBool(this: Tensor): Tensor {
    return ops.cast(this, 'bool');
  }
}
