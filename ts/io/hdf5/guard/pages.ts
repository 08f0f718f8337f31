import { setImmediate } from 'node:timers/promises';
import { FileError } from '../../../errors.ts';
import type { ByteSource } from '../../bytes.ts';
import { PAGE } from '../protocol.ts';

/** Most pages that the guard reads: 128 MB that describe a file are no description of weights. */
const MOST_PAGES = 8192;

/** Parts of a file that the guard looks at, and their bytes: a file that needs more is made to keep it busy. 1000 layers need 30,000. */
const MOST_PARTS = 1_000_000;
const MOST_BYTES = 2 ** 29;

/** Parts after which others get their turn: they take 10 ms. */
const TURN = 5_000;

/** Bytes of a file by their addresses, read in pages that are kept: what describes a file lies in small pieces all over it. */
export class Pages {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  /** The pages that were read. */
  readonly read: Map<number, Uint8Array> = new Map();
  #parts = 0;
  #bytes = 0;

  constructor(source: ByteSource) {
    this.name = source.name;
    this.size = source.size;
    this.#source = source;
  }

  /** The `length` bytes at `address`. @throws FileError for bytes outside of the file. */
  async at(what: string, address: number, length: number): Promise<Fields> {
    if (!Number.isSafeInteger(address) || address < 0 || address + length > this.size)
      this.fail(what, `lies outside of the file: ${length} bytes at ${address}, but the file has ${this.size}`);
    this.#parts += 1;
    this.#bytes += length;
    if (this.#parts > MOST_PARTS || this.#bytes > MOST_BYTES) this.fail(what, 'is one part too many to check');
    if (this.#parts % TURN === 0) await setImmediate();
    const first = Math.floor(address / PAGE);
    const last = Math.floor((address + Math.max(length, 1) - 1) / PAGE);
    const page = this.read.get(first) ?? (await this.#load(what, first));
    const from = address - first * PAGE;
    if (first === last) return new Fields(this, what, page.subarray(from, from + length), address);
    const bytes = new Uint8Array(length);
    bytes.set(page.subarray(from), 0);
    for (let index = first + 1; index <= last; index++) {
      const part = this.read.get(index) ?? (await this.#load(what, index));
      const done = index * PAGE - address;
      bytes.set(part.subarray(0, length - done), done);
    }
    return new Fields(this, what, bytes, address);
  }

  fail(what: string, why: string): never {
    throw new FileError(`${this.name}: ${what} ${why}`);
  }

  async #load(what: string, index: number): Promise<Uint8Array> {
    if (this.read.size >= MOST_PAGES)
      this.fail(what, 'is one part too many: the file is described by more than 128 MB');
    const found = await this.#source.read(index * PAGE, Math.min(PAGE, this.size - index * PAGE));
    // A view would take all the memory that it is of with it to the library.
    const page = found.byteLength === found.buffer.byteLength ? found : new Uint8Array(found);
    this.read.set(index, page);
    return page;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Values that follow each other in some bytes, little-endian as HDF5 has them. */
export class Fields {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly #pages: Pages;
  readonly #view: DataView;
  readonly #start: number;
  /** Where the next value is. */
  at = 0;

  /** `start`: the place of the bytes in the file. */
  constructor(pages: Pages, what: string, bytes: Uint8Array, start: number) {
    this.#pages = pages;
    this.#start = start;
    this.what = what;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The place of the next value in the file. */
  get place(): number {
    return this.#start + this.at;
  }

  fail(why: string): never {
    this.#pages.fail(this.what, why);
  }

  u8(): number {
    return this.#view.getUint8(this.#next(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#next(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#next(4), true);
  }

  /** A whole number of `bytes` bytes. @throws FileError past 2^53, which no size of a real file reaches. */
  unsigned(bytes: number): number {
    const place = this.#next(bytes);
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.#view.getUint8(place + index);
    if (!Number.isSafeInteger(value)) this.fail(`holds the size ${value}, which no file has`);
    return value;
  }

  u64(): number {
    return this.unsigned(8);
  }

  /** An address; undefined for the one that says that there is none. */
  address(): number | undefined {
    const place = this.#next(8);
    if (this.#view.getBigUint64(place, true) === 0xffff_ffff_ffff_ffffn) return undefined;
    this.at = place;
    return this.u64();
  }

  /** Skips bytes. */
  skip(count: number): void {
    this.#next(count);
  }

  /** The next bytes. */
  take(count: number): Uint8Array {
    const place = this.#next(count);
    return this.bytes.subarray(place, place + count);
  }

  /** The next bytes as values of their own. */
  part(count: number, what: string = this.what): Fields {
    const { place } = this;
    return new Fields(this.#pages, what, this.take(count), place);
  }

  /** Skips to a multiple of 8 bytes. */
  align(): void {
    this.skip(Math.min(this.left, (8 - (this.at % 8)) % 8));
  }

  /** A text that ends with a zero, or with the bytes. */
  text(most: number = this.left): string {
    const rest = this.bytes.subarray(this.at, this.at + most);
    const zero = rest.indexOf(0);
    this.skip(zero < 0 ? rest.length : zero + 1);
    try {
      return decoder.decode(zero < 0 ? rest : rest.subarray(0, zero));
    } catch {
      return this.fail('holds a name that is not UTF-8');
    }
  }

  /** Checks four letters that every block begins with. */
  signature(letters: string): void {
    const found = String.fromCharCode(...this.take(4));
    if (found !== letters) this.fail(`should begin with ${letters}`);
  }

  /** Checks a version. */
  version(known: readonly number[]): number {
    const version = this.u8();
    if (!known.includes(version)) this.fail(`has version ${version}, which is not supported`);
    return version;
  }

  #next(bytes: number): number {
    const place = this.at;
    if (bytes > this.bytes.length - place) this.fail('is cut off');
    this.at += bytes;
    return place;
  }
}
