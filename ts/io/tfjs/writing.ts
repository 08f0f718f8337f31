import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, FileError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { Tensor, TypedArray, Variable } from '../../tensor/index.ts';
import { version } from '../../tensor/index.ts';
import { writeAtomically } from '../atomic.ts';
import { modelToLegacy, trainingConfigOf } from '../keras-config/index.ts';
import type { SaveModelOptions } from '../options.ts';
import type { ModelArtifacts, ModelJson, TrainingConfig, WeightsManifestEntry } from './artifacts.ts';
import { stateArrays } from './optimizer-state.ts';
import { namedWeights, trainableFirst } from './weight-names.ts';

/** Bytes of a file of weights at most: what the converter writes, and what servers and browsers keep best. */
const SHARD = 4 * 2 ** 20;

/** The last save that replaces a model.json, by its path: the next one waits for it. */
const replacing = new Map<string, Promise<void>>();

/** An array on its way into a file. */
interface Outgoing {
  readonly spec: WeightsManifestEntry;
  readonly byteLength: number;
  read(): Promise<TypedArray>;
}

/** A model on its way into files, or to a handler. */
interface Prepared {
  readonly head: Omit<ModelArtifacts, 'weightSpecs' | 'weightData'>;
  readonly arrays: readonly Outgoing[];
  /** Frees the numbers of the moment of saving. */
  dispose(): void;
}

/** Writes `model.json` and its shards. A save that is broken off leaves the model that was there before as it was. */
export async function saveAsJson(model: TrainableModel, path: string, options: SaveModelOptions): Promise<void> {
  const prepared = prepare('save', model, options);
  const folder = dirname(path);
  const placeOf = (name: string): string => resolve(folder, name);
  let paths: string[] = [];
  try {
    await makeFolder(folder);
    const size = prepared.arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
    paths = await freshNames(placeOf, Math.ceil(size / SHARD));
    const bytes = new Cutter(bytesOf(prepared.arrays));
    for (const [i, name] of paths.entries())
      await writeAtomically(placeOf(name), bytes.take(Math.min(SHARD, size - i * SHARD)));
    const weights = prepared.arrays.map(({ spec }) => spec);
    const json: ModelJson = { ...prepared.head, weightsManifest: weights.length === 0 ? [] : [{ paths, weights }] };
    await inTurn(resolve(path), async () => {
      // Of the model that is replaced, which another save may have written meanwhile.
      const before = await shardsOf(path);
      await writeAtomically(path, [Buffer.from(JSON.stringify(json))], { overwrite: options.overwrite });
      // What cannot be removed (on Windows what a server has open) stays: the model is there.
      for (const name of before)
        if (!paths.includes(name)) await rm(placeOf(name), { force: true }).catch(() => undefined);
    });
  } catch (error) {
    // Shards that no model.json names; the old ones are whole. It names the new ones when only its folder could not be flushed.
    const named = await shardsOf(path);
    for (const name of paths)
      if (!named.includes(name)) await rm(placeOf(name), { force: true }).catch(() => undefined);
    throw error;
  } finally {
    prepared.dispose();
  }
}

/** The model as TensorFlow.js hands it to handlers. */
export async function artifactsOf(model: TrainableModel, options: SaveModelOptions): Promise<ModelArtifacts> {
  const { head, arrays, dispose } = prepare('save', model, options);
  try {
    const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for await (const chunk of bytesOf(arrays)) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return { ...head, weightSpecs: arrays.map(({ spec }) => spec), weightData: bytes.buffer };
  } finally {
    dispose();
  }
}

function prepare(call: string, model: TrainableModel, { includeOptimizer = true }: SaveModelOptions): Prepared {
  const modelTopology = modelToLegacy(model);
  const named = trainableFirst(model, namedWeights(model));
  const names = new Set<string>();
  for (const { name, label } of named) {
    if (names.has(name)) {
      throw new ConfigError(
        `${call}: two weights would be called "${name}" (${label}), so that TensorFlow.js could not tell them apart. Give layers of models inside the model names of their own`,
      );
    }
    names.add(name);
  }
  const held: Tensor[] = [];
  const hold = (variable: Variable): Tensor => {
    const value = variable.read();
    held.push(value);
    return value;
  };
  const arrays = named.map(({ variable, name }) => outgoing(name, variable.shape, hold(variable)));
  const trainingConfig = includeOptimizer && model.isCompiled ? loadableConfig(model) : undefined;
  if (trainingConfig !== undefined) {
    const trained = model.trainableWeights;
    const nameOf = new Map(named.map(({ variable, name }) => [variable, name]));
    const state = stateArrays(
      model.optimizer,
      trained,
      trained.map((variable) => nameOf.get(variable) as string),
    );
    if (state === undefined) {
      process.emitWarning(
        `save: ${model.label} is written without the state of ${model.optimizer.getClassName()}, which TensorFlow.js does not keep: training would begin with a fresh one. A .keras file holds everything`,
        'HornbeamWarning',
      );
    }
    for (const { name, variable, shape, convert } of state ?? [])
      arrays.push(outgoing(name, shape, variable && hold(variable), 'optimizer', convert));
  }
  const userDefinedMetadata = model.getUserDefinedMetadata();
  const head: Prepared['head'] = {
    modelTopology,
    format: 'layers-model',
    generatedBy: `hornbeam v${version.hornbeam}`,
    convertedBy: null,
    ...(trainingConfig === undefined ? {} : { trainingConfig }),
    ...(userDefinedMetadata === undefined ? {} : { userDefinedMetadata }),
  };
  const dispose = (): void => {
    for (const value of held) value.dispose();
  };
  return { head, arrays, dispose };
}

