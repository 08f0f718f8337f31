import type { Fields, Pages } from './pages.ts';

/** Kinds of records in the indexes of heaps. */
const records = { huge: 1, link: 5, attribute: 8 } as const;

/** Most objects of one heap. */
const MOST_OBJECTS = 50_000;

/** Links or attributes of an object that are in a heap of their own, as new files keep more than eight of them. */
export async function readDense(
  pages: Pages,
  what: string,
  kind: 'link' | 'attribute',
  heapAt: number,
  indexAt: number,
): Promise<Fields[]> {
  const heap = await readHeap(pages, what, heapAt);
  const objects: Fields[] = [];
  for (const record of await readIndex(pages, what, indexAt, records[kind])) {
    if (kind === 'link') record.skip(4);
    const id = record.part(heap.idBytes);
    if (kind === 'attribute' && (record.u8() & 2) !== 0)
      record.fail('has an attribute that is shared, which is not supported');
    objects.push(await objectOf(pages, what, heap, id));
  }
  return objects;
}

/** A fractal heap: objects in blocks whose sizes double from row to row. */
interface Heap {
  readonly idBytes: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Blocks of a row. */
  readonly width: number;
  readonly firstBlock: number;
  readonly directRows: number;
  /** The only block, or the table of blocks when it has rows. */
  readonly root: number;
  readonly rows: number;
  readonly huge: number | undefined;
  /** Large objects by their numbers, once they were asked for. */
  hugeObjects?: Map<number, { address: number; length: number }>;
}

/** Bytes that hold numbers up to a size. */
const bytesFor = (size: number): number => Math.floor(Math.log2(size) / 8) + 1;

const isPower = (size: number): boolean => size > 0 && Number.isInteger(Math.log2(size));

async function readHeap(pages: Pages, what: string, address: number): Promise<Heap> {
  const head = await pages.at(what, address, 146);
  head.signature('FRHP');
  head.version([0]);
  const idBytes = head.u16();
  if (head.u16() !== 0) head.fail('has a packed heap, which is not supported');
  head.skip(1);
  const mostManaged = head.u32();
  head.skip(8);
  const huge = head.address();
  head.skip(10 * 8);
  const width = head.u16();
  const [firstBlock, largestBlock] = [head.u64(), head.u64()];
  const bits = head.u16();
  head.skip(2);
  const root = head.address();
  const rows = head.u16();
  const isRight = isPower(width) && isPower(firstBlock) && isPower(largestBlock) && largestBlock >= firstBlock;
  if (!isRight || mostManaged === 0 || bits > 64 || rows > 64 || idBytes > 64) head.fail('has a heap with wrong sizes');
  return {
    idBytes,
    offsetBytes: Math.ceil(bits / 8),
    lengthBytes: Math.min(bytesFor(largestBlock), bytesFor(mostManaged)),
    width,
    firstBlock,
    directRows: Math.log2(largestBlock) - Math.log2(firstBlock) + 2,
    root: root ?? head.fail('has a heap without objects'),
    rows,
    huge,
  };
}

/** The object with an identifier. */
async function objectOf(pages: Pages, what: string, heap: Heap, id: Fields): Promise<Fields> {
  const flags = id.u8();
  const kind = (flags >> 4) & 3;
  if (flags >> 6 !== 0 || kind > 1) return id.fail('has a heap with objects of a kind that is not supported');
  if (kind === 1) {
    const number = id.unsigned(Math.min(id.left, 8));
    heap.hugeObjects ??= await readHuge(pages, what, heap.huge);
    const found = heap.hugeObjects.get(number) ?? id.fail('has a large object that is nowhere');
    return pages.at(what, found.address, found.length);
  }
  const offset = id.unsigned(heap.offsetBytes);
  const length = id.unsigned(heap.lengthBytes);
  if (heap.rows === 0) {
    if (offset + length > heap.firstBlock) id.fail('has an object outside of its heap');
    return pages.at(what, heap.root + offset, length);
  }
  const row =
    offset < heap.width * heap.firstBlock ? 0 : Math.floor(Math.log2(offset / (heap.width * heap.firstBlock))) + 1;
  if (row >= heap.rows || row >= heap.directRows) return id.fail('has an object outside of its heap');
  const size = heap.firstBlock * 2 ** Math.max(0, row - 1);
  const inRow = offset - (row === 0 ? 0 : heap.width * size);
  const block = row * heap.width + Math.floor(inRow / size);
  const table = await pages.at(what, heap.root, 13 + heap.offsetBytes + 8 * (block + 1));
  table.signature('FHIB');
  table.skip(9 + heap.offsetBytes + 8 * block);
  const start = table.address() ?? table.fail('has an object in a block that is nowhere');
  if ((inRow % size) + length > size) id.fail('has an object outside of its heap');
  return pages.at(what, start + (inRow % size), length);
}

