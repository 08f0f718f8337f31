import { inspect } from 'node:util';
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { native, packageVersion } from '../native.ts';
import type { Precision } from '../native-types.ts';

/** What is running. */
export interface Version {
  /** Version of the package. */
  hornbeam: string;
  /** Version of the native addon. */
  native: string;
  /** Instruction set in use: avx512, avx2, neon or portable. */
  isa: string;
  /** Threads in use. */
  threads: number;
  /** Version of Node. */
  node: string;
}

/** Versions, instruction set and threads: what a bug report needs. */
export const version: Version = {
  hornbeam: packageVersion,
  node: process.versions.node,
  get native() {
    return native.nativeVersion();
  },
  get isa() {
    return native.isa();
  },
  get threads() {
    return native.threads();
  },
};

// The getters ask the addon when they are read: console.log shall show what they give.
Object.defineProperty(version, inspect.custom, { value: (): Version => ({ ...version }) });

/**
 * Sets the number of threads that all computations share. Results do not depend on it, bit for bit. The default is what
 * the process may use (affinity, container quota), or `HORNBEAM_NUM_THREADS`.
 * @throws ConfigError unless a whole number from 1 on.
 * @example
 * setThreads(1);
 * getThreads() // 1
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw new ConfigError(`setThreads needs a whole number from 1 on, got ${received(threads)}`);
  native.setThreads(threads);
}

/**
 * Sets what programs compiled from now on may do for speed: `'fast'` (the default, or `HORNBEAM_PRECISION`) or `'exact'`. A model's
 * own setting is `compile({ precision })`.
 * @throws ConfigError for anything else.
 * @example
 * setPrecision('exact');
 * getPrecision() // 'exact'
 */
export function setPrecision(precision: Precision): void {
  checkPrecision('setPrecision', precision);
  native.setPrecision(precision);
}

/** The precision of programs that are compiled now. @example getPrecision() // 'fast' */
export function getPrecision(): Precision {
  return native.precision();
}

/** @throws ConfigError unless a precision. */
export function checkPrecision(what: string, precision: unknown): void {
  if (precision !== 'fast' && precision !== 'exact')
    throw new ConfigError(`${what} needs 'fast' or 'exact', got ${received(precision)}`);
}

/** Calls `compile` with a precision for the programs that it compiles; `undefined`: the one that is set. */
export function atPrecision<T>(precision: Precision | undefined, compile: () => T): T {
  if (precision === undefined) return compile();
  const before = native.setPrecision(precision);
  try {
    return compile();
  } finally {
    native.setPrecision(before);
  }
}

/** The number of threads in use. @example getThreads() > 0 // true */
export function getThreads(): number {
  return native.threads();
}
