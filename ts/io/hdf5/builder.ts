import { ConfigError, FileError } from '../../errors.ts';
import { sizeOf, type TypedArray } from '../../tensor/index.ts';
import { type ByteSource, Scratch } from '../bytes.ts';
import { writtenType } from './elements.ts';
import { guard } from './guard/index.ts';
import { LibraryHost } from './host.ts';
import type { Attributes, DatasetRequest, GroupRequest, WrittenFile } from './protocol.ts';

/** Numbers of a dataset, or a function that fetches them when their turn to be written comes. */
export type DatasetNumbers = TypedArray | (() => TypedArray | Promise<TypedArray>) | NumberSource;

/** Numbers that are copied piece by piece. */
export interface NumberSource {
  /** Copies their bytes, little-endian, from `begin` on. */
  copyBytes(target: Uint8Array, begin: number): void;
}

/** An array to write. */
export interface DatasetArray {
  readonly shape: readonly number[];
  /** hornbeam's name of the element type; `string` for texts. 16-bit floats are written as float32, booleans as uint8. */
  readonly dtype: string;
  readonly data: DatasetNumbers | readonly string[];
}

/** Writes an HDF5 file of groups, contiguous datasets and attributes: what h5py and Keras read. */
export interface Hdf5Builder {
  /** Adds a group; the groups around it first. `/` only sets the attributes of the root. */
  addGroup(path: string, attributes?: Attributes): Promise<void>;
  /** Adds a dataset. The numbers must not change until the file was written. */
  addDataset(path: string, array: DatasetArray, attributes?: Attributes): Promise<void>;
  /** The file as one array of bytes. */
  finish(): Promise<Uint8Array>;
  /**
   * The file in pieces, of which one is in memory at a time; numbers that are functions are fetched one by one. A piece is valid until
   * the next one is asked for.
   */
  finishInPieces(): Promise<{ size: number; pieces: AsyncIterable<Uint8Array> }>;
  /** Ends the use of the library. */
  close(): Promise<void>;
}

/** Bytes up to which the library writes the elements itself. */
const SMALL = 1024;

/** Groups and datasets that the library hears of at once. */
const BATCH = 256;

/** Bytes of a piece. */
const PIECE = 2 ** 20;

/** Bytes of the elements of hornbeam's dtypes in a file. */
const widths: Readonly<Record<string, number>> = { uint8: 1, int8: 1, bool: 1 };

/**
 * Begins an HDF5 file. The library makes the structure, without the numbers of large datasets; these are put into the places which it
 * reserved when the file is written, so they pass through memory once.
 */
export async function createHdf5(name = 'file.h5'): Promise<Hdf5Builder> {
  return new Builder(name, new LibraryHost(name));
}

/** Numbers that the library did not see. */
interface Reserved {
  readonly bytes: number;
  readonly data: DatasetNumbers;
}

class Builder implements Hdf5Builder {
  readonly #name: string;
  readonly #host: LibraryHost;
  readonly #reserved: Map<string, Reserved> = new Map();
  readonly #paths: Map<string, readonly number[] | undefined> = new Map([['/', undefined]]);
  /** What the library is to hear of. */
  #batch: (GroupRequest | DatasetRequest)[] = [];
  #isBegun = false;

  constructor(name: string, host: LibraryHost) {
    this.#name = name;
    this.#host = host;
  }

  async addGroup(path: string, attributes: Attributes = {}): Promise<void> {
    if (path !== '/') this.#checkPath(path);
    this.#paths.set(path, undefined);
    await this.#add({ path, attributes });
  }

  async addDataset(path: string, { shape, dtype, data }: DatasetArray, attributes: Attributes = {}): Promise<void> {
    this.#checkPath(path);
    const what = `"${path}"`;
    const elements = sizeOf(shape);
    if (dtype === 'string') {
      if (!Array.isArray(data) || data.length !== elements)
        throw new ConfigError(`HDF5: ${what} needs ${elements} texts`);
      this.#paths.set(path, shape);
      await this.#add({ path, shape, type: 'string', data, attributes });
      return;
    }
    const numbers = data as DatasetNumbers;
    const isArray = ArrayBuffer.isView(numbers);
    const width = isArray ? numbers.BYTES_PER_ELEMENT : (widths[dtype] ?? 4);
    const isSmall = elements * width <= SMALL;
    const array = isArray ? numbers : isSmall && typeof numbers === 'function' ? await numbers() : undefined;
    if (array !== undefined) this.#check(path, array, elements);
    const type =
      array !== undefined
        ? writtenType(array)
        : { kind: kindOf(dtype), bytes: width, isSigned: dtype.startsWith('int') };
    this.#paths.set(path, shape);
    const request = { path, shape, type, attributes };
    if (!isSmall) {
      this.#reserved.set(path, { bytes: elements * type.bytes, data: array ?? numbers });
      await this.#add(request);
      return;
    }
    const small = array === undefined ? new Uint8Array(elements * width) : bytesOf(array);
    if (array === undefined) (numbers as NumberSource).copyBytes(small, 0);
    await this.#add({ ...request, data: small });
  }

