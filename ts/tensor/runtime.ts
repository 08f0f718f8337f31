import { inspect } from 'node:util';
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { native, packageVersion } from '../native.ts';

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
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw new ConfigError(`setThreads needs a whole number from 1 on, got ${received(threads)}`);
  native.setThreads(threads);
}

/** The number of threads in use. */
export function getThreads(): number {
  return native.threads();
}
