// Configurations of models as files hold them, to and from models.
import { ConfigError } from '../../errors.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { withNumbersOfFile } from '../../layers/weights.ts';
import { Model, type TrainableModel } from '../../models/model.ts';
import type { KerasObject } from '../artifacts.ts';
import type { CustomObjects } from '../options.ts';
import { compileAs } from './compile.ts';
import { modernModel } from './legacy.ts';
import { modernTraining } from './legacy-compile.ts';
import { withoutMaskNodes } from './mask-nodes.ts';
import { readLayer } from './read-layers.ts';
import { isRecord, type Json, Reading } from './reading.ts';
import { writeCompile } from './write-compile.ts';
import { writeTopology } from './write-tfjs.ts';
import { writeTraining } from './write-training.ts';
import { Writing, writeLayer } from './writing.ts';

/** A model as Keras' configurations hold it. @throws ConfigError for layers that no file can hold. */
export function modelToKeras(model: TrainableModel, writing: Writing = new Writing()): KerasObject {
  const object = writeLayer(writing, model as AnyLayer);
  const compiled = writeCompile(model);
  return compiled === undefined ? object : { ...object, compile_config: compiled };
}

/** A model as `config.json` of a file holds it that Keras reads. @throws ConfigError as `modelToKeras`, and for names that Keras refuses. */
export function modelForKeras(model: TrainableModel): KerasObject {
  const writing = new Writing();
  const object = modelToKeras(model, writing);
  const refused = [...writing.layers].filter(({ name }) => name.includes('/')).map(({ label }) => label);
  if (model.isCompiled && model.optimizer.name.includes('/')) refused.push(`the optimizer "${model.optimizer.name}"`);
  if (refused.length === 0) return object;
  const more = refused.length > MOST_NAMES ? ` and ${refused.length - MOST_NAMES} more` : '';
  throw new ConfigError(
    `${model.label}: Keras refuses names with a slash, so it could not load this file: rename ${refused.slice(0, MOST_NAMES).join(', ')}${more}. modelFromJSON makes the model anew with other names; .safetensors and model.json take these`,
  );
}

/** Names that an error lists. */
const MOST_NAMES = 8;

/**
 * The model of what a `config.json` holds, with new weights, not compiled.
 *
 * @param file What errors call the file.
 * @param options weightBytes: bytes that the file has for weights; a model with more is refused before it takes memory, and all weights
 *   begin as zeros, to be set from the file.
 * @throws FileError for a configuration that is none, and one that lists all classes that this process does not know.
 */
export function modelFromKeras(
  file: string,
  object: unknown,
  customObjects: CustomObjects = {},
  { weightBytes }: { weightBytes?: number | undefined } = {},
): TrainableModel {
  const reading: Reading = new Reading(file, customObjects);
  if (!isRecord(object)) reading.fail('config.json', 'it does not hold an object');
  const { compile_config: _, ...written } = object;
  const topology = withoutMaskNodes(written);
  reading.checkClasses(topology);
  if (weightBytes === undefined) return modelOf(reading, topology);
  // A number of a weight takes a byte or more.
  return withNumbersOfFile(weightBytes, () => modelOf(reading, topology));
}

function modelOf(reading: Reading, topology: Json): TrainableModel {
  const made = readLayer(reading, topology, '');
  if (!(made instanceof Model)) return reading.fail(made.label, 'it is a layer, and no model');
  const build = isRecord(topology.build_config) ? topology.build_config.input_shape : undefined;
  // A model of the user's own class has no layers in its configuration that say what it is built for.
  if (!made.built && build !== undefined && build !== null)
    reading.trying(made.label, () => made.build(build as never));
  return made as TrainableModel;
}

/**
 * Compiles a model as the `compile_config` of a file says; `null` and `{}` say that it was not compiled.
 *
 * @throws FileError for what hornbeam does not have, and one that lists all classes that this process does not know.
 */
export function compileFromKeras(
  file: string,
  model: TrainableModel,
  compileConfig: unknown,
  customObjects: CustomObjects = {},
): void {
  if (compileConfig === null || compileConfig === undefined) return;
  const reading: Reading = new Reading(file, customObjects);
  if (!isRecord(compileConfig)) reading.fail('compile_config', 'it is no object');
  if (Object.keys(compileConfig).length === 0) return;
  reading.checkClasses(compileConfig);
  compileAs(reading, model, compileConfig, 'compile_config');
}

/**
 * The model of what Keras 2 (`model_config` of an `.h5` file) or TensorFlow.js (`modelTopology`) hold, with new weights, not compiled;
 * converters also write the form of Keras 3 there.
 *
 * @throws As `modelFromKeras`.
 */
export function modelFromLegacy(file: string, topology: unknown, customObjects: CustomObjects = {}): TrainableModel {
  const reading: Reading = new Reading(file, customObjects);
  if (!isRecord(topology)) reading.fail('the topology', 'it is no object');
  const whole = isRecord(topology.model_config) ? topology.model_config : topology;
  const { compile_config: _, training_config: __, ...written } = whole;
  const model = withoutMaskNodes(written);
  reading.checkClasses(model);
  return modelOf(reading, modernModel(reading, model, 'the topology'));
}

/**
 * Compiles a model as `training_config` (Keras 2) or `trainingConfig` (TensorFlow.js) say.
 *
 * @throws As `compileFromKeras`.
 */
export function compileFromLegacy(
  file: string,
  model: TrainableModel,
  trainingConfig: unknown,
  customObjects: CustomObjects = {},
): void {
  if (trainingConfig === null || trainingConfig === undefined) return;
  const reading: Reading = new Reading(file, customObjects);
  if (!isRecord(trainingConfig)) reading.fail('training_config', 'it is no object');
  if (Object.keys(trainingConfig).length === 0) return;
  const modern = modernTraining(reading, trainingConfig, 'training_config');
  reading.checkClasses(modern);
  compileAs(reading, model, modern, 'training_config');
}

/**
 * A model as TensorFlow.js' `modelTopology`.
 *
 * @throws ConfigError for layers and options that TensorFlow.js does not have.
 */
export function modelToLegacy(model: TrainableModel): object {
  return writeTopology(model);
}

/** How a model is compiled as TensorFlow.js' `trainingConfig`; `undefined` when it is not, or in a way that it has no words for. */
export function trainingConfigOf(model: TrainableModel): object | undefined {
  return writeTraining(model);
}
