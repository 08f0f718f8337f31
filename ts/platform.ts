import { readdirSync } from 'node:fs';

/** The C library of a Linux system. */
export interface Libc {
  readonly name: 'glibc' | 'musl';
  readonly version: string | null;
}

/** What decides which platform package a machine needs. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
  /** `null` elsewhere than on Linux, and where it cannot be told. */
  readonly libc: Libc | null;
  readonly node: string;
  /** Electron's version inside Electron. */
  readonly electron: string | null;
}

/** Node's own report names the glibc that it runs with; musl leaves its loader in /lib. */
function detectLibc(): Libc | null {
  if (process.platform !== 'linux') return null;
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  // Network interfaces would be looked up one by one, by name.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  if (before !== undefined) report.excludeNetwork = before;
  if (header?.glibcVersionRuntime !== undefined) return { name: 'glibc', version: header.glibcVersionRuntime };
  try {
    if (readdirSync('/lib').some((name) => name.startsWith('ld-musl-'))) return { name: 'musl', version: null };
  } catch {
    // No /lib: a system of its own kind.
  }
  return null;
}

/** The platform that this process runs on. */
export function detectPlatform(): Platform {
  return {
    os: process.platform,
    arch: process.arch,
    libc: detectLibc(),
    node: process.version,
    electron: process.versions.electron ?? null,
  };
}

/** The platform's name as packages spell it: `linux-x64-gnu`, `linux-arm64-musl`, `darwin-arm64`, `win32-x64-msvc`. */
export function platformName({ os, arch, libc }: Platform): string {
  if (os === 'linux') return `${os}-${arch}-${libc?.name === 'musl' ? 'musl' : 'gnu'}`;
  return os === 'win32' ? `${os}-${arch}-msvc` : `${os}-${arch}`;
}

/** The package that holds the addon for a platform. */
export function platformPackage(platform: Platform): string {
  return `@hornbeam/native-${platformName(platform)}`;
}

/** A platform in words: `linux-x64-gnu (glibc 2.36, Node v20.20.2)`. */
export function describePlatform(platform: Platform): string {
  const { libc, node, electron, os } = platform;
  const parts = [`Node ${node}`];
  if (electron !== null) parts.unshift(`Electron ${electron}`);
  if (libc !== null) parts.unshift(libc.version === null ? libc.name : `${libc.name} ${libc.version}`);
  else if (os === 'linux') parts.unshift('unknown libc');
  return `${platformName(platform)} (${parts.join(', ')})`;
}

/** The messages of an error and its causes that say more than that a module was not found. */
function reasons(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error; at instanceof Error && found.length < 3; at = at.cause) {
    const first = at.message.split('\n')[0] ?? '';
    const absent = (at as { code?: unknown }).code === 'MODULE_NOT_FOUND' || first.startsWith('Cannot find');
    if (!absent && first !== '' && !found.includes(first)) found.push(first);
  }
  return found;
}

/** What `explainLoadFailure` needs to know about the installation. */
export interface Installation {
  /** Whether the platform's package is in node_modules. */
  readonly present: boolean;
  /** The platform packages that this version was published with; none in a clone. */
  readonly published: readonly string[];
}

/** The message for an addon that does not load: the platform, the package looked for, what happened, the usual fixes. */
export function explainLoadFailure(platform: Platform, installation: Installation, cause: unknown): string {
  const { present, published } = installation;
  const wanted = platformPackage(platform);
  const lines = [`hornbeam's native addon did not load on ${describePlatform(platform)}.`];
  if (published.length === 0) {
    lines.push('This is a clone, and no addon has been built in it: npm run build:native');
  } else if (!published.includes(wanted)) {
    lines.push(
      `It needs the package ${wanted}, which this version was not published with; there is ${published.join(', ')}.`,
    );
  } else {
    lines.push(`It looked for the package ${wanted}, which is ${present ? '' : 'not '}in node_modules.`);
  }
  const why = reasons(cause);
  if (why.length > 0) lines.push(`The loader said: ${why.join('; ')}`);
  if (published.includes(wanted)) {
    lines.push(
      'Usual fixes:',
      '- Optional dependencies were left out (--omit=optional, or a lock file made on another platform): delete ' +
        'node_modules and the lock file, and install with optional dependencies.',
      '- node_modules was copied from another system or image: install on the system that runs the program ' +
        `(or npm install --os=${platform.os} --cpu=${platform.arch}${platform.libc === null ? '' : ` --libc=${platform.libc.name}`}).`,
      '- Electron or a bundler: keep hornbeam external, and keep .node files outside the asar archive (asarUnpack).',
      'npx hornbeam doctor tells more; so does docs/guide/install.md.',
    );
  }
  return lines.join('\n');
}
