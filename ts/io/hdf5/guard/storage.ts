import { checkExpansion } from '../../limits.ts';
import type { Fields, Pages } from './pages.ts';

/** Where the elements of a dataset are. */
export type Layout =
  | {
      readonly kind: 'contiguous';
      readonly address: number | undefined;
      readonly bytes: number;
      /** The place of the address in the file. */
      readonly addressAt: number;
    }
  | { readonly kind: 'compact'; readonly bytes: number }
  | {
      readonly kind: 'chunked';
      readonly chunk: readonly number[];
      readonly elementBytes: number;
      readonly index: ChunkIndex;
    };

type ChunkIndex =
  | { readonly kind: 'tree'; readonly address: number | undefined }
  /** `bytes`: of a filtered chunk, else undefined. */
  | { readonly kind: 'single'; readonly address: number | undefined; readonly bytes: number | undefined }
  | { readonly kind: 'other'; readonly address: number | undefined };

/** Most bytes of one chunk, which the library holds twice in its memory. Those of h5py have 1 MB at most. */
const CHUNK = 2 ** 26;

/** Most chunks of one dataset. */
const MOST_CHUNKS = 1_000_000;

/** The layout that a message describes. @throws FileError for other files' data and for what is not read. */
export function readLayout(fields: Fields): Layout {
  const version = fields.version([3, 4]);
  const kind = fields.u8();
  if (kind === 0) {
    const bytes = fields.u16();
    fields.take(bytes);
    return { kind: 'compact', bytes };
  }
  if (kind === 1) {
    const addressAt = fields.place;
    return { kind: 'contiguous', address: fields.address(), bytes: fields.u64(), addressAt };
  }
  if (kind === 3) return fields.fail('is virtual: its numbers are those of other datasets, which are not opened');
  if (kind !== 2) return fields.fail(`has a layout of the kind ${kind}, which is not supported`);
  if (version === 3) {
    const rank = fields.u8();
    const address = fields.address();
    return chunked(fields, rank, 4, { kind: 'tree', address });
  }
  const flags = fields.u8();
  const rank = fields.u8();
  const width = fields.u8();
  if (width < 1 || width > 8) fields.fail(`has sizes of ${width} bytes`);
  const sizes = fields.part(rank * width);
  const type = fields.u8();
  let bytes: number | undefined;
  if (type === 1 && (flags & 2) !== 0) {
    bytes = fields.u64();
    fields.skip(4);
  } else if (type === 3) fields.skip(1);
  else if (type === 4) fields.skip(5);
  else if (type === 5) fields.skip(6);
  else if (type !== 1 && type !== 2) fields.fail(`has an index of chunks of the type ${type}, which is not supported`);
  const address = fields.address();
  return chunked(sizes, rank, width, type === 1 ? { kind: 'single', address, bytes } : { kind: 'other', address });
}

function chunked(fields: Fields, rank: number, width: number, index: ChunkIndex): Layout {
  if (rank < 2 || rank > 33) fields.fail(`has chunks of ${rank - 1} axes`);
  const sizes = Array.from({ length: rank }, () => fields.unsigned(width));
  const bytes = sizes.reduce((product, size) => product * size, 1);
  if (bytes === 0 || bytes > CHUNK) fields.fail(`has chunks of ${bytes} bytes; from 1 to ${CHUNK} are supported`);
  return { kind: 'chunked', chunk: sizes.slice(0, -1), elementBytes: sizes.at(-1) as number, index };
}

/** The filters that the library may run: gzip, shuffle and a checksum. All are its own. */
const filters: ReadonlySet<number> = new Set([1, 2, 3]);

