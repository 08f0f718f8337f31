import { setImmediate } from 'node:timers/promises';
import { FileError } from '../../errors.ts';
import type { TypedArray } from '../../tensor/index.ts';
import type { ByteSource, Scratch } from '../bytes.ts';
import { arrayFor, convert, dtypeOf, type Hdf5DType, isSame, type Kept } from './elements.ts';
import { type Guarded, type GuardedDataset, guard } from './guard/index.ts';
import { LibraryHost } from './host.ts';
import type { Attributes, AttributeValue } from './protocol.ts';
import { eachRow, tilesOf } from './tiles.ts';

/** A dataset: an array of numbers or texts. */
export interface Hdf5Dataset {
  /** From the root on: `/layers/dense/vars/0`. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: Hdf5DType;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** A group: other groups and datasets by their names. */
export interface Hdf5Group {
  readonly path: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  readonly groups: ReadonlyMap<string, Hdf5Group>;
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
}

/** An HDF5 file that is open for reading. */
export interface Hdf5File {
  readonly root: Hdf5Group;
  /**
   * The numbers of a dataset as hornbeam keeps them: floats as Float32Array, integers as Int32Array, Int8Array or Uint8Array.
   *
   * @param scratch Memory for them: they are valid until it is taken again. Default: memory of their own.
   * @throws FileError for texts, for integers that int32 does not hold, and when the bytes cannot be read.
   */
  read(path: string, scratch?: Scratch): Promise<TypedArray>;
  /** The texts of a dataset, in row-major order. @throws FileError for numbers. */
  readStrings(path: string): Promise<string[]>;
  /** Ends the use of the library; the source stays open. */
  close(): Promise<void>;
}

/** Bytes of a dataset that are read at once. */
const PIECE = 8 * 2 ** 20;

/**
 * Opens an HDF5 file. A guard walks all of its structure first; then the HDF5 library, in a worker, reads attributes and packed
 * numbers. Contiguous numbers are read from the places that the structure names, as HDF5's H5Dget_offset is made for.
 *
 * @param options `opaque`: what opaque elements of two bytes are that do not say it themselves; by default an error.
 * @throws FileError for a file that is broken, that would expand beyond the limits, or that leads to other files.
 */
export async function openHdf5(
  source: ByteSource,
  { timeLimit, opaque }: { timeLimit?: number; opaque?: 'bfloat16' } = {},
): Promise<Hdf5File> {
  const guarded = await guard(source);
  const host = new LibraryHost(source.name, source, timeLimit);
  try {
    const attributes = await host.call('open', {
      size: source.size,
      pages: guarded.pages,
      memory: guarded.memory,
      transfer: host.transfer,
      groups: guarded.groups,
      datasets: guarded.datasets.map(({ path, shape, type, layout, attributes }) => ({
        path,
        shape,
        attributes,
        elementBytes: type.bytes,
        isChunked: layout.kind === 'chunked',
        isRead: layout.kind !== 'contiguous' || type.kind === 'string' || type.kind === 'text',
      })),
    });
    return new OpenFile(source, guarded, attributes, host, opaque);
  } catch (error) {
    await host.close();
    throw error;
  }
}

class OpenFile implements Hdf5File {
  readonly root: Hdf5Group;
  readonly #source: ByteSource;
  readonly #host: LibraryHost;
  readonly #datasets: Map<string, Hdf5Dataset> = new Map();
  readonly #guarded: ReadonlyMap<string, GuardedDataset>;

