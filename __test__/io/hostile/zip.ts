// Zips that must be refused, as npz files: the attacks are those of every format in a zip.
import { crc32, deflateRawSync } from 'node:zlib';
import { type HostileFile, text } from './entry.ts';
import { rightNpy } from './npy.ts';
import { type End, localHeader, numbers, type Part, zipOf } from './zip-file.ts';

const refused = (name: string, says: string | RegExp, bytes: Uint8Array): HostileFile => ({
  name: `zip: ${name}`,
  format: 'npz',
  bytes,
  says,
});

const right: Part = { name: 'x.npy', data: rightNpy };
/** The right zip, with some fields of its only member, or of its end, changed. */
const wrong = (name: string, says: string | RegExp, part: Partial<Part>, end?: End): HostileFile =>
  refused(name, says, zipOf([{ ...right, ...part }], end));
const named = (name: string, says: string | RegExp): HostileFile =>
  wrong(`the name ${JSON.stringify(name).slice(0, 40)}`, says, { name });

const packed = (content: Uint8Array, change: Partial<Part> = {}): Partial<Part> => ({
  data: deflateRawSync(content),
  size: content.length,
  crc: crc32(content),
  method: 8,
  ...change,
});

const right7 = zipOf([right]);
const elsewhere = /leads elsewhere|absolute path|relative path|invalid characters/;

/** A member whose content holds another one's header and content: every copy of it expands again (Fifield's bomb). */
function quoted(): Uint8Array {
  const inner: Part = { name: 'inner.npy', data: rightNpy };
  const header = localHeader(inner);
  const outer: Part = { name: 'outer.npy', data: Buffer.concat([header, rightNpy]) };
  return zipOf([outer, { ...inner, offset: localHeader(outer).length }]);
}

/** Bytes that packed data of a bomb stand for. */
const BOMB = 80 * 2 ** 20;
const zeros = deflateRawSync(new Uint8Array(BOMB), { level: 9 });
const bomb: Partial<Part> = { data: zeros, size: BOMB, crc: 0, method: 8 };
const half = BOMB / 2;
const halfZeros = deflateRawSync(new Uint8Array(half), { level: 9 });

const zip64Sizes = (size: bigint, stored: bigint): Partial<Part> => ({
  size: 0xffffffff,
  stored: 0xffffffff,
  extra: numbers([2, 1], [2, 16], [8, size], [8, stored]),
});

