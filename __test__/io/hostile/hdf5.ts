// HDF5 files that must be refused: each with a part of what the error says. Most are one right file with one field that is wrong;
// those of h5py are made by tools/fixtures/hdf5_refused.py.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { HostileFile } from './entry.ts';
import { type Assembly, header, message, NOWHERE, smallFile, space } from './hdf5-file.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');

const file = (name: string, says: string, bytes: Uint8Array): HostileFile => ({
  name: `HDF5: ${name}`,
  format: 'hdf5',
  bytes,
  says,
});

/** The small file with some fields changed: place, bytes of the field, value (or the place to point to). */
function wrong(
  name: string,
  says: string,
  ...changes: readonly [place: string, width: number, value: number | bigint | string][]
): HostileFile {
  const assembly = smallFile();
  for (const [place, width, value] of changes) {
    assembly.set(place, width, typeof value === 'string' ? assembly.place(value) : value);
  }
  return file(name, says, assembly.bytes());
}

function changed(name: string, says: string, change: (assembly: Assembly) => void): HostileFile {
  const assembly = smallFile();
  change(assembly);
  return file(name, says, assembly.bytes());
}

const right = smallFile();
const outside = 'lies outside of the file';
const circle = 'circle';

const superblock = [
  file('no bytes', 'not an HDF5 file', new Uint8Array()),
  file('the signature alone', 'is cut off', right.bytes().slice(0, 8)),
  wrong('another signature', 'not an HDF5 file', ['signature', 1, 0x88]),
  wrong('a superblock of version 9', 'the superblock has version 9', ['superblock version', 1, 9]),
  wrong('addresses of 4 bytes', 'not of 8 bytes', ['address bytes', 1, 4]),
  wrong('lengths of 0 bytes', 'not of 8 bytes', ['length bytes', 1, 0]),
  wrong('leaves without members', 'nodes of a wrong size', ['leaf k', 2, 0]),
  wrong('a base elsewhere', 'begins elsewhere', ['base', 8, 512]),
  wrong('an end behind the end', 'it is cut off', ['end', 8, 1_000_000]),
  wrong('an end past 2^53', 'which no file has', ['end', 8, 2n ** 63n]),
  wrong('a table of free space', 'free space', ['free space', 8, 96]),
  wrong('a driver', 'several parts', ['driver', 8, 96]),
  wrong('no root', 'no root group', ['root address', 8, NOWHERE]),
  wrong('a root outside', outside, ['root address', 8, 10n ** 9n]),
  wrong('a root that is a link', 'no group', ['root kind', 4, 2]),
  wrong('a root in two ways', 'say different things', ['root copy', 8, 'chunks']),
  wrong('a root that is a dataset', '"/" is no group', ['root address', 8, 'w'], ['root kind', 4, 0]),
];

const headers = [
  wrong('a header of version 7', 'version 7', ['root version', 1, 7]),
  wrong('65535 messages', 'cut off', ['w messages', 2, 65_535], ['w size', 4, 4000], ['w layout size', 2, 65_528]),
  wrong('a header of 4 GB', outside, ['w size', 4, 0xffff_ffff]),
  wrong('a message longer than its header', 'cut off', ['w space size', 2, 65_528]),
  wrong('an unknown message', 'message of the type 24', ['w type type', 2, 24]),
  wrong('a table of shared messages', 'message of the type 15', ['w type type', 2, 15]),
  wrong('external storage', 'external storage', ['w type type', 2, 7]),
  wrong('a shared type', 'shares a description', ['w type flags', 1, 2]),
  wrong('a header that goes on in itself', circle, ['root attribute type', 2, 0x10], ['root attribute', 8, 'root']),
  wrong('a header that goes on outside', outside, ['root attribute type', 2, 0x10], ['root attribute', 8, 2n ** 40n]),
  wrong(
    'a header that goes on nowhere',
    'goes on at no address',
    ['root attribute type', 2, 0x10],
    ['root attribute', 8, NOWHERE],
  ),
  wrong('a header in the superblock', 'version', ['w header', 8, 0]),
];

