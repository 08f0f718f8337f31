import { received } from '../../arguments.ts';
import { FileError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { TypedArray } from '../../tensor/index.ts';
import { Assignments, filled } from '../assigning.ts';
import type { ByteSource } from '../bytes.ts';
import { parseJsonObject } from '../json.ts';
import { compileFromLegacy, modelFromLegacy } from '../keras-config/index.ts';
import { limits } from '../limits.ts';
import type { LoadModelOptions, LoadWeightsOptions } from '../options.ts';
import { readManifest, readSpecs, total, type WeightSpec } from './manifest.ts';
import { type Matches, matchAll, matchNamed, matchOrdered } from './matching.ts';
import { restoreState } from './optimizer-state.ts';
import { joined, readWeight, Shards, type WeightBytes } from './weight-bytes.ts';

/** An array of a model whose numbers are read when they are asked for. */
interface LayersArray extends WeightSpec {
  read(): Promise<TypedArray>;
}

/** What a `model.json` and its shards, or a handler, hold. */
interface LayersModel {
  /** What errors call it. */
  readonly name: string;
  readonly topology: unknown;
  readonly trainingConfig: unknown;
  readonly userDefinedMetadata: unknown;
  /** Of the model. `undefined`: the file is of the topology alone. */
  readonly weights: readonly LayersArray[] | undefined;
  /** Of the optimizer. */
  readonly state: readonly LayersArray[];
  close(): Promise<void>;
}

/** A model of a `model.json` and the shards beside it. */
export async function loadFromJson(source: ByteSource, options: LoadModelOptions): Promise<TrainableModel> {
  const file = await openJson(source);
  try {
    return await modelOf(file, options);
  } finally {
    await file.close();
  }
}

/** A model of what a handler gave. @throws FileError as for files. */
export async function loadFromArtifacts(
  name: string,
  artifacts: unknown,
  options: LoadModelOptions,
): Promise<TrainableModel> {
  const file = openArtifacts(name, artifacts);
  return modelOf(file, options);
}

/** Sets weights to those of a `model.json`. */
export async function loadWeightsFromJson(
  model: TrainableModel,
  source: ByteSource,
  { byName = false, skipMismatch = false }: LoadWeightsOptions,
): Promise<void> {
  const file = await openJson(source);
  try {
    if (file.weights === undefined) throw new FileError(`${file.name} holds no weights: it has no weightsManifest`);
    const matches = byName ? matchNamed(model, file.weights) : matchOrdered(file.name, model, file.weights);
    await assign(file.name, matches, skipMismatch);
  } finally {
    await file.close();
  }
}

async function modelOf(file: LayersModel, options: LoadModelOptions): Promise<TrainableModel> {
  const { name, topology, weights } = file;
  const { customObjects = {}, compile = true } = options;
  const whole = recordOf(name, 'modelTopology', topology);
  const model = modelFromLegacy(name, whole.model_config ?? whole, customObjects);
  return filled(model, async () => {
    if (weights !== undefined) {
      if (!model.built) throw new FileError(`${name} holds weights, but does not say the shape of the model's input`);
      await assign(name, matchAll(name, model, weights), false, true);
    }
    const training = file.trainingConfig ?? whole.training_config;
    if (compile && training !== undefined && training !== null) {
      compileFromLegacy(name, model, training, customObjects);
      if (model.isCompiled) await restoreState(name, model, file.state);
    }
    if (file.userDefinedMetadata !== undefined && file.userDefinedMetadata !== null)
      model.setUserDefinedMetadata(recordOf(name, 'userDefinedMetadata', file.userDefinedMetadata));
  });
}

async function assign(
  file: string,
  matches: Matches<LayersArray>,
  skipMismatch: boolean,
  isNew = false,
): Promise<void> {
  const plan = new Assignments(file, { skipMismatch });
  for (const [{ variable, label, name }, array] of matches)
    plan.add({ name, label, variables: [variable] }, { name, arrays: [array] });
  await plan.run(isNew);
}

async function openJson(source: ByteSource): Promise<LayersModel> {
  const { name, size } = source;
  if (size > limits.jsonBytes)
    throw new FileError(`${name} has ${size} bytes of JSON; at most ${limits.jsonBytes} are read`);
  const json = parseJsonObject(name, await source.read(0, size));
  checkFormat(name, json);
  const { modelTopology: topology, weightsManifest, trainingConfig, userDefinedMetadata } = json;
  if (topology === undefined && weightsManifest === undefined)
    throw new FileError(`${name} is no model of TensorFlow.js: it has neither modelTopology nor weightsManifest`);
  const found =
    weightsManifest === undefined || weightsManifest === null ? undefined : readManifest(name, weightsManifest);
  const arrays: LayersArray[] = [];
  const files: WeightBytes[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    // All sizes are compared before anything is read.
    for (const group of found ?? []) {
      const shards = await Shards.of(source, group);
      files.push(shards);
      arrays.push(...arraysOf(name, group.specs, shards));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { name, topology, trainingConfig, userDefinedMetadata, ...grouped(found && arrays), close };
}

function openArtifacts(name: string, artifacts: unknown): LayersModel {
  const given = recordOf(name, 'what load gave', artifacts);
  checkFormat(name, given);
  const { modelTopology: topology, weightSpecs, weightData, trainingConfig, userDefinedMetadata } = given;
  let arrays: LayersArray[] | undefined;
  // As when a handler streams its weights, or gives what a model.json holds: the model would have random ones.
  if (weightData === undefined || weightData === null) {
    if (Array.isArray(weightSpecs) && weightSpecs.length > 0)
      throw new FileError(`${name}: weightSpecs describes ${weightSpecs.length} weights, but there is no weightData`);
    if (Array.isArray(given.weightsManifest) && given.weightsManifest.length > 0)
      throw new FileError(
        `${name}: weightsManifest names files, but a handler gives weightSpecs and weightData instead`,
      );
  }
  if (weightData !== undefined && weightData !== null) {
    const specs = readSpecs(name, 'weightSpecs', weightSpecs);
    const buffers = (Array.isArray(weightData) ? (weightData as unknown[]) : [weightData]).map((data) => {
      if (data instanceof ArrayBuffer) return new Uint8Array(data);
      // What Node reads from files and servers.
      if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      throw new FileError(`${name}: weightData must be an ArrayBuffer, or a list of them, got ${received(data)}`);
    });
    const size = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (size !== total(specs))
      throw new FileError(
        `${name}: the weights take ${total(specs)} bytes by their shapes, but weightData has ${size}`,
      );
    arrays = arraysOf(name, specs, joined(buffers));
  }
  return { name, topology, trainingConfig, userDefinedMetadata, ...grouped(arrays), async close() {} };
}

/** @throws FileError for models of other kinds. */
function checkFormat(name: string, { format, modelTopology }: Record<string, unknown>): void {
  const isGraph =
    format === 'graph-model' ||
    (typeof modelTopology === 'object' && modelTopology !== null && 'node' in modelTopology);
  if (isGraph) {
    throw new FileError(
      `${name} is a graph model, made of a TensorFlow SavedModel: it holds operations instead of layers. Convert the Keras model it came from as a layers model (--output_format tfjs_layers_model), or save that as .keras`,
    );
  }
  if (format !== undefined && format !== null && format !== 'layers-model')
    throw new FileError(`${name} has the format ${received(format)}; "layers-model" is what is read`);
}

function arraysOf(name: string, specs: readonly WeightSpec[], bytes: WeightBytes): LayersArray[] {
  let end = 0;
  return specs.map((spec) => {
    const begin = end;
    end += spec.byteLength;
    return { ...spec, read: () => readWeight(`${name}: the weight "${spec.name}"`, spec, bytes, begin) };
  });
}

/** What Keras 3's converter calls the state of the optimizer. */
const kerasState = /^_?optimizer\/vars\/\d+$/;

function grouped(arrays: readonly LayersArray[] | undefined): Pick<LayersModel, 'weights' | 'state'> {
  return {
    weights: arrays?.filter(({ group, name }) => group === 'model' && !kerasState.test(name)),
    state: arrays?.filter(({ group }) => group === 'optimizer') ?? [],
  };
}

function recordOf(name: string, what: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FileError(`${name}: ${what} must be an object, got ${received(value)}`);
}
