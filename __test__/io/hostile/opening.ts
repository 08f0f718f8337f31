// Opens files by the functions that users call, and reads all of them.
import { loadModel, readNpy, readNpz } from '../../../ts/index.ts';
import { bytesInMemory } from '../../../ts/io/bytes.ts';
import { type Hdf5Group, openHdf5 } from '../../../ts/io/hdf5/index.ts';
import { readSafetensors } from '../../../ts/io/safetensors.ts';
import type { HostileFile } from './entry.ts';
import { smallFile } from './hdf5-file.ts';
import { rightNpy } from './npy.ts';
import { rightSafetensors } from './safetensors.ts';
import { zipOf } from './zip-file.ts';

/** A right file of each format, from which the hostile ones differ. */
export const rightFiles: Readonly<Record<string, Uint8Array>> = {
  npy: rightNpy,
  npz: zipOf([{ name: 'x.npy', data: rightNpy }]),
  safetensors: rightSafetensors,
  hdf5: smallFile().bytes(),
};

/** What opens files of a format and reads all that is in them. */
export const openers: Readonly<Record<string, (bytes: Uint8Array) => Promise<void>>> = {
  async npy(bytes) {
    (await readNpy(bytes)).dispose();
  },
  async npz(bytes) {
    for (const tensor of Object.values(await readNpz(bytes))) tensor.dispose();
  },
  async safetensors(bytes) {
    const file = await readSafetensors(bytesInMemory('buffer', bytes));
    for (const name of file.tensors.keys()) await file.read(name);
  },
  async keras(bytes) {
    (await loadModel(bytes)).dispose();
  },
  async hdf5(bytes) {
    const file = await openHdf5(bytesInMemory('buffer', bytes));
    const read = async (group: Hdf5Group): Promise<void> => {
      for (const { path, dtype } of group.datasets.values()) {
        if (dtype === 'string') await file.readStrings(path);
        else await file.read(path);
      }
      for (const child of group.groups.values()) await read(child);
    };
    try {
      await read(file.root);
    } finally {
      await file.close();
    }
  },
};

export async function open({ format, bytes }: Pick<HostileFile, 'format' | 'bytes'>): Promise<void> {
  await openers[format]?.(bytes);
}

/** Opens right files of all formats, so that everything is loaded. */
export async function warmUp(): Promise<void> {
  for (const [format, bytes] of Object.entries(rightFiles))
    await open({ format: format as HostileFile['format'], bytes });
}