/** Checks a pipeline of filters. @throws FileError for other filters. */
export function readFilters(fields: Fields): void {
  const version = fields.version([1, 2]);
  const count = fields.u8();
  if (count > 32) fields.fail(`has ${count} filters`);
  if (version === 1) fields.skip(6);
  const found: number[] = [];
  for (let index = 0; index < count; index++) {
    const id = fields.u16();
    if (!filters.has(id))
      fields.fail(`has a filter of the number ${id}; gzip (1), shuffle (2) and fletcher32 (3) are supported`);
    const nameBytes = version === 1 ? fields.u16() : 0;
    fields.skip(2);
    const values = fields.u16();
    fields.skip(nameBytes + 4 * values);
    if (version === 1 && values % 2 === 1) fields.skip(4);
    found.push(id);
  }
  // Two gzip in a row: each may expand a thousandfold.
  if (new Set(found).size !== found.length) fields.fail('has one filter twice');
}

/** Holds the chunks of a dataset against its shape and against what is stored. @throws FileError for a bomb. */
export async function checkChunks(
  pages: Pages,
  what: string,
  shape: readonly number[],
  layout: Layout & { kind: 'chunked' },
): Promise<void> {
  const { chunk, index, elementBytes } = layout;
  if (chunk.length !== shape.length) pages.fail(what, `has ${shape.length} axes, but its chunks have ${chunk.length}`);
  const chunks = shape.reduce((count, size, axis) => count * Math.ceil(size / (chunk[axis] as number)), 1);
  if (chunks > MOST_CHUNKS) pages.fail(what, `has ${chunks} chunks; at most ${MOST_CHUNKS} are supported`);
  const declared = chunks * elementBytes * chunk.reduce((product, size) => product * size, 1);
  if (chunks === 0) return;
  if (index.address === undefined) pages.fail(what, 'has elements, but no place where they are');
  let stored = pages.size;
  if (index.kind === 'tree') stored = await storedInTree(pages, what, index.address, chunk.length, chunks);
  if (index.kind === 'single') {
    stored = index.bytes ?? declared;
    await pages.at(what, index.address, 1);
    if (index.address + stored > pages.size) pages.fail(what, 'lies outside of the file');
  }
  checkExpansion(`${pages.name}: ${what}`, declared, stored);
}

/** Bytes of all chunks in a B-tree. */
async function storedInTree(pages: Pages, what: string, root: number, rank: number, most: number): Promise<number> {
  const keyBytes = 8 + 8 * (rank + 1);
  const seen = new Set<number>();
  let [stored, chunks] = [0, 0];
  const visit = async (address: number, level: number | undefined): Promise<void> => {
    if (seen.has(address)) pages.fail(what, 'has an index of chunks that runs in a circle');
    seen.add(address);
    const head = await pages.at(what, address, 24);
    const { found, entries } = readNode(head, 1, 64);
    if (level !== undefined && found !== level) head.fail('has an index of chunks whose levels are wrong');
    const body = await pages.at(what, address + 24, entries * (keyBytes + 8));
    for (let entry = 0; entry < entries; entry++) {
      const bytes = body.u32();
      body.skip(keyBytes - 4);
      const child = body.address() ?? body.fail('has a chunk without a place');
      if (found > 0) {
        await visit(child, found - 1);
        continue;
      }
      if (child + bytes > pages.size) body.fail(`has a chunk outside of the file: ${bytes} bytes at ${child}`);
      stored += bytes;
      chunks += 1;
      if (chunks > most) body.fail('has more chunks than its shape has room for');
    }
  };
  await visit(root, undefined);
  // Chunks may lie over each other; what is stored is never more than the file.
  return Math.min(stored, pages.size);
}

/** The head of a node of a B-tree, with at most `most` entries. */
export function readNode(head: Fields, type: number, most: number): { found: number; entries: number } {
  head.signature('TREE');
  if (head.u8() !== type) head.fail('has an index of the wrong type');
  const found = head.u8();
  const entries = head.u16();
  if (entries > most) head.fail(`has an index with ${entries} entries in a node`);
  if (found > 16) head.fail(`has an index of ${found} levels`);
  return { found, entries };
}
