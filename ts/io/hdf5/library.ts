// The HDF5 library (h5wasm), asked for what hornbeam needs. Runs in the worker only.
import type {
  Attributes,
  AttributeValue,
  DatasetRequest,
  GroupRequest,
  OpenRequest,
  TileRequest,
  WrittenFile,
} from './protocol.ts';
import { PAGE } from './protocol.ts';
import { catchOutput, mount, NewFile, type SandboxFileSystem, SourceFile } from './sandbox-files.ts';
import { startH5wasm } from './starting.ts';

/** Numbers of the library's classes of types. */
const types = { integer: 0, float: 1, string: 3, enumeration: 8 } as const;

/** Memory that the library may take, in bytes, beyond what the chunks and texts of a file need. It starts with 16 MB. */
const MEMORY = 2 ** 26;

/** What the library says of a dataset or an attribute. */
interface Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  /** Null for the empty dataspace. */
  readonly shape: number[] | null;
  readonly chunks: number[] | null;
  readonly total_size: number;
  readonly littleEndian: boolean;
  readonly enum_type?: { readonly type: number };
}

/** What is used of h5wasm's module. */
interface Module {
  readonly HEAPU8: Uint8Array;
  readonly FS: SandboxFileSystem;
  readonly H5F_ACC_RDONLY: number;
  readonly H5F_ACC_TRUNC: number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  open(name: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  close_file(file: bigint): number;
  flush(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Metadata;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(file: bigint, path: string): Metadata;
  get_dataset_data(file: bigint, path: string, count: Extent, start: Extent, step: Extent, pointer: bigint): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, pointer: bigint): number;
  reclaim_vlen_memory_count(file: bigint, path: string, attribute: string, pointer: bigint, count: bigint[]): number;
  create_group(file: bigint, path: string, trackOrder: boolean): number;
  create_dataset(file: bigint, path: string, pointer: bigint, metadata: object): number;
  create_vlen_str_dataset(file: bigint, path: string, values: readonly string[], metadata: object): number;
  create_attribute(file: bigint, path: string, name: string, pointer: bigint, metadata: object): number;
  create_vlen_str_attribute(
    file: bigint,
    path: string,
    name: string,
    values: readonly string[],
    metadata: object,
  ): number;
}

type Extent = bigint[] | null;

const decoder = new TextDecoder();
const NAME = 'model.h5';

/** Versions of HDF5 whose forms are written: from the first one on. */
const bounds = { earliest: 0, latest: 5 } as const;

/** The library with at most one file. */
export class Library {
  readonly #module: Module;
  readonly #memory: LimitedMemory;
  #file: bigint | undefined;
  #written: NewFile | undefined;
  #unmount: (() => void) | undefined;

  private constructor(module: Module, memory: LimitedMemory) {
    this.#module = module;
    this.#memory = memory;
  }

  /** Starts the library. What it prints goes to `print`. */
  static async load(print: (text: string) => void): Promise<Library> {
    let memory: LimitedMemory | undefined;
    const { instantiate } = wasm;
    // h5wasm lets its memory grow up to 2 GB and has no option for less; this realm runs nothing but h5wasm.
    wasm.instantiate = async (source, imports) => {
      const result = await instantiate(source, imports);
      memory = new LimitedMemory(result.instance.exports.memory as Memory);
      return result;
    };
    const module = (await startH5wasm()) as Module;
    wasm.instantiate = instantiate;
    catchOutput(module.FS, print);
    if (memory === undefined) throw new Error('h5wasm did not start as it is known to');
    return new Library(module, memory);
  }

  /** Opens a file and gives the attributes of all objects. The library must see what the guard saw. */
  open(request: OpenRequest, ask: (position: number, length: number) => void): Map<string, Attributes> {
    this.close();
    this.#memory.limit = MEMORY + request.memory;
    const module = this.#module;
    const source = new SourceFile(request.size, request.pages, request.transfer, ask);
    this.#unmount = mount(module.FS, NAME, source);
    const file = module.open(NAME, module.H5F_ACC_RDONLY, false, -1, -1);
    if (file < 0n) throw new Error('the HDF5 library cannot open it');
    this.#file = file;
    const attributes = new Map<string, Attributes>();
    for (const group of request.groups) {
      agree(group.path, module.get_names(file, group.path, false).sort(), [...group.children].sort());
      attributes.set(group.path, this.#attributes(file, group));
    }
    for (const dataset of request.datasets) {
      if (dataset.isRead) this.#checkDataset(file, dataset);
      attributes.set(dataset.path, this.#attributes(file, dataset));
    }
    return attributes;
  }

  /** Elements as they are in the file, but little-endian. */
  numbers({ path, start, count }: TileRequest): Uint8Array {
    const file = this.#opened();
    const { size } = this.#module.get_dataset_metadata(file, path);
    const bytes = size * count.reduce((product, dim) => product * dim, 1);
    return this.#withMemory(bytes, (pointer) => {
      this.#read(file, path, start, count, pointer);
      return this.#module.HEAPU8.slice(pointer, pointer + bytes);
    });
  }

