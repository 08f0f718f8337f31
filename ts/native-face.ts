import { setTimeout } from 'node:timers';
import { types } from 'node:util';
import { fromNative } from './errors.ts';
import type { BinaryKind, NativeData, NativeDType, NativeTensor, UnaryKind } from './native-types.ts';

/** What the addon exports for handles and for the operations that are made most often; tensors are numbers here. */
export interface RawBinding {
  /** The exports of the first time that this thread loaded the addon. */
  firstExports(): object;
  setHandleClass(handle: object): void;
  /** Where lists of numbers are written for the operations that are made most often. */
  setParameters(array: Float64Array): void;
  reshape(x: number, rank: number): number;
  sliceBlock(x: number, rank: number): number;
  openGroup(group: object): void;
  ownGroup(group: object, number: number): void;
  /** Gives how many tensors are left. */
  freeCollected(): number;
  tensorShape(x: number): number[];
  dtypeNames(): NativeDType[];
  tensorIsTraced(x: number): boolean;
  tensorIsReady(x: number): boolean;
  tensorNode(x: number): number;
  tensorDispose(x: number): void;
  tensorsDispose(numbers: Uint32Array): void;
  tensorData(x: number): Promise<NativeData>;
  tensorDataSync(x: number): NativeData;
  tensorCopy(x: number, begin: number, target: Uint8Array): void;
  isTracing(): boolean;
  unaryKinds(): UnaryKind[];
  binaryKinds(): BinaryKind[];
  unary(kind: number, x: number): number;
  binary(kind: number, a: number, b: number): number;
}

/** Operations that return their result by number. */
const numbered = [
  'select',
  'cast',
  'transpose',
  'broadcastTo',
  'slice',
  'reduce',
  'matMul',
  'constant',
  'fromData',
] as const;

/** Tensors whose handles refer to one group: they live until all of them are collected. */
const GROUP = 16;

/** Numbers that are kept as tensors for the next operation with them. */
const CONSTANTS = 64;

/** Numbers that a call can hand over beside its arguments. */
const PARAMETERS = 64;

/** Milliseconds between looks while nothing happens: first, and at most. */
const LOOK_AFTER = 100;
const LOOK_AT_MOST = 5000;

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Face = Record<string, unknown>;

function rethrow(error: unknown): never {
  throw fromNative(error);
}

/** Exports of the addon, and the face that serves for them. */
type Exports = RawBinding & Face & { hornbeamFace?: Made };

/** A face, and what gives the methods of classes that later loads of the addon bring the same face. */
interface Made {
  readonly face: Face;
  wrapClasses(raw: Face): void;
}

/**
 * The face of the addon that the other files see: tensors are handles, errors hornbeam's classes.
 *
 * Several copies of this file may be loaded in one thread: as a module and by require, after require.cache was cleared, in a test runner
 * that gives every test file modules of its own, even a global object of its own (Jest), which it clears at the end. The tensors are the
 * thread's, so all copies use the face of the first. It must not rely on what belongs to one global object only: `instanceof` of
 * built-in classes, timers that a test replaces.
 */
export function face(raw: RawBinding & Face): Face {
  const first = raw.firstExports() as Exports;
  first.hornbeamFace ??= makeFace(first);
  const loaded = raw as Exports;
  if (loaded.hornbeamFace === undefined) {
    first.hornbeamFace.wrapClasses(raw);
    loaded.hornbeamFace = first.hornbeamFace;
  }
  return first.hornbeamFace.face;
}

const isClass = (name: string, value: unknown): value is new (...args: unknown[]) => object =>
  typeof value === 'function' && /^[A-Z]/.test(name);

