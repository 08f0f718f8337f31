import { describe, expect, it } from 'vitest';
import { FileError } from '../../ts/errors.ts';
import type { NamedArray } from '../../ts/io/artifacts.ts';
import { bytesInMemory } from '../../ts/io/bytes.ts';
import { decodeElements, encodedPieces } from '../../ts/io/elements.ts';
import { npyOf, readNpyArray } from '../../ts/io/npy.ts';
import { openNpz, writeNpzArrays } from '../../ts/io/npz.ts';
import { readSafetensors, writeSafetensors } from '../../ts/io/safetensors.ts';
import { collect } from './collect.ts';

/** Bits that arithmetic would lose: NaNs with a payload, infinities, -0, denormals. */
const bits = Uint32Array.of(0x7fc00001, 0xffa00002, 0x7f800000, 0xff800000, 0x80000000, 1, 0x807fffff, 0x3f800000);
const special = new Float32Array(bits.buffer);
const bitsOf = (data: ArrayBufferView): number[] => [
  ...new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)),
];

const arrays: NamedArray[] = [
  { name: 'flags', shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) },
  { name: 'special/numbers', shape: [2, 4], dtype: 'float32', data: special },
  { name: 'bytes', shape: [5], dtype: 'uint8', data: Uint8Array.of(0, 1, 2, 254, 255) },
  { name: 'signed', shape: [1, 1, 2], dtype: 'int8', data: Int8Array.of(-128, 127) },
  { name: 'counter', shape: [], dtype: 'int32', data: Int32Array.of(-(2 ** 31)) },
  { name: 'halves', shape: [3], dtype: 'float16', data: Float32Array.of(0.5, -65504, 2 ** -24) },
  { name: 'brains', shape: [2], dtype: 'bfloat16', data: Float32Array.of(1, -(2 ** 100)) },
  { name: 'nothing', shape: [0, 3], dtype: 'float32', data: new Float32Array(0) },
];

