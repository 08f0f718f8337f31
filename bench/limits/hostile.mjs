// Hostile files: how long each takes to be refused, and how much memory. --group zip names the group; a process opens one group, so
// that what one file leaves behind is seen.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { group: { type: 'string' } }, strict: false });
const { hostile } = await import('../../__test__/io/hostile/index.ts');
const { open, warmUp } = await import('../../__test__/io/hostile/opening.ts');
const { FileError } = await import('../../ts/errors.ts');

if (values.group === undefined) {
  console.log(JSON.stringify({ groups: Object.keys(hostile) }));
  process.exit(0);
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
const results = [];
for (const file of hostile[values.group]) {
  forgetPeak();
  const before = peak();
  const began = performance.now();
  let refused = false;
  try {
    await open(file);
  } catch (error) {
    refused = error instanceof FileError;
  }
  const ms = performance.now() - began;
  results.push({ name: file.name, ms, mb: Math.max(0, peak() - before), refused });
}
console.log(JSON.stringify({ results }));
process.exit(0);
