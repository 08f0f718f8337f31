import { FileError } from '../errors.ts';
import type { DType } from '../tensor/index.ts';
import type { NamedArray } from './artifacts.ts';
import type { ByteSource } from './bytes.ts';
import { decodeElements, type ElementType, elementBytes, encodedPieces, encodedSize, inPieces } from './elements.ts';
import { allocateFor, elementsOf, limits } from './limits.ts';

/** What the header of an npy file says. */
interface Header {
  readonly type: ElementType;
  readonly isBigEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Place of the first element. */
  readonly start: number;
}

const kinds: Readonly<Record<string, ElementType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/**
 * The array of an npy file of NumPy: versions 1 to 3 of the format, either byte order, C or Fortran order.
 * @throws FileError for arrays of Python objects (their bytes are a pickle, a program), texts, dates, records, complex numbers;
 * for a header that does not fit the file.
 */
export async function readNpyArray(source: ByteSource): Promise<NamedArray> {
  const { type, isBigEndian, isFortran, shape, start } = await readHeader(source);
  const size = elementBytes[type];
  const count = elementsOf(source.name, shape, size);
  if (start + count * size !== source.size) {
    throw new FileError(
      `${source.name} has ${source.size - start} bytes of numbers; its shape [${shape.join(', ')}] of ${type} needs ${count * size}`,
    );
  }
  const elements = await decodeElements(source.name, type, await source.read(start, count * size), isBigEndian);
  const data = isFortran && shape.length > 1 ? await inRowMajorOrder(source.name, elements.data, shape) : elements.data;
  return { name: source.name, shape, dtype: elements.dtype, data };
}

async function readHeader(source: ByteSource): Promise<Header> {
  const where = source.name;
  const head = Buffer.from(await source.read(0, Math.min(12, source.size)));
  if (head.length < 10 || head.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new FileError(`${where} is no npy file: it does not begin as one`);
  const version = head[6] as number;
  if (version < 1 || version > 3) throw new FileError(`${where} has the version ${version} of npy; 1 to 3 are read`);
  const prefix = version === 1 ? 10 : 12;
  if (head.length < prefix) throw new FileError(`${where} is cut off in its header`);
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > limits.npyHeader)
    throw new FileError(`${where} has a header of ${length} bytes; at most ${limits.npyHeader} are read`);
  const text = Buffer.from(await source.read(prefix, length)).toString(version === 3 ? 'utf8' : 'latin1');
  return { ...parseHeader(where, text), start: prefix + length };
}

/** One `'key': value` of a header, a Python dictionary. Nothing is evaluated: these three forms are all that NumPy writes. */
const FIELD = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([\d\s,L-]*)\))\s*(,|(?=\}))/y;

