// What a user of the package meets: both entry points load, give the same classes, and compute.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './steps.mjs';

const imported = await import(pathToFileURL(join(root, 'dist', 'index.js')).href);
const required = createRequire(import.meta.url)('../dist/index.cjs');
const missing = Object.keys(required).filter((name) => !(name in imported));
if (missing.length > 0) throw new Error(`dist/index.js does not export ${missing.join(', ')}`);
// `default` too would be one that require does not give.
const extra = Object.keys(imported).filter((name) => !(name in required));
if (extra.length > 0) throw new Error(`dist/index.js alone exports ${extra.join(', ')}`);
const other = Object.keys(required).filter((name) => imported[name] !== required[name]);
if (other.length > 0) throw new Error(`import and require differ in ${other.join(', ')}`);
const sum = await required
  .tensor([1, 2])
  .add(imported.tensor([3, 4]))
  .sum()
  .item();
if (sum !== 10) throw new Error(`1 + 2 + 3 + 4 = ${sum}`);
console.log(`import and require give the same ${Object.keys(required).length} exports`);
