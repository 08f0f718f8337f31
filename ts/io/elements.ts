import { FileError } from '../errors.ts';
import type { DType, TypedArray } from '../tensor/index.ts';
import { allocateFor } from './limits.ts';

/** Element types that files have, by NumPy's names. */
export type ElementType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

/** Numbers as hornbeam holds them. */
export interface Elements {
  readonly dtype: DType;
  readonly data: Float32Array | Int32Array | Int8Array | Uint8Array;
}

/** Bytes of an element. */
export const elementBytes: Readonly<Record<ElementType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** The element type of hornbeam that holds the numbers of a file's. */
export const dtypeOf: Readonly<Record<ElementType, DType>> = {
  float64: 'float32',
  float32: 'float32',
  float16: 'float16',
  bfloat16: 'bfloat16',
  int64: 'int32',
  int32: 'int32',
  int16: 'int32',
  int8: 'int8',
  uint64: 'int32',
  uint32: 'int32',
  uint16: 'int32',
  uint8: 'uint8',
  bool: 'bool',
};

/** Elements that are converted in one go: 1 to 4 ms. */
const AT_ONCE = 2 ** 20;

/**
 * The numbers of a file's bytes. float32, int32, int8, uint8 and bool keep their bits (a view of the bytes where their place allows
 * it); float16 and bfloat16 become float32 exactly, NaNs with their bits; float64 is rounded to float32; other integers become int32.
 * @throws FileError for an integer beyond int32, and for a bool that is neither 0 nor 1.
 */
export async function decodeElements(
  where: string,
  type: ElementType,
  bytes: Uint8Array,
  isBigEndian = false,
): Promise<Elements> {
  const size = elementBytes[type];
  const count = bytes.byteLength / size;
  const dtype = dtypeOf[type];
  const plain =
    size > 1 && (isBigEndian || bytes.byteOffset % size !== 0) ? aligned(where, bytes, size, isBigEndian) : bytes;
  const raw = await plain;
  const { buffer, byteOffset } = raw;
  switch (type) {
    case 'float32':
      return { dtype, data: new Float32Array(buffer, byteOffset, count) };
    case 'int32':
      return { dtype, data: new Int32Array(buffer, byteOffset, count) };
    case 'int8':
      return { dtype, data: new Int8Array(buffer, byteOffset, count) };
    case 'uint8':
      return { dtype, data: raw };
    case 'bool':
      await inPieces(count, (from, to) => checkBooleans(where, raw, from, to));
      return { dtype, data: raw };
    default:
      return { dtype, data: await converted(where, type, raw, count) };
  }
}

async function converted(
  where: string,
  type: ElementType,
  raw: Uint8Array,
  count: number,
): Promise<Float32Array | Int32Array> {
  const { buffer, byteOffset } = raw;
  const target = allocateFor(where, 4 * count).buffer;
  const bits = new Uint32Array(target);
  if (type === 'float64') {
    const from = new Float64Array(buffer, byteOffset, count);
    const floats = new Float32Array(target);
    await inPieces(count, (start, end) => floats.set(from.subarray(start, end), start));
    return floats;
  }
  if (type === 'float16' || type === 'bfloat16') {
    const from = new Uint16Array(buffer, byteOffset, count);
    const widen = type === 'float16' ? float16Bits : (half: number): number => half << 16;
    await inPieces(count, (start, end) => {
      for (let i = start; i < end; i++) bits[i] = widen(from[i] as number);
    });
    return new Float32Array(target);
  }
  const from =
    type === 'int64'
      ? new BigInt64Array(buffer, byteOffset, count)
      : type === 'uint64'
        ? new BigUint64Array(buffer, byteOffset, count)
        : type === 'uint32'
          ? new Uint32Array(buffer, byteOffset, count)
          : type === 'uint16'
            ? new Uint16Array(buffer, byteOffset, count)
            : new Int16Array(buffer, byteOffset, count);
  const integers = new Int32Array(target);
  await inPieces(count, (start, end) => {
    for (let i = start; i < end; i++) {
      const value = Number(from[i]);
      integers[i] = value;
      if (integers[i] !== value)
        throw new FileError(`${where} holds ${from[i]} at element ${i} (${type}), which is beyond int32`);
    }
  });
  return integers;
}

/** A copy whose elements begin where a typed array may, turned to little endian. */
async function aligned(where: string, bytes: Uint8Array, size: number, isBigEndian: boolean): Promise<Uint8Array> {
  const copy = Buffer.from(allocateFor(where, bytes.byteLength).buffer);
  copy.set(bytes);
  if (!isBigEndian) return copy;
  await inPieces(bytes.byteLength / size, (from, to) => {
    const part = copy.subarray(from * size, to * size);
    if (size === 2) part.swap16();
    else if (size === 4) part.swap32();
    else part.swap64();
  });
  return copy;
}

function checkBooleans(where: string, bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    if ((bytes[i] as number) > 1)
      throw new FileError(`${where} holds ${bytes[i]} at element ${i}, which is no bool (0 or 1)`);
  }
}

/** Calls `work` for ranges of elements, and lets others run in between. */
export async function inPieces(count: number, work: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    work(from, Math.min(count, from + AT_ONCE));
  }
}

/** The bits of a float16 as those of the float32 of the same value. A NaN keeps its payload. */
function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A denormal of float16 is a normal number of float32: the leading one moves to the implicit place.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** The bits of a float32, given as bits, as those of the nearest bfloat16, ties to even. A NaN stays one. */
function bfloat16Of(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) {
    const upper = bits >>> 16;
    return (upper & 0x7f) === 0 ? upper | 0x40 : upper;
  }
  return ((bits >>> 0) + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The bits of a float32, given as bits, as those of the nearest float16, ties to even. A NaN stays one. */
function float16Of(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    const payload = (magnitude >>> 13) & 0x3ff;
    return sign | 0x7c00 | (payload === 0 ? 0x200 : payload);
  }
  // 65520 and more: halfway to what would be the next number, which is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const [kept, rest, half] = [fraction >>> shift, fraction & ((1 << shift) - 1), 1 << (shift - 1)];
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** Bytes that numbers take in a file. */
export function encodedSize(dtype: DType, data: TypedArray): number {
  return elementBytes[dtype] * data.length;
}

/** The bytes of numbers in a file's element type, little endian: views of `data` unless they are narrowed. */
export function* encodedPieces(dtype: DType, data: TypedArray): Generator<Uint8Array, void, undefined> {
  if (dtype !== 'float16' && dtype !== 'bfloat16') {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return;
  }
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const narrow = dtype === 'float16' ? float16Of : bfloat16Of;
  for (let from = 0; from < bits.length; from += AT_ONCE) {
    const halves = new Uint16Array(Math.min(AT_ONCE, bits.length - from));
    for (let i = 0; i < halves.length; i++) halves[i] = narrow(bits[from + i] as number);
    yield new Uint8Array(halves.buffer);
  }
}