const groups = [
  wrong('an index that is its own child', circle, ['tree child', 8, 'tree'], ['tree level', 1, 1]),
  wrong('an index as its own leaf', circle, ['tree child', 8, 'tree']),
  wrong('the parent as child', 'should begin with SNOD', ['tree child', 8, 'root']),
  wrong('an index of 200 levels', '200 levels', ['tree level', 1, 200]),
  wrong('an index of chunks as index of members', 'wrong type', ['tree type', 1, 1]),
  wrong('65535 entries of an index', '65535 entries', ['tree entries', 2, 65_535]),
  wrong('65535 entries of a leaf', '65535 entries', ['leaf entries', 2, 65_535]),
  wrong('more entries than a leaf has', '', ['leaf entries', 2, 100]),
  wrong('a leaf of version 2', 'version 2', ['leaf version', 1, 2]),
  wrong('an index nowhere', 'no index of its members', ['root table tree', 8, NOWHERE]),
  wrong('names nowhere', 'no names', ['heap data', 8, NOWHERE]),
  wrong('a heap outside', outside, ['root table heap', 8, 10n ** 12n], ['root kind', 4, 0]),
  wrong('names outside', 'names outside', ['heap size', 8, 10n ** 9n]),
  wrong('an address that overflows with its size', 'which no file has', ['heap data', 8, NOWHERE - 15n]),
  wrong('a name past the end of the heap', 'name lies outside', ['w name', 8, 24]),
  wrong('a name far past the end of the heap', 'which no file has', ['w name', 8, 2n ** 63n]),
  wrong(
    'names whose free blocks are a circle',
    'run in a circle',
    ['free names', 8, 0],
    ['names', 8, 0],
    ['c text', 8, 16],
  ),
  wrong('names with a free block outside', 'a free block outside', ['free names', 8, 24]),
  wrong(
    'names with a free block that is too long',
    'a free block outside',
    ['free names', 8, 0],
    ['names', 8, 1],
    ['c text', 8, 1000],
  ),
  wrong('a group that is its own member', 'two links lead to it', ['w header', 8, 'root']),
  wrong('two links to one dataset', 'two links lead to it', ['w header', 8, 'c']),
  wrong('two members of one name', 'two members with the name "c"', ['w text', 1, 0x63]),
  wrong('a member without a name', 'the name ""', ['w text', 1, 0]),
  wrong('a name with a slash', 'the name "/etc"', ['w text', 8, 0x6374_652f]),
  wrong('the name ..', 'the name ".."', ['w text', 8, 0x2e2e]),
  wrong('a name that is no UTF-8', 'not UTF-8', ['w text', 1, 0xff]),
  wrong('a soft link', 'soft link', ['w kind', 4, 2]),
  wrong('a member of an unknown kind', 'unknown kind 77', ['w kind', 4, 77]),
  wrong('a member nowhere', 'without a place', ['w header', 8, NOWHERE]),
  wrong('a group and a dataset', 'both a group and a dataset', ['w space type', 2, 0x11]),
];

