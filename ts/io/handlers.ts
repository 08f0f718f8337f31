// What TensorFlow.js calls `io`: models that are stored by functions of one's own.
import { checkFunction, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { IOHandler, ModelArtifacts, SaveResult, TrainingConfig, WeightsManifestEntry } from './tfjs/artifacts.ts';

export type {
  IOHandler,
  ModelArtifacts,
  ModelArtifactsInfo,
  Quantization,
  SaveResult,
  TrainingConfig,
  WeightsManifestEntry,
} from './tfjs/artifacts.ts';

/**
 * A handler that gives what `model.save` writes to a function: to send it to a database or a server.
 *
 * @param save Gets topology and weights; what it answers, or promises, is what `model.save` resolves to.
 * @throws ConfigError for what is no function.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * let bytes = 0;
 * await net.save(io.withSaveHandler((artifacts) => {
 *   bytes = (artifacts.weightData as ArrayBuffer).byteLength;
 *   return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
 * }));
 * bytes // 16
 */
export function withSaveHandler(save: (artifacts: ModelArtifacts) => SaveResult | Promise<SaveResult>): IOHandler {
  checkFunction('withSaveHandler', 'the handler', save);
  return { save: (artifacts) => save(artifacts) };
}

/**
 * A handler that has a model in memory, for `loadModel`.
 *
 * @param artifacts What a save handler got. In TensorFlow.js' older form: the topology, with the other arguments.
 * @throws ConfigError for what is no object.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * let saved: io.ModelArtifacts = {};
 * await net.save(io.withSaveHandler((artifacts) => {
 *   saved = artifacts;
 *   return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
 * }));
 * const copy = await loadModel(io.fromMemory(saved));
 * copy.countParams() // 4
 */
export function fromMemory(
  artifacts: ModelArtifacts | object,
  weightSpecs?: WeightsManifestEntry[],
  weightData?: ArrayBuffer | ArrayBuffer[],
  trainingConfig?: TrainingConfig,
): IOHandler {
  if (typeof artifacts !== 'object' || artifacts === null || Array.isArray(artifacts))
    throw new ConfigError(`fromMemory needs what a save handler got, got ${received(artifacts)}`);
  const isWhole = 'modelTopology' in artifacts || 'weightSpecs' in artifacts;
  const whole: ModelArtifacts =
    isWhole && weightSpecs === undefined
      ? artifacts
      : {
          modelTopology: artifacts,
          ...(weightSpecs === undefined ? {} : { weightSpecs }),
          ...(weightData === undefined ? {} : { weightData }),
          ...(trainingConfig === undefined ? {} : { trainingConfig }),
        };
  return { load: () => whole };
}