/** What TensorFlow.js knows of metrics; others it would refuse together with the model. */
const metrics: ReadonlySet<unknown> = new Set([
  ...[
    'accuracy',
    'acc',
    'crossentropy',
    'ce',
    'binary_accuracy',
    'categorical_accuracy',
    'precision',
    'mse',
    'mae',
    'mape',
  ],
  ...['categorical_crossentropy', 'sparse_categorical_crossentropy'],
]);
const metricNames: Readonly<Record<string, string>> = {
  mean_squared_error: 'mse',
  mean_absolute_error: 'mae',
  mean_absolute_percentage_error: 'mape',
};

/** How the model is compiled, if TensorFlow.js loads it: a file that it cannot load would be worse. */
function loadableConfig(model: TrainableModel): TrainingConfig | undefined {
  const config = trainingConfigOf(model) as TrainingConfig | undefined;
  if (config === undefined || (config.loss_weights !== undefined && config.loss_weights !== null)) {
    process.emitWarning(
      `save: ${model.label} is written without how it is compiled, which TensorFlow.js has no form for (${model.optimizer.getClassName()}, its options, the loss or its weights). A .keras file holds everything`,
      'HornbeamWarning',
    );
    return undefined;
  }
  const known = (value: unknown): unknown => {
    const name = typeof value === 'string' && Object.hasOwn(metricNames, value) ? metricNames[value] : value;
    return metrics.has(name) ? name : undefined;
  };
  const given = Array.isArray(config.metrics) ? (config.metrics as unknown[]) : [];
  return { ...config, metrics: given.flat().flatMap((value) => known(value) ?? []) };
}

function outgoing(
  name: string,
  shape: readonly number[],
  value: Tensor | undefined,
  group?: 'optimizer',
  convert: (values: TypedArray) => TypedArray = (values) => values,
): Outgoing {
  const own = value?.dtype ?? 'float32';
  // Those that TensorFlow.js has not become the next wider ones.
  const dtype = own === 'bool' ? 'bool' : own.includes('float') ? 'float32' : 'int32';
  const size = shape.reduce((product, dim) => product * dim, 1);
  const spec: WeightsManifestEntry = { name, shape: [...shape], dtype, ...(group === undefined ? {} : { group }) };
  return {
    spec,
    byteLength: size * (dtype === 'bool' ? 1 : 4),
    async read() {
      const values = value === undefined ? new Float32Array(size) : convert(await value.data());
      return dtype === 'int32' && !(values instanceof Int32Array) ? Int32Array.from(values as Int8Array) : values;
    },
  };
}

/** The bytes of all arrays, one after another. */
async function* bytesOf(arrays: readonly Outgoing[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const array of arrays) {
    const { buffer, byteOffset, byteLength } = await array.read();
    for (let at = 0; at < byteLength; at += SHARD)
      yield new Uint8Array(buffer, byteOffset + at, Math.min(SHARD, byteLength - at));
  }
}

/** Bytes that are cut into files. */
class Cutter {
  readonly #chunks: AsyncGenerator<Uint8Array, void, undefined>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncGenerator<Uint8Array, void, undefined>) {
    this.#chunks = chunks;
  }

  /** The next `size` bytes. */
  async *take(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0; ) {
      const chunk = this.#rest.byteLength > 0 ? this.#rest : (await this.#chunks.next()).value;
      if (chunk === undefined) return;
      this.#rest = chunk.subarray(left);
      yield chunk.subarray(0, left);
      left -= Math.min(left, chunk.byteLength);
    }
  }
}

/**
 * Names of shards as the converter's, each taken by an empty file: somebody else may save to the folder at this moment. Another group
 * when those are taken: the model that they belong to stays whole meanwhile.
 */
async function freshNames(placeOf: (name: string) => string, count: number): Promise<string[]> {
  for (let group = 1; ; group++) {
    const names = Array.from({ length: count }, (_, i) => `group${group}-shard${i + 1}of${count}.bin`);
    const taken: string[] = [];
    for (const name of names) {
      if (!(await isFresh(placeOf(name)))) break;
      taken.push(name);
    }
    if (taken.length === count) return names;
    for (const name of taken) await rm(placeOf(name), { force: true }).catch(() => undefined);
  }
}

/** Makes an empty file unless something is there. What else stands against it the write itself says. */
async function isFresh(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

/** Does `act` when those that came before it with the same path are done. */
async function inTurn(path: string, act: () => Promise<void>): Promise<void> {
  const own = (replacing.get(path) ?? Promise.resolve()).then(act);
  const done = own.catch(() => {});
  replacing.set(path, done);
  try {
    await own;
  } finally {
    if (replacing.get(path) === done) replacing.delete(path);
  }
}

/** Shards of the model that a model.json is of, by names that this file gives. */
async function shardsOf(path: string): Promise<string[]> {
  try {
    const { weightsManifest } = JSON.parse(await readFile(path, 'utf8')) as ModelJson;
    return weightsManifest
      .flatMap(({ paths }) => paths)
      .filter((name) => typeof name === 'string' && /^group\d+-shard\d+of\d+\.bin$/.test(name));
  } catch {
    // No model, or nothing that says what belongs to it.
    return [];
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new FileError(`${folder} cannot be made: ${(cause as Error).message}`, { cause });
  }
}