  /** Strings of a dataset. */
  strings({ path, start, count }: TileRequest): string[] {
    const file = this.#opened();
    const metadata = this.#module.get_dataset_metadata(file, path);
    const elements = count.reduce((product, dim) => product * dim, 1);
    return this.#withMemory(metadata.size * elements, (pointer) => {
      this.#read(file, path, start, count, pointer);
      const strings = this.#stringsAt(pointer, metadata, elements);
      if (metadata.vlen) {
        const at = BigInt(pointer);
        if (count.length === 0) this.#module.reclaim_vlen_memory(file, path, '', at);
        else this.#module.reclaim_vlen_memory_count(file, path, '', at, count.map(BigInt));
      }
      return strings;
    });
  }

  /** Begins a file, in the form that every version of HDF5 reads (as h5py does). */
  create(): undefined {
    this.close();
    this.#memory.limit = 4 * MEMORY;
    this.#written = new NewFile();
    this.#unmount = mount(this.#module.FS, NAME, this.#written);
    // Its default since 2.0 keeps groups of more than eight members in a heap, which older readers do not know.
    const { earliest, latest } = bounds;
    const file = this.#module.open(NAME, this.#module.H5F_ACC_TRUNC, false, earliest, latest);
    if (file < 0n) throw new Error('the HDF5 library cannot begin a file');
    this.#file = file;
  }

  addGroup({ path, attributes }: GroupRequest): void {
    const file = this.#opened();
    if (path !== '/' && this.#module.create_group(file, path, false) < 0) throw new Error('the group cannot be made');
    this.#addAttributes(file, path, attributes);
  }

  addDataset({ path, shape, type, data, attributes }: DatasetRequest): void {
    const file = this.#opened();
    const metadata = { ...metadataOf(type), shape: shape.map(BigInt), maxshape: null, chunks: null };
    if (type === 'string') {
      this.#module.create_vlen_str_dataset(file, path, data as readonly string[], metadata);
    } else if (data !== undefined) {
      this.#withBytes(data as Uint8Array, (pointer) =>
        this.#module.create_dataset(file, path, BigInt(pointer), metadata),
      );
    } else {
      // Without elements the library makes the dataset only: its place in the file would come with the first write.
      this.#module.create_dataset(file, path, 0n, metadata);
    }
    this.#addAttributes(file, path, attributes);
  }

  /** Ends the file that was begun. */
  finish(): WrittenFile {
    const written = this.#written;
    if (written === undefined) throw new Error('there is no file to finish');
    this.close();
    return { size: written.size, pageBytes: PAGE, pages: written.pages };
  }

  /** Forgets the file. Gives the bytes of the library's memory, which only grows. */
  close(): number {
    const file = this.#file;
    this.#file = undefined;
    this.#written = undefined;
    try {
      if (file !== undefined && this.#module.close_file(file) < 0) throw new Error('the file cannot be closed');
    } finally {
      this.#unmount?.();
      this.#unmount = undefined;
    }
    return this.#memory.bytes;
  }

  #checkDataset(file: bigint, { path, shape, elementBytes, isChunked }: OpenRequest['datasets'][number]): void {
    const found = this.#module.get_dataset_metadata(file, path);
    const bytes = found.vlen ? elementBytes : found.size;
    agree(path, [found.shape ?? [], bytes, found.chunks !== null], [shape, elementBytes, isChunked]);
  }

  #opened(): bigint {
    if (this.#file === undefined) throw new Error('there is no open file');
    return this.#file;
  }

  #read(file: bigint, path: string, start: readonly number[], count: readonly number[], pointer: number): void {
    const isScalar = count.length === 0;
    const [counts, starts] = isScalar ? [null, null] : [count.map(BigInt), start.map(BigInt)];
    const steps = isScalar ? null : count.map(() => 1n);
    const status = this.#module.get_dataset_data(file, path, counts, starts, steps, BigInt(pointer));
    if (status < 0) throw new Error('the library cannot read it');
  }

  #attributes(file: bigint, object: { path: string; attributes: readonly string[] }): Attributes {
    if (object.attributes.length === 0) return {};
    const names = this.#module.get_attribute_names(file, object.path);
    agree(object.path, [...names].sort(), [...object.attributes].sort());
    // Without a prototype: a name like __proto__ is a name.
    const values: Record<string, AttributeValue> = Object.create(null);
    for (const name of names) values[name] = this.#attribute(file, object.path, name);
    return values;
  }

  #attribute(file: bigint, path: string, name: string): AttributeValue {
    const module = this.#module;
    const metadata = module.get_attribute_metadata(file, path, name);
    if (metadata.shape === null) return [];
    const elements = metadata.total_size;
    const values = this.#withMemory(metadata.size * elements, (pointer) => {
      if (module.get_attribute_data(file, path, name, BigInt(pointer)) < 0)
        throw new Error(`the library cannot read the attribute "${name}"`);
      if (metadata.type !== types.string) return numbersOf(module.HEAPU8, pointer, metadata, elements);
      const strings = this.#stringsAt(pointer, metadata, elements);
      if (metadata.vlen) module.reclaim_vlen_memory(file, path, name, BigInt(pointer));
      return strings;
    });
    return metadata.shape.length === 0 ? (values[0] as AttributeValue) : (values as AttributeValue);
  }

  #stringsAt(pointer: number, { vlen, size }: Metadata, elements: number): string[] {
    const heap = this.#module.HEAPU8;
    const words = new DataView(heap.buffer as ArrayBuffer);
    return Array.from({ length: elements }, (_, index) => {
      const place = pointer + index * size;
      const start = vlen ? words.getUint32(place, true) : place;
      if (start === 0) return '';
      const zero = heap.indexOf(0, start);
      const end = vlen ? zero : Math.min(zero < 0 ? heap.length : zero, start + size);
      return decoder.decode(heap.subarray(start, end));
    });
  }

  #addAttributes(file: bigint, path: string, attributes: Attributes): void {
    for (const [name, value] of Object.entries(attributes)) {
      const list = Array.isArray(value) ? value : [value];
      const shape = Array.isArray(value) ? [BigInt(list.length)] : [];
      const rest = { shape, maxshape: null, chunks: null };
      if (typeof list[0] === 'string' || list.length === 0) {
        const metadata = { ...metadataOf('string'), ...rest };
        this.#module.create_vlen_str_attribute(file, path, name, list as string[], metadata);
        continue;
      }
      const isWhole = list.every((item) => typeof item === 'bigint' || Number.isSafeInteger(item));
      const bytes = isWhole
        ? new BigInt64Array((list as (number | bigint)[]).map(BigInt))
        : new Float64Array(list as number[]);
      const metadata = {
        ...metadataOf({ kind: isWhole ? 'integer' : 'float', bytes: 8, isSigned: true }),
        ...rest,
      };
      this.#withBytes(new Uint8Array(bytes.buffer), (pointer) =>
        this.#module.create_attribute(file, path, name, BigInt(pointer), metadata),
      );
    }
  }

  #withBytes(bytes: Uint8Array, act: (pointer: number) => unknown): void {
    this.#withMemory(bytes.length, (pointer) => {
      this.#module.HEAPU8.set(bytes, pointer);
      act(pointer);
    });
  }

  #withMemory<Result>(bytes: number, act: (pointer: number) => Result): Result {
    const pointer = this.#module._malloc(Math.max(bytes, 8));
    if (pointer === 0) throw new Error(`it needs more than the ${this.#memory.limit} bytes of memory that it may take`);
    this.#module.HEAPU8.fill(0, pointer, pointer + bytes);
    try {
      return act(pointer);
    } finally {
      this.#module._free(pointer);
    }
  }
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Instantiated {
  readonly instance: { readonly exports: Readonly<Record<string, unknown>> };
}

