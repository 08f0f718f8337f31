// What the sources of arguments may name besides `tf`: values that no literal can write.
import * as tf from '../../ts/index.ts';

/** What a callback or a getter of the caller's own throws: it must come out as it went in. */
export class OwnError extends Error {
  override readonly name = 'OwnError';
}

/** Throws {@link OwnError}. */
function own(): never {
  throw new OwnError('thrown by the caller');
}

/** Small numbers of both signs, some of them whole. */
function numbers(size: number): number[] {
  return Array.from({ length: size }, (_, i) => ((i * 7) % 5) / 2 - 0.5);
}

/** A tensor with such numbers; integers count 0, 1, 2, 0, ... */
function x(shape: readonly number[] = [2, 3], dtype: tf.DType = 'float32'): tf.Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const integers = Float32Array.from({ length: size }, (_, i) => i % 3);
  return tf.tensor(dtype === 'float32' ? Float32Array.from(numbers(size)) : integers, shape, dtype);
}

/** A variable with the numbers of {@link x}. */
function variable(shape?: readonly number[], dtype?: tf.DType): tf.Variable {
  return tf.variable(x(shape, dtype));
}

function disposed<T extends { dispose(): void }>(value: T): T {
  value.dispose();
  return value;
}

/** A tensor that belongs to a trace which has ended: it will never have numbers. */
function finished(): tf.Tensor {
  let leaked = x();
  const f = tf.jit((a: tf.Tensor): tf.Tensor => {
    leaked = a.add(1);
    return leaked;
  });
  f(x());
  f.dispose();
  return leaked;
}

/** A small model that is ready to train: `[n, 3]` to `[n, 2]`. */
function model(options: Partial<tf.CompileConfig> = {}): tf.Sequential {
  const made = tf.sequential();
  made.add(tf.layers.dense({ units: 2, inputShape: [3], kernelInitializer: 'ones' }));
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError', ...options });
  return made;
}

/** A model of two inputs and two outputs, ready to train: `[n, 3]` and `[n, 2]` to `[n, 2]` and `[n, 1]`. */
function graph(): tf.Functional<readonly [tf.Tensor, tf.Tensor]> {
  const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [2], name: 'b' })];
  const shared = tf.layers.dense({ units: 2, name: 'first' }).apply(a);
  const last = tf.layers.dense({ units: 1, name: 'second' }).apply(shared);
  const made = tf.model({ inputs: [a, b], outputs: [shared, last] });
  made.compile({ optimizer: 'sgd', loss: ['meanSquaredError', 'meanAbsoluteError'] });
  return made;
}

/** A symbolic tensor of shape `[n, 3]`. */
function symbol(): tf.SymbolicTensor {
  return tf.input({ shape: [3] });
}

/** A callback that knows its model, as inside `fit`. */
function called<T extends tf.Callback>(callback: T): T {
  callback.setModel(model());
  callback.setParams({ epochs: 1, steps: 1, samples: 1, batchSize: 1, verbose: 0 });
  return callback;
}

function cyclic(): unknown[] {
  const array: unknown[] = [1];
  array[0] = array;
  return array;
}

function cyclicRecord(): object {
  const record: Record<string, unknown> = { a: 1 };
  record.self = record;
  return record;
}

/** Arrays inside arrays. */
function deep(depth: number, leaf: unknown = 1): unknown {
  let value = leaf;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** An array of a length that nobody has memory for, without elements. */
function sparse(length = 2 ** 32 - 1): unknown[] {
  const array: unknown[] = [];
  array.length = length;
  return array;
}

/** An array that gets shorter (or longer) while it is read. */
function changing(length: number): number[] {
  const array = [1, 2, 3];
  Object.defineProperty(array, 0, {
    get(): number {
      array.length = length;
      return 1;
    },
    // Some functions write where they are asked to: an array that refuses is the caller's own affair.
    set() {},
  });
  return array;
}

function detached<T extends { buffer: ArrayBuffer }>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** A view that its buffer has become too small for. */
function shrunk(): Float32Array {
  // Resizable buffers are younger than the types that this project is checked with.
  const make = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void };
  const buffer = new make(16, { maxByteLength: 32 });
  const view = new Float32Array(buffer, 0, 4);
  buffer.resize(4);
  return view;
}

/** A view that tracks the length of a resizable buffer. */
function resizable(): Float32Array {
  const make = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  return new Float32Array(new make(16, { maxByteLength: 32 }));
}

/** An object whose every property throws. */
function thorny(target: object = {}): object {
  const all = { get: own, has: own, ownKeys: own, getOwnPropertyDescriptor: own, getPrototypeOf: own };
  return new Proxy(target, all);
}

/** A promise that rejects with the caller's own error, which somebody looks after. */
function rejecting(): Promise<never> {
  const promise = Promise.reject(new OwnError('rejected by the caller'));
  promise.catch(() => {});
  return promise;
}

/** A signal that is aborted already. */
function aborted(): AbortSignal {
  return AbortSignal.abort(new OwnError('aborted by the caller'));
}

/** Names in the scope of a source. */
const scope: Readonly<Record<string, unknown>> = {
  tf,
  own,
  x,
  variable,
  disposed,
  finished,
  model,
  graph,
  symbol,
  called,
  cyclic,
  cyclicRecord,
  deep,
  sparse,
  changing,
  detached,
  shrunk,
  resizable,
  thorny,
  rejecting,
  aborted,
};

type Factory = (...args: readonly unknown[]) => () => unknown;

const compiled = new Map<string, () => unknown>();

/** The value that a source of TypeScript's common subset with JavaScript means, made anew at every call. */
export function evaluate(source: string): unknown {
  let make = compiled.get(source);
  if (make === undefined) {
    const factory = new Function(...Object.keys(scope), `return () => (${source});`) as Factory;
    make = factory(...Object.values(scope));
    compiled.set(source, make);
  }
  return make();
}
