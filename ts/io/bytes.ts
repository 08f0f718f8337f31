import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { received } from '../arguments.ts';
import { FileError } from '../errors.ts';
import { allocateFor } from './limits.ts';

/** Bytes that the name of a file takes at most. */
const LONGEST_NAME = 255;

/** Opens for reading. A pipe is opened, too, instead of being waited for: that it is no file is seen afterwards. */
const READ: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Bytes that can be read at any place: those of a file, or in memory. Readers of files see nothing else, so that none of them
 * opens a path that a file names.
 */
export interface ByteSource {
  /** What errors call it: a path, or `buffer`. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /** The bytes from `position`. @throws FileError unless there are `length` of them. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Reads the bytes from `position` on into an array that is there: large reads then make no garbage. Files can. */
  readInto?(position: number, target: Uint8Array): Promise<void>;
  /** Ends reading. */
  close(): Promise<void>;
  /**
   * A file that this one names as a part of it: of the same folder by its plain name, or of the same server. Bytes in memory have
   * none. @throws FileError for any other name, and for a link that leads out of the folder.
   */
  sibling?(name: string): Promise<ByteSource>;
}

/** @throws FileError unless `name` is that of a file in the same folder, on every system. */
export function checkPlainName(file: string, name: unknown): string {
  if (
    typeof name === 'string' &&
    /^[^/\\:\0]+$/.test(name) &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= LONGEST_NAME
  )
    return name;
  throw new FileError(
    `${file} names the file ${received(name)} as a part of it; only plain names of files in its own folder are opened`,
  );
}

/** Bytes in memory. */
export function bytesInMemory(name: string, given: Uint8Array): ByteSource {
  const size = given.byteLength;
  // What readers get is no Buffer, whose `slice` makes no copy. There is no view of a buffer that was transferred.
  const bytes = size === 0 ? new Uint8Array(0) : new Uint8Array(given.buffer, given.byteOffset, size);
  return {
    name,
    size,
    async read(position, length) {
      checkRange(name, size, position, length);
      // A buffer that was transferred has no bytes any more, and no part either.
      if (bytes.byteLength !== size) throw new FileError(`${name} was transferred or resized while it was read`);
      return length === 0 ? new Uint8Array(0) : bytes.subarray(position, position + length);
    },
    async close() {},
  };
}

/** Memory for one array after the other: to have the system make fresh memory takes as long as reading into it. */
export class Scratch {
  #memory = new ArrayBuffer(0);

  /** Memory of at least so many bytes, which the next call may give again. */
  take(bytes: number): ArrayBuffer {
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(bytes);
    return this.#memory;
  }
}

/** Bytes that are known later than those behind them: a writer leaves room for them, and fills it when all others are written. */
export interface LateBytes {
  readonly length: number;
  /** Gives them, `length` of them. May be called more than once. */
  content(): Promise<Uint8Array>;
}

/** A part of what is written. */
export type Chunk = Uint8Array | LateBytes;

/** Some bytes of another source, without a copy. Closing it leaves the other open. */
export function windowOf(source: ByteSource, name: string, start: number, size: number): ByteSource {
  checkRange(source.name, source.size, start, size);
  const window: ByteSource = {
    name,
    size,
    async read(position, length) {
      checkRange(name, size, position, length);
      return source.read(start + position, length);
    },
    async close() {},
  };
  if (source.readInto === undefined) return window;
  return {
    ...window,
    async readInto(position, target) {
      checkRange(name, size, position, target.length);
      await source.readInto?.(start + position, target);
    },
  };
}

/** Bytes of a piece. */
export const PIECE: number = 4 * 2 ** 20;

/** The bytes from `start` on in pieces, so that nobody waits long for one of them. */
export async function* piecesOf(
  source: ByteSource,
  start: number = 0,
  size: number = source.size - start,
  piece: number = PIECE,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < size; at += piece) yield await source.read(start + at, Math.min(piece, size - at));
}

/** The bytes of a file. @throws FileError for what cannot be read, and for what is no file. */
export async function openFile(path: string): Promise<ByteSource> {
  return openWith(path, READ);
}

async function openWith(path: string, flags: number, name: string = path): Promise<ByteSource> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FileError(`${name} is no file${stats.isDirectory() ? ', but a folder' : ''}`);
    return new FileBytes(name, stats.size, handle);
  } catch (cause) {
    await handle?.close();
    if (cause instanceof FileError) throw cause;
    throw new FileError(`${name} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Bytes of one system call: Node refuses 2 GiB. */
const AT_ONCE = 2 ** 30;

class FileBytes implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(name: string, size: number, handle: FileHandle) {
    this.name = name;
    this.size = size;
    this.#handle = handle;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    checkRange(this.name, this.size, position, length);
    const bytes = allocateFor(this.name, length);
    await this.readInto(position, bytes);
    return bytes;
  }

  async readInto(position: number, target: Uint8Array): Promise<void> {
    const { length } = target;
    checkRange(this.name, this.size, position, length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle
        .read(target, done, Math.min(length - done, AT_ONCE), position + done)
        .catch((cause: Error) => {
          throw new FileError(`${this.name} cannot be read: ${cause.message}`, { cause });
        });
      if (bytesRead === 0) throw new FileError(`${this.name} became shorter while it was read`);
      done += bytesRead;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async sibling(name: string): Promise<ByteSource> {
    const path = join(dirname(this.name), checkPlainName(this.name, name));
    let target: string;
    try {
      target = await realpath(path);
      if (dirname(target) !== (await realpath(dirname(path)))) {
        throw new FileError(`${this.name} names the file "${name}", which is a link that leads out of its folder`);
      }
    } catch (cause) {
      if (cause instanceof FileError) throw cause;
      throw new FileError(`${this.name} needs the file ${path}, which cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
    // What the link led to was checked: it must not be exchanged for another one meanwhile.
    return openWith(target, READ | (constants.O_NOFOLLOW ?? 0), path);
  }
}

function checkRange(name: string, size: number, position: number, length: number): void {
  if (Number.isSafeInteger(position) && Number.isSafeInteger(length) && position >= 0 && length >= 0) {
    if (position + length <= size) return;
  }
  throw new FileError(`${name} is cut off: it has ${size} bytes, but ${length} are to be read from ${position} on`);
}
