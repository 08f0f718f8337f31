import { setImmediate } from 'node:timers/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { FileError } from '../errors.ts';
import { type ByteSource, bytesInMemory, PIECE, piecesOf, Scratch, windowOf } from './bytes.ts';
import { allocateFor, limits } from './limits.ts';
import { type PlacedMember, placedMembers } from './zip-directory.ts';

export { writeZip, type ZipInput, type ZipWriteOptions } from './zip-writer.ts';

/** A file in a zip. */
export interface ZipMember {
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Bytes in the file: as `size`, or fewer when it is packed. */
  readonly storedSize: number;
  /** Whether the content is in the file as it is. */
  readonly stored: boolean;
}

/** A zip that is being read. Whoever opened the source closes it. */
export interface ZipFile {
  /** By name, in the order of the directory. Folders are not among them. */
  readonly members: ReadonlyMap<string, ZipMember>;
  /**
   * The content of a member, its checksum compared.
   * @throws FileError for a name that is missing, content of more than `maxBytes`, or that is damaged.
   */
  read(name: string, maxBytes?: number): Promise<Uint8Array>;
  /** As `read`, as a source: of a stored member a window of the file, without a copy. */
  source(name: string, maxBytes?: number): Promise<ByteSource>;
}

/**
 * Reads the directory of a zip and compares it with the file: names, sizes, places, kinds. Nothing is unpacked before that.
 * @throws FileError for what is no zip, and for a zip made to mislead.
 */
export async function openZip(source: ByteSource): Promise<ZipFile> {
  return new OpenZip(source, await placedMembers(source));
}

class OpenZip implements ZipFile {
  readonly members: ReadonlyMap<string, PlacedMember>;
  readonly #source: ByteSource;

  constructor(source: ByteSource, members: ReadonlyMap<string, PlacedMember>) {
    this.#source = source;
    this.members = members;
  }

  async read(name: string, maxBytes: number = limits.arrayBytes): Promise<Uint8Array> {
    const member = this.#member(name, maxBytes);
    const where = this.#where(name);
    if (!member.stored) return inflate(this.#source, member, where);
    const bytes = await this.#source.read(member.start, member.size);
    // A read of a whole member is one array: what is compared in pieces is the checksum, to let others run in between.
    await checkSum(bytesInMemory(where, bytes), member, where);
    return bytes;
  }

  async source(name: string, maxBytes: number = Number.MAX_SAFE_INTEGER): Promise<ByteSource> {
    const member = this.#member(name, maxBytes);
    const where = this.#where(name);
    if (!member.stored) return bytesInMemory(where, await this.read(name, maxBytes));
    const window = windowOf(this.#source, where, member.start, member.size);
    await checkSum(window, member, where);
    return window;
  }

  #where(name: string): string {
    return `${this.#source.name}: ${name}`;
  }

  #member(name: string, maxBytes: number): PlacedMember {
    const member = this.members.get(name);
    if (member === undefined) {
      const names = [...this.members.keys()];
      const more = names.length > 8 ? `, and ${names.length - 8} more` : '';
      const has = names.length === 0 ? 'it is empty' : `it has ${names.slice(0, 8).join(', ')}${more}`;
      throw new FileError(`${this.#source.name} lacks ${name}; ${has}`);
    }
    if (member.size <= maxBytes) return member;
    throw new FileError(`${this.#where(name)} has ${member.size} bytes; at most ${maxBytes} are read`);
  }
}

async function checkSum(content: ByteSource, member: PlacedMember, where: string): Promise<void> {
  const { size } = content;
  const scratch = new Scratch();
  let sum = 0;
  for (let at = 0; at < size; at += PIECE) {
    const length = Math.min(PIECE, size - at);
    if (content.readInto === undefined) sum = crc32(await content.read(at, length), sum);
    else {
      const piece = new Uint8Array(scratch.take(length), 0, length);
      await content.readInto(at, piece);
      sum = crc32(piece, sum);
    }
    // Bytes in memory arrive without a pause: give one to those who wait.
    if (size > length) await setImmediate();
  }
  compareSums(sum, member, where);
}

function compareSums(sum: number, { crc }: PlacedMember, where: string): void {
  if (sum === crc) return;
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  throw new FileError(`${where} is damaged: its checksum is ${hex(sum)}, the zip says ${hex(crc)}`);
}

/** Bytes that are unpacked in one go. */
const UNPACKED = 2 ** 20;

/** Unpacks a member into exactly the bytes that it declares. */
async function inflate(source: ByteSource, member: PlacedMember, where: string): Promise<Uint8Array> {
  const { size, storedSize, start } = member;
  const stream = createInflateRaw({ chunkSize: Math.min(Math.max(size, 64), UNPACKED) });
  const feed = async (): Promise<void> => {
    for await (const piece of piecesOf(source, start, storedSize, UNPACKED)) {
      if (stream.destroyed) return;
      if (!stream.write(piece)) await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve));
    }
    stream.end();
  };
  feed().catch((error: Error) => stream.destroy(error));
  const bytes = allocateFor(where, size);
  let [done, sum] = [0, 0];
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (done + chunk.length > size) throw new FileError(`${where} unpacks to more than its ${size} bytes`);
      bytes.set(chunk, done);
      done += chunk.length;
      sum = crc32(chunk, sum);
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(`${where} cannot be unpacked: ${(cause as Error).message}`, { cause });
  } finally {
    stream.destroy();
  }
  if (done < size) throw new FileError(`${where} unpacks to ${done} of its ${size} bytes`);
  if (stream.bytesWritten !== storedSize) {
    throw new FileError(`${where} has ${storedSize - stream.bytesWritten} bytes behind its packed content`);
  }
  compareSums(sum, member, where);
  return bytes;
}
