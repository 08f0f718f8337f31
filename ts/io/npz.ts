import { Readable } from 'node:stream';
import { ConfigError, FileError } from '../errors.ts';
import type { NamedArray } from './artifacts.ts';
import type { ByteSource, Chunk } from './bytes.ts';
import { npyOf, readNpyArray } from './npy.ts';
import { checkArray } from './safetensors.ts';
import { openZip, writeZip, type ZipInput, type ZipWriteOptions } from './zip.ts';

/** An npz file of NumPy that is being read. Whoever opened the source closes it. */
export interface NpzFile {
  /** Names of the arrays, in the order of the file. */
  readonly names: readonly string[];
  /** @throws FileError for a name that is missing, and for what `readNpyArray` refuses. */
  read(name: string): Promise<NamedArray>;
}

/** Reads the directory of an npz file (`numpy.savez`, `numpy.savez_compressed`). @throws FileError for what is none. */
export async function openNpz(source: ByteSource): Promise<NpzFile> {
  const zip = await openZip(source);
  const members = new Map<string, string>();
  for (const member of zip.members.keys()) {
    if (!member.endsWith('.npy')) throw new FileError(`${source.name} is no npz file: its member ${member} is no .npy`);
    members.set(member.slice(0, -'.npy'.length), member);
  }
  return {
    names: [...members.keys()],
    async read(name) {
      const member = members.get(name);
      if (member === undefined) {
        throw new FileError(
          `${source.name} has no array ${JSON.stringify(name)}; it has ${[...members.keys()].slice(0, 8).join(', ')}`,
        );
      }
      return { ...(await readNpyArray(await zip.source(member))), name };
    },
  };
}

/** The bytes of an npz file, as `numpy.savez` writes it. @throws ConfigError for names that occur twice. */
export function writeNpzArrays(
  arrays: Iterable<NamedArray>,
  options: ZipWriteOptions = {},
): AsyncGenerator<Chunk, void, undefined> {
  return writeZip(members(arrays), options);
}

function* members(arrays: Iterable<NamedArray>): Generator<ZipInput> {
  for (const array of arrays) {
    checkArray('writeNpz', array);
    if (array.name.endsWith('/')) throw new ConfigError(`writeNpz: ${JSON.stringify(array.name)} cannot be a name`);
    const { size, pieces } = npyOf(array);
    yield { name: `${array.name}.npy`, data: Readable.from(pieces()), size };
  }
}