const datasets = [
  wrong('255 axes', '255 axes', ['w space rank', 1, 255]),
  wrong('33 axes', '33 axes', ['w space rank', 1, 33]),
  wrong('more axes than sizes', 'cut off', ['w space rank', 1, 8]),
  wrong('a shape of version 3', 'version 3', ['w space version', 1, 3]),
  wrong('a shape with a permutation', 'flags 2', ['w space flags', 1, 2]),
  wrong('a size of 2^63', 'which no file has', ['w space dims', 8, 2n ** 63n]),
  wrong('more numbers than bytes', 'needs 4000 bytes, but has 16', ['w space dims', 8, 1000]),
  wrong('4 TB of numbers', 'more than an array holds', ['w space dims', 8, 2n ** 40n]),
  file(
    '2^64 + 1 numbers',
    'no file has',
    smallFile({ dims: [2n ** 64n + 1n - 2n ** 32n, 2n ** 32n], chunk: [1, 1] }).bytes(),
  ),
  file(
    'numbers whose product is 2^64 + 8',
    'more than an array holds',
    smallFile({ dims: [2n ** 32n + 1n, 2n ** 32n], chunk: [1, 1] }).bytes(),
  ),
  wrong('numbers nowhere', 'no place where they are', ['w layout address', 8, NOWHERE]),
  wrong('numbers outside', outside, ['w layout address', 8, 10n ** 9n]),
  wrong('numbers at the last byte', outside, ['w layout address', 8, BigInt(right.size - 1)]),
  wrong('numbers at 2^64 - 8', 'which no file has', ['w layout address', 8, NOWHERE - 7n]),
  wrong('a layout of version 1', 'version 1', ['w layout version', 1, 1]),
  wrong('a virtual layout', 'virtual', ['w layout class', 1, 3], ['w layout version', 1, 4]),
  wrong('a layout of an unknown kind', 'kind 9', ['w layout class', 1, 9]),
  wrong('compact numbers of 65535 bytes', 'cut off', ['w layout class', 1, 0], ['w layout address', 2, 65_535]),
  wrong('no type', 'no type', ['w type type', 2, 0]),
  wrong(
    'two types',
    'more than one type',
    ['w space type', 2, 3],
    ['w space', 8, 0x1f20_1100n],
    ['w space', 4, 0x001f_2011],
  ),
  wrong('a type of an unknown class', 'type 15', ['w type class', 1, 0x1f]),
  wrong('a compound type', 'type compound', ['w type class', 1, 0x16]),
  wrong('a reference', 'type reference', ['w type class', 1, 0x17]),
  wrong('a float of a VAX', 'VAX', ['w type order', 1, 0x61]),
  wrong('a float of 3 bytes', 'form of its own', ['w type bytes', 4, 3]),
  wrong('a float of 4 GB', 'form of its own', ['w type bytes', 4, 0xffff_fff8]),
  wrong('texts of no bytes', 'type string of 0 bytes', ['w type class', 1, 0x13], ['w type bytes', 4, 0]),
  changed('datasets that share their bytes', 'shares its bytes', (assembly) => {
    // Both are as large as the file.
    assembly
      .set('w space dims', 8, Math.floor(assembly.size / 4))
      .set('w layout bytes', 8, assembly.size)
      .set('w layout address', 8, 0);
    assembly
      .set('c layout', 2, 0x0103)
      .set(assembly.place('c layout') + 2, 8, 0)
      .set(assembly.place('c layout') + 10, 8, assembly.size);
    assembly.set('c filters type', 2, 0).set('c space dims', 8, Math.floor(assembly.size / 4));
  }),
];

const zeros = (bytes: number): Uint8Array => deflateSync(new Uint8Array(bytes));

