import type { Fields, Pages } from './pages.ts';

/** A message of an object: what it says of the object. */
export interface Message {
  readonly type: number;
  readonly data: Fields;
}

/** Types of messages. */
export const messages = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  external: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** Messages that may be skipped: fill values, group info, comments, times, counts. */
const skipped: ReadonlySet<number> = new Set([0x00, 0x04, 0x05, 0x0a, 0x0d, 0x0e, 0x12, 0x13, 0x16, 0x17]);

/** Blocks that one object may be spread over: h5py makes one more for about every ten attributes. */
const MOST_BLOCKS = 4096;

/** All messages of the object whose header is at `address`. @throws FileError for what is not read. */
export async function readHeader(pages: Pages, what: string, address: number): Promise<Message[]> {
  const head = await pages.at(what, address, 16);
  const isNew = head.bytes[0] === 0x4f;
  const found: Message[] = [];
  const blocks: { address: number; length: number }[] = [];
  const seen = new Set<number>([address]);
  let left: number;
  let checked = 0;
  let layout: BlockLayout;
  if (isNew) {
    head.signature('OHDR');
    head.version([2]);
    const flags = head.u8();
    const before = 6 + ((flags & 0x20) !== 0 ? 16 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
    const sizeBytes = 2 ** (flags & 3);
    const size = (await pages.at(what, address + before, sizeBytes)).unsigned(sizeBytes);
    blocks.push({ address: address + before + sizeBytes, length: size });
    layout = { isNew, hasOrder: (flags & 4) !== 0 };
    left = Number.POSITIVE_INFINITY;
  } else {
    head.version([1]);
    head.skip(1);
    left = head.u16();
    head.skip(4);
    blocks.push({ address: address + 16, length: head.u32() });
    layout = { isNew, hasOrder: false };
  }
  for (const [index, block] of blocks.entries()) {
    if (index >= MOST_BLOCKS) pages.fail(what, `is spread over more than ${MOST_BLOCKS} blocks`);
    const fields = await pages.at(what, block.address, block.length);
    if (isNew && index > 0) {
      fields.signature('OCHK');
      // A checksum follows the messages of a block.
      readBlock(fields.part(fields.left - 4), layout, found);
    } else left -= readBlock(fields, layout, found, left);
    for (; checked < found.length; checked++) {
      const { type, data } = found[checked] as Message;
      if (type !== messages.continuation) continue;
      const next = data.address() ?? pages.fail(what, 'goes on at no address');
      const length = data.u64();
      if (seen.has(next)) pages.fail(what, 'goes on where it has been already: a circle');
      seen.add(next);
      blocks.push({ address: next, length: isNew ? Math.max(length, 8) : length });
    }
  }
  return found;
}

interface BlockLayout {
  readonly isNew: boolean;
  readonly hasOrder: boolean;
}

/** Adds the messages of a block; gives their number. */
function readBlock(fields: Fields, layout: BlockLayout, found: Message[], most = Number.POSITIVE_INFINITY): number {
  const { isNew, hasOrder } = layout;
  const headBytes = isNew ? 4 + (hasOrder ? 2 : 0) : 8;
  let count = 0;
  // In new headers a rest too short for a message is a gap.
  while (count < most && fields.left >= headBytes) {
    const type = isNew ? fields.u8() : fields.u16();
    const size = fields.u16();
    const flags = fields.u8();
    if (isNew) fields.skip(hasOrder ? 2 : 0);
    else fields.skip(3);
    const data = fields.part(size);
    count += 1;
    if (type === messages.external)
      fields.fail('has its numbers in other files (external storage), which are not opened');
    if (skipped.has(type)) continue;
    if (!(Object.values(messages) as number[]).includes(type))
      fields.fail(`has a message of the type ${type}, which is not supported`);
    if ((flags & 2) !== 0) fields.fail('shares a description with other objects, which is not supported');
    found.push({ type, data });
  }
  return count;
}
