import { createRequire } from 'node:module';
import { NativeError } from './errors.ts';
import { face, type RawBinding } from './native-face.ts';
import type { Native } from './native-types.ts';

export type * from './native-types.ts';

const require: NodeJS.Require = createRequire(import.meta.url);

/** Version of the npm package. */
export const packageVersion: string = (require('../package.json') as { version: string }).version;

function load(): Native {
  let binding: Record<string, unknown>;
  try {
    binding = require('../native/binding.cjs') as Record<string, unknown>;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new NativeError(
      `hornbeam's native addon did not load on ${platform} (Node ${process.version}). Installed from npm: check that ` +
        `the package @hornbeam/native-${platform}* is in node_modules (npm leaves optional packages of another platform ` +
        'out of a lockfile: delete node_modules and package-lock.json, then install again). In a clone: npm run build:native',
      { cause },
    );
  }
  return face(binding as RawBinding & Record<string, unknown>) as unknown as Native;
}

/** The addon. No other file imports it. */
export const native: Native = load();
