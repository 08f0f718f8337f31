import { checkFunction, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { native } from '../native.ts';
import { memory } from './memory.ts';
import { Tensor } from './tensor.ts';
import { isBranch } from './tree.ts';
import { disposeAllVariables } from './variable.ts';

/** Backends that TensorFlow.js programs ask for: all of them mean the one native engine. */
const backends: readonly string[] = ['hornbeam', 'tensorflow', 'cpu', 'wasm', 'webgl', 'webgpu'];

/**
 * Resolves at once: the engine is there when the module is. In TensorFlow.js a backend may still load.
 * @example await ready();
 */
export async function ready(): Promise<void> {}

/**
 * Accepts the names of TensorFlow.js' backends and changes nothing: there is one native engine, which uses all cores.
 * @throws ConfigError for any other name.
 * @example await setBackend('cpu') // true
 */
export async function setBackend(name: string): Promise<boolean> {
  if (backends.includes(name)) return true;
  throw new ConfigError(
    `setBackend: there is one native engine, which serves for ${backends.join(', ')}; got ${received(name)}`,
  );
}

/** The engine's name. @example getBackend() // 'hornbeam' */
export function getBackend(): string {
  return 'hornbeam';
}

/** What is asked of a backend in TensorFlow.js programs. */
export interface Backend {
  /** Smallest number that losses and optimizers add. */
  epsilon(): number;
  /** Bits of a float. */
  floatPrecision(): 16 | 32;
  /** Tensors held. */
  numDataIds(): number;
}

/** The engine, as far as programs ask it. @example backend().epsilon() // 1e-7 */
export function backend(): Backend {
  return { epsilon: () => 1e-7, floatPrecision: () => 32, numDataIds: () => native.memory().tensors };
}

/** Settings by name, as in TensorFlow.js: kept, and without effect on the native engine. */
export interface Environment {
  platformName: string;
  set(name: string, value: number | boolean | string): void;
  get(name: string): number | boolean | string | undefined;
  getBool(name: string): boolean;
  getNumber(name: string): number;
  getFlags(): Record<string, number | boolean | string>;
  reset(): void;
}

const flags = new Map<string, number | boolean | string>();

const environment: Environment = {
  platformName: 'node',
  set: (name, value) => void flags.set(name, value),
  get: (name) => flags.get(name),
  getBool: (name) => Boolean(flags.get(name) ?? false),
  getNumber: (name) => Number(flags.get(name) ?? 0),
  getFlags: () => Object.fromEntries(flags),
  reset: () => flags.clear(),
};

/**
 * Settings of a TensorFlow.js program: kept, and without effect. Threads are set with `setThreads`.
 * @example env().set('DEBUG', false);
 */
export function env(): Environment {
  return environment;
}

/** Does nothing: checks that cost time do not exist here. @example enableProdMode(); */
export function enableProdMode(): void {}

/** Does nothing: nothing here is deprecated. @example disableDeprecationWarnings(); */
export function disableDeprecationWarnings(): void {}

/** Resolves when the event loop has come round once. @example await nextFrame(); */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Frees all variables, those of models too.
 * @example
 * const w = variable([1]);
 * disposeVariables();
 * w.isDisposed // true
 */
export function disposeVariables(): void {
  disposeAllVariables();
}

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  return isBranch(value) ? Object.values(value).flatMap(tensorsIn) : [];
}

/** What {@link time} gives, in milliseconds. */
export interface TimeInfo {
  /** From the call until the numbers are there. */
  wallMs: number;
  /** Same: the engine keeps no clock of single kernels. */
  kernelMs: number;
}

/**
 * Runs `f` and measures until the numbers of the tensors that it returns are computed. Tensors are lazy: what `f` does not
 * return (alone, or in arrays and records) is not computed and not measured.
 * @example
 * const x = ones([64, 64]);
 * const { wallMs } = await time(() => x.matMul(x));
 */
export async function time(f: () => unknown): Promise<TimeInfo> {
  checkFunction('time', 'its argument', f);
  const start = performance.now();
  await Promise.all(tensorsIn(f()).map((tensor) => tensor.data()));
  const wallMs = performance.now() - start;
  return { wallMs, kernelMs: wallMs };
}

/** What {@link profile} gives. */
export interface ProfileInfo<R = unknown> {
  /** What the function returned (awaited). */
  result: R;
  /** Tensors that are left. */
  newTensors: number;
  /** Bytes that are left. */
  newBytes: number;
  /** Bytes held at the end, with what the engine keeps for reuse. */
  peakBytes: number;
}

/**
 * Runs `f`, computes what it returns, and counts the tensors and bytes that are left.
 * @example const { newBytes } = await profile(() => tensor([1, 2]).square());
 */
export async function profile<R>(f: () => R | Promise<R>): Promise<ProfileInfo<R>> {
  checkFunction('profile', 'its argument', f);
  const before = memory();
  const result = await f();
  await Promise.all(tensorsIn(result).map((tensor) => tensor.data()));
  const after = memory();
  return {
    result,
    newTensors: after.numTensors - before.numTensors,
    newBytes: after.numBytes - before.numBytes,
    peakBytes: after.numBytes + after.cacheBytes + after.workspaceBytes,
  };
}
