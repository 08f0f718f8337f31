import { sizeOf } from '../../../tensor/index.ts';
import type { ByteSource } from '../../bytes.ts';
import { elementsOf } from '../../limits.ts';
import { readDense } from './dense.ts';
import { readMembers, tableOf } from './groups.ts';
import { type Message, messages, readHeader } from './headers.ts';
import { type Fields, Pages } from './pages.ts';
import { checkChunks, type Layout, readFilters, readLayout } from './storage.ts';
import { Texts } from './texts.ts';
import { type ElementType, readShape, readType } from './types.ts';

export type { Layout } from './storage.ts';
export type { ElementType } from './types.ts';

/** A group, or a dataset when it has a type. */
interface GuardedObject {
  readonly path: string;
  readonly attributes: readonly string[];
}

export interface GuardedGroup extends GuardedObject {
  readonly children: readonly string[];
}

export interface GuardedDataset extends GuardedObject {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly layout: Layout;
}

/** What a file holds, all of it checked. */
export interface Guarded {
  readonly groups: readonly GuardedGroup[];
  readonly datasets: readonly GuardedDataset[];
  /** The pages that describe the file. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** Bytes that its chunks and texts may take in the library's memory. */
  readonly memory: number;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Groups inside each other. Keras' deepest models need about 20. */
const DEPTH = 64;

/** Groups and datasets of a file. */
const MOST_OBJECTS = 50_000;

/** Bytes of the value of one attribute that is not a text of any length: object headers take 64 KB at most. */
const ATTRIBUTE = 2 ** 16;

/** Whether a file begins as an HDF5 file does. */
export function beginsAsHdf5(head: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => head[index] === byte);
}

/**
 * Walks all that describes an HDF5 file before the library sees any of it: nothing may lie outside of the file, lead into a circle
 * or to other files, or expand to more than the limits.
 * @throws FileError for the first thing that is wrong.
 */
export async function guard(source: ByteSource, options: GuardOptions = {}): Promise<Guarded> {
  return new Guard(new Pages(source), options).run();
}

/** Options of `guard`. */
export interface GuardOptions {
  /** Whether datasets may have no place for their elements yet, in a file that is being written. Default false. */
  readonly mayLackPlaces?: boolean;
}

class Guard {
  readonly #pages: Pages;
  readonly #mayLackPlaces: boolean;
  readonly #texts: Texts;
  readonly #groups: GuardedGroup[] = [];
  readonly #datasets: GuardedDataset[] = [];
  readonly #headers: Set<number> = new Set();
  /** Bytes of all contiguous datasets, which do not overlap. */
  #contiguous = 0;
  /** Bytes of the largest chunk. */
  #chunk = 0;

  constructor(pages: Pages, { mayLackPlaces = false }: GuardOptions) {
    this.#pages = pages;
    this.#mayLackPlaces = mayLackPlaces;
    this.#texts = new Texts(pages);
  }