  async finish(): Promise<Uint8Array> {
    const { size, pieces } = await this.finishInPieces();
    const file = new Uint8Array(size);
    let done = 0;
    for await (const piece of pieces) {
      file.set(piece, done);
      done += piece.length;
    }
    return file;
  }

  async finishInPieces(): Promise<{ size: number; pieces: AsyncIterable<Uint8Array> }> {
    await this.#flush();
    const written = await this.#host.call('finish', undefined);
    await this.close();
    const places = await this.#places(written);
    return { size: written.size, pieces: this.#pieces(written, places) };
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  async #add(request: GroupRequest | DatasetRequest): Promise<void> {
    this.#batch.push(request);
    if (this.#batch.length === BATCH) await this.#flush();
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (!this.#isBegun) await this.#host.call('create', undefined);
    this.#isBegun = true;
    await this.#host.call('add', batch);
  }

  /** Where the numbers belong that the library did not see, in the order of the file. What the guard finds must be what was asked for. */
  async #places(written: WrittenFile): Promise<{ path: string; address: number; reserved: Reserved }[]> {
    const { groups, datasets } = await guard(structureOf(this.#name, written));
    const found = new Map<string, readonly number[] | undefined>(groups.map(({ path }) => [path, undefined]));
    for (const { path, shape } of datasets) found.set(path, shape);
    for (const [path, shape] of this.#paths) {
      if (!found.has(path) || found.get(path)?.join() !== shape?.join())
        throw new FileError(`${this.#name}: the HDF5 library did not write "${path}"`);
    }
    return datasets
      .flatMap(({ path, layout }) => {
        const reserved = this.#reserved.get(path);
        if (reserved === undefined) return [];
        if (layout.kind !== 'contiguous' || layout.address === undefined || layout.bytes !== reserved.bytes)
          throw new FileError(`${this.#name}: the HDF5 library did not make room for "${path}"`);
        return [{ path, address: layout.address, reserved }];
      })
      .sort((a, b) => a.address - b.address);
  }

  async *#pieces(
    written: WrittenFile,
    places: readonly { path: string; address: number; reserved: Reserved }[],
  ): AsyncGenerator<Uint8Array> {
    const scratch = new Scratch();
    let done = 0;
    for (const { path, address, reserved } of places) {
      yield* structure(written, done, address);
      const { data, bytes: size } = reserved;
      done = address + size;
      if ('copyBytes' in data) {
        for (let at = 0; at < size; at += PIECE) {
          const piece = new Uint8Array(scratch.take(PIECE), 0, Math.min(PIECE, size - at));
          data.copyBytes(piece, at);
          yield piece;
        }
        continue;
      }
      const bytes = bytesOf(typeof data === 'function' ? await data() : data);
      if (bytes.length !== size)
        throw new FileError(`${this.#name}: "${path}" has ${bytes.length} bytes now, but had ${size}`);
      for (let at = 0; at < size; at += PIECE) yield bytes.subarray(at, at + PIECE);
    }
    yield* structure(written, done, written.size);
  }

  #checkPath(path: string): void {
    if (!/^(\/[^/\0]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path))
      throw new ConfigError(`HDF5: "${path}" is no path; one is like "/layers/dense"`);
    if (this.#paths.has(path)) throw new ConfigError(`HDF5: "${path}" is there already`);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    if (!this.#paths.has(parent) || this.#paths.get(parent) !== undefined)
      throw new ConfigError(`HDF5: "${path}" needs the group "${parent}" first`);
  }

  #check(path: string, array: TypedArray, elements: number): void {
    if (array.length !== elements)
      throw new ConfigError(`HDF5: "${path}" has ${array.length} numbers, but its shape has room for ${elements}`);
  }
}

function kindOf(dtype: string): 'integer' | 'float' {
  return dtype.includes('float') ? 'float' : 'integer';
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** The parts of the file that the library wrote, between two places. */
function* structure({ pageBytes, pages }: WrittenFile, from: number, to: number): Generator<Uint8Array> {
  for (let at = from; at < to; ) {
    const index = Math.floor(at / pageBytes);
    const start = at - index * pageBytes;
    const length = Math.min(pageBytes - start, to - at);
    yield (pages.get(index) ?? new Uint8Array(pageBytes)).subarray(start, start + length);
    at += length;
  }
}

/** The structure as a source: zeros where the numbers will be. */
function structureOf(name: string, written: WrittenFile): ByteSource {
  return {
    name,
    size: written.size,
    async read(position, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      for (const part of structure(written, position, position + length)) {
        bytes.set(part, done);
        done += part.length;
      }
      return bytes;
    },
    async close() {},
  };
}
