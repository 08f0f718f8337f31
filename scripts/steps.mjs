// What scripts share: running programs and setting up what is missing. Runs before node_modules exists: node: modules only.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a program, in the repository unless told; resolves to its exit code and, when `capture` is set, what it printed. */
export function run(command, args, { capture = false, quiet = false, env = {}, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      // npm is a .cmd on Windows, which only a shell runs.
      shell: process.platform === 'win32' && command === 'npm',
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
      if (!quiet) process.stdout.write(chunk);
    };
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}` }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), output }));
  });
}

/** Runs the program that a package in node_modules calls `name`. */
export function runBin(packageName, name, args, options) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return run(process.execPath, [join(folder, typeof bin === 'string' ? bin : bin[name]), ...args], options);
}

/** Files under a folder, apart from folders of the given names. */
export function filesUnder(folder, skip = ['node_modules', 'target', 'dist', '.git']) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skip.includes(entry.name) ? [] : filesUnder(path, skip);
    return [path];
  });
}

/** Installs node_modules when it is missing or older than the lock file. Registries fail now and then: three tries. */
export async function ensureModules() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  for (let attempt = 1; attempt <= 3; attempt++) {
    console.log(`npm ci${attempt > 1 ? ` (attempt ${attempt})` : ''}`);
    if ((await run('npm', ['ci', '--no-audit', '--no-fund'])).code === 0) return;
  }
  throw new Error('npm ci failed three times');
}

/** What the addon is built from, as one hash: file times say nothing after a checkout. */
function sourceHash() {
  const hash = createHash('sha256');
  const crates = ['kernels', 'graph', 'engine', 'node'].flatMap((crate) => filesUnder(join(root, 'crates', crate)));
  const sources = crates.filter((path) => /\.(rs|toml)$/.test(path) && !/[\\/](tests|benches)[\\/]/.test(path));
  for (const path of [
    ...sources,
    join(root, 'Cargo.toml'),
    join(root, 'Cargo.lock'),
    join(root, 'rust-toolchain.toml'),
  ].sort()) {
    if (existsSync(path)) hash.update(relative(root, path)).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** Environment for building what users get: panic messages name files as `hornbeam/...`, not by this machine's folders. `more`: further flags. */
export function releaseEnvironment(more = []) {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const given = process.env.CARGO_ENCODED_RUSTFLAGS?.split('\u001f') ?? process.env.RUSTFLAGS?.split(/\s+/) ?? [];
  const flags = [
    ...given.filter((flag) => flag !== ''),
    `--remap-path-prefix=${join(cargoHome, 'registry', 'src')}=registry`,
    `--remap-path-prefix=${root}=hornbeam`,
    ...more,
  ];
  // Encoded: a folder's name may hold spaces.
  return { CARGO_ENCODED_RUSTFLAGS: flags.join('\u001f') };
}

const stamp = join(root, 'native', 'binding.stamp');

/** Builds the release addon when it is missing or was built from other sources (or always, when `force` is set). */
export async function ensureAddon({ force = false } = {}) {
  const hash = sourceHash();
  const built = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  const present =
    existsSync(join(root, 'native')) && readdirSync(join(root, 'native')).some((name) => name.endsWith('.node'));
  if (built && present && !force) return;
  if (spawnSync('cargo', ['--version']).status !== 0) {
    throw new Error('cargo was not found: building the addon needs Rust (https://rustup.rs)');
  }
  console.log('Building the native addon (release, one to three minutes the first time)');
  mkdirSync(join(root, 'native'), { recursive: true });
  const manifest = ['--manifest-path', 'crates/node/Cargo.toml', '--output-dir', 'native'];
  const args = ['build', '--platform', '--release', ...manifest, '--js', 'binding.cjs', '--dts', 'binding.d.cts'];
  const { code } = await runBin('@napi-rs/cli', 'napi', args, { env: releaseEnvironment() });
  if (code !== 0) throw new Error(`napi build failed with code ${code}`);
  writeFileSync(stamp, hash);
}

/** What the bundle exports. Read from its text, not by loading it: the addon may be another platform's. */
function exportedNames(bundle) {
  const names = [...bundle.matchAll(/^exports\.([\w$]+) = /gm)].map(([, name]) => name);
  const getters = bundle.matchAll(/^Object\.defineProperty\(exports, ["']([\w$]+)["']/gm);
  return [...new Set([...names, ...[...getters].map(([, name]) => name)])].sort();
}

/**
 * The ES module beside the CommonJS bundle: the same classes. `export * from './index.cjs'` would say the same in one line, but
 * to find the names Node would then scan the whole bundle at every start, which takes twice as long as running it. So the names
 * are listed here, and the scan meets a bridge of two lines. (Its variable hides from the scan that the bridge exports what
 * `require` gives. createRequire would need no bridge, but bundlers and file tracers would not see what is loaded.)
 */
function moduleEntry(names) {
  return {
    'index.js': `import hornbeam from './bridge.cjs';\n\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = hornbeam;\n`,
    'bridge.cjs': "const hornbeam = require('./index.cjs');\nmodule.exports = hornbeam;\n",
    'index.d.ts': "export * from './index.cjs';\n",
  };
}

/** Bundles ts/ into dist/: one CommonJS bundle, and an ES module that gives its exports, so that both see the same classes. */
export async function buildDist() {
  const { code } = await runBin('tsdown', 'tsdown', ['--log-level', 'error']);
  if (code !== 0) throw new Error(`tsdown failed with code ${code}`);
  const dist = join(root, 'dist');
  const names = exportedNames(readFileSync(join(dist, 'index.cjs'), 'utf8'));
  for (const [name, text] of Object.entries(moduleEntry(names))) writeFileSync(join(dist, name), text);
}

/** Ends the process with an error's message instead of a stack. */
export function fail(error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