  async run(): Promise<Guarded> {
    const root = await this.#superblock();
    const waiting = [{ path: '/', address: root, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const [path, address] of await this.#object(next.path, next.address)) {
        if (next.depth >= DEPTH) this.#pages.fail(`"${path}"`, `lies in more than ${DEPTH} groups`);
        if (this.#headers.size + waiting.length >= MOST_OBJECTS)
          this.#pages.fail(`"${path}"`, `is one object too many: at most ${MOST_OBJECTS} are supported`);
        waiting.push({ path, address, depth: next.depth + 1 });
      }
    }
    return {
      groups: this.#groups,
      datasets: this.#datasets,
      pages: this.#pages.read,
      memory: 4 * (this.#chunk + this.#texts.bytes),
    };
  }

  /** Checks the first block; gives the address of the root group. */
  async #superblock(): Promise<number> {
    const what = 'the superblock';
    const start = await this.#pages.at(what, 0, Math.min(this.#pages.size, 96));
    if (!beginsAsHdf5(start.bytes)) this.#pages.fail('the file', 'is not an HDF5 file');
    start.skip(8);
    const version = start.version([0, 1, 2, 3]);
    if (version >= 2) {
      if (start.u8() !== 8 || start.u8() !== 8) start.fail('has addresses or lengths that are not of 8 bytes');
      start.skip(1);
      this.#checkBase(start);
      if (start.address() !== undefined) start.fail('has an extension, which is not supported');
      this.#checkEnd(start);
      return start.address() ?? start.fail('has no root group');
    }
    start.skip(4);
    if (start.u8() !== 8 || start.u8() !== 8) start.fail('has addresses or lengths that are not of 8 bytes');
    start.skip(1);
    const [leaf, node] = [start.u16(), start.u16()];
    if (leaf === 0 || leaf > 512 || node === 0 || node > 512) start.fail('has groups with nodes of a wrong size');
    start.skip(version === 1 ? 8 : 4);
    this.#checkBase(start);
    if (start.address() !== undefined) start.fail('has a table of free space, which is not supported');
    this.#checkEnd(start);
    if (start.address() !== undefined) start.fail('says that the file is in several parts, which is not supported');
    start.skip(8);
    const root = start.address() ?? start.fail('has no root group');
    const kind = start.u32();
    if (kind > 1) start.fail('has a root group that is no group');
    if (kind === 1) {
      start.skip(4);
      await this.#checkCopy(start, root);
    }
    return root;
  }

  #checkBase(start: Fields): void {
    if (start.u64() !== 0) start.fail('says that the file begins elsewhere');
  }

  #checkEnd(start: Fields): void {
    const end = start.u64();
    if (end > this.#pages.size)
      start.fail(`says that the file has ${end} bytes, but it has ${this.#pages.size}: it is cut off`);
  }

  /** The superblock repeats where the members of an old root group are; both must say the same. */
  async #checkCopy(start: Fields, root: number): Promise<void> {
    const copy = tableOf(start);
    const found = await readHeader(this.#pages, 'the group "/"', root);
    const own = found.find(({ type }) => type === messages.symbolTable);
    // A group that got a new form later has no table any more, and the library does not look at the copy.
    if (own === undefined) return;
    const table = tableOf(own.data);
    if (table.tree !== copy.tree || table.heap !== copy.heap) start.fail('and the root group say different things');
  }

