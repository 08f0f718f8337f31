import { ShapeError } from '../../errors.ts';
import * as ops from '../../ops/index.ts';
import { TensorBase } from '../base.ts';
import { buffer, type TensorBuffer } from '../buffer.ts';
import { type TensorLike, toTensor } from '../convert.ts';
import { onesLike, zerosLike } from '../create.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import type { Variable } from '../variable.ts';

type MakeVariable = (initial: TensorLike, trainable?: boolean, name?: string, dtype?: DType) => Variable;
let makeVariable: MakeVariable | undefined;

/** Variable is a subclass of Tensor, which must exist first: its file tells here how one is made. @internal */
export function variablesAreMadeBy(make: MakeVariable): void {
  makeVariable = make;
}

/** Other shapes and other objects of the same numbers. */
export abstract class ConversionMethods extends TensorBase {
  /** As a scalar. @throws ShapeError unless it has one element. */
  asScalar(this: Tensor): Tensor {
    if (this.size !== 1) throw new ShapeError(`asScalar needs one element, got shape [${this.shape.join(', ')}]`);
    return ops.reshape(this, []);
  }

  /** All elements along one axis. */
  as1D(this: Tensor): Tensor {
    return ops.reshape(this, [this.size]);
  }

  /** As rank 2. @throws ShapeError for another number of elements. */
  as2D(this: Tensor, rows: number, columns: number): Tensor {
    return ops.reshape(this, [rows, columns]);
  }

  /** As rank 3. @throws ShapeError for another number of elements. */
  as3D(this: Tensor, rows: number, columns: number, depth: number): Tensor {
    return ops.reshape(this, [rows, columns, depth]);
  }

  /** As rank 4. @throws ShapeError for another number of elements. */
  as4D(this: Tensor, rows: number, columns: number, depth: number, depth2: number): Tensor {
    return ops.reshape(this, [rows, columns, depth, depth2]);
  }

  /** As rank 5. @throws ShapeError for another number of elements. */
  as5D(this: Tensor, rows: number, columns: number, depth: number, depth2: number, depth3: number): Tensor {
    return ops.reshape(this, [rows, columns, depth, depth2, depth3]);
  }

  /** Under the shape of another tensor. @throws ShapeError for another number of elements. */
  reshapeAs(this: Tensor, x: TensorLike): Tensor {
    return ops.reshape(this, toTensor(x).shape);
  }

  /** Ones of its shape and dtype. */
  onesLike(this: Tensor): Tensor {
    return onesLike(this);
  }

  /** Zeros of its shape and dtype. */
  zerosLike(this: Tensor): Tensor {
    return zerosLike(this);
  }

  /** A variable that begins with it. */
  variable(this: Tensor, trainable = true, name?: string, dtype?: DType): Variable {
    return (makeVariable as MakeVariable)(this, trainable, name, dtype);
  }

  /** Its numbers, which can be read and written one by one. */
  async buffer(this: Tensor): Promise<TensorBuffer> {
    return buffer(this.shape, this.dtype, (await this.data()).slice());
  }

  /** As `buffer`; blocks until the numbers are there. */
  bufferSync(this: Tensor): TensorBuffer {
    return buffer(this.shape, this.dtype, this.dataSync().slice());
  }
}
