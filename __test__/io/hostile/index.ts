import type { HostileFile } from './entry.ts';
import { hostileHdf5 } from './hdf5.ts';
import { hostileKeras } from './keras.ts';
import { hostileNpy, hostileNpz } from './npy.ts';
import { hostileSafetensors } from './safetensors.ts';
import { hostileZips } from './zip.ts';

/** All files that must be refused, by groups. */
export const hostile: Readonly<Record<string, readonly HostileFile[]>> = {
  zip: hostileZips,
  npy: [...hostileNpy, ...hostileNpz],
  safetensors: hostileSafetensors,
  hdf5: hostileHdf5,
  keras: hostileKeras,
};
