// npm run package: the tarballs of the root package and of the platform packages, in artifacts/.
// Without arguments: this machine's platform, its addon built now (scripts/build-platform.mjs where cargo-zigbuild is installed,
// else as `npm run build` does). `--addons <folder>`: every platform whose `hornbeam.<platform>.node` is there; a release does that.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildPlatform, hasZigbuild, thisPlatform } from './build-platform.mjs';
import { buildDist, ensureAddon, ensureModules, fail, root, run } from './steps.mjs';

/** Where the tarballs are put. Git does not see it. */
export const artifacts = join(root, 'artifacts');

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const addonName = (platform) => `hornbeam.${platform}.node`;

/** Packs a folder; gives the tarball's path. */
async function pack(folder) {
  const args = ['pack', folder, '--pack-destination', artifacts, '--json', '--ignore-scripts'];
  const { code, output } = await run('npm', args, { capture: true, quiet: true });
  if (code !== 0) throw new Error(`npm pack failed: ${output}`);
  const { name, version } = readJson(join(folder, 'package.json'));
  return join(artifacts, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

/** The package of a platform. */
async function packPlatform(platform, addon, staging) {
  const manifest = readJson(join(root, 'npm', platform, 'package.json'));
  const { version } = readJson(join(root, 'package.json'));
  if (manifest.version !== version)
    throw new Error(`npm/${platform} has version ${manifest.version}, hornbeam ${version}`);
  const folder = join(staging, platform);
  mkdirSync(folder);
  copyFileSync(addon, join(folder, addonName(platform)));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(folder, 'README.md'),
    `${manifest.description}. Installed by the package \`hornbeam\`; not for use alone.\n`,
  );
  return pack(folder);
}

/** The root package, as users get it: it names the platform packages, and has neither scripts nor development tools. */
async function packRoot(platforms, staging) {
  const { scripts, devDependencies, napi, ...manifest } = readJson(join(root, 'package.json'));
  const names = platforms.map((platform) => [`${napi.packageName}-${platform}`, manifest.version]);
  const folder = join(staging, 'root');
  mkdirSync(folder);
  for (const file of [...manifest.files, 'LICENSE', 'README.md'])
    cpSync(join(root, file), join(folder, file), { recursive: true });
  const packed = { ...manifest, optionalDependencies: Object.fromEntries(names) };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
  return pack(folder);
}

/** The addons to pack: platform and file. */
async function addons(folder, staging) {
  if (folder !== undefined) {
    const found = readdirSync(join(root, 'npm'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(folder, addonName(entry.name))))
      .map(({ name }) => [name, join(folder, addonName(name))]);
    if (found.length === 0) throw new Error(`${folder} has no addon of a platform in npm/`);
    return found;
  }
  const platform = thisPlatform();
  if (process.platform === 'linux' && hasZigbuild()) return [[platform, await buildPlatform(platform, staging)]];
  return [[platform, join(root, 'native', addonName(platform))]];
}

/** Builds and packs; gives the tarballs, the root's first. */
export async function makePackages(folder) {
  await ensureModules();
  await ensureAddon();
  await buildDist();
  mkdirSync(artifacts, { recursive: true });
  // Older tarballs go; the addons of a release may stand in a folder here.
  for (const name of readdirSync(artifacts)) if (name.endsWith('.tgz')) rmSync(join(artifacts, name));
  const staging = mkdtempSync(join(tmpdir(), 'hornbeam-package-'));
  try {
    const found = await addons(folder, staging);
    const tarballs = [
      await packRoot(
        found.map(([platform]) => platform),
        staging,
      ),
    ];
    for (const [platform, addon] of found) tarballs.push(await packPlatform(platform, addon, staging));
    return tarballs;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

if (process.argv[1] === join(root, 'scripts', 'package.mjs')) {
  const at = process.argv.indexOf('--addons');
  try {
    for (const path of await makePackages(at < 0 ? undefined : resolve(process.argv[at + 1] ?? ''))) console.log(path);
  } catch (error) {
    fail(error);
  }
}