  /** Checks an object; gives the members of a group. */
  async #object(path: string, address: number): Promise<[path: string, address: number][]> {
    const what = `"${path}"`;
    if (this.#headers.has(address)) this.#pages.fail(what, 'is also another object: two links lead to it');
    this.#headers.add(address);
    const found = await readHeader(this.#pages, what, address);
    const attributes = await this.#attributes(what, found);
    const has = (type: number) => found.some((message) => message.type === type);
    if (has(messages.datatype) || has(messages.layout)) {
      if (path === '/') this.#pages.fail(what, 'is no group');
      if (has(messages.symbolTable) || has(messages.link)) this.#pages.fail(what, 'is both a group and a dataset');
      this.#datasets.push({ path, attributes, ...(await this.#dataset(what, found)) });
      return [];
    }
    if (!has(messages.symbolTable) && !has(messages.linkInfo))
      this.#pages.fail(what, 'is neither a group nor a dataset');
    if (has(messages.symbolTable) && has(messages.linkInfo)) this.#pages.fail(what, 'has members in two ways');
    const members = await readMembers(this.#pages, what, found);
    this.#groups.push({ path, attributes, children: [...members.keys()] });
    return [...members].map(([name, header]) => [path === '/' ? `/${name}` : `${path}/${name}`, header]);
  }

  async #dataset(
    what: string,
    found: readonly Message[],
  ): Promise<{ shape: readonly number[]; type: ElementType; layout: Layout }> {
    const only = (type: number, name: string): Fields => {
      const [first, second] = found.filter((message) => message.type === type);
      if (first === undefined || second !== undefined)
        return this.#pages.fail(what, `has ${first === undefined ? 'no' : 'more than one'} ${name}`);
      return first.data;
    };
    const type = readType(only(messages.datatype, 'type'));
    const shape = readShape(only(messages.dataspace, 'shape')) ?? this.#pages.fail(what, 'has an empty dataspace');
    const layout = readLayout(only(messages.layout, 'layout'));
    const pipelines = found.filter((message) => message.type === messages.filters);
    for (const { data } of pipelines) readFilters(data);
    const elements = elementsOf(`${this.#pages.name}: ${what}`, shape, type.bytes);
    const bytes = elements * type.bytes;
    if (layout.kind === 'chunked') {
      if (layout.elementBytes !== type.bytes) this.#pages.fail(what, 'has chunks of another type');
      await checkChunks(this.#pages, what, shape, layout);
      this.#chunk = Math.max(this.#chunk, layout.elementBytes * sizeOf(layout.chunk));
      return { shape, type, layout };
    }
    if (pipelines.length > 0) this.#pages.fail(what, 'has filters, but no chunks');
    if (layout.bytes < bytes) this.#pages.fail(what, `needs ${bytes} bytes, but has ${layout.bytes}`);
    if (layout.kind === 'contiguous' && bytes > 0) await this.#checkContiguous(what, layout, bytes);
    if (type.kind === 'text' && layout.kind === 'contiguous' && bytes > 0) {
      await this.#texts.check(await this.#pages.at(what, layout.address as number, bytes), elements);
    }
    return { shape, type, layout };
  }

  async #checkContiguous(what: string, layout: Layout & { kind: 'contiguous' }, bytes: number): Promise<void> {
    const { address } = layout;
    if (address === undefined) {
      if (this.#mayLackPlaces) return;
      return this.#pages.fail(what, 'has elements, but no place where they are');
    }
    if (address + bytes > this.#pages.size)
      this.#pages.fail(
        what,
        `lies outside of the file: ${bytes} bytes at ${address}, but the file has ${this.#pages.size}`,
      );
    this.#contiguous += bytes;
    if (this.#contiguous > this.#pages.size)
      this.#pages.fail(what, 'shares its bytes with other datasets: together they are larger than the file');
  }

  /** Checks the attributes of an object; gives their names. */
  async #attributes(what: string, found: readonly Message[]): Promise<string[]> {
    const all = found.filter(({ type }) => type === messages.attribute).map(({ data }) => data);
    for (const { type, data } of found) {
      if (type !== messages.attributeInfo) continue;
      data.version([0]);
      if ((data.u8() & 1) !== 0) data.skip(2);
      const [heap, index] = [data.address(), data.address()];
      if (heap === undefined || index === undefined) continue;
      all.push(...(await readDense(this.#pages, what, 'attribute', heap, index)));
    }
    const names = new Set<string>();
    for (const data of all) {
      const name = await this.#attribute(data);
      if (names.has(name)) data.fail(`has two attributes with the name "${name}"`);
      names.add(name);
    }
    return [...names];
  }

  async #attribute(data: Fields): Promise<string> {
    const version = data.version([1, 2, 3]);
    // Flags of later versions: a type or shape that is shared.
    if (data.u8() !== 0 && version > 1) data.fail('has an attribute that shares its type, which is not supported');
    const [nameBytes, typeBytes, shapeBytes] = [data.u16(), data.u16(), data.u16()];
    if (version === 3) data.skip(1);
    const take = (bytes: number, what?: string): Fields => {
      const part = data.part(bytes, what);
      if (version === 1) data.skip(Math.min(data.left, (8 - (bytes % 8)) % 8));
      return part;
    };
    const name = take(nameBytes).text();
    const what = `the attribute "${name}" of ${data.what}`;
    const type = readType(take(typeBytes, what));
    const shape = readShape(take(shapeBytes, what));
    if (shape === undefined) return name;
    const elements = elementsOf(`${this.#pages.name}: ${what}`, shape, type.bytes);
    const bytes = elements * type.bytes;
    if (bytes > ATTRIBUTE || bytes > data.left) data.fail(`has the attribute "${name}", which is cut off`);
    if (type.kind === 'opaque' || (type.kind === 'float' && type.bytes === 2))
      data.fail(`has the attribute "${name}" of a type that is not supported`);
    if (type.kind === 'text') await this.#texts.check(data.part(bytes), elements);
    return name;
  }
}
