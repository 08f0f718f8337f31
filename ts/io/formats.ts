import { extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import type { ByteSource } from './bytes.ts';
import type { LoadModelOptions, LoadWeightsOptions, SaveModelOptions, SaveWeightsOptions } from './options.ts';

/** What reads and writes one kind of file: a module of its own, which is loaded when it is first used. */
export interface Format {
  /** A model of a file, not compiled unless the file says how and `compile` is not false. @throws FileError. */
  load?(source: ByteSource, options: LoadModelOptions): Promise<TrainableModel>;
  /** Writes a model, atomically. @throws FileError. */
  save?(model: TrainableModel, path: string, options: SaveModelOptions): Promise<void>;
  /** Sets the weights of a model. @throws FileError before any weight was changed. */
  loadWeights?(model: TrainableModel, source: ByteSource, options: LoadWeightsOptions): Promise<void>;
  /** Writes the weights of a model, atomically. @throws FileError. */
  saveWeights?(model: TrainableModel, path: string, options: SaveWeightsOptions): Promise<void>;
}

/** A row of the table of formats. */
export interface FormatEntry {
  readonly name: string;
  /** Ends of file names. The longest one that fits decides. */
  readonly endings: readonly string[];
  /** Whether a file begins with these bytes, for names that say nothing. */
  readonly begins?: (head: Uint8Array) => boolean;
  readonly module: () => Promise<Format>;
}

/** A format with weights in HDF5: its library, which takes a third of a second to start, does so while the rest is read. */
async function withHdf5(load: () => Promise<Format>): Promise<Format> {
  const { startLibrary } = await import('./hdf5/host.ts');
  startLibrary();
  await setImmediate();
  return load();
}

/** All formats that hold models or weights. */
export const formats: readonly FormatEntry[] = [
  {
    name: 'Keras',
    endings: ['.keras'],
    // A zip whose first member Keras writes; those of npz files are called otherwise.
    begins: (head) => textAt(head, 0, 4) === 'PK\u0003\u0004' && /^(metadata|config)\.json/.test(textAt(head, 30, 64)),
    module: () => withHdf5(() => import('./keras-file.ts')),
  },
  {
    name: 'weights of Keras',
    endings: ['.weights.h5'],
    module: () => withHdf5(() => import('./weights-h5.ts')),
  },
  {
    name: 'sharded weights of Keras',
    endings: ['.weights.json'],
    module: () => withHdf5(() => import('./weights-shards.ts')),
  },
  {
    name: 'HDF5 of Keras',
    endings: ['.h5', '.hdf5'],
    begins: (head) => textAt(head, 0, 4) === '\u0089HDF',
    module: () => withHdf5(() => import('./legacy-h5.ts')),
  },
  {
    name: 'TensorFlow.js',
    endings: ['.json'],
    // No other format begins with a brace.
    begins: (head) => head[0] === 0x7b,
    module: async () => (await import('./tfjs/index.ts')).tfjs,
  },
  {
    name: 'safetensors',
    endings: ['.safetensors'],
    // The length of the header, and its first character.
    begins: (head) => head[7] === 0 && head[8] === 0x7b,
    module: async () => (await import('./model-weights.ts')).safetensors,
  },
  { name: 'npz', endings: ['.npz'], module: async () => (await import('./model-weights.ts')).npz },
];

/** The format of a file by its name. */
export function formatByName(path: string): FormatEntry | undefined {
  const lower = path.toLowerCase();
  const fits = (entry: FormatEntry): number =>
    Math.max(0, ...entry.endings.filter((ending) => lower.endsWith(ending)).map(({ length }) => length));
  return formats.reduce<FormatEntry | undefined>(
    (found, entry) => (fits(entry) > (found === undefined ? 0 : fits(found)) ? entry : found),
    undefined,
  );
}

/** The format of a file by its name, or by its first bytes. @throws ConfigError for a name that no format has. */
export function formatOf(call: string, path: string, head?: Uint8Array): FormatEntry {
  const found = formatByName(path) ?? (head && formats.find(({ begins }) => begins?.(head)));
  if (found !== undefined) return found;
  throw new ConfigError(
    `${call}: ${extname(path) === '' ? `"${path}" has no ending` : `there is no format "${extname(path)}"`}; the endings are ${formats.flatMap(({ endings }) => endings).join(', ')}`,
  );
}

/** Bytes as text, each a character. */
function textAt(head: Uint8Array, from: number, to: number): string {
  return Buffer.from(head.subarray(from, to)).toString('latin1');
}
