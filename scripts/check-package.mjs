// npm run check:package: packs (scripts/package.mjs), looks into the tarballs, installs them into an empty folder without scripts
// and without Rust, and runs an ESM, a CJS and a TypeScript program there. `--packed <folder>`: tarballs that are already made.
// Slower than a test may be, so not part of npm test. Figures it prints (sizes, import time) are of this run; only sizes have a limit.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { namedFolders } from './addon-facts.mjs';
import { thisPlatform } from './build-platform.mjs';
import { importReport, writePrograms } from './consumer-programs.mjs';
import { makePackages } from './package.mjs';
import { fail, filesUnder, root, runBin } from './steps.mjs';
import { systemFloor } from './system-floor.mjs';

const MEGABYTE = 1024 * 1024;
/** Installed sizes: the two packages of ours, and with all that they depend on. */
const OURS = 8 * MEGABYTE;
const ALL = 30 * MEGABYTE;
const installScripts = ['preinstall', 'install', 'postinstall'];

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const sizeOf = (folder) => filesUnder(folder, []).reduce((bytes, path) => bytes + statSync(path).size, 0);
const megabytes = (bytes) => `${(bytes / MEGABYTE).toFixed(2)} MB`;

function check(truth, message) {
  if (!truth) throw new Error(message);
  console.log(`ok   ${message}`);
}

/** Runs a program to its end; throws with its output if it fails. */
function succeed(command, args, options) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 240_000, ...options });
  if (result.status === 0) return result.stdout;
  const why = result.error?.message ?? `code ${result.status}, signal ${result.signal}`;
  throw new Error(`${[command, ...args].join(' ')}: ${why}\n${result.stdout}\n${result.stderr}`);
}

/** The folders of PATH that hold no Rust: what a user's machine has. */
function pathWithoutRust() {
  const tools = ['cargo', 'rustc', 'rustup'].flatMap((name) => [name, `${name}.exe`]);
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !tools.some((tool) => existsSync(join(folder, tool)))).join(delimiter);
}

function checkRoot(folder, platforms) {
  const manifest = readJson(join(folder, 'package.json'));
  const files = filesUnder(folder, []).map((path) => path.slice(folder.length + 1).replaceAll('\\', '/'));
  const expected = [
    'dist/index.cjs',
    'dist/index.js',
    'dist/bridge.cjs',
    'dist/index.d.cts',
    'dist/index.d.ts',
    'dist/cli.cjs',
    'dist/hdf5-worker.cjs',
  ];
  for (const file of [...expected, 'native/binding.cjs', 'LICENSE', 'README.md']) {
    if (!files.includes(file)) throw new Error(`the root package lacks ${file}`);
  }
  const strange = files.filter((file) => !/^(dist\/.*\.(cjs|js|d\.ts|d\.cts|map)|native\/binding\.cjs)$/.test(file));
  const allowed = ['LICENSE', 'README.md', 'package.json'];
  check(
    strange.every((file) => allowed.includes(file)),
    `the root package holds the bundle, the loader, and ${strange.join(', ')}`,
  );
  const named = Object.keys(manifest.optionalDependencies ?? {});
  check(
    platforms.every((name) => named.includes(name)) && named.length === platforms.length,
    `its optionalDependencies are ${named.join(', ')}`,
  );
  check(!('scripts' in manifest) && !('devDependencies' in manifest), 'it has neither scripts nor devDependencies');
}

function checkPlatform(folder) {
  const { name, main, os, cpu } = readJson(join(folder, 'package.json'));
  const binary = join(folder, main);
  if (!existsSync(binary) || statSync(binary).size < 100_000) throw new Error(`${name} lacks its binary ${main}`);
  check(os.length === 1 && cpu.length === 1, `${name} holds ${main}, ${megabytes(statSync(binary).size)}`);
  const bytes = readFileSync(binary);
  const named = namedFolders(bytes);
  check(named.length === 0, `it names no folder of this machine${named.length > 0 ? `: ${named.join(', ')}` : ''}`);
  const floor = systemFloor(bytes);
  if (floor !== null) console.log(`     it needs ${floor}`);
}

/** What npm unpacked, without the root of the installation itself. */
function manifestsUnder(folder) {
  return filesUnder(folder, ['.bin']).filter((path) =>
    /node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+[\\/]package\.json$/.test(path),
  );
}

