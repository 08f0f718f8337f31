import { createRequire } from 'node:module';
import { NativeError } from './errors.ts';
import { face, type RawBinding } from './native-face.ts';
import type { Native, NativeProgram, NativeTensor } from './native-types.ts';
import { detectPlatform, explainLoadFailure, platformPackage } from './platform.ts';

export type * from './native-types.ts';

const require: NodeJS.Require = createRequire(import.meta.url);

const manifest = require('../package.json') as { version: string; optionalDependencies?: Record<string, string> };

/** Version of the npm package. */
export const packageVersion: string = manifest.version;

function isInstalled(name: string): boolean {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

function load(): Native {
  let binding: Record<string, unknown>;
  try {
    binding = require('../native/binding.cjs') as Record<string, unknown>;
  } catch (cause) {
    const platform = detectPlatform();
    const published = Object.keys(manifest.optionalDependencies ?? {});
    const installation = { present: isInstalled(platformPackage(platform)), published };
    throw new NativeError(explainLoadFailure(platform, installation, cause), { cause });
  }
  return face(binding as RawBinding & Record<string, unknown>) as unknown as Native;
}

/** The addon. No other file imports it. */
export const native: Native = load();

let beginning = false;

/**
 * Runs a program: in the background from the end of the synchronous code of now on, or at once on this thread if that code reads a
 * result (another thread would wake up for a result that is ready sooner here). The results are on their way.
 */
export function runProgram(program: NativeProgram, args: NativeTensor[]): NativeTensor[] {
  const results = program.run(args);
  if (!beginning) {
    beginning = true;
    // Not queueMicrotask: the global objects of `vm` contexts do not have it.
    void Promise.resolve().then(() => {
      beginning = false;
      native.beginRuns();
    });
  }
  return results;
}
