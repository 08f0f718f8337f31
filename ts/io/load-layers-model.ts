import type { Model } from '../models/model.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import { loadModel } from './load-model.ts';
import type { LoadModelOptions } from './options.ts';
import type { IOHandler } from './tfjs/artifacts.ts';

/**
 * {@link loadModel} by the name of TensorFlow.js: `loadLayersModel('file://./model/model.json')`, or the URL of a server, or a handler.
 *
 * @throws As `loadModel`.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * let saved: io.ModelArtifacts = {};
 * await net.save(io.withSaveHandler((artifacts) => {
 *   saved = artifacts;
 *   return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
 * }));
 * const copy = await loadLayersModel(io.fromMemory(saved));
 * copy.countParams() // 4
 */
export async function loadLayersModel<Out extends Tree = Tensor>(
  source: string | URL | IOHandler,
  options: LoadModelOptions = {},
): Promise<Model<Out>> {
  return loadModel<Out>(source, options);
}
