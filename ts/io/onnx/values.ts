// Values of an ONNX graph: what nodes give and take.
import type { NativeTensor } from '../../native.ts';
import { sizeOf } from '../../tensor/infer.ts';
import type { AttributeValue, ElementType } from './messages.ts';
import { combined, type Size } from './operations.ts';

/** Numbers as they are in memory: elements of 16 bits are widened. */
export type Numbers = Float32Array | Int32Array | Uint8Array | Int8Array | BigInt64Array;

/** Element type and shape. */
export interface ValueType {
  readonly element: ElementType;
  readonly shape: readonly Size[];
}

/** How a value was made, for rules that replace several nodes by one. */
export interface Making {
  readonly op: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/**
 * A value. It is written down when a node reads it (`Builder.nameOf`): a transposition of another value may never be, as when the next
 * node transposes it back, nor a constant that was folded into another.
 */
export class Value implements ValueType {
  readonly element: ElementType;
  readonly shape: readonly Size[];
  /** Its name, if a node or the graph gives it. */
  readonly name: string | undefined;
  readonly constant: Constant | undefined;
  /** What it is a transposition of: its axis `i` is axis `order[i]` of `source`. */
  readonly view: { readonly source: Value; readonly order: readonly number[] } | undefined;
  /** The node that gives it. */
  readonly making: Making | undefined;
  /** How many operations of the model read it. */
  uses = 0;

  constructor(
    type: ValueType,
    from: { name?: string; constant?: Constant; view?: Value['view']; making?: Making } = {},
  ) {
    this.element = type.element;
    this.shape = type.shape;
    this.name = from.name;
    this.constant = from.constant;
    this.view = from.view;
    this.making = from.making;
  }

  get rank(): number {
    return this.shape.length;
  }
}

/** Numbers that are part of the file. */
export class Constant {
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** The path of the variable that it is; the name of other numbers is made up. */
  readonly path: string | undefined;
  readonly #source: Numbers | NativeTensor;
  /** The numbers lie in memory as `of` says, and are this transposition of it. */
  readonly #moved: { readonly of: readonly number[]; readonly order: readonly number[] } | undefined;

  constructor(
    element: ElementType,
    shape: readonly number[],
    source: Numbers | NativeTensor,
    path?: string,
    moved?: { of: readonly number[]; order: readonly number[] },
  ) {
    this.element = element;
    this.shape = shape;
    this.path = path;
    this.#source = source;
    this.#moved = moved;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** Bytes in the file. */
  get byteLength(): number {
    return this.size * elementBytes[this.element];
  }

  /** The same numbers with other axes. */
  transposed(order: readonly number[]): Constant {
    const shape = order.map((axis) => this.shape[axis] as number);
    const { of, order: before } = this.#moved ?? { of: this.shape, order: this.shape.map((_, i) => i) };
    const moved = { of, order: order.map((axis) => before[axis] as number) };
    return new Constant(this.element, shape, this.#source, this.path, moved);
  }

  /** The same numbers under another shape. */
  reshaped(shape: readonly number[]): Constant {
    return new Constant(this.element, shape, this.#moved === undefined ? this.#source : this.values(), this.path);
  }

  /** The numbers, computed now: for small constants. */
  values(): Numbers {
    const numbers = 'dataSync' in this.#source ? this.#source.dataSync() : this.#source;
    return this.#ordered(numbers);
  }

  /** The numbers as they are written. */
  async load(): Promise<Uint8Array> {
    const numbers = 'dataSync' in this.#source ? await this.#source.data() : this.#source;
    return encoded(this.#ordered(numbers), this.element);
  }

  #ordered(numbers: Numbers): Numbers {
    return this.#moved === undefined ? numbers : permuted(numbers, this.#moved.of, this.#moved.order);
  }
}

const elementBytes: Record<ElementType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  bfloat16: 2,
};

/** Elements in the order of other axes. */
function permuted(numbers: Numbers, shape: readonly number[], order: readonly number[]): Numbers {
  const result = numbers.slice();
  const strides: number[] = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  const sizes = order.map((axis) => shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = numbers[from] as never;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += steps[axis] as number;
      if ((index[axis] as number) < (sizes[axis] as number)) break;
      from -= (steps[axis] as number) * (sizes[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

/** Numbers as bytes, the lowest first as on every machine that the addon is made for. */
function encoded(numbers: Numbers, element: ElementType): Uint8Array {
  const { buffer, byteOffset, byteLength } =
    element === 'float16' || element === 'bfloat16' ? halves(numbers as Float32Array, element) : numbers;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Elements of 16 bits, which were widened, narrowed again: nothing is rounded. */
function halves(numbers: Float32Array, element: 'float16' | 'bfloat16'): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, (word) => {
    if (element === 'bfloat16') return word >>> 16;
    const sign = (word >>> 16) & 0x8000;
    const exponent = (word >>> 23) & 0xff;
    const fraction = word & 0x7fffff;
    if (exponent === 0xff) return sign | 0x7c00 | (fraction >>> 13);
    if (exponent >= 113) return sign | ((exponent - 112) << 10) | (fraction >>> 13);
    // Below 2^-14: 0, or a fraction without a leading one.
    return exponent < 102 ? sign : sign | ((fraction | 0x800000) >>> (126 - exponent));
  });
}

/** The shape with its axes in another order. */
export function reordered<T>(shape: readonly T[], order: readonly number[]): T[] {
  return order.map((axis) => shape[axis] as T);
}

/** The order that undoes `order`. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse: number[] = new Array(order.length).fill(0);
  order.forEach((axis, i) => {
    inverse[axis] = i;
  });
  return inverse;
}

/** The number of elements along some sizes. */
export function product(sizes: readonly Size[]): Size {
  return combined(sizes, (...values) => values.reduce((a, b) => a * b, 1));
}