  constructor(
    source: ByteSource,
    guarded: Guarded,
    values: ReadonlyMap<string, Attributes>,
    host: LibraryHost,
    opaque: string | undefined,
  ) {
    this.#source = source;
    this.#host = host;
    this.#guarded = new Map(guarded.datasets.map((dataset) => [dataset.path, dataset]));
    const attributesOf = (path: string) => new Map(Object.entries(values.get(path) ?? {}));
    for (const dataset of guarded.datasets) {
      const attributes = attributesOf(dataset.path);
      const dtype = dtypeOf(`${source.name}: "${dataset.path}"`, dataset.type, attributes.get('dtype') ?? opaque);
      const { path, shape } = dataset;
      this.#datasets.set(path, { path, shape, dtype, attributes });
    }
    const groups = new Map(
      guarded.groups.map(({ path }) => {
        const parts = { groups: new Map<string, Hdf5Group>(), datasets: new Map<string, Hdf5Dataset>() };
        return [path, { path, attributes: attributesOf(path), ...parts }];
      }),
    );
    for (const { path, children } of guarded.groups) {
      const group = groups.get(path);
      for (const name of children) {
        const child = path === '/' ? `/${name}` : `${path}/${name}`;
        const dataset = this.#datasets.get(child);
        if (dataset !== undefined) group?.datasets.set(name, dataset);
        else group?.groups.set(name, groups.get(child) as Hdf5Group);
      }
    }
    this.root = groups.get('/') as Hdf5Group;
  }

  async read(path: string, scratch?: Scratch): Promise<TypedArray> {
    const { shape, dtype, guarded } = this.#find(path);
    const where = `${this.#source.name}: "${path}"`;
    if (dtype === 'string') throw new FileError(`${where} holds texts, no numbers`);
    const elements = shape.reduce((product, dim) => product * dim, 1);
    const { layout, type } = guarded;
    if (elements === 0) return arrayFor(dtype, 0);
    if (layout.kind === 'contiguous') return this.#readContiguous(where, dtype, guarded, elements, scratch);
    const target = arrayFor(dtype, elements, scratch);
    const chunk = layout.kind === 'chunked' ? layout.chunk : shape;
    for (const tile of tilesOf(shape, chunk, type.bytes)) {
      const bytes = await this.#host.call('numbers', { path, ...tile }, path);
      const part = arrayFor(dtype, bytes.length / type.bytes);
      convert(where, dtype, bytes, false, part, 0);
      eachRow(shape, tile, (from, to, length) => target.set(part.subarray(from, from + length), to));
    }
    return target;
  }

  async readStrings(path: string): Promise<string[]> {
    const { shape, dtype, guarded } = this.#find(path);
    if (dtype !== 'string') throw new FileError(`${this.#source.name}: "${path}" holds numbers, no texts`);
    const elements = shape.reduce((product, dim) => product * dim, 1);
    const strings: string[] = new Array(elements);
    const chunk = guarded.layout.kind === 'chunked' ? guarded.layout.chunk : shape;
    for (const tile of tilesOf(shape, chunk, guarded.type.bytes)) {
      const part = await this.#host.call('strings', { path, ...tile }, path);
      eachRow(shape, tile, (from, to, length) => {
        for (let index = 0; index < length; index++) strings[to + index] = part[from + index] as string;
      });
    }
    return strings;
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  async #readContiguous(
    where: string,
    dtype: Hdf5DType,
    guarded: GuardedDataset,
    elements: number,
    scratch?: Scratch,
  ): Promise<Kept> {
    const { type, layout } = guarded;
    const address = (layout as { address: number }).address;
    const size = elements * type.bytes;
    const isAsStored = isSame(dtype, type);
    const target = arrayFor(dtype, elements, scratch);
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    if (isAsStored && this.#source.readInto !== undefined) {
      await this.#source.readInto(address, bytes);
      return target;
    }
    for (let done = 0; done < size; done += PIECE) {
      const piece = await this.#source.read(address + done, Math.min(PIECE, size - done));
      if (isAsStored) bytes.set(piece, done);
      else convert(where, dtype, piece, type.isBigEndian, target, done / type.bytes);
      if (size > PIECE) await setImmediate();
    }
    return target;
  }

  #find(path: string): Hdf5Dataset & { readonly guarded: GuardedDataset } {
    const dataset = this.#datasets.get(path);
    const guarded = this.#guarded.get(path);
    if (dataset !== undefined && guarded !== undefined) return { ...dataset, guarded };
    throw new FileError(`${this.#source.name} has no dataset "${path}"`);
  }
}
