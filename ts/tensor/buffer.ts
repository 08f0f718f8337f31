import { checkIntegers, checkWhole, received } from '../arguments.ts';
import { ConfigError, DataError, ShapeError } from '../errors.ts';
import { tensor } from './create.ts';
import { checkDType, type DType, type TensorData } from './dtype.ts';
import { allocate, checkShape, isTypedArray, sizeOf } from './infer.ts';
import type { Tensor } from './tensor.ts';

const arrays: Readonly<Record<DType, new (length: number) => TensorData>> = {
  float32: Float32Array,
  bfloat16: Float32Array,
  float16: Float32Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/**
 * Numbers that can be written one by one; `toTensor` copies them into a tensor.
 * @example
 * const cells = buffer([2, 2]);
 * cells.set(3, 0, 1);
 * cells.get(0, 1) // 3
 */
export class TensorBuffer {
  /** Size of every axis. */
  readonly shape: readonly number[];
  /** Element type of the tensor. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** The numbers, row-major. */
  readonly values: TensorData;
  /** Distance in `values` between neighbours along every axis but the last. */
  readonly strides: readonly number[];

  /** @throws ShapeError when `values` has another length than the shape asks for. */
  constructor(shape: readonly number[], dtype: DType = 'float32', values?: TensorData) {
    this.shape = Object.freeze(checkShape(shape));
    this.dtype = checkDType(dtype);
    this.size = sizeOf(this.shape);
    // By name: the array may belong to another global object.
    if (values !== undefined && !(isTypedArray(values) && values[Symbol.toStringTag] === arrays[this.dtype].name)) {
      throw new DataError(`buffer: values of ${this.dtype} are a ${arrays[this.dtype].name}, got ${received(values)}`);
    }
    if (values !== undefined && values.length !== this.size) {
      throw new ShapeError(
        `buffer: shape [${this.shape.join(', ')}] holds ${this.size} values, but ${values.length} were given`,
      );
    }
    this.values = values ?? allocate(arrays[this.dtype], this.size);
    this.strides = stridesOf(this.shape);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * Writes one element. @throws ShapeError for a place outside.
   * @example
   * const cells = buffer([1, 2]);
   * cells.set(3, 0, 1);
   * cells.toTensor() // [[0, 3]]
   */
  set(value: number, ...place: number[]): void {
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new ConfigError(`TensorBuffer.set needs a number, got ${received(value)}`);
    this.values[this.locToIndex(place)] = value;
  }

  /** Reads one element (the first without a place). @throws ShapeError for a place outside. */
  get(...place: number[]): number {
    return this.values[this.locToIndex(place.length === 0 ? this.shape.map(() => 0) : place)] as number;
  }

  /** Position in `values` of a place. @throws ShapeError for a place outside. */
  locToIndex(place: readonly number[]): number {
    checkIntegers('TensorBuffer', 'a place', place);
    const inside =
      place.length === this.rank &&
      place.every((at, axis) => Number.isInteger(at) && at >= 0 && at < (this.shape[axis] as number));
    if (!inside)
      throw new ShapeError(`TensorBuffer: place [${place.join(', ')}] is outside of shape [${this.shape.join(', ')}]`);
    return place.reduce((sum, at, axis) => sum + at * (this.strides[axis] ?? 1), 0);
  }

  /** Place of a position in `values`. */
  indexToLoc(index: number): number[] {
    checkWhole('TensorBuffer', 'an index', index);
    let rest = index;
    return this.shape.map((_, axis) => {
      const stride = this.strides[axis] ?? 1;
      const at = Math.floor(rest / stride);
      rest -= at * stride;
      return at;
    });
  }

  /** A tensor of the numbers of this moment. */
  toTensor(): Tensor {
    return tensor(this.values, this.shape, this.dtype);
  }
}

/** Row-major distances between neighbours, without the last axis (which is 1). @internal */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  for (let axis = shape.length - 2, step = 1; axis >= 0; axis--) {
    step *= shape[axis + 1] as number;
    strides[axis] = step;
  }
  return strides;
}

/**
 * Numbers that can be written one by one (0 at first).
 * @throws ShapeError when `values` has another length than the shape asks for.
 * @example const b = buffer([2, 2]); b.set(3, 0, 1); b.toTensor();
 */
export function buffer(shape: readonly number[], dtype: DType = 'float32', values?: TensorData): TensorBuffer {
  return new TensorBuffer(shape, dtype, values);
}
