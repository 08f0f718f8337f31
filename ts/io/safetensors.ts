import { ConfigError, FileError } from '../errors.ts';
import type { DType, TypedArray } from '../tensor/index.ts';
import type { NamedArray } from './artifacts.ts';
import type { ByteSource } from './bytes.ts';
import {
  decodeElements,
  type Elements,
  type ElementType,
  elementBytes,
  encodedPieces,
  encodedSize,
} from './elements.ts';
import { parseJsonObject } from './json.ts';
import { elementsOf, limits } from './limits.ts';

/** A tensor of a safetensors file. */
export interface SafetensorsEntry {
  /** The element type as hornbeam calls it. */
  readonly type: ElementType;
  /** The element type as the file names it: `F32`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Place of its first byte in the file, and behind its last one. */
  readonly begin: number;
  readonly end: number;
}

/** A safetensors file that is being read. Whoever opened the source closes it. */
export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** The numbers of a tensor, as `readArray` gives them. @throws FileError */
  read(name: string): Promise<TypedArray>;
  /** A tensor with its element type. @throws FileError for a name that is missing, and numbers that hornbeam cannot hold. */
  readArray(name: string): Promise<NamedArray>;
}

const types: Readonly<Record<string, ElementType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};

/**
 * Reads the header of a safetensors file: eight bytes with its length, JSON, and the tensors without a gap
 * ({@link https://huggingface.co/docs/safetensors | the format}).
 * @throws FileError unless every tensor has the bytes of its shape, and all of them together those of the file.
 */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const where = source.name;
  if (source.size < 8) throw new FileError(`${where} is no safetensors file: it has ${source.size} bytes`);
  const length = new DataView((await source.read(0, 8)).slice().buffer).getBigUint64(0, true);
  if (length > BigInt(limits.safetensorsHeader))
    throw new FileError(`${where} has a header of ${length} bytes; safetensors allows ${limits.safetensorsHeader}`);
  const start = 8 + Number(length);
  if (start > source.size)
    throw new FileError(`${where} is cut off: its header has ${length} bytes, the file ${source.size}`);
  const bytes = await source.read(8, Number(length));
  if (bytes[0] !== 0x7b) throw new FileError(`${where} is no safetensors file: its header does not begin with {`);
  const header = parseJsonObject(`${where}: header`, bytes, { bytes: limits.safetensorsHeader });
  const tensors = new Map<string, SafetensorsEntry>();
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = metadataOf(where, value);
    else tensors.set(name, entryOf(`${where}: tensor ${shown(name)}`, value, start));
  }
  checkPlaces(where, tensors, start, source.size);
  const readArray = async (name: string): Promise<NamedArray> => {
    const entry = tensors.get(name);
    if (entry === undefined) throw new FileError(`${where} has no tensor ${shown(name)}`);
    const { dtype, data } = await elements(source, name, entry);
    return { name, shape: entry.shape, dtype, data };
  };
  return { metadata, tensors, readArray, read: async (name) => (await readArray(name)).data };
}

/** A value of a header, in an error. */
const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 100) ?? 'undefined';

async function elements(source: ByteSource, name: string, { type, begin, end }: SafetensorsEntry): Promise<Elements> {
  const bytes = await source.read(begin, end - begin);
  return decodeElements(`${source.name}: tensor ${shown(name)}`, type, bytes);
}

function metadataOf(where: string, value: unknown): Map<string, string> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || Object.values(value).some((text) => typeof text !== 'string'))
    throw new FileError(`${where}: __metadata__ must hold texts by name`);
  return new Map(Object.entries(value as Record<string, string>));
}

function entryOf(where: string, value: unknown, start: number): SafetensorsEntry {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const unknown = Object.keys(fields).find((field) => !['dtype', 'shape', 'data_offsets'].includes(field));
  if (unknown !== undefined) throw new FileError(`${where} has the unknown field ${shown(unknown)}`);
  const { dtype, shape, data_offsets: offsets } = fields;
  const type = typeof dtype === 'string' && Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (type === undefined) {
    throw new FileError(`${where} has the dtype ${shown(dtype)}; known are ${Object.keys(types).join(', ')}`);
  }
  if (!Array.isArray(shape)) throw new FileError(`${where} has no shape`);
  const bytes = elementsOf(where, shape, elementBytes[type]) * elementBytes[type];
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((at) => Number.isSafeInteger(at) && at >= 0))
    throw new FileError(`${where} has no data_offsets of two whole numbers`);
  const [from, to] = offsets as [number, number];
  if (to - from !== bytes)
    throw new FileError(`${where} has ${to - from} bytes; its shape [${shape.join(', ')}] of ${dtype} needs ${bytes}`);
  return { type, dtype: dtype as string, shape: shape as number[], begin: start + from, end: start + to };
}

/** The tensors must follow each other without a gap, from the header to the end of the file: nothing hides in between. */
function checkPlaces(where: string, tensors: ReadonlyMap<string, SafetensorsEntry>, start: number, size: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = start;
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== at) {
      const what = begin < at ? 'overlaps the one before it' : `leaves ${begin - at} bytes before it unused`;
      throw new FileError(`${where}: tensor ${shown(name)} ${what}`);
    }
    at = end;
  }
  if (at > size) throw new FileError(`${where} is cut off: its tensors end at byte ${at}, the file at ${size}`);
  if (at < size) throw new FileError(`${where} has ${size - at} bytes behind its last tensor`);
}

const names: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int32: 'I32',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

/**
 * The bytes of a safetensors file. Tensors with larger elements come first, so that all of them lie at multiples of their size;
 * otherwise the order is kept.
 * @throws ConfigError for a name that occurs twice, or data that do not fit their shape.
 */
export async function* writeSafetensors(
  arrays: Iterable<NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = ({ dtype }: NamedArray): number => elementBytes[dtype];
  const inOrder = [...arrays].sort((a, b) => size(b) - size(a));
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let at = 0;
  for (const array of inOrder) {
    checkArray('writeSafetensors', array);
    const { name, shape, dtype, data } = array;
    if (name === '__metadata__' || name in header)
      throw new ConfigError(`writeSafetensors: two tensors have the name ${shown(name)}`);
    const end = at + encodedSize(dtype, data);
    header[name] = { dtype: names[dtype], shape, data_offsets: [at, end] };
    at = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  if (json.length + 8 > limits.safetensorsHeader)
    throw new ConfigError(
      `writeSafetensors: the header has ${json.length} bytes; at most ${limits.safetensorsHeader} are allowed`,
    );
  const head = Buffer.alloc(8 + 8 * Math.ceil(json.length / 8), ' ');
  head.writeBigUInt64LE(BigInt(head.length - 8));
  head.set(json, 8);
  yield head;
  for (const { dtype, data } of inOrder) yield* encodedPieces(dtype, data);
}

/** @throws ConfigError unless an array has the elements that its shape and type say. */
export function checkArray(call: string, { name, shape, dtype, data }: NamedArray): void {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const label = `${call}: ${shown(name)}`;
  if (data.length !== count)
    throw new ConfigError(`${label} has ${data.length} elements; its shape [${shape.join(', ')}] needs ${count}`);
  const kind =
    dtype === 'int32'
      ? Int32Array
      : dtype === 'int8'
        ? Int8Array
        : dtype === 'uint8' || dtype === 'bool'
          ? Uint8Array
          : Float32Array;
  if (!(data instanceof kind)) throw new ConfigError(`${label} of ${dtype} must be a ${kind.name}`);
}
