import { FileError } from '../../errors.ts';
import type { TypedArray } from '../../tensor/index.ts';
import type { Scratch } from '../bytes.ts';
import type { ElementType } from './guard/index.ts';

/** What a dataset of numbers holds; `string` for texts. */
export type Hdf5DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

/** The name of a type. Keras writes bfloat16 as opaque elements of two bytes with the attribute `dtype`. @throws FileError. */
export function dtypeOf(where: string, type: ElementType, named: unknown): Hdf5DType {
  const { kind, bytes, isSigned, isBoolean, isBrain } = type;
  if (kind === 'string' || kind === 'text') return 'string';
  if (kind === 'opaque') {
    if (bytes === 2 && named === 'bfloat16') return 'bfloat16';
    throw new FileError(`${where} holds opaque elements of ${bytes} bytes, which mean nothing to hornbeam`);
  }
  if (isBoolean) return 'bool';
  if (kind === 'float') return isBrain ? 'bfloat16' : (`float${8 * bytes}` as Hdf5DType);
  return `${isSigned ? 'int' : 'uint'}${8 * bytes}` as Hdf5DType;
}

/** Arrays that hornbeam keeps elements in: 16-bit floats and float64 as float32, wider and unsigned integers as int32. */
export type Kept =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** An array for elements of a type, in the memory of `scratch` if there is one. */
export function arrayFor(dtype: Hdf5DType, length: number, scratch?: Scratch): Kept {
  const of = <A extends Kept>(type: KeptType<A>): A =>
    scratch === undefined ? new type(length) : new type(scratch.take(length * type.BYTES_PER_ELEMENT), 0, length);
  if (dtype === 'uint8' || dtype === 'bool') return of(Uint8Array);
  if (dtype === 'int8') return of(Int8Array);
  return dtype.includes('float') ? of(Float32Array) : of(Int32Array);
}

interface KeptType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (memory: ArrayBuffer, start: number, length: number): A;
}

/** Types whose elements are in the file as in memory. */
const same: Readonly<Partial<Record<Hdf5DType, true>>> = { float32: true, int32: true, int8: true, uint8: true };

/** Whether elements of the file need no change. */
export function isSame(dtype: Hdf5DType, type: ElementType): boolean {
  return same[dtype] === true && (type.bytes === 1 || !type.isBigEndian);
}

/** Elements of a file as an array of hornbeam's, at `target` from `at` on. @throws FileError for integers that int32 does not hold. */
export function convert(
  where: string,
  dtype: Hdf5DType,
  bytes: Uint8Array,
  isBigEndian: boolean,
  target: Kept,
  at: number,
): void {
  const little = !isBigEndian;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [low, high] = little ? [0, 4] : [4, 0];
  const whole = (value: number): number => {
    if (value >= -(2 ** 31) && value < 2 ** 31) return value;
    throw new FileError(`${where} holds the whole number ${value}, which int32 does not`);
  };
  const read: Partial<Record<Hdf5DType, [width: number, read: (place: number) => number]>> = {
    bool: [1, (place) => (bytes[place] === 0 ? 0 : 1)],
    uint8: [1, (place) => view.getUint8(place)],
    int8: [1, (place) => view.getInt8(place)],
    int16: [2, (place) => view.getInt16(place, little)],
    uint16: [2, (place) => view.getUint16(place, little)],
    int32: [4, (place) => view.getInt32(place, little)],
    uint32: [4, (place) => whole(view.getUint32(place, little))],
    int64: [8, (place) => whole(view.getInt32(place + high, little) * 2 ** 32 + view.getUint32(place + low, little))],
    uint64: [8, (place) => whole(view.getUint32(place + high, little) * 2 ** 32 + view.getUint32(place + low, little))],
    float16: [2, (place) => half(view.getUint16(place, little))],
    float32: [4, (place) => view.getFloat32(place, little)],
    float64: [8, (place) => view.getFloat64(place, little)],
  };
  if (dtype === 'bfloat16') {
    brain(view, little, target as Float32Array, at);
    return;
  }
  const [width, element] = read[dtype] as [number, (place: number) => number];
  for (let index = 0, place = 0; place < bytes.length; index++, place += width) target[at + index] = element(place);
}

/** The upper halves of float32: every bit counts, also those of a NaN, so numbers do not pass through float64. */
function brain(view: DataView, little: boolean, target: Float32Array, at: number): void {
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let index = 0; index * 2 < view.byteLength; index++) words[at + index] = view.getUint16(index * 2, little) << 16;
}

/** A number of IEEE 754's binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** How the elements of an array are written. 16-bit floats travel as float32, which holds them exactly; booleans as bytes. */
export function writtenType(data: TypedArray): { kind: 'integer' | 'float'; bytes: number; isSigned: boolean } {
  const name = data[Symbol.toStringTag];
  const kind = name.startsWith('Float') ? 'float' : 'integer';
  return { kind, bytes: data.BYTES_PER_ELEMENT, isSigned: kind === 'integer' && !name.includes('Uint') };
}