describe('elements', () => {
  it('holds every float16 and bfloat16 exactly, both ways', async () => {
    for (const type of ['float16', 'bfloat16'] as const) {
      const all = Uint16Array.from({ length: 65536 }, (_, index) => index);
      const { data } = await decodeElements('x', type, new Uint8Array(all.buffer));
      const back = await collect(encodedPieces(type, data));
      expect(Buffer.from(back).equals(Buffer.from(all.buffer))).toBe(true);
    }
  });

  it('rounds to the nearest, ties to even', async () => {
    const values = [
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65519,
      65520,
      2 ** -25,
      2 ** -25 * 1.5,
      2 ** -24 * 1.5,
      -(2 ** -14) * 1.0001,
      1e-10,
    ];
    const halves = new Uint16Array((await collect(encodedPieces('float16', Float32Array.from(values)))).buffer);
    expect([...halves]).toEqual([0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 1, 2, 0x8400, 0]);
    const brains = new Uint16Array(
      (await collect(encodedPieces('bfloat16', Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, Number.NaN))))
        .buffer,
    );
    expect([...brains]).toEqual([0x3f80, 0x3f82, 0x7f80, 0x7fc0]);
  });

  it.each([
    ['int64', BigInt64Array.of(5n, 2n ** 31n), /x holds 2147483648 at element 1 \(int64\), which is beyond int32/],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n), /18446744073709551615/],
    ['uint32', Uint32Array.of(2 ** 31), /2147483648/],
    ['bool', Uint8Array.of(1, 2), /x holds 2 at element 1, which is no bool/],
  ] as const)('refuses %s that do not fit', async (type, data, says) => {
    await expect(decodeElements('x', type, new Uint8Array(data.buffer))).rejects.toThrow(says);
  });

  it('reads the other integers and float64', async () => {
    const read = async (type: Parameters<typeof decodeElements>[1], data: ArrayBufferView) => [
      ...(await decodeElements('x', type, new Uint8Array(data.buffer))).data,
    ];
    expect(await read('int64', BigInt64Array.of(-(2n ** 31n), 7n))).toEqual([-(2 ** 31), 7]);
    expect(await read('int16', Int16Array.of(-5, 5))).toEqual([-5, 5]);
    expect(await read('uint16', Uint16Array.of(65535))).toEqual([65535]);
    expect(await read('float64', Float64Array.of(0.1, -0, 1e300))).toEqual([
      Math.fround(0.1),
      -0,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe('safetensors', () => {
  it('reads what it writes, bit for bit', async () => {
    const bytes = await collect(writeSafetensors(arrays, { format: 'hornbeam', text: '"ä\n' }));
    // A place that is no multiple of four: nothing may depend on where the bytes are.
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    for (const place of [bytes, shifted]) {
      const file = await readSafetensors(bytesInMemory('m.safetensors', place));
      expect(Object.fromEntries(file.metadata)).toEqual({ format: 'hornbeam', text: '"ä\n' });
      expect([...file.tensors.keys()].sort()).toEqual(arrays.map(({ name }) => name).sort());
      for (const array of arrays) {
        const found = await file.readArray(array.name);
        expect({ ...found, data: [...found.data] }).toEqual({ ...array, data: [...array.data] });
      }
      expect(bitsOf(await file.read('special/numbers'))).toEqual([...bits]);
    }
  });

  it('names what is missing, and refuses two arrays of one name', async () => {
    const file = await readSafetensors(bytesInMemory('m.safetensors', await collect(writeSafetensors(arrays))));
    await expect(file.read('x')).rejects.toThrow(FileError);
    const [first] = arrays as [NamedArray];
    await expect(collect(writeSafetensors([first, first]))).rejects.toThrow(/two tensors have the name "flags"/);
    await expect(collect(writeSafetensors([{ ...first, shape: [4] }]))).rejects.toThrow(/has 3 elements/);
    await expect(collect(writeSafetensors([{ ...first, dtype: 'float32' }]))).rejects.toThrow(/must be a Float32Array/);
  });
});

describe('npy and npz', () => {
  it.each([false, true])('reads what it writes, bit for bit (deflate: %s)', async (deflate) => {
    const bytes = await collect(writeNpzArrays(arrays, { deflate }));
    const file = await openNpz(bytesInMemory('m.npz', bytes));
    expect(file.names).toEqual(arrays.map(({ name }) => name));
    for (const array of arrays) {
      const found = await file.read(array.name);
      const dtype = array.dtype === 'bfloat16' ? 'float32' : array.dtype;
      expect({ ...found, data: [...found.data] }).toEqual({ ...array, dtype, data: [...array.data] });
    }
    expect(bitsOf((await file.read('special/numbers')).data)).toEqual([...bits]);
  });

  it('lets others run while a large array is put into row-major order', async () => {
    const [rows, columns] = [3, 2 ** 20];
    const data = Uint8Array.from({ length: rows * columns }, (_, place) => place % 251);
    const [head, numbers] = [...npyOf({ name: 'x', shape: [rows, columns], dtype: 'uint8', data }).pieces()];
    const text = Buffer.from(head as Uint8Array)
      .toString('latin1')
      .replace('False', 'True ');
    const source = bytesInMemory('x', Buffer.concat([Buffer.from(text, 'latin1'), numbers as Uint8Array]));
    let [turns, isDone] = [0, false];
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const { data: found } = await readNpyArray(source);
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(2);
    for (const at of [0, 1, columns - 1, columns, 2 ** 21 + 5, rows * columns - 1])
      expect(found[at]).toBe(((at % columns) * rows + Math.floor(at / columns)) % 251);
  });

  it('reads big endian and Fortran order', async () => {
    const npy = Buffer.from(
      await collect(npyOf({ name: '', shape: [2, 3], dtype: 'int32', data: new Int32Array(6) }).pieces()),
    );
    const text = (descr: string, order: string) =>
      `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (2, 3), }`;
    npy.write(text('>i4', 'True').padEnd(117), 10, 'latin1');
    for (let index = 0; index < 6; index++) npy.writeInt32BE(index, 128 + 4 * index);
    const { data, shape } = await readNpyArray(bytesInMemory('a.npy', npy));
    expect([shape, [...data]]).toEqual([
      [2, 3],
      [0, 2, 4, 1, 3, 5],
    ]);
  });
});
