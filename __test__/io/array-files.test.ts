import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import * as tf from '../../ts/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-npy-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('readNpy, writeNpy, readNpz, writeNpz', () => {
  it('give back what they were given, of every dtype', async () => {
    const path = join(folder, 'x.npy');
    for (const dtype of ['float32', 'float16', 'int32', 'int8', 'uint8', 'bool'] as const) {
      await tf.writeNpy(path, tf.tensor([0, 1, 1, 0, 1, 1], [3, 2], dtype));
      const x = await tf.readNpy(path);
      expect([x.dtype, x.shape, [...(await x.data())]]).toEqual([dtype, [3, 2], [0, 1, 1, 0, 1, 1]]);
    }
    await tf.writeNpy(pathToFileURL(path), tf.scalar(3));
    expect((await tf.readNpy(readFileSync(path))).shape).toEqual([]);
    await tf.writeNpz(join(folder, 'd.npz'), { x: [[1, 2]], y: tf.tensor1d([3], 'int32') }, { compressed: true });
    const { x, y } = await tf.readNpz(join(folder, 'd.npz'));
    expect(await x?.data()).toEqual(Float32Array.of(1, 2));
    expect(await y?.data()).toEqual(Int32Array.of(3));
    expect(readdirSync(folder).sort()).toEqual(['d.npz', 'x.npy']);
  });

  it('keeps NaNs, infinities, denormals and -0 bit for bit', async () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc00002, 0x7f800000, 0xff800000, 0x80000000, 1, 0x807fffff);
    const path = join(folder, 'bits.npy');
    await tf.writeNpy(path, tf.tensor(new Float32Array(bits.buffer)));
    const data = await (await tf.readNpy(path)).data();
    expect([...new Uint32Array(data.buffer, data.byteOffset, data.length)]).toEqual([...bits]);
  });

  it('are read from bytes of another realm, and of a shared buffer', async () => {
    const path = join(folder, 'realm.npy');
    await tf.writeNpy(path, [1, 2]);
    const bytes = readFileSync(path);
    const foreign = runInNewContext('(bytes) => Uint8Array.from(bytes)')(bytes);
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    for (const file of [foreign, foreign.buffer, shared])
      expect([...(await (await tf.readNpy(file)).data())]).toEqual([1, 2]);
  });

  it('say what is wrong with a call', async () => {
    await expect(tf.writeNpy('x', [1])).rejects.toThrow(tf.ConfigError);
    await expect(tf.writeNpy('x.npz', [1])).rejects.toThrow('writeNpy: the path must end in .npy, got "x.npz"');
    await expect(tf.writeNpz('x.npz', [[1]] as never)).rejects.toThrow(/arrays must be an object such as/);
    await expect(tf.writeNpz('x.npz', { '../x': [1] })).rejects.toThrow(/cannot be the name of a member/);
    await expect(tf.writeNpz('x.npz', {}, { deflate: true } as never)).rejects.toThrow(/there is no option "deflate"/);
    await expect(tf.readNpy(3 as never)).rejects.toThrow(tf.ConfigError);
    await expect(tf.readNpy(new URL('http://localhost/x.npy'))).rejects.toThrow(tf.ConfigError);
    await expect(tf.readNpy(join(folder, 'missing.npy'))).rejects.toThrow(tf.FileError);
    await expect(tf.readNpz(folder)).rejects.toThrow(/is no file, but a folder/);
  });
});
