// Not node:fs/promises: it is loaded when a file is read, not with the package.
import { promises } from 'node:fs';
import { FileError } from '../errors.ts';

/** The bytes of an IDX file and the sizes of its axes. */
export interface IdxFile {
  data: Uint8Array;
  shape: number[];
}

/**
 * Reads an IDX file of unsigned bytes: two zero bytes, the type 8, the number of axes, each axis' size as a big-endian
 * 32-bit number, the bytes.
 * @throws FileError when it is missing or malformed.
 */
export async function readIdx(path: string): Promise<IdxFile> {
  const bytes = await promises.readFile(path).catch((cause: unknown) => {
    throw new FileError(`Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const rank = bytes[3] ?? 0;
  const header = 4 + 4 * rank;
  if (bytes.length < header || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8 || rank === 0) {
    throw new FileError(`${path} is no IDX file of unsigned bytes`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (bytes.length !== header + size) {
    throw new FileError(
      `${path} is cut off or too long: its header promises ${size} bytes after byte ${header}, it has ${bytes.length - header}`,
    );
  }
  return { data: bytes.subarray(header), shape };
}
