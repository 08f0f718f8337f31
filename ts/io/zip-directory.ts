import type { Entry, LocalFileHeader, RandomAccessReader } from 'yauzl';
import { FileError, HornbeamError } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import { checkExpansion, limits } from './limits.ts';
import type { ZipMember } from './zip.ts';

/** A member and where it is. */
export interface PlacedMember extends ZipMember {
  /** Checksum of its content. */
  readonly crc: number;
  /** Place of its content in the file. */
  readonly start: number;
}

/** What a member takes of the file: header, content, descriptor. */
interface Extent {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Bytes that are read at once for the small records of a zip. */
const BLOCK = 2 ** 16;
/** Bytes of the record that ends a zip, and of the two before it when sizes have 64 bits. */
const [END_RECORD, ZIP64_RECORDS] = [22, 76];
const [STORED, DEFLATED] = [0, 8];
/** Flags of a member: encrypted, strongly encrypted, encrypted directory; sizes behind the content. */
const [ENCRYPTED, DESCRIPTOR] = [0x1 | 0x40 | 0x2000, 0x8];
/** Kinds of a Unix mode. */
const [KIND, FOLDER, FILE] = [0xf000, 0x4000, 0x8000];
/** A size that stands in the extra field for 64 bits. */
const ELSEWHERE = 0xffffffff;

/** The members of a zip, each compared with its place in the file. @throws FileError for a zip that contradicts itself. */
export async function placedMembers(source: ByteSource): Promise<Map<string, PlacedMember>> {
  // The library calls back; what it throws there would otherwise end the process.
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  try {
    return await Promise.race([failed, read(source, fail)]);
  } catch (cause) {
    if (cause instanceof HornbeamError) throw cause;
    throw new FileError(`${source.name} is no readable zip: ${(cause as Error).message}`, { cause });
  }
}

async function read(source: ByteSource, fail: (error: Error) => void): Promise<Map<string, PlacedMember>> {
  const yauzl = await import('yauzl');
  const reader = readerOf(yauzl.RandomAccessReader, source, fail);
  // The library's own checks of names stay on: they are a second net.
  const zip = await yauzl.fromRandomAccessReaderPromise(reader, source.size, {
    autoClose: false,
    strictFileNames: true,
    validateEntrySizes: false,
  });
  if (zip.entryCount > limits.zipMembers) {
    throw new FileError(`${source.name} has ${zip.entryCount} members; at most ${limits.zipMembers} are read`);
  }
  const cursor = (): number => Number(zip.readEntryCursor);
  const directory = cursor();
  const members = new Map<string, PlacedMember>();
  const extents = new Map<string, Extent>();
  let [nameBytes, total] = [0, 0];
  for await (const entry of zip.eachEntry()) {
    nameBytes += entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    if (nameBytes > limits.zipNameBytes)
      throw new FileError(`${source.name} has more than ${limits.zipNameBytes} bytes of names`);
    const name = entry.fileName;
    if (extents.has(name)) throw new FileError(`${source.name} has the member ${shown(name)} twice`);
    const isFolder = checkKind(source.name, entry);
    const header = await zip.readLocalFileHeaderPromise(entry);
    const to = await checkPlace(source, entry, header);
    extents.set(name, { name, from: entry.relativeOffsetOfLocalHeader, to });
    if (isFolder) continue;
    total += entry.uncompressedSize;
    members.set(name, {
      name,
      size: entry.uncompressedSize,
      storedSize: entry.compressedSize,
      stored: entry.compressionMethod === STORED,
      crc: entry.crc32,
      start: header.fileDataStart,
    });
  }
  // Also of many members that are small each.
  checkExpansion(source.name, total, source.size);
  await checkEnd(source, cursor(), zip.comment.length);
  checkExtents(source.name, [...extents.values()], directory);
  return members;
}

/** What the library reads through: never more than the source has, small records by the block. */
function readerOf(
  Base: typeof RandomAccessReader,
  source: ByteSource,
  fail: (error: Error) => void,
): RandomAccessReader {
  let [blockStart, block] = [0, new Uint8Array(0)];
  const bytes = async (position: number, length: number): Promise<Uint8Array> => {
    const at = position - blockStart;
    if (at >= 0 && at + length <= block.length) return block.subarray(at, at + length);
    if (length >= BLOCK || !(position >= 0 && position < source.size)) return source.read(position, length);
    block = new Uint8Array(await source.read(position, Math.min(BLOCK, source.size - position)));
    blockStart = position;
    if (length > block.length) return source.read(position, length);
    return block.subarray(0, length);
  };
  return new (class extends Base {
    override read(
      target: Buffer,
      offset: number,
      length: number,
      position: number,
      callback: (error: Error | null, bytesRead?: number) => void,
    ): void {
      bytes(position, length)
        .then(
          (found) => {
            target.set(found, offset);
            callback(null, length);
          },
          (error: Error) => callback(error),
        )
        .catch(fail);
    }
  })();
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 120));

