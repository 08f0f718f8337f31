import type { Model } from '../models/model.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import type { LoadModelOptions } from './options.ts';
import type { IOHandler } from './tfjs/artifacts.ts';

/**
 * Reads a model: its layers, weights, how it is compiled, and the state of its optimizer, so that training goes on where it ended.
 *
 * Keras' `.keras` and `.h5`, TensorFlow.js' `model.json`, `.safetensors` with a model in it. No code of a file is run, and no other
 * file or address that it names is opened, except the shards of a `model.json`, which are in its folder. An address may redirect, but not
 * from `https:` to `http:`; a download ends with an error after `timeout`, or a minute without a byte.
 *
 * @param source A path or URL (`file:`; `http:` and `https:` are downloaded, because you ask for it), the bytes of a file, or a
 * handler as of TensorFlow.js.
 * @throws ConfigError for options outside their allowed values; FileError for what cannot be read, for a class that the file names and
 * this process does not know (all of them are listed), and for weights that are not those of the model.
 * @example
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(tmpdir(), 'hornbeam-example.keras');
 * const net = sequential({ layers: [layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [2] })] });
 * await net.save(path);
 * const same = await loadModel(path);
 * same.predict([[1, 2]]) // [[3]]
 */
export async function loadModel<Out extends Tree = Tensor>(
  source: string | URL | Uint8Array | ArrayBuffer | IOHandler,
  options: LoadModelOptions = {},
): Promise<Model<Out>> {
  const { loadFrom } = await import('./loading.ts');
  return (await loadFrom(source, options)) as unknown as Model<Out>;
}
