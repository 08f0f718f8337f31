import { describe, expect, it } from 'vitest';
import { FileError } from '../../ts/errors.ts';
import { bytesInMemory } from '../../ts/io/bytes.ts';
import { type Hdf5Group, openHdf5 } from '../../ts/io/hdf5/index.ts';
import { hostileHdf5 } from './hostile/hdf5.ts';
import { smallFile } from './hostile/hdf5-file.ts';

/** Opens a file and reads all of it. */
async function readAll(bytes: Uint8Array): Promise<Record<string, number[] | string[]>> {
  const file = await openHdf5(bytesInMemory('model.h5', bytes));
  const found: Record<string, number[] | string[]> = {};
  const read = async (group: Hdf5Group): Promise<void> => {
    for (const { path, dtype } of group.datasets.values()) {
      found[path] =
        dtype === 'string' ? await file.readStrings(path) : Array.from((await file.read(path)) as Float32Array);
    }
    for (const child of group.groups.values()) await read(child);
  };
  try {
    await read(file.root);
  } finally {
    await file.close();
  }
  return found;
}

describe('HDF5 files that must be refused', () => {
  it('are a right one with one thing that is wrong', async () => {
    expect(await readAll(smallFile().bytes())).toEqual({ '/w': [1, 2, 3, 4], '/c': [1, 2, 3, 4, 1, 2, 3, 4] });
  });

  it.each(hostileHdf5.map((entry) => [entry.name, entry] as const))('%s', async (_, { bytes, says }) => {
    const error = await readAll(bytes).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toMatch(/^model\.h5\b/);
    expect((error as FileError).message).toContain(says);
  });
});