const chunks = [
  file(
    'a gigabyte of one packed chunk',
    'that is a bomb',
    smallFile({ dims: [2 ** 28], chunk: [2 ** 22], chunks: 64, stored: zeros(2 ** 24) }).bytes(),
  ),
  file('a chunk that unpacks to more than it is', 'c"', smallFile({ stored: zeros(2 ** 27) }).bytes()),
  file('a chunk that is no gzip', 'c"', smallFile({ stored: new Uint8Array(30).fill(7) }).bytes()),
  file('a chunk that ends early', 'c"', smallFile({ stored: deflateSync(new Uint8Array(16)).subarray(0, 5) }).bytes()),
  file('more chunks than the shape has', 'more chunks than', smallFile({ chunks: 5 }).bytes()),
  file('a million million chunks', 'chunks; at most', smallFile({ dims: [2 ** 29], chunk: [1] }).bytes()),
  file('chunks of no numbers', 'chunks of 0 bytes', smallFile({ chunk: [0] }).bytes()),
  file('chunks of 16 GB', 'bytes; from 1 to', smallFile({ chunk: [0xffff_ffff] }).bytes()),
  file('chunks of other axes', 'but its chunks have 2', smallFile({ chunk: [2, 2] }).bytes()),
  wrong('chunks of 200 axes', 'chunks of 199 axes', ['c layout rank', 1, 200]),
  wrong(
    'chunks of another type',
    'chunks of another type',
    ['c type class', 1, 0x10],
    ['c type order', 4, 0x0100_0008],
    ['c type bytes', 4, 1],
    ['c type bytes', 8, 0x0008_0000_0000_0001n],
  ),
  wrong('chunks nowhere', 'no place where they are', ['c layout index', 8, NOWHERE]),
  wrong('an index of chunks outside', outside, ['c layout index', 8, 10n ** 10n]),
  wrong('an index of chunks that is its own child', circle, ['chunks level', 1, 1], ['chunk 0 address', 8, 'chunks']),
  wrong('the index of members as index of chunks', 'wrong type', ['c layout index', 8, 'tree']),
  wrong('65535 chunks of an index', '65535 entries', ['chunks entries', 2, 65_535]),
  wrong('an index of chunks of 99 levels', '99 levels', ['chunks level', 1, 99]),
  wrong('a chunk of 4 GB', 'a chunk outside of the file', ['chunk 0 bytes', 4, 0xffff_ffff]),
  wrong('a chunk outside', 'a chunk outside of the file', ['chunk 0 address', 8, 2n ** 45n]),
  wrong('a chunk nowhere', 'a chunk without a place', ['chunk 0 address', 8, NOWHERE]),
  wrong('255 filters', '255 filters', ['c filters count', 1, 255]),
  wrong('filters of version 3', 'version 3', ['c filters version', 1, 3]),
  wrong("a filter of one's own", 'filter of the number 305', ['c filters id', 2, 305]),
  wrong('the filter of a plugin', 'filter of the number 32004', ['c filters id', 2, 32_004]),
  wrong('more filters than there are', 'cut off', ['c filters count', 1, 2]),
  wrong('filters without chunks', 'filters, but no chunks', ['c layout', 4, 0x0103]),
];

const texts = [
  wrong('a heap of texts outside', outside, ['root attribute collection', 8, 2n ** 41n]),
  wrong('no heap of texts', 'without a place', ['root attribute collection', 8, NOWHERE]),
  wrong('a heap of texts that is none', 'should begin with GCOL', ['root attribute collection', 8, 'tree']),
  wrong('a heap of texts of version 9', 'version 9', ['collection version', 1, 9]),
  wrong('a heap of texts that is too long', 'texts outside', ['collection size', 8, 10n ** 6n]),
  wrong('a text that is not there', 'points to nothing', ['root attribute object', 4, 9]),
  wrong('a text longer than it is', 'points to nothing', ['root attribute length', 4, 6]),
  wrong('a text of 4 GB', 'points to nothing', ['root attribute length', 4, 0xffff_ffff]),
  wrong('a text past the end of its heap', 'heap of texts that is broken', ['object bytes', 8, 5000]),
  wrong('a text of 2^64 - 16 bytes, a circle', 'which no file has', ['object bytes', 8, NOWHERE - 15n]),
  wrong('two texts of one number', 'heap of texts that is broken', ['next object', 2, 1], ['next object', 8, 1]),
  wrong('a heap of texts with free space of no bytes', 'free part is broken', ['free bytes', 8, 0]),
  wrong('a heap of texts with free space past its end', 'free part is broken', ['free bytes', 8, 2n ** 40n]),
  wrong('an attribute of version 4', 'version 4', ['root attribute version', 1, 4]),
  wrong('a name of an attribute of 65535 bytes', 'cut off', ['root attribute name bytes', 2, 65_535]),
  wrong('an attribute whose type is cut off', 'cut off', ['root attribute type bytes', 2, 3]),
  wrong('an attribute of a compound type', 'type compound', ['root attribute class', 1, 0x16]),
];

