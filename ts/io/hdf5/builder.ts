import { setImmediate } from 'node:timers/promises';
import { ConfigError, FileError } from '../../errors.ts';
import { sizeOf, type TypedArray } from '../../tensor/index.ts';
import { type ByteSource, type Chunk, Scratch } from '../bytes.ts';
import { writtenType } from './elements.ts';
import { type Guarded, guard, type Layout } from './guard/index.ts';
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
   * Gives the file in pieces to what writes them. One is in memory at a time, valid until the next one is asked for; numbers that are
   * functions are fetched one by one. The structure of a large file comes late: numbers are written while the library starts.
   * Should it not fit into the room that was left, `write` is called once more.
   */
  writeInPieces(write: (content: Hdf5Pieces) => Promise<void>): Promise<void>;
  /** Ends the use of the library. */
  close(): Promise<void>;
}

/** An HDF5 file in pieces. */
export interface Hdf5Pieces {
  /** Bytes of all pieces. */
  readonly size: number;
  readonly pieces: AsyncIterable<Chunk>;
}

/** There was not enough room for the structure of a file. */
class StructureTooLarge extends FileError {}

/** Bytes up to which the library writes the elements itself. */
const SMALL = 1024;

/** Groups and datasets that the library hears of at once. */
const BATCH = 256;

/** Bytes of a piece. */
const PIECE = 2 ** 20;

/** Bytes of numbers from which on they are written while the library makes the structure, which gets more room than it needs then. */
const OVERLAPPING = 4 * 2 ** 20;

/** Places in the superblock: its version, and the end of the file. */
const [VERSION_AT, END_AT] = [8, 40];

/** Bytes of the elements of hornbeam's dtypes in a file. */
const widths: Readonly<Record<string, number>> = { uint8: 1, int8: 1, bool: 1 };

/**
 * Begins an HDF5 file. The library makes the structure, without the numbers of large datasets. These follow the structure, which is
 * told their places: so they pass through memory once, and can be written before the structure is there.
 *
 * `room`: bytes that are left for the structure of a large file. Default: what is enough by the number of its groups and datasets.
 */
export async function createHdf5(name = 'file.h5', { room }: { room?: number } = {}): Promise<Hdf5Builder> {
  return new Builder(name, new LibraryHost(name), room);
}

