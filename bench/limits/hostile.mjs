// Hostile files: how long each takes to be refused, and how much memory. --group zip names the group; a process opens one group, so
// that what one file leaves behind is seen.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { group: { type: 'string' } }, strict: false });
const { hostile } = await import('../../__test__/io/hostile/index.ts');
const { open, warmUp } = await import('../../__test__/io/hostile/opening.ts');
const { hostileTfjs, rightFiles } = await import('../../__test__/io/hostile/tfjs.ts');
const { lay } = await import('../../__test__/io/hostile/laying.ts');
const { FileError } = await import('../../ts/errors.ts');
const { loadModel } = await import('../../ts/index.ts');

if (values.group === undefined) {
  console.log(JSON.stringify({ groups: [...Object.keys(hostile), 'tfjs'] }));
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-hostile-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What opens each file of the group. Models of TensorFlow.js are several files, which lie in a folder before the clock starts. */
function entries() {
  if (values.group !== 'tfjs') return hostile[values.group].map((file) => [file.name, () => open(file)]);
  return hostileTfjs.map((entry) => {
    const path = lay(folder, entry);
    return [entry.name, () => loadModel(path)];
  });
}

/** Makes the process' memory of now the most that it ever had, where the system can do that (Linux). */
function forgetPeak() {
  globalThis.gc?.();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak is that of the whole process, and a file that stays below it counts as nothing.
  }
}

/** The most memory that the process had since, in MB. */
function peak() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1000;
  } catch {
    return process.resourceUsage().maxRSS / 1000;
  }
}

// Modules, the addon and the library of HDF5 are loaded once, and are not a file's doing.
await warmUp();
if (values.group === 'tfjs') (await loadModel(lay(folder, { files: rightFiles }))).dispose();
const results = [];
for (const [name, refuse] of entries()) {
  forgetPeak();
  const before = peak();
  const began = performance.now();
  let refused = false;
  try {
    await refuse();
  } catch (error) {
    refused = error instanceof FileError;
  }
  const ms = performance.now() - began;
  results.push({ name, ms, mb: Math.max(0, peak() - before), refused });
}
console.log(JSON.stringify({ results }));
process.exit(0);