/** The right file, cut off at many places: as it is, and with an end that fits. */
const cut = Array.from({ length: 40 }, (_, index) => {
  const at = Math.floor(((index + 0.5) / 40) * right.size);
  if (index % 2 === 0) return file(`cut off at ${at}`, 'is cut off', right.bytes().slice(0, at));
  const bytes = smallFile().set('end', 8, at).bytes().slice(0, at);
  return file(`cut off at ${at}, its new end`, 'outside', bytes);
});

/** Groups in groups, in the new form: a header with a link. */
function nested(depth: number): Uint8Array {
  const bytes: Uint8Array[] = [];
  const at = (index: number): bigint => BigInt(48 + index * 64);
  const block = Buffer.alloc(48);
  block.set([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8, 0]);
  block.writeBigUInt64LE(NOWHERE, 20);
  block.writeBigUInt64LE(at(depth + 1), 28);
  block.writeBigUInt64LE(at(0), 36);
  bytes.push(block);
  for (let index = 0; index <= depth; index++) {
    const group = Buffer.alloc(64);
    // A link info message, and a link with the name "a".
    group.set([0x4f, 0x48, 0x44, 0x52, 2, 0, 4 + 18 + 4 + 12, 2, 18, 0, 0, 0, 0]);
    group.fill(0xff, 13, 29);
    group.set([6, 12, 0, 0, 1, 0, 1, 0x61], 29);
    group.writeBigUInt64LE(at(index + 1), 37);
    bytes.push(group);
  }
  return Buffer.concat(bytes);
}

/** A new header whose second block is the first. */
function newCircle(): Uint8Array {
  const bytes = Buffer.from(nested(0));
  bytes.set([20, 0x10, 16, 0, 0], 54);
  bytes.writeBigUInt64LE(48n, 59);
  bytes.writeBigUInt64LE(64n, 67);
  return bytes;
}

const news = [
  file('100 groups in each other', 'lies in more than 64 groups', nested(100)),
  file('a new header that goes on in itself', circle, newCircle()),
  changed('a type with a name, in a group', 'no shape', (assembly) => {
    const at = assembly.size;
    header(assembly, 'type', {
      type: message(3, (body) =>
        body.raw(new Uint8Array([0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0])),
      ),
    });
    assembly.set('end', 8, assembly.size).set('w header', 8, at);
  }),
  changed('a dataset without numbers', 'no layout', (assembly) => {
    const at = assembly.size;
    header(assembly, 'x', {
      space: message(1, (body) => space(body, 3)),
      type: message(3, (body) =>
        body.raw(new Uint8Array([0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0])),
      ),
    });
    assembly.set('end', 8, assembly.size).set('w header', 8, at);
  }),
];

/** A file of h5py in the form of HDF5 1.10, whose groups and attributes are in heaps, with a field changed after a signature. */
function dense(
  name: string,
  says: string,
  signature: string,
  offset: number,
  width: number,
  value: number | bigint,
): HostileFile {
  const bytes = Buffer.from(readFileSync(join(fixtures, 'hdf5', 'many-latest.h5')));
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1))
    field.copy(bytes, at + offset, 0, width);
  return file(name, says, bytes);
}

