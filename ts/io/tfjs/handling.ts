import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { LoadModelOptions, SaveModelOptions } from '../options.ts';
import type { IOHandler, SaveResult } from './artifacts.ts';
import { loadFromArtifacts } from './reading.ts';
import { artifactsOf } from './writing.ts';

/** Hands a model to a handler; gives what it answers. What the handler throws is thrown. @throws ConfigError for a handler that only loads. */
export async function saveToHandler(
  model: TrainableModel,
  handler: IOHandler,
  options: SaveModelOptions,
): Promise<SaveResult> {
  if (typeof handler.save !== 'function')
    throw new ConfigError(`save: the handler has no function save, but save: ${received(handler.save)}`);
  return handler.save(await artifactsOf(model, options));
}

/** A model that a handler gives. What the handler throws is thrown. @throws FileError for what is no model. */
export async function loadFromHandler(handler: IOHandler, options: LoadModelOptions): Promise<TrainableModel> {
  if (typeof handler.load !== 'function')
    throw new ConfigError(`loadModel: the handler has no function load, but load: ${received(handler.load)}`);
  return loadFromArtifacts('what the handler gave', await handler.load(), options);
}
