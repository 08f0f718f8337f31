import { type FileHandle, open } from 'node:fs/promises';
import { FileError } from '../errors.ts';

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
  /** Ends reading. */
  close(): Promise<void>;
}

/** Bytes in memory. */
export function bytesInMemory(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(position, length) {
      checkRange(name, bytes.byteLength, position, length);
      return bytes.subarray(position, position + length);
    },
    async close() {},
  };
}

/** The bytes of a file. @throws FileError for what cannot be read, and for what is no file. */
export async function openFile(path: string): Promise<ByteSource> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FileError(`${path} is no file${stats.isDirectory() ? ', but a folder' : ''}`);
    return new FileBytes(path, stats.size, handle);
  } catch (cause) {
    await handle?.close();
    if (cause instanceof FileError) throw cause;
    throw new FileError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

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
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) throw new FileError(`${this.name} became shorter while it was read`);
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function checkRange(name: string, size: number, position: number, length: number): void {
  if (position >= 0 && length >= 0 && position + length <= size) return;
  throw new FileError(`${name} is cut off: it has ${size} bytes, but ${length} are to be read from ${position} on`);
}
