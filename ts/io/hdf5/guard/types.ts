import type { Fields } from './pages.ts';

/** Types of elements that are read. */
export interface ElementType {
  readonly kind: 'integer' | 'float' | 'string' | 'text' | 'opaque';
  /** Bytes of an element in the file. A `text` is a string of any length: 16 bytes that say where it is. */
  readonly bytes: number;
  readonly isBigEndian: boolean;
  readonly isSigned: boolean;
  /** An enumeration of FALSE and TRUE, as h5py writes booleans. */
  readonly isBoolean: boolean;
  /** Of 16-bit floats whether they have 8 bits of exponent. */
  readonly isBrain: boolean;
}

const classes = [
  'integer',
  'float',
  'time',
  'string',
  'bit field',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'variable-length',
  'array',
  'complex',
];

const plain = { isBigEndian: false, isSigned: false, isBoolean: false, isBrain: false };

/** Mantissa and exponent bits of the floats that are read: IEEE of 16, 32 and 64 bits, and bfloat16. */
const floats: Readonly<Record<string, { bytes: number; isBrain: boolean }>> = {
  '10,5': { bytes: 2, isBrain: false },
  '7,8': { bytes: 2, isBrain: true },
  '23,8': { bytes: 4, isBrain: false },
  '52,11': { bytes: 8, isBrain: false },
};

/** The type that a datatype message describes. @throws FileError for one that is not read. */
export function readType(fields: Fields): ElementType {
  const head = fields.u8();
  const [version, kind] = [head >> 4, head & 15];
  const flags = fields.unsigned(3);
  const bytes = fields.u32();
  const refuse = (why: string): never =>
    fields.fail(`has the type ${classes[kind] ?? kind} of ${bytes} bytes${why}, which is not supported`);
  if (version < 1 || version > 5) return refuse(`, version ${version}`);
  if (kind === 0) {
    const isRight = [1, 2, 4, 8].includes(bytes) && fields.u16() === 0 && fields.u16() === 8 * bytes;
    if (!isRight) return refuse(', not all of whose bits count');
    return { ...plain, kind: 'integer', bytes, isBigEndian: (flags & 1) === 1, isSigned: (flags & 8) !== 0 };
  }
  if (kind === 1) {
    if ((flags & 0x40) !== 0) return refuse(', in the order of a VAX');
    const [offset, precision] = [fields.u16(), fields.u16()];
    const [exponentAt, exponent, mantissaAt, mantissa] = [fields.u8(), fields.u8(), fields.u8(), fields.u8()];
    const found = floats[`${mantissa},${exponent}`];
    const isUsual =
      offset === 0 &&
      precision === 8 * bytes &&
      mantissaAt === 0 &&
      exponentAt === mantissa &&
      flags >> 8 === precision - 1 &&
      fields.u32() === 2 ** (exponent - 1) - 1;
    if (found?.bytes !== bytes || !isUsual) return refuse(', in a form of its own');
    return { ...plain, kind: 'float', bytes, isBigEndian: (flags & 1) === 1, isBrain: found.isBrain };
  }
  if (kind === 3) return bytes === 0 ? refuse('') : { ...plain, kind: 'string', bytes };
  if (kind === 5) return { ...plain, kind: 'opaque', bytes };
  if (kind === 8) return readEnumeration(fields, version, flags & 0xffff, refuse);
  if (kind === 9 && (flags & 15) === 1 && bytes === 16) {
    const of = fields.u8() & 15;
    return of === 3 || of === 0 ? { ...plain, kind: 'text', bytes } : refuse('');
  }
  return refuse('');
}

/** An enumeration: its numbers, or booleans when it names them FALSE and TRUE. */
function readEnumeration(
  fields: Fields,
  version: number,
  members: number,
  refuse: (why: string) => never,
): ElementType {
  const base = readType(fields);
  if (base.kind !== 'integer') return refuse(', not of integers');
  const names: string[] = [];
  for (let index = 0; index < members; index++) {
    const start = fields.at;
    names.push(fields.text());
    if (version < 3) fields.skip((8 - ((fields.at - start) % 8)) % 8);
  }
  const values = fields.take(members * base.bytes);
  const isBoolean = base.bytes === 1 && names.join() === 'FALSE,TRUE' && values[0] === 0 && values[1] === 1;
  return { ...base, isBoolean };
}

/** The sizes that a dataspace message describes; undefined for the empty one. */
export function readShape(fields: Fields): number[] | undefined {
  const version = fields.version([1, 2]);
  const rank = fields.u8();
  const flags = fields.u8();
  if (rank > 32) fields.fail(`has ${rank} axes; HDF5 has at most 32`);
  if (flags > 1) fields.fail(`has a shape with flags ${flags}, which are not supported`);
  if (version === 1) fields.skip(5);
  else {
    const kind = fields.u8();
    if (kind === 2) return undefined;
    if (kind > 2 || (kind === 0) !== (rank === 0)) fields.fail('has a shape of an unknown kind');
  }
  const shape = Array.from({ length: rank }, () => fields.u64());
  // The largest sizes it may grow to follow; nothing grows here.
  if (flags === 1) fields.skip(8 * rank);
  return shape;
}