/** Whether a member is a folder. @throws FileError for a name that leads elsewhere, links and devices, what is encrypted. */
function checkKind(file: string, entry: Entry): boolean {
  const { fileName: name, generalPurposeBitFlag: flags, compressionMethod: method } = entry;
  const where = `${file}: the member ${shown(name)}`;
  // Control characters, above all NUL, end names elsewhere. As bytes: the old code page has signs for them.
  if (/[\p{Cc}\\:]/u.test(name) || entry.fileNameRaw.some((byte) => byte < 0x20 || byte === 0x7f))
    throw new FileError(`${where} has a character in its name that leads elsewhere`);
  const isFolder = name.endsWith('/');
  const parts = (isFolder ? name.slice(0, -1) : name).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new FileError(`${where} has a name that leads elsewhere`);
  if ((flags & ENCRYPTED) !== 0) throw new FileError(`${where} is encrypted, which is not supported`);
  if (method !== STORED && method !== DEFLATED)
    throw new FileError(`${where} is packed by method ${method}; stored and deflated ones are read`);
  const kind = (entry.externalFileAttributes >>> 16) & KIND;
  if (kind !== 0 && kind !== (isFolder ? FOLDER : FILE)) {
    throw new FileError(`${where} is ${kind === 0xa000 ? 'a symbolic link' : 'no regular file'}`);
  }
  if (isFolder && entry.uncompressedSize + entry.compressedSize > 0)
    throw new FileError(`${where} is a folder with content`);
  return isFolder;
}

/** Compares a member with its header; gives the place behind it. */
async function checkPlace(source: ByteSource, entry: Entry, header: LocalFileHeader): Promise<number> {
  const where = `${source.name}: the member ${shown(entry.fileName)}`;
  const { compressedSize: stored, uncompressedSize: size, compressionMethod: method } = entry;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(stored))
    throw new FileError(`${where} has an impossible size`);
  const differs = (what: string, here: unknown, there: unknown): never => {
    throw new FileError(
      `${where} contradicts itself: its ${what} is ${here} in the directory and ${there} in its header`,
    );
  };
  if (!entry.fileNameRaw.equals(header.fileName))
    differs('name', shown(entry.fileName), shown(String(header.fileName)));
  if (method !== header.compressionMethod) differs('method', method, header.compressionMethod);
  const flags = ENCRYPTED | DESCRIPTOR;
  if (((entry.generalPurposeBitFlag ^ header.generalPurposeBitFlag) & flags) !== 0)
    differs('flag', entry.generalPurposeBitFlag & flags, header.generalPurposeBitFlag & flags);
  checkExpansion(where, size, stored);
  if (method === STORED && size !== stored) throw new FileError(`${where} has ${size} bytes, but ${stored} are stored`);
  const end = header.fileDataStart + stored;
  const hasDescriptor = (header.generalPurposeBitFlag & DESCRIPTOR) !== 0;
  const local = localSizes(header);
  if (hasDescriptor && local.size === 0 && local.stored === 0) return descriptorEnd(source, where, entry, end);
  if (local.size !== size) differs('size', size, local.size);
  if (local.stored !== stored) differs('stored size', stored, local.stored);
  if (hasDescriptor) return descriptorEnd(source, where, entry, end);
  if (header.crc32 !== entry.crc32) differs('checksum', entry.crc32, header.crc32);
  return end;
}

/** The sizes of a local header, of 64 bits where it says so. */
function localSizes(header: LocalFileHeader): { size: number; stored: number } {
  let { uncompressedSize: size, compressedSize: stored } = header;
  const { extraField } = header;
  for (let at = 0; at + 4 <= extraField.length; at += 4 + extraField.readUInt16LE(at + 2)) {
    if (extraField.readUInt16LE(at) !== 1) continue;
    let [next, end] = [at + 4, Math.min(extraField.length, at + 4 + extraField.readUInt16LE(at + 2))];
    const long = (): number => {
      next += 8;
      return next <= end ? Number(extraField.readBigUInt64LE(next - 8)) : -1;
    };
    if (size === ELSEWHERE) size = long();
    if (stored === ELSEWHERE) stored = long();
  }
  return { size, stored };
}

/** Place behind the descriptor at `at`: an optional signature, the checksum, both sizes with 32 or 64 bits. */
async function descriptorEnd(source: ByteSource, where: string, entry: Entry, at: number): Promise<number> {
  const found = Buffer.from(await source.read(at, Math.min(24, Math.max(0, source.size - at))));
  for (const signed of [true, false]) {
    for (const long of [false, true]) {
      const [from, length] = [signed ? 4 : 0, long ? 20 : 12];
      if (found.length < from + length || (signed && found.readUInt32LE(0) !== 0x08074b50)) continue;
      const size = (index: number): number =>
        long ? Number(found.readBigUInt64LE(from + 4 + 8 * index)) : found.readUInt32LE(from + 4 + 4 * index);
      const same = found.readUInt32LE(from) === entry.crc32 && size(0) === entry.compressedSize;
      if (same && size(1) === entry.uncompressedSize) return at + from + length;
    }
  }
  throw new FileError(`${where} contradicts itself: the sizes behind its content are not those of the directory`);
}

/** The directory must end where the record behind it begins: what lies between would be members that nobody counts. */
async function checkEnd(source: ByteSource, behind: number, commentLength: number): Promise<void> {
  const gap = source.size - END_RECORD - commentLength - behind;
  if (gap === 0) return;
  if (gap === ZIP64_RECORDS) {
    const record = Buffer.from(await source.read(behind, ZIP64_RECORDS));
    if (record.readUInt32LE(0) === 0x06064b50 && record.readBigUInt64LE(64) === BigInt(behind)) return;
  }
  throw new FileError(`${source.name} is no readable zip: its directory does not end where its last record begins`);
}

/** @throws FileError when members share bytes, or reach into the directory. */
function checkExtents(file: string, extents: Extent[], directory: number): void {
  extents.sort((a, b) => a.from - b.from || a.to - b.to);
  let before: Extent | undefined;
  for (const extent of extents) {
    if (before !== undefined && extent.from < before.to)
      throw new FileError(`${file}: the members ${shown(before.name)} and ${shown(extent.name)} overlap`);
    before = extent;
  }
  if (before !== undefined && before.to > directory)
    throw new FileError(`${file}: the member ${shown(before.name)} reaches into the zip's directory`);
}
