import { checkConfig, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { type LayerClasses, layerFromConfig } from '../layers/registry.ts';
import type { Tree } from '../tensor/tree.ts';
import { Model } from './model.ts';

/** A model as JSON holds it. */
export interface ModelJSON {
  readonly className: string;
  readonly config: Record<string, unknown>;
}

/**
 * A model with the same layers and new weights, not compiled. `copy.setWeights(model.getWeights())` copies the weights, too.
 *
 * @throws ConfigError for layers of classes that are not registered (`registerClass`), or that cannot be configured.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * const copy = cloneModel(net);
 * copy.setWeights(net.getWeights());
 */
export function cloneModel<M extends Model<Tree>>(model: M): M {
  if (!(model instanceof Model)) throw new ConfigError(`cloneModel needs a model, got ${received(model)}`);
  return modelFromJSON(JSON.stringify(model)) as M;
}

/**
 * A model of what `model.toJSON()` (or `JSON.stringify(model)`) gave, with new weights.
 *
 * @param json An object, or its text.
 * @param customLayers Classes of your own by their `className`, besides those of `registerClass`.
 * @throws ConfigError for what is no such configuration.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * const copy = modelFromJSON(JSON.stringify(net));
 * copy.countParams() // 4
 */
export function modelFromJSON(json: string | ModelJSON, customLayers: LayerClasses = {}): Model<Tree> {
  let entry: unknown = json;
  if (typeof json === 'string') {
    try {
      entry = JSON.parse(json);
    } catch (cause) {
      throw new ConfigError('modelFromJSON: the text is no JSON', { cause });
    }
  }
  checkConfig('modelFromJSON', entry);
  const made: unknown = layerFromConfig(entry, customLayers);
  if (made instanceof Model) return made as Model<Tree>;
  throw new ConfigError(`modelFromJSON: the configuration is one of ${received(made)}, not of a model`);
}
