import { inspect } from 'node:util';
import { ofAnyCopy, received, shortly } from '../arguments.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { type NativeTensor, native } from '../native.ts';
import { shown } from './axes.ts';
import type { DType, TensorData } from './dtype.ts';
import { formatValues, type NestedNumbers, nest } from './format.ts';
import { track } from './scope.ts';
import type { Tensor } from './tensor.ts';

/** Nodes made for the operation in progress: its operands, copied or cast, which no tensor owns. */
const operands: NativeTensor[] = [];

/**
 * Notes a node that is needed only until the operation in progress has its result. A handle that waits for the garbage
 * collector would do harm meanwhile: its node counts as asked for, so it would be computed into memory of its own.
 * @internal
 */
export function operandOnly(handle: NativeTensor): NativeTensor {
  operands.push(handle);
  return handle;
}

function releaseOperands(): void {
  for (const handle of operands) if (handle.owners === 0) handle.dispose();
  operands.length = 0;
}

const arrays = { Float32Array, Int32Array, Uint8Array, Int8Array };

/** The addon's arrays belong to Node's global object: where this file has another (in Jest), they are no `Float32Array`. */
function ours(numbers: TensorData): TensorData {
  if (numbers instanceof Object) return numbers;
  const { buffer, byteOffset, length } = numbers as TensorData;
  return new arrays[(numbers as TensorData)[Symbol.toStringTag]](buffer as ArrayBuffer, byteOffset, length);
}

/** Given to the constructor by variables, which read their node from their cell. @internal */
export const cellOnly: unique symbol = Symbol('hornbeam.cellOnly');

/** A tensor still to be computed is shown with its numbers only up to this size: printing must not start long work. */
const SHOWN_WHEN_PENDING = 1000;

/**
 * What every tensor has apart from arithmetic: its type, its numbers, its life time.
 * Shape and dtype are known at once; numbers are computed when somebody asks.
 */
export abstract class TensorBase {
  #handle: NativeTensor | undefined;
  #shape: readonly number[] | undefined;
  #isDisposed = false;

  /** Which steps of a sequence count (a bool tensor), as set by a masking layer. */
  mask?: Tensor | undefined;

  // A Proxy, or an object made from the prototype, has none of the private fields: it is no tensor, whatever it inherits.
  static {
    Object.defineProperty(TensorBase, Symbol.hasInstance, {
      value(this: typeof TensorBase, x: unknown): boolean {
        return (
          typeof x === 'object' && x !== null && #shape in x && Function.prototype[Symbol.hasInstance].call(this, x)
        );
      },
    });
  }

  /** What `instanceof Tensor` says, without its price. @internal */
  static is(x: unknown): x is Tensor {
    return typeof x === 'object' && x !== null && #shape in x;
  }

  /** @internal */
  constructor(handle: NativeTensor | typeof cellOnly) {
    if (handle === cellOnly) return;
    // `new Tensor([1, 2])` is what other libraries have.
    if (typeof handle !== 'object' || handle === null || !('isTraced' in handle)) {
      throw new ConfigError(
        `Tensors are made by tensor(values), not by new Tensor(...), which got ${received(handle)}`,
      );
    }
    this.#handle = handle;
    handle.owners++;
    track(this);
    if (operands.length > 0) releaseOperands();
  }