/** What is used of WebAssembly, which the types of Node do not have. */
export const wasm: {
  instantiate(source: Uint8Array, imports: object): Promise<Instantiated>;
  readonly RuntimeError: new () => Error;
} = (globalThis as unknown as { WebAssembly: typeof wasm }).WebAssembly;

/** The memory of the library, which grows up to a limit only: beyond it the library is told that there is none left. */
class LimitedMemory {
  readonly #memory: Memory;
  limit: number = MEMORY;

  constructor(memory: Memory) {
    this.#memory = memory;
    const grow = memory.grow.bind(memory);
    memory.grow = (pages) => {
      if (this.bytes + pages * 65_536 > this.limit) throw new RangeError('out of memory');
      return grow(pages);
    };
  }

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }
}

/** How the library wants a type described. */
function metadataOf(type: DatasetRequest['type']): object {
  if (type === 'string') return { type: types.string, size: 4, signed: false, vlen: true, cset: 1 };
  return { type: types[type.kind], size: type.bytes, signed: type.isSigned, vlen: false };
}

/** Two readings of one file must be the same, else it was made to mislead one of them. */
function agree(path: string, library: unknown, guard: unknown): void {
  if (JSON.stringify(library) !== JSON.stringify(guard)) throw new Error(`"${path}" can be read in two ways`);
}

/** Numbers of an attribute, little-endian. */
function numbersOf(heap: Uint8Array, pointer: number, metadata: Metadata, elements: number): number[] | bigint[] {
  const { size, signed } = metadata;
  const type = metadata.enum_type?.type ?? metadata.type;
  const view = new DataView(heap.buffer as ArrayBuffer, pointer, size * elements);
  const read = (at: number): number | bigint => {
    if (type === types.float && size === 4) return view.getFloat32(at, true);
    if (type === types.float && size === 8) return view.getFloat64(at, true);
    if (type === types.integer && size === 1) return signed ? view.getInt8(at) : view.getUint8(at);
    if (type === types.integer && size === 2) return signed ? view.getInt16(at, true) : view.getUint16(at, true);
    if (type === types.integer && size === 4) return signed ? view.getInt32(at, true) : view.getUint32(at, true);
    if (type === types.integer && size === 8) {
      const whole = signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
      return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
    }
    throw new Error(`an attribute has a type of ${size} bytes that is not supported`);
  };
  return Array.from({ length: elements }, (_, index) => read(index * size)) as number[] | bigint[];
}