async function readHuge(
  pages: Pages,
  what: string,
  index: number | undefined,
): Promise<Map<number, { address: number; length: number }>> {
  const objects = new Map<number, { address: number; length: number }>();
  if (index === undefined) return objects;
  for (const record of await readIndex(pages, what, index, records.huge)) {
    const address = record.address() ?? record.fail('has a large object that is nowhere');
    const length = record.u64();
    objects.set(record.u64(), { address, length });
  }
  return objects;
}

/** All records of a B-tree of version 2. */
async function readIndex(pages: Pages, what: string, address: number, type: number): Promise<Fields[]> {
  const head = await pages.at(what, address, 38);
  head.signature('BTHD');
  head.version([0]);
  if (head.u8() !== type) head.fail('has an index of the wrong type');
  const nodeBytes = head.u32();
  const recordBytes = head.u16();
  const depth = head.u16();
  head.skip(2);
  const root = head.address();
  const rootRecords = head.u16();
  const total = head.u64();
  if (total > MOST_OBJECTS) head.fail(`has ${total} objects in a heap; at most ${MOST_OBJECTS} are supported`);
  if (total === 0) return [];
  if (depth > 8 || recordBytes < 11 || nodeBytes < 64 || nodeBytes > 2 ** 13)
    head.fail('has an index with wrong sizes');
  // A node begins with its signature, version and type, and ends with a checksum.
  const most = [Math.floor((nodeBytes - 10) / recordBytes)];
  const countBytes = bytesFor(Math.max(1, most[0] as number));
  const totalBytes = [0];
  let below = most[0] as number;
  for (let level = 1; level <= depth; level++) {
    const pointer = 8 + countBytes + (totalBytes[level - 1] as number);
    most[level] = Math.floor((nodeBytes - 10 - pointer) / (recordBytes + pointer));
    below = ((most[level] as number) + 1) * below + (most[level] as number);
    totalBytes[level] = bytesFor(Math.max(1, below));
  }
  const found: Fields[] = [];
  const seen = new Set<number>();
  const visit = async (at: number, count: number, level: number): Promise<void> => {
    if (seen.has(at)) head.fail('has an index of a heap that runs in a circle');
    seen.add(at);
    if (count > (most[level] as number)) head.fail('has an index with more records than fit');
    const node = await pages.at(what, at, nodeBytes);
    node.signature(level === 0 ? 'BTLF' : 'BTIN');
    node.version([0]);
    if (node.u8() !== type) node.fail('has an index of the wrong type');
    for (let record = 0; record < count; record++) found.push(node.part(recordBytes));
    if (found.length > total) node.fail('has an index with more records than it says');
    if (level === 0) return;
    for (let child = 0; child <= count; child++) {
      const next = node.address() ?? node.fail('has an index with a part that is nowhere');
      const records = node.unsigned(countBytes);
      node.skip(totalBytes[level - 1] as number);
      await visit(next, records, level - 1);
    }
  };
  await visit(root ?? head.fail('has an index that is nowhere'), rootRecords, depth);
  if (found.length !== total) head.fail('has an index with fewer records than it says');
  return found;
}
