// The addon from two folders in one process, as two versions of the package have it. What each says of itself.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getThreads } from '../../../ts/index.ts';
import type { Native } from '../../../ts/native-types.ts';

const native = join(import.meta.dirname, '..', '..', '..', 'native');
const addon = readdirSync(native).find((name) => name.endsWith('.node')) as string;
const folder = mkdtempSync(join(tmpdir(), 'hornbeam-folders-'));
const require = createRequire(import.meta.url);
try {
  const versions = ['a', 'b'].map((name) => {
    mkdirSync(join(folder, name));
    copyFileSync(join(native, addon), join(folder, name, addon));
    const copy: Native = require(join(folder, name, addon));
    return [copy.nativeVersion(), copy.threads() === getThreads()];
  });
  console.log(`versions: ${JSON.stringify(versions)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
