// node scripts/build-platform.mjs <platform> [folder] [--build-std]: the addon that is published for a platform,
// `hornbeam.<platform>.node`.
// Linux with glibc is linked against glibc 2.17: a plain build needs the glibc of the machine that built it. That, and every
// platform other than this machine's, is built by cargo-zigbuild (`cargo install --locked cargo-zigbuild`, and zig, also as `pip
// install ziglang`), which brings C compiler, linker and system libraries. The Rust standard library of the target has to be
// there (`rustup target add`); `--build-std` compiles it from the compiler's sources instead (scripts/build-platforms.sh).
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail, releaseEnvironment, root, run } from './steps.mjs';

/** Oldest glibc that the addon runs with: Red Hat 7's. All later distributions have a newer one. */
export const GLIBC = '2.17';

/** Oldest macOS: the first one on arm64. Node 20 itself wants 10.15 on x64, Node 24 wants 13.5. */
const MACOS = '11.0';

const library = 'libhornbeam_node';

/**
 * What cargo calls a platform, and its library file. `zig`: what cargo-zigbuild appends to the triple. `cross`: the triple on other
 * systems than the platform's own, where it differs.
 */
const targets = {
  'linux-x64-gnu': { triple: 'x86_64-unknown-linux-gnu', file: `${library}.so`, zig: `.${GLIBC}` },
  'linux-arm64-gnu': { triple: 'aarch64-unknown-linux-gnu', file: `${library}.so`, zig: `.${GLIBC}` },
  // Rust links musl statically unless told otherwise, and then makes no shared libraries.
  'linux-x64-musl': {
    triple: 'x86_64-unknown-linux-musl',
    file: `${library}.so`,
    flags: ['-Ctarget-feature=-crt-static'],
  },
  'darwin-arm64': { triple: 'aarch64-apple-darwin', file: `${library}.dylib` },
  'darwin-x64': { triple: 'x86_64-apple-darwin', file: `${library}.dylib` },
  // Node-API is C, so that an addon of the other ABI serves Node as well; Microsoft's linker exists on Windows only.
  'win32-x64-msvc': { triple: 'x86_64-pc-windows-msvc', cross: 'x86_64-pc-windows-gnu', file: 'hornbeam_node.dll' },
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

/** Flags and variables that a platform wants. */
function settings(platform, { triple, flags = [] }, native) {
  if (platform.startsWith('darwin')) {
    // Without a name of its own, the library would carry the path that it was linked at.
    const name = `-Clink-arg=-Wl,-install_name,@rpath/hornbeam.${platform}.node`;
    // Outside of macOS, rustc looks for a tool of LLVM's to strip with; the linker does it as well.
    const strip = native ? {} : { CARGO_PROFILE_RELEASE_STRIP: 'none' };
    return { flags: [name, ...(native ? [] : ['-Clink-arg=-s'])], env: { MACOSX_DEPLOYMENT_TARGET: MACOS, ...strip } };
  }
  if (triple.endsWith('windows-gnu')) {
    // napi-build links a libnode, and Rust's target a libssp_nonshared, which zig does not have. Nothing of them is needed (symbols
    // are looked up in the running Node, stacks are not guarded by that library), so that archives without members do.
    const folder = join(root, 'target', 'empty-libraries');
    mkdirSync(folder, { recursive: true });
    for (const name of ['libnode.dll', 'libnode.a', 'libssp_nonshared.a'])
      writeFileSync(join(folder, name), '!<arch>\n');
    const env = {
      LIBNODE_PATH: folder,
      CARGO_PROFILE_RELEASE_STRIP: 'none',
      // mimalloc hears of ended threads by sections that only Microsoft's pragmas make; by fiber-local storage with any compiler.
      CFLAGS_x86_64_pc_windows_gnu: '-DMI_WIN_INIT_USE_FLS=1 -Wno-error=date-time',
    };
    return { flags: ['-Clink-arg=-s'], env };
  }
  return { flags, env: {} };
}

/** The compiler's copy of the standard library's sources, as builds name it in panic messages. */
function librarySources() {
  const { stdout } = spawnSync(process.env.RUSTC ?? 'rustc', ['--print', 'sysroot'], { cwd: root, encoding: 'utf8' });
  const folder = join(stdout.trim(), 'lib', 'rustlib', 'src', 'rust');
  return [folder, realpathSync(folder)];
}

/** Builds a platform's addon into `folder`; gives its path. */
export async function buildPlatform(platform, folder, buildStd = false) {
  const target = targets[platform];
  if (target === undefined) throw new Error(`unknown platform ${platform}: one of ${Object.keys(targets).join(', ')}`);
  // Apple's tools build for both of its architectures.
  const native = platform === thisPlatform() || (process.platform === 'darwin' && platform.startsWith('darwin'));
  const triple = native ? target.triple : (target.cross ?? target.triple);
  const zig = target.zig !== undefined || !native;
  const { flags, env } = settings(platform, { ...target, triple }, native);
  const args = [
    ...(zig ? ['zigbuild'] : ['build']),
    ...['--target', `${triple}${target.zig ?? ''}`],
    ...['--release', '--locked', '-p', 'hornbeam-node'],
  ];
  if (buildStd) {
    args.push('-Zbuild-std=std,panic_unwind');
    // What a stable compiler calls unstable.
    env.RUSTC_BOOTSTRAP = '1';
    flags.push(...librarySources().map((path) => `--remap-path-prefix=${path}=rust`));
  }
  console.log(`cargo ${args.join(' ')}`);
  const { code } = await run('cargo', args, { env: { ...releaseEnvironment(flags), ...env } });
  if (code !== 0) throw new Error(`cargo failed with code ${code}`);
  mkdirSync(folder, { recursive: true });
  const built = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), triple, 'release', target.file);
  const path = join(folder, `hornbeam.${platform}.node`);
  copyFileSync(built, path);
  return path;
}

if (process.argv[1] === join(root, 'scripts', 'build-platform.mjs')) {
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const [platform = thisPlatform(), folder = join(root, 'artifacts', 'native')] = names;
  try {
    console.log(await buildPlatform(platform, resolve(folder), process.argv.includes('--build-std')));
  } catch (error) {
    fail(error);
  }
}