function parseHeader(where: string, text: string): Omit<Header, 'start'> {
  const wrong = (what: string): FileError => new FileError(`${where} has a header that ${what}`);
  const body = text.trim();
  if (!body.startsWith('{') || !body.endsWith('}')) throw wrong('is no dictionary');
  if (/['"]descr['"]\s*:\s*\[/.test(body)) throw wrong('describes records of several fields, which are not supported');
  const fields = new Map<string, string>();
  FIELD.lastIndex = 1;
  for (let at = 1; body.slice(at).trim() !== '}'; at = FIELD.lastIndex) {
    FIELD.lastIndex = at;
    const found = FIELD.exec(body);
    if (found === null)
      throw wrong("is not what NumPy writes: 'descr', 'fortran_order' and 'shape', each a plain value");
    const [, , key = '', , word, flag, tuple] = found;
    if (fields.has(key)) throw wrong(`has ${key} twice`);
    fields.set(key, word ?? flag ?? `(${tuple})`);
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => fields.get(key));
  if (descr === undefined || order === undefined || shape === undefined || fields.size !== 3)
    throw wrong("must have 'descr', 'fortran_order' and 'shape'");
  if (order !== 'True' && order !== 'False') throw wrong('has a fortran_order that is neither True nor False');
  return { ...elementType(wrong, descr), isFortran: order === 'True', shape: shapeOf(wrong, shape) };
}

function elementType(wrong: (what: string) => FileError, descr: string): { type: ElementType; isBigEndian: boolean } {
  const [, order = '', kind = ''] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  if (/^O/.test(kind)) throw wrong('says dtype object: such arrays are Python programs (pickle) and are never read');
  const type = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (type === undefined) {
    throw wrong(
      `says dtype ${JSON.stringify(descr.slice(0, 40))}; bool, integers, float16, float32 and float64 are read`,
    );
  }
  return { type, isBigEndian: order === '>' };
}

function shapeOf(wrong: (what: string) => FileError, text: string): number[] {
  const inside = text.slice(1, -1).trim();
  if (inside === '') return [];
  const parts = inside.split(',').map((part) => part.trim());
  // A tuple of one has a comma behind it.
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  else if (parts.length === 1) throw wrong(`has the shape (${inside}), which is no tuple`);
  return parts.map((part) => {
    if (!/^\d{1,16}L?$/.test(part)) throw wrong(`has the shape (${inside}); sizes are whole numbers from 0 on`);
    return Number.parseInt(part, 10);
  });
}

/** The elements of an array whose first axis varies fastest, with the last one fastest. */
async function inRowMajorOrder<T extends Float32Array | Int32Array | Int8Array | Uint8Array>(
  where: string,
  data: T,
  shape: readonly number[],
): Promise<T> {
  const { buffer } = allocateFor(where, data.byteLength);
  const result = new (data.constructor as new (buffer: ArrayBuffer) => T)(buffer);
  // Bits are moved, not numbers: reading a NaN as a number may change it.
  const [from, to] = [bitsOf(data), bitsOf(result)];
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, dim) => product * dim, 1));
  const index = shape.map(() => 0);
  let at = 0;
  await inPieces(to.length, (begin, end) => {
    for (let place = begin; place < end; place++) {
      to[place] = from[at] as number;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at += strides[axis] as number;
        index[axis] = (index[axis] as number) + 1;
        if (index[axis] !== shape[axis]) break;
        at -= (strides[axis] as number) * (shape[axis] as number);
        index[axis] = 0;
      }
    }
  });
  return result;
}

function bitsOf(data: Float32Array | Int32Array | Int8Array | Uint8Array): Uint32Array | Uint8Array {
  const { buffer, byteOffset, length } = data;
  return data.BYTES_PER_ELEMENT === 4
    ? new Uint32Array(buffer, byteOffset, length)
    : new Uint8Array(buffer, byteOffset, length);
}

const descriptions: Readonly<Record<DType, string>> = {
  float32: '<f4',
  float16: '<f2',
  // NumPy has no bfloat16.
  bfloat16: '<f4',
  int32: '<i4',
  int8: '|i1',
  uint8: '|u1',
  bool: '|b1',
};

/** The bytes of an npy file, version 1, and their number. bfloat16, which NumPy lacks, is written as float32. */
export function npyOf({ shape, dtype: given, data }: NamedArray): {
  size: number;
  pieces: () => Generator<Uint8Array>;
} {
  const dtype = given === 'bfloat16' ? 'float32' : given;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descriptions[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers begin at a multiple of 64, for those who map the file.
  const length = 64 * Math.ceil((10 + text.length + 1) / 64);
  const head = Buffer.alloc(length, ' ');
  head.write('\x93NUMPY\x01\x00', 0, 'latin1');
  head.writeUInt16LE(length - 10, 8);
  head.write(text, 10, 'latin1');
  head[length - 1] = 0x0a;
  return {
    size: length + encodedSize(dtype, data),
    *pieces() {
      yield head;
      yield* encodedPieces(dtype, data);
    },
  };
}
