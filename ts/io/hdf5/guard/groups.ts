import { readDense } from './dense.ts';
import { type Message, messages } from './headers.ts';
import type { Fields, Pages } from './pages.ts';
import { readNode } from './storage.ts';

/** Members of a group: the addresses of their headers by their names. */
export type Members = Map<string, number>;

/** Bytes of a name. */
const NAME = 1024;

/** Most members of one group. */
const MOST_MEMBERS = 50_000;

/** Where the index and the names of an old group are. */
export interface SymbolTable {
  readonly tree: number;
  readonly heap: number;
}

/** The members of a group by the messages of its header. @throws FileError for links that are not hard. */
export async function readMembers(pages: Pages, what: string, found: readonly Message[]): Promise<Members> {
  const members: Members = new Map();
  for (const { type, data } of found) {
    if (type === messages.symbolTable) await readTable(pages, what, tableOf(data), members);
    if (type === messages.link) addLink(data, members);
    if (type === messages.linkInfo) {
      data.version([0]);
      const flags = data.u8();
      if ((flags & 1) !== 0) data.skip(8);
      const [heap, index] = [data.address(), data.address()];
      if (heap === undefined || index === undefined) continue;
      for (const link of await readDense(pages, what, 'link', heap, index)) addLink(link, members);
    }
  }
  return members;
}

/** What a symbol table message says. */
export function tableOf(data: Fields): SymbolTable {
  const [tree, heap] = [data.address(), data.address()];
  if (tree === undefined || heap === undefined) return data.fail('has no index of its members');
  return { tree, heap };
}

async function readTable(pages: Pages, what: string, table: SymbolTable, members: Members): Promise<void> {
  const heap = await pages.at(what, table.heap, 32);
  heap.signature('HEAP');
  heap.version([0]);
  heap.skip(3);
  const size = heap.u64();
  const free = heap.u64();
  const names = heap.address() ?? heap.fail('has no names');
  if (names + size > pages.size) heap.fail('has names outside of the file');
  await checkFreeList(pages, what, { names, size }, free);
  const seen = new Set<number>();
  const visit = async (address: number, level: number | undefined): Promise<void> => {
    if (seen.has(address)) pages.fail(what, 'has an index of members that runs in a circle');
    seen.add(address);
    const head = await pages.at(what, address, 24);
    const { found, entries } = readNode(head, 0, 1024);
    if (level !== undefined && found !== level) head.fail('has an index of members whose levels are wrong');
    const body = await pages.at(what, address + 24, 16 * entries);
    for (let entry = 0; entry < entries; entry++) {
      body.skip(8);
      const child = body.address() ?? body.fail('has members without a place');
      if (found > 0) await visit(child, found - 1);
      else await readLeaf(pages, what, child, { names, size }, members, seen);
    }
  };
  await visit(table.tree, undefined);
}

/** The end of a list of free blocks. */
const NO_BLOCK = 1;

/** The free blocks between the names: the library follows them from one to the next, and does not end when they run in a circle. */
async function checkFreeList(
  pages: Pages,
  what: string,
  heap: { names: number; size: number },
  first: number,
): Promise<void> {
  const seen = new Set<number>();
  for (let next = first; next !== NO_BLOCK; ) {
    if (seen.has(next)) pages.fail(what, 'has names whose free blocks run in a circle');
    seen.add(next);
    if (next + 16 > heap.size) pages.fail(what, 'has names with a free block outside of them');
    const block = await pages.at(what, heap.names + next, 16);
    const after = block.u64();
    if (next + block.u64() > heap.size) block.fail('has names with a free block outside of them');
    next = after;
  }
}

/** Members of a leaf of the index. */
async function readLeaf(
  pages: Pages,
  what: string,
  address: number,
  heap: { names: number; size: number },
  members: Members,
  seen: Set<number>,
): Promise<void> {
  if (seen.has(address)) pages.fail(what, 'has an index of members that runs in a circle');
  seen.add(address);
  const head = await pages.at(what, address, 8);
  head.signature('SNOD');
  head.version([1]);
  head.skip(1);
  const count = head.u16();
  if (count > 1024) head.fail(`has an index with ${count} entries in a leaf`);
  const body = await pages.at(what, address + 8, 40 * count);
  for (let index = 0; index < count; index++) {
    const offset = body.u64();
    const header = body.address();
    const kind = body.u32();
    body.skip(20);
    if (offset >= heap.size)
      body.fail(`has a member whose name lies outside of the names: at ${offset} of ${heap.size}`);
    const name = (await pages.at(what, heap.names + offset, Math.min(NAME, heap.size - offset))).text();
    if (kind === 2) body.fail(`has the member "${name}" that is a soft link, which is not followed`);
    if (kind > 2) body.fail(`has the member "${name}" of the unknown kind ${kind}`);
    addMember(body, members, name, header);
  }
}

/** The link of a link message. */
function addLink(data: Fields, members: Members): void {
  data.version([1]);
  const flags = data.u8();
  const kind = (flags & 8) !== 0 ? data.u8() : 0;
  if ((flags & 4) !== 0) data.skip(8);
  if ((flags & 16) !== 0) data.skip(1);
  const bytes = data.unsigned(2 ** (flags & 3));
  if (bytes > NAME) data.fail(`has a member whose name has ${bytes} bytes`);
  const name = data.part(bytes).text();
  if (kind === 1) data.fail(`has the member "${name}" that is a soft link, which is not followed`);
  if (kind === 64) data.fail(`has the member "${name}" that is an external link: other files are not opened`);
  if (kind !== 0) data.fail(`has the member "${name}" that is a link of the kind ${kind}, which is not followed`);
  addMember(data, members, name, data.address());
}

function addMember(fields: Fields, members: Members, name: string, header: number | undefined): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    fields.fail(`has a member with the name "${name}"`);
  if (members.has(name)) fields.fail(`has two members with the name "${name}"`);
  if (members.size >= MOST_MEMBERS) fields.fail(`has more than ${MOST_MEMBERS} members`);
  members.set(name, header ?? fields.fail(`has the member "${name}" without a place`));
}
