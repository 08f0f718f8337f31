// The oldest system that a binary runs with, by what the binary itself says.

/** Highest GLIBC_x.y among the symbol versions that an ELF file names; `null` for musl. */
function glibc(bytes) {
  const versions = [...bytes.toString('latin1').matchAll(/GLIBC_(\d+)\.(\d+)(?:\.\d+)?\0/g)];
  const order = versions.map(([, major, minor]) => [Number(major), Number(minor)]);
  order.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return order.at(-1)?.join('.') ?? null;
}

/** The load commands of a 64-bit Mach-O file: their kind, and where they stand. */
function* loadCommands(bytes) {
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    yield { kind: bytes.readUInt32LE(at), at };
    at += bytes.readUInt32LE(at + 4);
  }
}

/** The minimum version in LC_BUILD_VERSION or, from older linkers, LC_VERSION_MIN_MACOSX. */
function macos(bytes) {
  const offsets = { 50: 12, 36: 8 };
  for (const { kind, at } of loadCommands(bytes)) {
    if (!(kind in offsets)) continue;
    const version = bytes.readUInt32LE(at + offsets[kind]);
    return `${version >>> 16}.${(version >>> 8) & 255}`;
  }
  return null;
}

/** The name by which programs would link to a Mach-O library (LC_ID_DYLIB); `null` in other files. */
export function installName(bytes) {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) return null;
  for (const { kind, at } of loadCommands(bytes)) {
    if (kind !== 0xd) continue;
    const start = at + bytes.readUInt32LE(at + 8);
    return bytes.toString('utf8', start, bytes.indexOf(0, start));
  }
  return null;
}

/** The subsystem version in a PE file's optional header, which Windows compares with its own. */
function windows(bytes) {
  const header = bytes.readUInt32LE(0x3c) + 24;
  return `${bytes.readUInt16LE(header + 48)}.${bytes.readUInt16LE(header + 50)}`;
}

/** In words: `glibc 2.17`, `macOS 11.0`, `Windows 6.0`; `null` where the binary asks for no version. */
export function systemFloor(bytes) {
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return `macOS ${macos(bytes) ?? 'of any version'}`;
  if (bytes.toString('latin1', 0, 2) === 'MZ') return `Windows ${windows(bytes)}`;
  const version = glibc(bytes);
  return version === null ? null : `glibc ${version}`;
}
