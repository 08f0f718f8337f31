import { setImmediate } from 'node:timers/promises';
import type { Fields, Pages } from './pages.ts';

/** Bytes of all texts of a file: `model_config` of the largest models has some MB. */
const TEXT_BYTES = 2 ** 28;

/** Objects of all global heaps. */
const MOST_OBJECTS = 200_000;

/** Texts after which others get their turn: they take 10 ms. */
const TURN = 50_000;

/** Strings of any length: they lie in heaps of the file (collections), and elements say which heap and which place in it. */
export class Texts {
  readonly #pages: Pages;
  /** Bytes of every object of the collections that were read. */
  readonly #collections: Map<number, Map<number, number>> = new Map();
  /** Bytes of all texts that were checked. */
  bytes = 0;
  #objects = 0;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /** Checks elements. @throws FileError for one that points to nothing. */
  async check(fields: Fields, elements: number): Promise<void> {
    for (let index = 0; index < elements; index++) {
      // Empty ones lead to no other part of the file.
      if (index > 0 && index % TURN === 0) await setImmediate();
      const bytes = fields.u32();
      const address = fields.address();
      const object = fields.u32();
      if (bytes === 0 && (address === undefined || address === 0)) continue;
      if (address === undefined) return fields.fail('has a text without a place');
      const collection = this.#collections.get(address) ?? (await this.#load(fields.what, address));
      const stored = collection.get(object);
      if (stored === undefined || bytes > stored) fields.fail('has a text that points to nothing');
      this.bytes += bytes;
      if (this.bytes > TEXT_BYTES) fields.fail(`has more than ${TEXT_BYTES} bytes of texts with those before`);
    }
  }

  async #load(what: string, address: number): Promise<Map<number, number>> {
    const head = await this.#pages.at(what, address, 16);
    head.signature('GCOL');
    head.version([1]);
    head.skip(3);
    const size = head.u64();
    const end = address + size;
    if (end > this.#pages.size) head.fail('has texts outside of the file');
    const objects = new Map<number, number>();
    for (let at = address + 16; at + 16 <= end; ) {
      const object = await this.#pages.at(what, at, 16);
      const index = object.u16();
      object.skip(6);
      const bytes = object.u64();
      // The rest of the collection is free. The library goes on after it, also when it has no bytes: for ever.
      if (index === 0 && bytes !== end - at) object.fail('has a heap of texts whose free part is broken');
      if (index === 0) break;
      const next = at + 16 + Math.ceil(bytes / 8) * 8;
      if (next > end || objects.has(index)) object.fail('has a heap of texts that is broken');
      objects.set(index, bytes);
      this.#objects += 1;
      if (this.#objects > MOST_OBJECTS) object.fail(`has more than ${MOST_OBJECTS} texts with those before`);
      at = next;
    }
    this.#collections.set(address, objects);
    return objects;
  }
}