export const hostileZips: readonly HostileFile[] = [
  refused('no bytes', 'is no readable zip', new Uint8Array(0)),
  refused('four bytes', 'is no readable zip', right7.slice(0, 4)),
  refused('cut off in the content', 'is no readable zip', right7.slice(0, 60)),
  refused('cut off in the directory', 'is no readable zip', right7.slice(0, -30)),
  refused('its end alone', /^buffer is cut off: /, zipOf([], { count: 5 })),
  refused('its beginning missing', /is no readable zip|contradicts itself/, right7.slice(10)),
  refused('something else', 'is no readable zip', text('not a zip at all, but a text that is long enough')),
  wrong('a wrong checksum', 'is damaged: its checksum is', { crc: 1 }),
  wrong('a checksum of the header that differs', 'its checksum is', { localCrc: 1 }),
  refused('a name twice', 'has the member "x.npy" twice', zipOf([right, right])),
  named('../x.npy', elsewhere),
  named('a/../../x.npy', elsewhere),
  named('/etc/x.npy', elsewhere),
  named('C:/x.npy', elsewhere),
  named('..\\x.npy', elsewhere),
  named('a\0.npy', elsewhere),
  named('./x.npy', elsewhere),
  named('a//x.npy', elsewhere),
  named('', elsewhere),
  named('x\n.npy', elsewhere),
  wrong('a link', 'is a symbolic link', { mode: 0o120777 }),
  wrong('a device', 'is no regular file', { mode: 0o020666 }),
  wrong('a pipe', 'is no regular file', { mode: 0o010666 }),
  wrong('a folder with content', 'is a folder with content', { name: 'x/', mode: 0o040755 }),
  wrong('another name in the header', 'its name is', { localName: 'y.npy' }),
  wrong('another size in the header', 'its size is', { localSize: 5 }),
  wrong('another stored size in the header', 'its stored size is', { localStored: 5 }),
  wrong('another method in the header', 'its method is', { localMethod: 8 }),
  wrong('another flag in the header', 'its flag is', { localFlags: 8 }),
  wrong('stored bytes that are not its size', /bytes, but/, { size: 7, localSize: 7 }),
  wrong('no header at its place', 'is no readable zip', { signature: 0x12345678 }),
  wrong('encrypted', 'is encrypted', { flags: 1 }),
  wrong('strongly encrypted', /encryption/, { flags: 0x41 }),
  wrong('an encrypted directory', 'is encrypted', { flags: 0x2000 }),
  wrong('packed by LZMA', 'is packed by method 14', { method: 14 }),
  wrong('packed by AES', 'is packed by method 99', { method: 99 }),
  wrong('sizes behind the content that lie', 'behind its content are not those', {
    flags: 8,
    localSize: 0,
    localStored: 0,
    behind: numbers([4, 0x08074b50], [4, crc32(rightNpy)], [4, 5], [4, 5]),
  }),
  wrong('sizes behind the content that are missing', 'behind its content are not those', {
    flags: 8,
    localSize: 0,
    localStored: 0,
  }),
  wrong('content that goes on past the file', 'is no readable zip', {
    size: 2 ** 30,
    stored: 2 ** 30,
    localSize: 2 ** 30,
    localStored: 2 ** 30,
  }),
  wrong('sizes of 2^63', /impossible size|is no readable zip/, zip64Sizes(2n ** 63n, 2n ** 63n)),
  wrong('sizes of 2^64 - 1', /impossible size|is no readable zip/, zip64Sizes(2n ** 64n - 1n, 2n ** 64n - 1n)),
  wrong('a 64-bit size without one', 'is no readable zip', {
    size: 0xffffffff,
    stored: 0xffffffff,
    extra: numbers([2, 1], [2, 0]),
  }),
  wrong('an extra field that is cut off', 'is no readable zip', { extra: numbers([2, 1], [2, 500]) }),
  refused('members that overlap', 'overlap', quoted()),
  refused('two names of one content', /its name is|overlap/, zipOf([right, { ...right, name: 'y.npy', offset: 0 }])),
  refused(
    'a member in the directory',
    /overlap|reaches into|contradicts itself|is no readable zip/,
    zipOf([right, { ...right, name: 'y.npy', offset: right7.length - 40 }]),
  ),
  refused(
    'a member that nobody counts',
    'does not end where',
    zipOf([right, { ...right, name: 'y.npy' }], { count: 1 }),
  ),
  refused('a member too many', /^buffer is cut off: /, zipOf([right], { count: 2 })),
  refused('10,001 members', 'has 10001 members', zipOf([right], { count: 10_001 })),
  refused('a million members', 'has 1000000 members', zipOf([right], { zip64: { count: 1_000_000n } })),
  refused(
    '2^63 members',
    /has 9223372036854775000?808? members|members; at most/,
    zipOf([right], { zip64: { count: 2n ** 63n } }),
  ),
  refused(
    'names of 1.3 MB',
    'bytes of names',
    zipOf(Array.from({ length: 20 }, (_, index) => ({ ...right, name: `${String(index).padEnd(65_000, 'x')}.npy` }))),
  ),
  refused('a directory behind the end', /^buffer is cut off: /, zipOf([right], { offset: 2 ** 31 })),
  refused('a directory at 2^63', /^buffer is cut off: /, zipOf([right], { zip64: { offset: 2n ** 63n } })),
  refused('an end of 64 bits elsewhere', /^buffer is cut off: /, zipOf([right], { zip64: { at: 2n ** 63n } })),
  refused('several disks', /multi-disk/, zipOf([right], { disk: 3 })),
  refused('a comment longer than the file', 'is no readable zip', zipOf([right], { commentLength: 999 })),
  refused('bytes behind the end', 'is no readable zip', zipOf([right], { trailing: new Uint8Array(9) })),
  refused(
    'an end inside of a comment',
    /is no readable zip/,
    zipOf([right], { comment: Buffer.from(zipOf([], { count: 3 })).toString('latin1') }),
  ),
  wrong('a bomb, 1000 to 1', 'that is a bomb', bomb),
  refused(
    'a bomb in two parts',
    'that is a bomb',
    zipOf(['x.npy', 'y.npy'].map((name) => ({ name, data: halfZeros, size: half, crc: 0, method: 8 }))),
  ),
  wrong('a bomb that says it is small', 'unpacks to more than its 100 bytes', { ...bomb, size: 100 }),
  wrong(
    'packed content that is shorter',
    /unpacks to 128 of its|unpacks to \d+ of its 999/,
    packed(rightNpy, { size: 999 }),
  ),
  wrong(
    'packed content that is damaged',
    'cannot be unpacked',
    packed(rightNpy, { data: new Uint8Array(60).fill(0xff) }),
  ),
  wrong(
    'packed content that is cut off',
    /cannot be unpacked|unpacks to/,
    packed(rightNpy, { data: deflateRawSync(rightNpy).subarray(0, 20) }),
  ),
  wrong(
    'bytes behind packed content',
    'bytes behind its packed content',
    packed(rightNpy, { data: Buffer.concat([deflateRawSync(rightNpy), new Uint8Array(9)]) }),
  ),
  wrong('a wrong checksum of packed content', 'is damaged', packed(rightNpy, { crc: 5 })),
];
