import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readIdx } from '../../ts/datasets/idx.ts';
import * as tf from '../../ts/index.ts';

test('mnist has its images and labels', async () => {
  const { train, test: held } = await tf.datasets.mnist();
  expect(train.x.shape).toEqual([60000, 28, 28, 1]);
  expect(train.x.dtype).toBe('uint8');
  expect(train.y.shape).toEqual([60000]);
  expect(train.y.dtype).toBe('int32');
  expect(held.x.shape).toEqual([10000, 28, 28, 1]);
  expect(Array.from(train.y.slice(0, 10).dataSync())).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect(Array.from(held.y.slice(0, 5).dataSync())).toEqual([7, 2, 1, 0, 4]);
  const first = train.x.slice(0, 1).dataSync();
  expect(Math.max(...first)).toBe(255);
  expect(first[0]).toBe(0);
});

describe('IDX files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hornbeam-idx-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const file = async (...bytes: number[]): Promise<string> => {
    const path = join(folder, 'file');
    await writeFile(path, Uint8Array.from(bytes));
    return path;
  };

  test('are read', async () => {
    const { data, shape } = await readIdx(await file(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9));
    expect(shape).toEqual([1, 3]);
    expect(Array.from(data)).toEqual([7, 8, 9]);
  });

  test('that are missing, cut off or something else are a FileError', async () => {
    await expect(readIdx(join(folder, 'nothing'))).rejects.toThrow(/Cannot read .*nothing/);
    await expect(readIdx(join(folder, 'nothing'))).rejects.toThrow(tf.FileError);
    await expect(readIdx(await file(0, 0, 8, 1, 0, 0, 0, 3, 7))).rejects.toThrow(
      /promises 3 bytes after byte 8, it has 1/,
    );
    await expect(readIdx(await file(1, 2, 3, 4))).rejects.toThrow(/no IDX file/);
    await expect(readIdx(await file())).rejects.toThrow(tf.FileError);
  });
});