const heaps = [
  dense('a heap of version 5', 'version 5', 'FRHP', 4, 1, 5),
  dense('a packed heap', 'packed heap', 'FRHP', 7, 2, 12),
  dense('a heap with identifiers of 65535 bytes', 'wrong sizes', 'FRHP', 5, 2, 65_535),
  dense('a heap with rows of no blocks', 'wrong sizes', 'FRHP', 110, 2, 0),
  dense('a heap with blocks of no bytes', 'wrong sizes', 'FRHP', 112, 8, 0),
  dense('a heap with blocks of 2^62 bytes', 'which no file has', 'FRHP', 112, 8, 2n ** 62n),
  dense('a heap with addresses of 65535 bits', 'wrong sizes', 'FRHP', 128, 2, 65_535),
  dense('a heap nowhere', 'heap without objects', 'FRHP', 132, 8, NOWHERE),
  dense('a heap with a root outside', outside, 'FRHP', 132, 8, 2n ** 50n),
  dense('a heap without rows', 'buffer', 'FRHP', 140, 2, 0),
  dense('a table of blocks that is none', 'FHIB', 'FHIB', 0, 4, 0x4242_4242),
  dense('a block nowhere', 'nowhere', 'FHIB', 17, 8, NOWHERE),
  dense('a block outside', outside, 'FHIB', 17, 8, 2n ** 50n),
  dense('an index of another type', 'wrong type', 'BTHD', 5, 1, 9),
  dense('an index with nodes of 4 GB', 'wrong sizes', 'BTHD', 6, 4, 0xffff_ffff),
  dense('an index with records of no bytes', 'wrong sizes', 'BTHD', 10, 2, 0),
  dense('an index of 65535 levels', 'wrong sizes', 'BTHD', 12, 2, 65_535),
  dense('an index nowhere, of a heap', 'an index that is nowhere', 'BTHD', 16, 8, NOWHERE),
  dense('an index outside, of a heap', outside, 'BTHD', 16, 8, 2n ** 50n),
  dense('an index of 65535 records', 'more records than fit', 'BTHD', 24, 2, 65_535),
  dense('an index of 2^40 records', 'at most', 'BTHD', 26, 8, 2n ** 40n),
  dense('an index with fewer records than it says', 'fewer records', 'BTHD', 26, 8, 1000),
  dense('a leaf of a heap that is none', 'BTLF', 'BTLF', 0, 4, 0x4242_4242),
  dense('a leaf of another type', 'wrong type', 'BTLF', 5, 1, 9),
  dense('an object at a place that is not there', 'outside of its heap', 'BTLF', 11, 4, 0x7fff_ffff),
  dense('a wrong checksum', 'the HDF5 library', 'BTHD', 34, 4, 0),
];

const refused: Readonly<Record<string, string>> = {
  'array-type-earliest': 'type array',
  'attribute-compound-earliest': 'the attribute "a" of "/" has the type compound',
  'attribute-reference-earliest': 'the attribute "r" of "/" has the type reference',
  'complex-earliest': 'type compound',
  'compound-earliest': 'type compound',
  'external-link-earliest': 'external link',
  'external-link-itself-earliest': 'external link',
  'external-link-latest': 'external link',
  'external-storage-earliest': 'external storage',
  'external-storage-latest': 'external storage',
  'family-0-earliest': 'in several parts',
  'long-double-earliest': 'form of its own',
  'loop-earliest': 'two links lead to it',
  'loop-latest': 'two links lead to it',
  'lzf-earliest': 'filter of the number 32000',
  'named-type-earliest': 'shares a description',
  'nine-axes-earliest': '9 axes; at most 8',
  'opaque-earliest': 'opaque elements of 5 bytes',
  'references-earliest': 'type reference',
  'scale-offset-earliest': 'filter of the number 6',
  'second-link-earliest': 'two links lead to it',
  'sequences-earliest': 'type variable-length',
  'soft-link-circle-earliest': 'soft link',
  'soft-link-earliest': 'soft link',
  'soft-link-latest': 'soft link',
  'soft-link-nowhere-earliest': 'soft link',
  'unwritten-chunks-earliest': 'no place where they are',
  'unwritten-earliest': 'no place where they are',
  'user-block-earliest': 'not an HDF5 file',
  'virtual-earliest': 'virtual',
  'virtual-latest': 'virtual',
};

const folder = join(fixtures, 'hdf5-refused');
const written = readdirSync(folder)
  .filter((name) => name.endsWith('.h5'))
  .map((name) => {
    const says = refused[name.replace('.h5', '')];
    if (says === undefined) throw new Error(`${name} has no expectation`);
    return file(`of h5py: ${name}`, says, readFileSync(join(folder, name)));
  });

/** All of them. */
export const hostileHdf5: readonly HostileFile[] = [
  ...superblock,
  ...headers,
  ...groups,
  ...datasets,
  ...chunks,
  ...texts,
  ...cut,
  ...news,
  ...heaps,
  ...written,
];
