import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, FileError } from '../../ts/errors.ts';
import { bytesInMemory } from '../../ts/io/bytes.ts';
import { guard } from '../../ts/io/hdf5/guard/index.ts';
import { Pages } from '../../ts/io/hdf5/guard/pages.ts';
import { Texts } from '../../ts/io/hdf5/guard/texts.ts';
import { type Attributes, type AttributeValue, createHdf5, type Hdf5File, openHdf5 } from '../../ts/io/hdf5/index.ts';
import { collect } from './collect.ts';
import { smallFile } from './hostile/hdf5-file.ts';
import { generator } from './random.ts';

const root = join(import.meta.dirname, '..', '..');
const opened: Hdf5File[] = [];
// Files that are open keep a place for a worker.
afterEach(() => Promise.all(opened.splice(0).map((file) => file.close())));

async function open(bytes: Uint8Array, name = 'x.h5'): Promise<Hdf5File> {
  const file = await openHdf5(bytesInMemory(name, bytes));
  opened.push(file);
  return file;
}

describe('HDF5 files that are written and read again', () => {
  it('keep groups, attributes and numbers of all types', async () => {
    const builder = await createHdf5('x.h5');
    await builder.addGroup('/', { text: 'wörld', whole: 5, float: 1.5, large: 2n ** 62n, texts: ['a', '', 'ü'] });
    await builder.addGroup('/layers', { numbers: [1, 2, 3], empty: [] });
    const large = Float32Array.from({ length: 5000 }, (_, index) => index / 7);
    await builder.addDataset('/layers/large', { shape: [50, 100], dtype: 'float32', data: large });
    await builder.addDataset('/layers/later', { shape: [5000], dtype: 'float32', data: async () => large });
    await builder.addDataset('/layers/f', { shape: [3], dtype: 'float32', data: Float32Array.of(1, -0, Number.NaN) });
    await builder.addDataset('/layers/i', { shape: [], dtype: 'int32', data: Int32Array.of(-42) }, { unit: 'm' });
    await builder.addDataset('/layers/i8', { shape: [2], dtype: 'int8', data: Int8Array.of(-128, 127) });
    await builder.addDataset('/layers/u8', { shape: [2000], dtype: 'uint8', data: new Uint8Array(2000).fill(200) });
    await builder.addDataset('/layers/none', { shape: [0, 4], dtype: 'float32', data: new Float32Array(0) });
    await builder.addDataset('/layers/texts', { shape: [2, 1], dtype: 'string', data: ['x', 'yü'] });
    const file = await open(await builder.finish());
    expect(Object.fromEntries(file.root.attributes)).toEqual({
      text: 'wörld',
      whole: 5,
      float: 1.5,
      large: 2n ** 62n,
      texts: ['a', '', 'ü'],
    });
    const layers = file.root.groups.get('layers');
    expect(layers?.attributes.get('numbers')).toEqual([1, 2, 3]);
    expect(layers?.attributes.get('empty')).toEqual([]);
    expect([...(layers?.datasets.values() ?? [])].map(({ path, shape, dtype }) => [path, shape, dtype]).sort()).toEqual(
      [
        ['/layers/f', [3], 'float32'],
        ['/layers/i', [], 'int32'],
        ['/layers/i8', [2], 'int8'],
        ['/layers/large', [50, 100], 'float32'],
        ['/layers/later', [5000], 'float32'],
        ['/layers/none', [0, 4], 'float32'],
        ['/layers/texts', [2, 1], 'string'],
        ['/layers/u8', [2000], 'uint8'],
      ],
    );
    expect(layers?.datasets.get('i')?.attributes.get('unit')).toBe('m');
    expect(await file.read('/layers/large')).toEqual(large);
    expect(await file.read('/layers/later')).toEqual(large);
    expect(await file.read('/layers/f')).toEqual(Float32Array.of(1, -0, Number.NaN));
    expect(await file.read('/layers/i')).toEqual(Int32Array.of(-42));
    expect(await file.read('/layers/i8')).toEqual(Int8Array.of(-128, 127));
    expect(await file.read('/layers/u8')).toEqual(new Uint8Array(2000).fill(200));
    expect(await file.read('/layers/none')).toEqual(new Float32Array(0));
    expect(await file.readStrings('/layers/texts')).toEqual(['x', 'yü']);
  });

  it('keep groups of many members', async () => {
    const builder = await createHdf5();
    await builder.addGroup('/vars');
    for (let i = 0; i < 100; i++)
      await builder.addDataset(`/vars/${i}`, { shape: [1], dtype: 'float32', data: new Float32Array([i]) });
    const file = await openHdf5(bytesInMemory('f', await builder.finish()));
    const vars = file.root.groups.get('vars');
    expect(vars?.datasets.size).toBe(100);
    expect([...(await file.read('/vars/37'))]).toEqual([37]);
    await file.close();
  });

  describe('of which the structure comes late', () => {
    const megabyte = 2 ** 20;
    /** Numbers that take no memory: the first of every piece says where it is. */
    const counted = {
      copyBytes(target: Uint8Array, begin: number) {
        target.fill(0);
        new DataView(target.buffer).setFloat32(0, begin / megabyte, true);
      },
    };

    it('have its numbers where it says, also when there was too little room for it', async () => {
      for (const room of [undefined, 4096]) {
        const builder = await createHdf5('x.h5', room === undefined ? {} : { room });
        await builder.addGroup('/vars', { name: 'dense' });
        const odd = Int8Array.of(1, 2, 3);
        for (let i = 0; i < 12; i++)
          await builder.addDataset(`/vars/small${i}`, { shape: [3], dtype: 'int8', data: odd });
        await builder.addDataset('/vars/odd', { shape: [2003], dtype: 'uint8', data: new Uint8Array(2003).fill(9) });
        await builder.addDataset('/vars/0', { shape: [3, megabyte / 2], dtype: 'float32', data: counted });
        await builder.addDataset('/vars/1', { shape: [megabyte], dtype: 'float32', data: counted });
        let calls = 0;
        let bytes: Uint8Array = new Uint8Array(0);
        await builder.writeInPieces(async ({ size, pieces }) => {
          calls += 1;
          bytes = await collect(pieces);
          expect(bytes.length).toBe(size);
        });
        expect(calls).toBe(room === undefined ? 1 : 2);
        const file = await open(bytes);
        expect(file.root.groups.get('vars')?.attributes.get('name')).toBe('dense');
        expect(await file.read('/vars/small11')).toEqual(odd);
        expect(await file.read('/vars/odd')).toEqual(new Uint8Array(2003).fill(9));
        const first = (await file.read('/vars/0')) as Float32Array;
        expect([0, 1, 2, 3, 4, 5].map((piece) => first[(piece * megabyte) / 4])).toEqual([0, 1, 2, 3, 4, 5]);
        const second = (await file.read('/vars/1')) as Float32Array;
        expect([0, 1, 2, 3].map((piece) => second[(piece * megabyte) / 4])).toEqual([0, 1, 2, 3]);
      }
    });

    it('have no more numbers written when there will be no structure', async () => {
      const builder = await createHdf5('x.h5', { room: 512 });
      await builder.addDataset('/0', { shape: [2 * megabyte], dtype: 'float32', data: counted });
      const numbers: number[] = [];
      await builder.writeInPieces(async ({ pieces }) => {
        const call = numbers.push(0) - 1;
        for await (const piece of pieces) {
          if (piece instanceof Uint8Array) numbers[call] = (numbers[call] as number) + 1;
          else await piece.content().catch(() => {});
        }
      });
      expect(numbers).toEqual([0, 8]);
    });

    it('leave enough room for it, whatever is in it', async () => {
      const random = generator(8);
      const upTo = (most: number): number => Math.floor(random() ** 3 * (most + 1));
      const word = (most: number): string => 'ü'.repeat(upTo(most)) + 'w'.repeat(1 + upTo(most));
      // Each of these takes its own share of the room.
      const kinds = [
        { texts: 1, most: 12, long: 60 },
        { texts: 0, most: 12, long: 60 },
        { texts: 0, most: 0, long: 3 },
        { texts: 0, most: 0, long: 200 },
      ];
      const attributes = ({ texts, most, long }: (typeof kinds)[number]): Attributes =>
        Object.fromEntries(
          Array.from({ length: upTo(most) }, (_, i) => {
            const list = Array.from({ length: upTo(60) }, () => word(1000));
            const values = [upTo(9), [1, 2.5, upTo(9)], list, list[0] ?? ''];
            return [`${word(long)}${i}`, values[upTo(1 + 2 * texts)] as AttributeValue];
          }),
        );
      for (let turn = 0; turn < 40; turn++) {
        const kind = kinds[turn % kinds.length] as (typeof kinds)[number];
        const builder = await createHdf5('x.h5');
        await builder.addDataset('/large', { shape: [megabyte], dtype: 'float32', data: counted });
        const groups = [''];
        for (let object = upTo(400); object > 0; object--) {
          const path = `${groups[upTo(groups.length - 1)]}/${word(kind.long)}${object}`;
          const size = upTo(300);
          if (random() < 0.4) {
            await builder.addGroup(path, attributes(kind));
            groups.push(path);
          } else if (random() < 0.1 * kind.texts) {
            const data = Array.from({ length: size }, () => word(3000));
            await builder.addDataset(path, { shape: [size], dtype: 'string', data });
          } else
            await builder.addDataset(
              path,
              { shape: [size], dtype: 'float32', data: new Float32Array(size) },
              attributes(kind),
            );
        }
        let calls = 0;
        await builder.writeInPieces(async ({ pieces }) => {
          calls += 1;
          for await (const piece of pieces) if (!(piece instanceof Uint8Array)) await piece.content();
        });
        expect(calls).toBe(1);
      }
    });
  });

  it('let others have their turn while there is much to add', async () => {
    const builder = await createHdf5('x.h5');
    let turns = 0;
    let next = setImmediate(function count() {
      turns += 1;
      next = setImmediate(count);
    });
    for (let i = 0; i < 5000; i++)
      await builder.addDataset(`/${i}`, { shape: [1], dtype: 'float32', data: Float32Array.of(i) });
    clearImmediate(next);
    expect(turns).toBeGreaterThan(10);
    await builder.close();
  });

  it('say what was wrong with a call', async () => {
    const builder = await createHdf5('x.h5');
    const array = { shape: [1], dtype: 'float32', data: Float32Array.of(1) };
    await expect(builder.addDataset('a', array)).rejects.toThrow(ConfigError);
    await expect(builder.addDataset('/a/b', array)).rejects.toThrow('needs the group "/a" first');
    await builder.addDataset('/a', array);
    await expect(builder.addDataset('/a', array)).rejects.toThrow('"/a" is there already');
    await expect(builder.addDataset('/c', { ...array, shape: [2] })).rejects.toThrow('has 1 numbers, but');
    const file = await open(await builder.finish());
    await expect(file.read('/b')).rejects.toThrow(new FileError('x.h5 has no dataset "/b"'));
    await expect(file.readStrings('/a')).rejects.toThrow('"/a" holds numbers, no texts');
  });

  it('are read as the specification says', async () => {
    const file = await open(smallFile().bytes());
    expect(file.root.attributes.get('name')).toBe('hello');
    expect(await file.read('/w')).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(await file.read('/c')).toEqual(Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4));
  });

  it('do not keep the process alive, neither open nor closed', async () => {
    const program = `
      import { createHdf5, openHdf5 } from './ts/io/hdf5/index.ts';
      import { bytesInMemory } from './ts/io/bytes.ts';
      const builder = await createHdf5('x.h5');
      await builder.addGroup('/a');
      const source = bytesInMemory('x.h5', await builder.finish());
      await (await openHdf5(source)).close();
      const file = await openHdf5(source);
      console.log(file.root.groups.size);
    `;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 110_000 });
    expect(stdout.trim()).toBe('1');
  });

  it('end the worker that takes too long', async () => {
    const builder = await createHdf5('x.h5');
    await builder.addGroup('/a');
    const source = bytesInMemory('x.h5', await builder.finish());
    // One worker is kept, and the first file takes it: the second starts another, which takes much longer than a millisecond.
    const file = await openHdf5(source);
    await expect(openHdf5(source, { timeLimit: 1 })).rejects.toThrow(
      'x.h5: the HDF5 library worked on it for more than',
    );
    await file.close();
    await expect(file.read('/b')).rejects.toThrow(FileError);
  });

  it('let others run while many empty texts are checked', async () => {
    const bytes = 16 * 150_000;
    const pages = new Pages(bytesInMemory('x.h5', new Uint8Array(bytes)));
    const texts = await pages.at('"/t"', 0, bytes);
    let [turns, isDone] = [0, false];
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await new Texts(pages).check(texts, 150_000);
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it('do not take the memory in which they are with them to the library', async () => {
    const small = smallFile().bytes();
    const memory = new Uint8Array(small.length + 2 ** 20);
    memory.set(small, 100);
    const { pages } = await guard(bytesInMemory('x.h5', memory.subarray(100, 100 + small.length)));
    for (const page of pages.values()) expect(page.buffer.byteLength).toBe(page.byteLength);
  });

  it('wait for one another when many are open at once', async () => {
    const bytes = smallFile().bytes();
    let started = 0;
    const count = () => {
      started++;
    };
    subscribe('worker_threads', count);
    try {
      const all = Array.from({ length: 12 }, async () => {
        const file = await openHdf5(bytesInMemory('x.h5', bytes));
        const { length } = await file.read('/c');
        await file.close();
        return length;
      });
      expect(await Promise.all(all)).toEqual(new Array(12).fill(8));
    } finally {
      unsubscribe('worker_threads', count);
    }
    expect(started).toBeLessThanOrEqual(4);
  });

  it('may be closed twice, and during a call', async () => {
    const bytes = smallFile().bytes();
    for (let turn = 0; turn < 3; turn++) {
      const file = await open(bytes);
      const numbers = file.read('/c');
      const [first, second] = [file.close(), file.close()];
      const late = expect(file.read('/c')).rejects.toThrow('x.h5 is closed');
      await first;
      // It gets the worker of the first one: no answer to another file may be under way.
      const next = open(bytes);
      expect(await numbers).toHaveLength(8);
      await late;
      await second;
      expect((await next).root.attributes.get('name')).toBe('hello');
    }
  });
});
