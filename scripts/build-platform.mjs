// node scripts/build-platform.mjs <platform> <folder>: the addon that is published for a platform, `hornbeam.<platform>.node`.
// Linux with glibc is linked against glibc 2.17 by cargo-zigbuild (`cargo install --locked cargo-zigbuild`, and zig, also as
// `pip install ziglang`): a plain build needs the glibc of the machine that built it. Other platforms are built on themselves.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail, releaseEnvironment, root, run } from './steps.mjs';

/** Oldest glibc that the addon runs with: Red Hat 7's. All later distributions have a newer one. */
export const GLIBC = '2.17';

/** What cargo calls a platform, and the name of its library file. */
const targets = {
  'linux-x64-gnu': { triple: 'x86_64-unknown-linux-gnu', library: 'libhornbeam_node.so', zig: `.${GLIBC}` },
  'linux-arm64-gnu': { triple: 'aarch64-unknown-linux-gnu', library: 'libhornbeam_node.so', zig: `.${GLIBC}` },
  'darwin-arm64': { triple: 'aarch64-apple-darwin', library: 'libhornbeam_node.dylib' },
  'darwin-x64': { triple: 'x86_64-apple-darwin', library: 'libhornbeam_node.dylib' },
  'win32-x64-msvc': { triple: 'x86_64-pc-windows-msvc', library: 'hornbeam_node.dll' },
};

/** The name of this machine's platform, as napi-rs spells it. */
export function thisPlatform() {
  const { platform, arch } = process;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  if (platform !== 'linux') return `${platform}-${arch}`;
  return `linux-${arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
}

/** Whether cargo-zigbuild is there. */
export function hasZigbuild() {
  return spawnSync('cargo-zigbuild', ['--version']).status === 0;
}

/** Builds a platform's addon into `folder`; gives its path. */
export async function buildPlatform(platform, folder) {
  const target = targets[platform];
  if (target === undefined) throw new Error(`unknown platform ${platform}: one of ${Object.keys(targets).join(', ')}`);
  const { triple, library, zig } = target;
  const build = zig === undefined ? ['build', '--target', triple] : ['zigbuild', '--target', `${triple}${zig}`];
  const args = [...build, '--release', '--locked', '-p', 'hornbeam-node'];
  console.log(`cargo ${args.join(' ')}`);
  const { code } = await run('cargo', args, { env: releaseEnvironment() });
  if (code !== 0) throw new Error(`cargo failed with code ${code}`);
  mkdirSync(folder, { recursive: true });
  const built = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), triple, 'release', library);
  const path = join(folder, `hornbeam.${platform}.node`);
  copyFileSync(built, path);
  return path;
}

if (process.argv[1] === join(root, 'scripts', 'build-platform.mjs')) {
  const [platform = thisPlatform(), folder = join(root, 'artifacts', 'native')] = process.argv.slice(2);
  try {
    console.log(await buildPlatform(platform, resolve(folder)));
  } catch (error) {
    fail(error);
  }
}
