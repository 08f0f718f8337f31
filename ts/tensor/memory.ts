import { types } from 'node:util';
import { checkFunction, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { type NativeMemory, native } from '../native.ts';
import { TensorBase } from './base.ts';
import { closeScope, openScope, untrack } from './scope.ts';
import { isBranch } from './tree.ts';

function collect(value: unknown): Set<TensorBase> {
  const found = new Set<TensorBase>();
  // Without recursion, and every branch once: what nests deep or contains itself is no mistake here.
  const waiting = [value];
  const seen = new Set<unknown>();
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next instanceof TensorBase) found.add(next);
    if (next instanceof TensorBase || !isBranch(next) || seen.has(next)) continue;
    seen.add(next);
    for (const entry of Object.values(next)) waiting.push(entry);
  }
  return found;
}

/**
 * Runs `f` and frees the tensors made in it, but those it returns (alone, or in arrays and records) and those passed to
 * `keep`. Variables stay. What is not in a `tidy` is freed by the garbage collector.
 * @throws ConfigError when `f` returns a promise: tensors made after its first `await` would not be seen.
 * @example const y = tidy(() => tensor([3, 4]).square().sum()); // 25
 */
export function tidy<R>(f: () => R): R {
  checkFunction('tidy', 'its argument', f);
  openScope();
  let results: ReadonlySet<TensorBase> = new Set();
  try {
    const result = f();
    if (types.isPromise(result)) throw new ConfigError('tidy takes a function that returns at once, not an async one');
    results = collect(result);
    return result;
  } finally {
    closeScope(results);
  }
}

/**
 * Takes a tensor out of the `tidy` calls around it.
 * @example
 * let kept = tensor([0]);
 * tidy(() => { kept = keep(tensor([1])); });
 * kept // [1]
 */
export function keep<T extends TensorBase>(tensor: T): T {
  if (!(tensor instanceof TensorBase)) throw new ConfigError(`keep takes a tensor, got ${received(tensor)}`);
  untrack(tensor);
  return tensor;
}

/**
 * Frees tensors: one, or those in arrays and records.
 * @example
 * const parts = { a: tensor([1]), b: [tensor([2])] };
 * dispose(parts);
 * parts.a.isDisposed // true
 */
export function dispose(tensors: unknown): void {
  for (const tensor of collect(tensors)) tensor.dispose();
}

/**
 * What is held natively: counts of tensors, variables and programs; bytes of tensors, of buffers kept for reuse, of
 * workspaces, of compiled programs.
 */
export interface MemoryInfo extends NativeMemory {
  /** Same as `tensors`. */
  numTensors: number;
  /** Same as `tensors`. */
  numDataBuffers: number;
  /** Same as `tensorBytes`. */
  numBytes: number;
  /** False: the counts are the engine's own. */
  unreliable: boolean;
}

/** What is held natively at this moment. @example const { numTensors } = memory(); */
export function memory(): MemoryInfo {
  const info = native.memory();
  return {
    ...info,
    numTensors: info.tensors,
    numDataBuffers: info.tensors,
    numBytes: info.tensorBytes,
    unreliable: false,
  };
}