/** Numbers that the library does not see. */
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
  readonly #requests: (GroupRequest | DatasetRequest)[] = [];
  /** Bytes that are enough for the structure. An empty one has 800, and its blocks of small things have 2 and 4 KB. */
  #enough = 12 * 1024;
  readonly #room: number | undefined;
  #structure: Promise<WrittenFile> | undefined;
  #isTooLarge = false;

  constructor(name: string, host: LibraryHost, room: number | undefined) {
    this.#name = name;
    this.#host = host;
    this.#room = room;
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
    if (array !== undefined) this.#checkLength(path, array, elements);
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
    let file = new Uint8Array(0);
    await this.writeInPieces(async ({ size, pieces }) => {
      file = new Uint8Array(size);
      let done = 0;
      for await (const piece of pieces) {
        file.set(piece instanceof Uint8Array ? piece : await piece.content(), done);
        done += piece.length;
      }
    });
    return file;
  }

  async writeInPieces(write: (content: Hdf5Pieces) => Promise<void>): Promise<void> {
    try {
      await write(await this.#content());
    } catch (error) {
      if (!(error instanceof StructureTooLarge)) throw error;
      await write(await this.#content());
    }
  }

  async #content(): Promise<Hdf5Pieces> {
    let bytes = 0;
    for (const { bytes: own } of this.#reserved.values()) bytes += alignedTo8(own);
    this.#structure ??= this.#ask();
    const structure = this.#structure;
    const length =
      bytes < OVERLAPPING || this.#isTooLarge
        ? alignedTo8((await structure).size)
        : alignedTo8(this.#room ?? this.#enough);
    const placed = this.#placed(length, length + bytes);
    const failure: { reason?: unknown } = {};
    // Whoever waits for it hears of it; the numbers may be given up before.
    placed.catch((reason: unknown) => {
      failure.reason = reason;
    });
    const head = bytes < OVERLAPPING ? await placed : { length, content: () => placed };
    return { size: length + bytes, pieces: this.#pieces(head, failure) };
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  async #add(request: GroupRequest | DatasetRequest): Promise<void> {
    this.#requests.push(request);
    this.#enough += bytesFor(request);
    // Others get their turn: large models have tens of thousands.
    if (this.#requests.length % BATCH === 0) await setImmediate();
  }

  /** Has the library make the structure. */
  async #ask(): Promise<WrittenFile> {
    try {
      await this.#host.call('create', undefined);
      for (let at = 0; at < this.#requests.length; at += BATCH)
        await this.#host.call('add', this.#requests.slice(at, at + BATCH));
      return await this.#host.call('finish', undefined);
    } finally {
      await this.close();
    }
  }

  /** The structure with the places of the numbers, which follow each other from `start` to `end`. */
  async #placed(start: number, end: number): Promise<Uint8Array> {
    const written = await (this.#structure as Promise<WrittenFile>);
    if (written.size > start) {
      // The next time it is known how large it is.
      this.#isTooLarge = true;
      throw new StructureTooLarge(`${this.#name}: the structure of the HDF5 file has ${written.size} bytes`);
    }
    const head = headOf(written, start);
    const view = new DataView(head.buffer);
    const set = (place: number, value: number): void => view.setBigUint64(place, BigInt(value), true);
    const layouts = this.#check(await guard(sourceOf(this.#name, head, end), { mayLackPlaces: true }));
    let address = start;
    for (const [path, { bytes }] of this.#reserved) {
      const layout = layouts.get(path);
      if (layout?.kind !== 'contiguous' || layout.address !== undefined || layout.bytes !== bytes)
        throw new FileError(`${this.#name}: the HDF5 library made something else of "${path}"`);
      set(layout.addressAt, address);
      address += alignedTo8(bytes);
    }
    if (view.getUint8(VERSION_AT) !== 0 || Number(view.getBigUint64(END_AT, true)) !== written.size)
      throw new FileError(`${this.#name}: the HDF5 library wrote a superblock of another form`);
    set(END_AT, end);
    // What was written is what a reader takes it for.
    this.#check(await guard(sourceOf(this.#name, head, end)));
    return head;
  }

  /** What the guard finds must be what was asked for. Gives where elements are, by paths. */
  #check({ groups, datasets }: Guarded): Map<string, Layout> {
    const found = new Map<string, readonly number[] | undefined>(groups.map(({ path }) => [path, undefined]));
    for (const { path, shape } of datasets) found.set(path, shape);
    for (const [path, shape] of this.#paths) {
      if (!found.has(path) || found.get(path)?.join() !== shape?.join())
        throw new FileError(`${this.#name}: the HDF5 library did not write "${path}"`);
    }
    return new Map(datasets.map(({ path, layout }) => [path, layout]));
  }

  /** `failure`: why there will be no structure; no more numbers are written for it then. */
  async *#pieces(structure: Chunk, failure: { readonly reason?: unknown }): AsyncGenerator<Chunk> {
    const scratch = new Scratch();
    const goOn = (): void => {
      if (failure.reason !== undefined) throw failure.reason;
    };
    yield structure;
    for (const [path, { data, bytes: size }] of this.#reserved) {
      goOn();
      if ('copyBytes' in data) {
        for (let at = 0; at < size; at += PIECE) {
          goOn();
          const piece = new Uint8Array(scratch.take(PIECE), 0, Math.min(PIECE, size - at));
          data.copyBytes(piece, at);
          yield piece;
        }
      } else {
        const bytes = bytesOf(typeof data === 'function' ? await data() : data);
        if (bytes.length !== size)
          throw new FileError(`${this.#name}: "${path}" has ${bytes.length} bytes now, but had ${size}`);
        for (let at = 0; at < size; at += PIECE) {
          goOn();
          yield bytes.subarray(at, at + PIECE);
        }
      }
      if (alignedTo8(size) > size) yield new Uint8Array(alignedTo8(size) - size);
    }
  }

  #checkPath(path: string): void {
    if (!/^(\/[^/\0]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path))
      throw new ConfigError(`HDF5: "${path}" is no path; one is like "/layers/dense"`);
    if (this.#paths.has(path)) throw new ConfigError(`HDF5: "${path}" is there already`);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    if (!this.#paths.has(parent) || this.#paths.get(parent) !== undefined)
      throw new ConfigError(`HDF5: "${path}" needs the group "${parent}" first`);
  }

  #checkLength(path: string, array: TypedArray, elements: number): void {
    if (array.length !== elements)
      throw new ConfigError(`HDF5: "${path}" has ${array.length} numbers, but its shape has room for ${elements}`);
  }
}

function kindOf(dtype: string): 'integer' | 'float' {
  return dtype.includes('float') ? 'float' : 'integer';
}

/** HDF5 has no rule, but whoever maps a file into memory wants it. */
function alignedTo8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Bytes of the structure that are enough for a group or a dataset, about a third more than the library takes. */
function bytesFor({ path, attributes, ...rest }: GroupRequest | DatasetRequest): number {
  let bytes = 'shape' in rest ? 640 : 1200;
  // Lists of names grow by doubling, and leave what they grew out of behind.
  bytes += 4 * Buffer.byteLength(path.slice(path.lastIndexOf('/')));
  if ('data' in rest && rest.data !== undefined) bytes += bytesOfValues(rest.data);
  for (const [name, value] of Object.entries(attributes))
    bytes += 320 + 4 * Buffer.byteLength(name) + bytesOfValues(Array.isArray(value) ? value : [value]);
  return bytes;
}

/** Texts go into blocks of 4 KB, which may be half empty. */
function bytesOfValues(values: Uint8Array | readonly (string | number | bigint)[]): number {
  if (values instanceof Uint8Array) return values.length;
  return values.reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? 2 * (32 + Buffer.byteLength(value)) : 8),
    0,
  );
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** The beginning of a file as the library wrote it; zeros where it wrote nothing. */
function headOf({ pageBytes, pages }: WrittenFile, length: number): Uint8Array {
  const head = new Uint8Array(length);
  for (const [index, page] of pages) {
    const at = index * pageBytes;
    if (at < length) head.set(page.subarray(0, length - at), at);
  }
  return head;
}

/** A file as a source, of which only the beginning is there: zeros where the numbers will be. */
function sourceOf(name: string, head: Uint8Array, size: number): ByteSource {
  return {
    name,
    size,
    async read(position, length) {
      const bytes = new Uint8Array(length);
      bytes.set(head.subarray(Math.min(position, head.length), position + length));
      return bytes;
    },
    async close() {},
  };
}