function makeFace(raw: RawBinding & Face): Made {
  let group: object = {};
  let room = 0;
  let timer: NodeJS.Timeout | undefined;

  /**
   * While tensors are made, the addon looks now and then which are gone. Afterwards a timer does, ever more seldom: the collector
   * may take the last of them at any time. (A FinalizationRegistry would tell, but keeps what is young alive.)
   */
  function lookLater(delay: number): void {
    timer = setTimeout(() => {
      forgetConstants();
      leaveGroup();
      timer = undefined;
      if (raw.freeCollected() > 0) lookLater(Math.min(2 * delay, LOOK_AT_MOST));
    }, delay).unref();
  }

  /** A group for the next tensors. Not while results of a call wait for their handles: those belong to the group before. */
  function openGroup(): void {
    group = {};
    room = GROUP;
    raw.openGroup(group);
    if (timer === undefined) lookLater(LOOK_AFTER);
  }

  /** The tensors of the open group could be collected only after the next ones are made. */
  function leaveGroup(): void {
    if (room !== GROUP) openGroup();
  }

  const dtypes = raw.dtypeNames();

  class Handle implements NativeTensor {
    /** Slot in the addon's table. */
    readonly number: number;
    readonly dtype: NativeDType;
    /** Keeps the slots of its group. */
    readonly group: object | undefined;
    owners = 0;
    isDisposed = false;

    /** `told`: eight times the slot plus the place of the dtype; negative for a large tensor, whose slot lives as long as this handle. */
    constructor(told: number) {
      const positive = told < 0 ? -told : told;
      this.number = Math.floor(positive / 8);
      this.dtype = dtypes[positive % 8] as NativeDType;
      this.group = told < 0 ? undefined : group;
      room--;
    }

    get shape(): number[] {
      return guarded(raw.tensorShape, this);
    }
    get isTraced(): boolean {
      return guarded(raw.tensorIsTraced, this);
    }
    get isReady(): boolean {
      return guarded(raw.tensorIsReady, this);
    }
    get id(): number {
      return guarded(raw.tensorNode, this);
    }
    dispose(): void {
      if (this.isDisposed) return;
      this.isDisposed = true;
      raw.tensorDispose(this.number);
    }
    data(): Promise<NativeData> {
      return guarded(raw.tensorData, this).catch(rethrow);
    }
    dataSync(): NativeData {
      return guarded(raw.tensorDataSync, this);
    }
    copyTo(target: Uint8Array, begin: number): void {
      guarded((x) => raw.tensorCopy(x, begin, target), this);
    }
  }

  function guarded<R>(read: (x: number) => R, handle: Handle): R {
    try {
      return read(handle.number);
    } catch (error) {
      throw fromNative(error);
    }
  }

  /** The handle of a result returned by number. */
  function handleOf(result: number): Handle {
    const handle = new Handle(result);
    if (result < 0) raw.ownGroup(handle, handle.number);
    return handle;
  }

  /**
   * Tensors as numbers, also those in a list. Lists are copied before: one with a getter may run JavaScript, which may dispose
   * tensors, or drop the last reference to them. Between the moment when tensors become numbers and the call nothing runs.
   */
  function lower(args: unknown[]): unknown[] {
    for (let i = 0; i < args.length; i++) if (Array.isArray(args[i])) args[i] = [...(args[i] as unknown[])];
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (arg instanceof Handle) args[i] = arg.number;
      else if (Array.isArray(arg)) lower(arg);
    }
    return args;
  }

  /** `method` for handles, with what it throws, or rejects with, turned into hornbeam's error classes. */
  function translating(method: Method): Method {
    return function (this: unknown, ...args: unknown[]): unknown {
      if (room <= 0) openGroup();
      try {
        const result = method.apply(this, lower(args));
        return types.isPromise(result) ? result.catch(rethrow) : result;
      } catch (error) {
        throw fromNative(error);
      }
    };
  }

  /** Subclassing would lose the addon's type tags: the methods of its classes are wrapped where they are. */
  function wrapMethods(prototype: object): void {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === 'constructor' || !property.configurable) continue;
      if (typeof property.value === 'function') property.value = translating(property.value as Method);
      if (property.get !== undefined) property.get = translating(property.get as Method);
      Object.defineProperty(prototype, name, property);
    }
  }

  function wrapClass(Class: new (...args: unknown[]) => object): unknown {
    return new Proxy(Class, {
      construct(target, args, newTarget): object {
        try {
          return Reflect.construct(target, lower(args), newTarget);
        } catch (error) {
          throw fromNative(error);
        }
      },
    });
  }

  function byNumber(method: Method): Method {
    return (...args) => {
      if (room <= 0) openGroup();
      try {
        return handleOf(method(...lower(args)) as number);
      } catch (error) {
        throw fromNative(error);
      }
    };
  }

  /** napi-rs makes what is returned of the classes of the last load, whichever load's function returns it. */
  function wrapClasses(exports: Face): void {
    for (const [name, value] of Object.entries(exports)) {
      if (isClass(name, value)) wrapMethods(value.prototype as object);
    }
  }

  const wrapped: Face = {};
  for (const [name, value] of Object.entries(raw)) {
    if (isClass(name, value)) wrapped[name] = wrapClass(value);
    else if (typeof value === 'function') wrapped[name] = translating(value as Method);
  }
  wrapClasses(raw);
  wrapped.disposeAll = (handles: readonly Handle[]): void => {
    const numbers = new Uint32Array(handles.length);
    let count = 0;
    for (const handle of handles) {
      if (handle.isDisposed) continue;
      handle.isDisposed = true;
      numbers[count++] = handle.number;
    }
    raw.tensorsDispose(numbers.subarray(0, count));
  };
  for (const name of numbered) wrapped[name] = byNumber(raw[name] as Method);

  const constant = wrapped.constant as (value: number, dtype: NativeDType) => Handle;
  let constants = new Map<number, Handle>();
  /** Numbers that operands are made of come again and again. Inside a trace they are part of its graph. */
  wrapped.constant = (value: number, dtype: NativeDType): Handle => {
    if (dtype !== 'float32' || Object.is(value, -0) || raw.isTracing()) return constant(value, dtype);
    let handle = constants.get(value);
    if (handle === undefined) {
      if (constants.size === CONSTANTS) forgetConstants();
      handle = constant(value, dtype);
      // Never the last owner: whoever is done with it leaves it.
      handle.owners++;
      constants.set(value, handle);
    }
    return handle;
  };
  function forgetConstants(): void {
    for (const handle of constants.values()) if (--handle.owners === 0) handle.dispose();
    constants = new Map();
  }
  const memory = wrapped.memory as Method;
  wrapped.memory = (): unknown => {
    forgetConstants();
    leaveGroup();
    return memory();
  };

  const unaryKinds = new Map(raw.unaryKinds().map((kind, i) => [kind, i]));
  const binaryKinds = new Map(raw.binaryKinds().map((kind, i) => [kind, i]));
  wrapped.unary = (kind: UnaryKind, x: Handle): Handle => {
    if (room <= 0) openGroup();
    try {
      return handleOf(raw.unary(unaryKinds.get(kind) as number, x.number));
    } catch (error) {
      throw fromNative(error);
    }
  };
  wrapped.binary = (kind: BinaryKind, a: Handle, b: Handle): Handle => {
    if (room <= 0) openGroup();
    try {
      return handleOf(raw.binary(binaryKinds.get(kind) as number, a.number, b.number));
    } catch (error) {
      throw fromNative(error);
    }
  };
  const parameters = new Float64Array(PARAMETERS);
  raw.setParameters(parameters);
  wrapped.reshape = (x: Handle, shape: readonly number[]): Handle => {
    if (room <= 0) openGroup();
    // What does not fit is too long for a shape as well.
    const rank = Math.min(shape.length, PARAMETERS);
    for (let a = 0; a < rank; a++) parameters[a] = shape[a] as number;
    try {
      return handleOf(raw.reshape(x.number, rank));
    } catch (error) {
      throw fromNative(error);
    }
  };
  wrapped.sliceBlock = (x: Handle, starts: readonly number[], sizes: readonly number[]): Handle => {
    if (room <= 0) openGroup();
    const rank = Math.min(starts.length, PARAMETERS / 2);
    for (let a = 0; a < rank; a++) {
      parameters[a] = starts[a] as number;
      parameters[rank + a] = sizes[a] as number;
    }
    try {
      return handleOf(raw.sliceBlock(x.number, rank));
    } catch (error) {
      throw fromNative(error);
    }
  };
  raw.setHandleClass(Handle);
  openGroup();
  return { face: wrapped, wrapClasses };
}
