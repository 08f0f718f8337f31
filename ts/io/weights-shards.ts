// `.weights.json`: a list of `.weights.h5` files in the same folder, over which Keras 3 spreads the weights of a large model.
import { FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import type { ByteSource } from './bytes.ts';
import { type Hdf5File, openHdf5 } from './hdf5/index.ts';
import { parseJson } from './json.ts';
import { limits } from './limits.ts';
import type { LoadWeightsOptions } from './options.ts';
import { planWeights, storeOf } from './weight-store.ts';

/** Files that a list may have. */
const MOST_SHARDS = 1000;

/** Sets the weights of a model to those of the files that a file lists. */
export async function loadWeights(
  model: TrainableModel,
  source: ByteSource,
  options: LoadWeightsOptions,
): Promise<void> {
  const shards = new Shards();
  try {
    const files: Hdf5File[] = [];
    for (const name of await shardsOf(source)) {
      if (source.sibling === undefined)
        throw new FileError(`${source.name} names files beside it, which bytes in memory do not have`);
      files.push(await shards.add(await source.sibling(name)));
    }
    await planWeights(source.name, storeOf(source.name, files), model, options).run();
  } finally {
    await shards.close();
  }
}

/** Files of which one is open at a time: each would have a worker of its own. */
class Shards {
  readonly #sources: ByteSource[] = [];
  #current: { readonly source: ByteSource; readonly file: Hdf5File } | undefined;

  /** A file that is opened again whenever it is read and another one was read meanwhile. */
  async add(source: ByteSource): Promise<Hdf5File> {
    this.#sources.push(source);
    const { root } = await this.#open(source);
    return {
      root,
      read: async (path) => (await this.#open(source)).read(path),
      readStrings: async (path) => (await this.#open(source)).readStrings(path),
      close: async () => {},
    };
  }

  async #open(source: ByteSource): Promise<Hdf5File> {
    if (this.#current?.source === source) return this.#current.file;
    await this.#current?.file.close();
    this.#current = undefined;
    const file = await openHdf5(source);
    this.#current = { source, file };
    return file;
  }

  async close(): Promise<void> {
    await this.#current?.file.close();
    for (const source of this.#sources) await source.close();
  }
}

/** Names of the files, each once. */
async function shardsOf(source: ByteSource): Promise<string[]> {
  if (source.size > limits.jsonBytes)
    throw new FileError(`${source.name} has ${source.size} bytes, too many for a list of files`);
  const list = parseJson(source.name, await source.read(0, source.size)) as { weight_map?: unknown } | null;
  const map = Object(list?.weight_map) as Record<string, unknown>;
  const names = new Set(Object.values(map).flat());
  if (names.size === 0)
    throw new FileError(`${source.name} lists no files of weights (weight_map is missing or empty)`);
  if (names.size > MOST_SHARDS)
    throw new FileError(`${source.name} lists ${names.size} files; at most ${MOST_SHARDS} are opened`);
  return [...names].map((name) => {
    if (typeof name === 'string') return name;
    throw new FileError(`${source.name}: weight_map must name files, got ${String(name)}`);
  });
}