function install(folder, tarballs, env) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  succeed(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], {
    cwd: folder,
    env,
    shell: process.platform === 'win32',
  });
  const modules = join(folder, 'node_modules');
  const manifests = manifestsUnder(modules).map((path) => ({ path, ...readJson(path) }));
  const scripted = manifests.filter(
    ({ path, scripts }) =>
      installScripts.some((name) => scripts?.[name]) || existsSync(join(path, '..', 'binding.gyp')),
  );
  check(scripted.length === 0, `${manifests.length} packages installed, none with an install script`);
  const ours = sizeOf(join(modules, 'hornbeam')) + sizeOf(join(modules, '@hornbeam'));
  const all = sizeOf(modules);
  check(ours < OURS && all < ALL, `installed size ${megabytes(ours)}, with all dependencies ${megabytes(all)}`);
  return modules;
}

/** Runs the programs of a user; the three of them must train to the same loss. */
function runPrograms(folder, env) {
  writePrograms(folder);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  succeed(process.execPath, [tsc, '-p', '.'], { cwd: folder, env });
  const losses = ['esm.mjs', 'cjs.cjs', 'typescript.mjs'].map((program) =>
    succeed(process.execPath, [program], { cwd: folder, env }).trim(),
  );
  check(new Set(losses).size === 1, `an ESM, a CJS and a TypeScript program train to the loss ${losses.join(', ')}`);
  succeed(process.execPath, ['classes.mjs'], { cwd: folder, env });
  check(true, 'import and require give the same classes');
  const doctor = succeed(process.execPath, [join('node_modules', 'hornbeam', 'dist', 'cli.cjs'), 'doctor'], {
    cwd: folder,
    env,
  });
  check(/^self-test\s+ok/m.test(doctor), 'hornbeam doctor finds nothing wrong');
  console.log(doctor.replace(/^/gm, '     ').trimEnd());
  console.log(`     ${importReport(folder, env)}`);
}

/** Without its platform package, the error must say what to do. */
function checkLoadFailure(folder, modules, env) {
  rmSync(join(modules, '@hornbeam'), { recursive: true });
  const result = spawnSync(process.execPath, ['esm.mjs'], { cwd: folder, env, encoding: 'utf8' });
  const told = result.status !== 0 && /@hornbeam\/native-[\w-]+, which is not in node_modules/.test(result.stderr);
  check(
    told && result.stderr.includes('Usual fixes'),
    'without the platform package, the error names it and the fixes',
  );
}

async function lint(tarball) {
  const publint = await runBin('publint', 'publint', ['run', '--strict', tarball]);
  const attw = await runBin('@arethetypeswrong/cli', 'attw', ['--no-emoji', '--format', 'ascii', tarball]);
  check(publint.code === 0, 'publint');
  check(attw.code === 0, '@arethetypeswrong/cli');
}

/** The tarballs to check: the root's first, then this machine's platform. */
async function tarballs() {
  const at = process.argv.indexOf('--packed');
  const packed = at < 0 ? undefined : resolve(process.argv[at + 1] ?? '');
  const paths =
    packed === undefined
      ? await makePackages()
      : readdirSync(packed)
          .filter((name) => name.endsWith('.tgz'))
          .map((name) => join(packed, name));
  const main = paths.find((path) => /hornbeam-\d[^\\/]*\.tgz$/.test(path) && !path.includes('hornbeam-native-'));
  const platforms = paths.filter((path) => path !== main);
  const own = platforms.find((path) => path.includes(`hornbeam-native-${thisPlatform()}-`));
  if (main === undefined || own === undefined)
    throw new Error(`no tarballs of hornbeam and ${thisPlatform()}: ${paths}`);
  return { main, platforms, own };
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hornbeam-check-')));
try {
  const { main, platforms, own } = await tarballs();
  const names = [];
  for (const [index, path] of [main, ...platforms].entries()) {
    const unpacked = join(folder, `unpacked-${index}`);
    mkdirSync(unpacked);
    succeed('tar', ['-xzf', path, '-C', unpacked]);
    if (index === 0) continue;
    checkPlatform(join(unpacked, 'package'));
    names.push(readJson(join(unpacked, 'package', 'package.json')).name);
  }
  checkRoot(join(folder, 'unpacked-0', 'package'), names);
  await lint(main);
  const user = join(folder, 'user');
  mkdirSync(user);
  const env = { ...process.env, PATH: pathWithoutRust(), NODE_OPTIONS: '', NODE_PATH: '' };
  check(spawnSync('cargo', ['--version'], { env }).error !== undefined, 'no Rust on the PATH');
  const modules = install(user, [main, own], env);
  runPrograms(user, env);
  checkLoadFailure(user, modules, env);
} catch (error) {
  fail(error);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