  /** The node of the native graph. @throws StateError after `dispose`. @internal */
  get handle(): NativeTensor {
    if (!(#handle in this)) throw noTensor();
    if (this.#handle !== undefined && !this.#isDisposed) return this.#handle;
    throw new StateError(`This tensor (${this.dtype} ${shown(this.shape)}) was disposed and has no numbers any more`);
  }

  /** The node, for the operation in progress only. @internal */
  get operandHandle(): NativeTensor {
    return this.handle;
  }

  /** Size of every axis; `[]` for a scalar. */
  get shape(): readonly number[] {
    if (!(#shape in this)) throw noTensor();
    this.#shape ??= Object.freeze((this.#handle ?? this.handle).shape);
    return this.#shape;
  }

  /** Element type. */
  get dtype(): DType {
    if (!(#handle in this)) throw noTensor();
    return (this.#handle ?? this.handle).dtype;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((size, dim) => size * dim, 1);
  }

  /** Whether `dispose` was called. */
  get isDisposed(): boolean {
    if (!(#handle in this)) throw noTensor();
    return this.#isDisposed || this.#handle === undefined || this.#handle.isDisposed;
  }

  /**
   * The numbers, row-major, computed on a native thread.
   * @throws StateError inside a trace, or after `dispose`.
   * @example const numbers = await tensor([1, 2]).mul(2).data(); // [2, 4]
   */
  async data(): Promise<TensorData> {
    return ours(await this.handle.data());
  }

  /** The numbers, row-major; blocks until they are there. @throws StateError inside a trace, or after `dispose`. */
  dataSync(): TensorData {
    return ours(this.handle.dataSync());
  }

  /**
   * Copies bytes of the numbers, as the engine has them: those from `begin` on. In pieces, a large tensor needs no memory of its size
   * among JavaScript's. @internal
   */
  copyBytes(target: Uint8Array, begin: number): void {
    this.handle.copyTo(target, begin);
  }

  /** The numbers' memory, row-major. @throws StateError inside a trace, or after `dispose`. */
  async bytes(): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await this.data();
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  }

  /** The numbers as nested arrays (a number for a scalar; booleans are 0 and 1). */
  async array(): Promise<NestedNumbers> {
    return nest(await this.data(), this.shape);
  }

  /** The numbers as nested arrays; blocks until they are there. */
  arraySync(): NestedNumbers {
    return nest(this.dataSync(), this.shape);
  }

  /** The one number of a tensor of size 1. @throws ShapeError for another size. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new ShapeError(`item() needs a tensor with one element, got shape ${shown(this.shape)}`);
    return (await this.data())[0] as number;
  }

  /** @throws StateError after `dispose`. */
  throwIfDisposed(): void {
    if (this.isDisposed) throw new StateError(`This tensor (${this.dtype} ${shown(this.shape)}) was disposed`);
  }

  /** Frees the tensor now instead of when it is garbage collected; later use throws StateError. */
  dispose(): void {
    if (!(#handle in this)) throw noTensor();
    this.release()?.dispose();
  }

  /** Lets go of the node; gives its handle if no other tensor shares it, for the caller to dispose. @internal */
  release(): NativeTensor | undefined {
    const handle = this.#handle;
    if (handle === undefined || this.#isDisposed) return undefined;
    this.#isDisposed = true;
    return --handle.owners === 0 ? handle : undefined;
  }

  /** `using x = ...` frees the tensor at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Writes type and numbers to the console, a row on every line. */
  print(): void {
    console.log(this.#describe(true));
  }

  /** Type and numbers: `Tensor float32 [2, 3] [[1, 2, 3], [4, 5, 6]]`. */
  toString(): string {
    return this.#describe(false);
  }

  /** The name shown before the type. @internal */
  protected label(): string {
    return 'Tensor';
  }

  #describe(multiline: boolean): string {
    if (!(#handle in this)) throw noTensor();
    if (this.isDisposed) return `${this.label()} (disposed)`;
    const type = `${this.label()} ${this.dtype} ${shown(this.shape)}`;
    if (this.handle.isTraced || native.isTracing()) return `${type} (in a trace: no numbers yet)`;
    if (this.size > SHOWN_WHEN_PENDING && !this.handle.isReady) return `${type} (not computed yet)`;
    try {
      return `${type}${multiline ? '\n' : ' '}${formatValues(this.dataSync(), this.shape, this.dtype, multiline)}`;
    } catch (error) {
      // A tensor whose computation fails can still be looked at.
      return `${type} (${error instanceof Error ? error.message : String(error)})`;
    }
  }
}

/** A method was called on a Proxy of a tensor (a reactive framework's, say) or on something else that is none. */
function noTensor(): StateError {
  return new StateError(
    'This object inherits from Tensor but is none: a Proxy, or an object made from the prototype. Use the tensor itself',
  );
}

// What Node's console.log asks for. Defined apart: a declaration file cannot be derived from a class with this key.
Object.defineProperty(TensorBase.prototype, inspect.custom, {
  value(this: TensorBase): string {
    return this.toString();
  },
});
Object.defineProperty(TensorBase.prototype, ofAnyCopy, { value: 'tensor' });
Object.defineProperty(TensorBase.prototype, shortly, {
  value(this: TensorBase): string {
    return this.isDisposed ? 'a disposed tensor' : `a ${this.dtype} tensor of shape ${shown(this.shape)}`;
  },
});
