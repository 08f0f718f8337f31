// Mutations that know a format: they change one of its fields and put right what depends on it (lengths, checksums), to get further.
import { crc32, deflateRawSync } from 'node:zlib';
import { zipOf } from '../hostile/zip-file.ts';
import { anyBytes, type Mutate, nearby, poke } from './bytes.ts';
import { anyJson } from './json.ts';
import type { Random } from './random.ts';

const mostly =
  (mutate: Mutate, times = 6): Mutate =>
  (random, bytes, others) =>
    (random.once(times) ? anyBytes : mutate)(random, bytes, others);

/** The header of a safetensors file, with its length put right. */
export const anySafetensors: Mutate = mostly((random, bytes, others) => {
  const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
  if (random.once(8)) return poke(bytes, 0, 8, nearby(random, bytes, 0, 8));
  const header = anyJson(random, bytes.subarray(8, 8 + length), others);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, bytes.subarray(8 + length)]);
});

const words = [
  "'",
  '"',
  '(',
  ')',
  '{',
  '}',
  '[',
  ',',
  ':',
  ' ',
  '-',
  'True',
  'False',
  '<f4',
  '>f8',
  '|O',
  '<i8',
  '|b1',
  '<U4',
  'descr',
  'shape',
  '0',
  '9999999999',
  '1e3',
  'L',
  '\\',
  '\n',
];

/** The header of an npy file, with its length put right. */
export const anyNpy: Mutate = mostly((random, bytes) => {
  const buffer = Buffer.from(bytes);
  const wide = (buffer[6] ?? 1) > 1;
  const start = wide ? 12 : 10;
  const length = wide ? buffer.readUInt32LE(8) : buffer.readUInt16LE(8);
  let header = buffer.toString('latin1', start, start + length);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(header.trimEnd().length);
    header = header.slice(0, at) + random.pick(words) + header.slice(at + random.below(5));
  }
  const head = Buffer.from(buffer.subarray(0, start));
  if (wide) head.writeUInt32LE(header.length, 8);
  else head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), bytes.subarray(start + length)]);
});

const SIGNATURES = ['TREE', 'HEAP', 'SNOD', 'GCOL', 'OHDR', 'OCHK', 'FRHP', 'BTHD', '\x89HDF'];

/** Fields of HDF5's records: near their signatures, and at multiples of eight; addresses are exchanged for others of the file. */
export const anyHdf5: Mutate = mostly((random, bytes) => {
  const buffer = Buffer.from(bytes);
  let result: Uint8Array = bytes;
  do {
    let at = 8 * random.below(bytes.length / 8);
    if (random.once(2)) {
      const found: number[] = [];
      const signature = random.pick(SIGNATURES);
      for (
        let next = buffer.indexOf(signature, 0, 'latin1');
        next >= 0;
        next = buffer.indexOf(signature, next + 1, 'latin1')
      )
        found.push(next);
      if (found.length > 0) at = random.pick(found) + random.below(96);
    }
    const width = random.pick([1, 2, 2, 4, 8, 8]);
    const other = 8 * random.below(bytes.length / 8);
    const moved = other + 8 <= buffer.length ? buffer.readBigUInt64LE(other) : 0n;
    result = poke(result, at, width, random.once(3) ? moved : nearby(random, bytes, at, width));
  } while (random.once(2));
  return result;
});

/** What is in a zip: content by name, in order. Only for zips that were made here: without descriptors or packed members. */
function membersOf(bytes: Uint8Array): { name: string; data: Uint8Array; header: number }[] {
  const buffer = Buffer.from(bytes);
  const members: { name: string; data: Uint8Array; header: number }[] = [];
  for (let at = 0; at + 30 < buffer.length && buffer.readUInt32LE(at) === 0x04034b50; ) {
    const [stored, name, extra] = [
      buffer.readUInt32LE(at + 18),
      buffer.readUInt16LE(at + 26),
      buffer.readUInt16LE(at + 28),
    ];
    const start = at + 30 + name + extra;
    members.push({
      name: buffer.toString('utf8', at + 30, at + 30 + name),
      data: bytes.subarray(start, start + stored),
      header: at,
    });
    at = start + stored;
  }
  return members;
}

/** A field of a zip: of a local header, of the directory, or of its end. */
const anyZipField: Mutate = (random, bytes) => {
  const buffer = Buffer.from(bytes);
  const places: number[] = [];
  for (const signature of ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06']) {
    for (let at = buffer.indexOf(signature, 0, 'latin1'); at >= 0; at = buffer.indexOf(signature, at + 1, 'latin1'))
      places.push(at);
  }
  const [at, width] = [random.pick(places) + 4 + 2 * random.below(22), random.pick([2, 2, 4])];
  return poke(bytes, at, width, nearby(random, bytes, at, width));
};

/** A zip whose members are mutated by what they are, with their checksums put right; or its own fields. */
export function anyZip(inner: (name: string) => Mutate): Mutate {
  return mostly((random, bytes, others) => {
    const members = membersOf(bytes);
    if (members.length === 0 || random.once(3)) return anyZipField(random, bytes, others);
    const chosen = random.pick(members);
    const parts = members.map((member) => {
      const data = member === chosen ? inner(member.name)(random, member.data, [member.data]) : member.data;
      const name = random.once(40) ? strangeName(random, member.name) : member.name;
      if (!random.once(6)) return { name, data };
      return { name, data: deflateRawSync(data), size: data.length, crc: crc32(data), method: 8 };
    });
    if (random.once(20)) parts.push(random.pick(parts));
    if (random.once(20)) parts.splice(random.below(parts.length), 1);
    return zipOf(parts);
  }, 8);
}

function strangeName(random: Random, name: string): string {
  return random.pick([
    `../${name}`,
    `/${name}`,
    `${name}/`,
    `${name}\0`,
    `a/${name}`,
    name.toUpperCase(),
    '',
    'assets/x',
  ]);
}
