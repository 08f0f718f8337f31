import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../ts/io/bytes.ts';
import { type Hdf5File, openHdf5 } from '../../ts/io/hdf5/index.ts';

// Files of h5py 3.14 (tools/fixtures/hdf5.py), in the forms of HDF5 1.0 (superblock 0), 1.8 (2) and 1.10 on (3).
const versions = ['earliest', 'v110', 'latest'];

async function using(name: string, act: (file: Hdf5File) => Promise<void>): Promise<void> {
  const source = await openFile(join(import.meta.dirname, 'fixtures', 'hdf5', name));
  const file = await openHdf5(source);
  try {
    await act(file);
  } finally {
    await file.close();
    await source.close();
  }
}

const ramp = Array.from({ length: 24 }, (_, index) => index - 7);
const count = Array.from({ length: 24 }, (_, index) => index);

describe.each(versions)('files of h5py with libver %s', (version) => {
  it('hold numbers of all types in both orders', () =>
    using(`types-${version}.h5`, async (file) => {
      for (const order of ['little', 'big']) {
        const datasets = file.root.groups.get(order)?.datasets;
        const read = (name: string) => file.read(`/${order}/${name}`);
        expect(datasets?.get('f2')).toMatchObject({ shape: [2, 3, 4], dtype: 'float16' });
        expect([...(datasets?.values() ?? [])].map(({ dtype }) => dtype).sort()).toEqual([
          'float16',
          'float32',
          'float64',
          'int16',
          'int32',
          'int64',
          'int8',
          'uint16',
          'uint32',
          'uint64',
          'uint8',
        ]);
        for (const name of ['f2', 'f4', 'f8']) expect(await read(name)).toEqual(Float32Array.from(ramp));
        for (const name of ['i2', 'i4', 'i8']) expect(await read(name)).toEqual(Int32Array.from(ramp));
        for (const name of ['u2', 'u4', 'u8']) expect(await read(name)).toEqual(Int32Array.from(count));
        expect(await read('i1')).toEqual(Int8Array.from(ramp));
        expect(await read('u1')).toEqual(Uint8Array.from(count));
      }
      const { datasets } = file.root;
      expect(datasets.get('bool')?.dtype).toBe('bool');
      expect(await file.read('/bool')).toEqual(Uint8Array.from(ramp, (value) => (value > 0 ? 1 : 0)));
      expect(datasets.get('bfloat16')?.dtype).toBe('bfloat16');
      expect(await file.read('/bfloat16')).toEqual(Float32Array.from(ramp));
      expect(datasets.get('scalar')?.shape).toEqual([]);
      expect(await file.read('/scalar')).toEqual(Float32Array.of(2.5));
      expect(await file.read('/none')).toEqual(new Float32Array(0));
      expect(datasets.get('none')?.shape).toEqual([0, 3]);
      expect(await file.read('/special')).toEqual(
        Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 65_504, 2 ** -24),
      );
      await expect(file.read('/large')).rejects.toThrow(
        '"/large" holds the whole number 2147483648, which int32 does not',
      );
    }));

  it('hold texts and attributes', () =>
    using(`texts-${version}.h5`, async (file) => {
      const { layer_names0, layer_names1, layer_names2, ...rest } = Object.fromEntries(file.root.attributes);
      expect(rest).toEqual({
        text: 'wörld',
        bytes: 'fixed',
        utf8: 'fünf',
        names: ['a', 'bc', ''],
        fixed_names: ['dense', 'dense_1'],
        long: 'x'.repeat(70_000),
        flag: 1,
        whole: 7,
        big: 2n ** 63n,
        float: 0.5,
        list: [1.5, 2.5],
        empty: [],
      });
      expect([layer_names0, layer_names1, layer_names2].flat()).toHaveLength(60);
      expect((layer_names2 as string[])[19]).toBe('layer_2_19');
      expect(file.root.datasets.get('fixed')).toMatchObject({ shape: [2, 2], dtype: 'string' });
      expect(await file.readStrings('/fixed')).toEqual(['ab', 'c', '', 'defg']);
      expect(await file.readStrings('/any')).toEqual(['ä', '', 'long '.repeat(20)]);
      expect(await file.readStrings('/packed')).toEqual(Array.from({ length: 50 }, () => ['x', 'yy', 'zzz']).flat());
    }));

  it('hold chunks, packed or not', () =>
    using(`chunks-${version}.h5`, async (file) => {
      const plane = Float32Array.from({ length: 3000 }, (_, index) => index);
      for (const name of ['plain', 'gzip', 'shuffled', 'whole', 'growing', 'growing_both'])
        expect([name, await file.read(`/${name}`)]).toEqual([name, plane]);
      expect(await file.read('/big')).toEqual(Int32Array.from(plane));
      expect(await file.read('/volume')).toEqual(Int32Array.from({ length: 210 }, (_, index) => index));
    }));

  it('hold many members and attributes', () =>
    using(`many-${version}.h5`, async (file) => {
      expect(file.root.groups.size).toBe(40);
      expect(file.root.groups.get('layer_39')?.attributes.get('index')).toBe(39);
      expect(file.root.groups.get('layer_3')?.attributes.get('attribute 25')).toBe('value 25');
      expect(file.root.groups.get('layer_7')?.datasets.size).toBe(40);
      expect(await file.read('/layer_7/weight_31')).toEqual(Float32Array.of(31, 31));
    }));
});
