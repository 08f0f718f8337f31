import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostileFiles } from './tfjs.ts';

/** Writes the files and links of an entry into a new folder of `folder`; gives the path of its model.json. Beside that folder lies a secret. */
export function lay(folder: string, { files, links = {} }: Pick<HostileFiles, 'files' | 'links'>): string {
  const own = join(mkdtempSync(join(folder, 'm')), 'model');
  mkdirSync(own);
  writeFileSync(join(own, '..', 'secret.bin'), new Uint8Array(32));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(own, name), bytes);
  for (const [name, target] of Object.entries(links))
    symlinkSync(target.startsWith('//') ? target.slice(1) : target.replace(/^\//, '../'), join(own, name));
  return join(own, 'model.json');
}
