// node scripts/addon-facts.mjs <addon.node>...: what a binary for another platform says of itself, which is all that can be said
// of it here. Ends with code 1 when a binary names a folder of this machine, or needs a library that is not its system's.
// Uses `file` and LLVM's llvm-readobj.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename } from 'node:path';
import { fail, root } from './steps.mjs';
import { installName, systemFloor } from './system-floor.mjs';

/** Libraries that every system of a platform has. */
const systemLibraries = [
  /^(libc|libm|libdl|libpthread|librt|ld-linux-[\w-]+|libc\.musl-[\w-]+)\.so(\.\d+)?$/,
  /^\/usr\/lib\/lib(System\.B|iconv\.2|charset\.1)\.dylib$/,
  /^\/System\/Library\/Frameworks\/[\w./]+$/,
  // Windows 10 has the universal C runtime, msvcrt, and the API sets.
  /^(kernel32|ntdll|advapi32|user32|shell32|psapi|ws2_32|userenv|bcrypt|bcryptprimitives|msvcrt)\.dll$/i,
  /^api-ms-win-[\w-]+\.dll$/i,
];

/** Folders of this machine that must not be read in a binary. */
const machineFolders = [root, homedir(), process.env.CARGO_HOME, process.env.CARGO_TARGET_DIR, tmpdir()];

/** The folders of this machine that a binary names. */
export function namedFolders(bytes) {
  // A home folder of one part, such as /root or /, is also a part of ordinary texts: with a slash it is not.
  return machineFolders.filter((path) => path && path.length > 2 && bytes.includes(`${path}/`));
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
  return stdout;
}

function neededLibraries(path, own) {
  const list = output('llvm-readobj', ['--needed-libs', path]);
  const names = list
    .slice(list.indexOf('[') + 1, list.lastIndexOf(']'))
    .trim()
    .split(/\s+/);
  // Mach-O lists a library's own name among them.
  return names.filter((name) => name !== '' && name !== own);
}

function facts(path) {
  const bytes = readFileSync(path);
  const own = installName(bytes);
  const needed = neededLibraries(path, own);
  const lines = [
    `${basename(path)}: ${(bytes.length / 1024 ** 2).toFixed(2)} MB`,
    `  file: ${output('file', ['--brief', path]).trim()}`,
    `  oldest system: ${systemFloor(bytes) ?? 'no version asked for'}`,
    `  libraries: ${needed.join(', ') || 'none'}`,
  ];
  if (own !== null) lines.push(`  install name: ${own}`);
  const wrong = [
    ...namedFolders(bytes).map((folder) => `names this machine's folder ${folder}`),
    ...needed
      .filter((name) => !systemLibraries.some((pattern) => pattern.test(name)))
      .map((name) => `needs ${name}, which the system does not have`),
  ];
  return { lines, wrong };
}

if (process.argv[1]?.endsWith('addon-facts.mjs')) {
  try {
    for (const path of process.argv.slice(2)) {
      const { lines, wrong } = facts(path);
      console.log([...lines, ...wrong.map((text) => `  WRONG: ${text}`)].join('\n'));
      if (wrong.length > 0) process.exitCode = 1;
    }
  } catch (error) {
    fail(error);
  }
}
