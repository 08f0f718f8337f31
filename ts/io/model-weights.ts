// Models and weights in files of arrays: safetensors and npz. Every array is called by Keras' place of the weight: `layers/dense/vars/0`.
import { FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import { type Tensor, type TypedArray, type Variable, version } from '../tensor/index.ts';
import type { NamedArray } from './artifacts.ts';
import { Assignments, type StoredArray } from './assigning.ts';
import { writeAtomically } from './atomic.ts';
import type { ByteSource } from './bytes.ts';
import type { Format } from './formats.ts';
import { parseJson } from './json.ts';
import { compileFromKeras, modelFromKeras, modelToKeras } from './keras-config/index.ts';
import { openNpz, writeNpzArrays } from './npz.ts';
import type { LoadModelOptions, LoadWeightsOptions, SaveModelOptions } from './options.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { matchAll, matchNamed, matchOrdered } from './tfjs/matching.ts';
import { weightOwners } from './weight-tree.ts';

/** Where the metadata of a whole model hold its configuration: what `config.json` of a `.keras` file holds. */
const CONFIG = 'keras_config';
/** Places of the optimizer's state: its variables in Keras' order. */
const STATE = 'optimizer/vars/';

/** Whole models, or weights alone, in a safetensors file. */
export const safetensors: Format = {
  load: loadSafetensors,
  save: saveSafetensors,
  async loadWeights(model, source, options) {
    const { tensors, read } = await readSafetensors(source);
    const arrays = [...tensors].map(([name, { shape }]) => ({ name, shape, read: () => read(name) }));
    await assignWeights(source.name, model, arrays, options);
  },
  async saveWeights(model, path) {
    const arrays = await valuesOf(weightPlaces(model));
    await writeAtomically(path, writeSafetensors(arrays, header()));
  },
};

/** Weights alone in a file of NumPy. */
export const npz: Format = {
  async loadWeights(model, source, options) {
    const { names, read } = await openNpz(source);
    // Shapes stand before the numbers of each array, which are small beside a model: they are read together.
    const arrays: StoredArray[] = [];
    for (const name of names) {
      const { shape, data } = await read(name);
      arrays.push({ name, shape, read: async () => data });
    }
    await assignWeights(source.name, model, arrays, options);
  },
  async saveWeights(model, path) {
    // NumPy has no floats of 16 bits as bfloat16 has them.
    const arrays = (await valuesOf(weightPlaces(model))).map((array) =>
      array.dtype === 'bfloat16' ? { ...array, dtype: 'float32' as const } : array,
    );
    await writeAtomically(path, writeNpzArrays(arrays));
  },
};

async function saveSafetensors(
  model: TrainableModel,
  path: string,
  { includeOptimizer = true }: SaveModelOptions,
): Promise<void> {
  const config = modelToKeras(model);
  const places = weightPlaces(model);
  if (!includeOptimizer) delete config.compile_config;
  else if (model.isCompiled)
    model.optimizer.variables.forEach((variable, i) => void places.push([`${STATE}${i}`, variable]));
  const arrays = await valuesOf(places);
  await writeAtomically(path, writeSafetensors(arrays, { ...header(), [CONFIG]: JSON.stringify(config) }));
}

async function loadSafetensors(source: ByteSource, options: LoadModelOptions): Promise<TrainableModel> {
  const { name } = source;
  const { metadata, tensors, read } = await readSafetensors(source);
  const text = metadata.get(CONFIG);
  if (text === undefined) {
    throw new FileError(
      `${name} holds weights, but no model: its metadata have no ${CONFIG}. Make the model and call loadWeights`,
    );
  }
  const config = parseJson(`${name}: ${CONFIG}`, text);
  const { customObjects = {}, compile = true } = options;
  const arrays = [...tensors].map(([key, { shape }]) => ({ name: key, shape, read: () => read(key) }));
  const model = modelFromKeras(name, config, customObjects);
  try {
    if (!model.built) throw new FileError(`${name} does not say the shape of the model's input`);
    await assignWeights(name, model, arrays, {});
    const { compile_config: compileConfig } = config as { compile_config?: unknown };
    if (compile && compileConfig !== undefined && compileConfig !== null) {
      compileFromKeras(name, model, compileConfig, customObjects);
      if (model.isCompiled) await restoreState(name, model, arrays);
    }
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Sets weights. @throws FileError before any weight has changed. */
async function assignWeights(
  file: string,
  model: TrainableModel,
  all: readonly StoredArray[],
  { byName = false, skipMismatch = false }: LoadWeightsOptions,
): Promise<void> {
  const arrays = all.filter(({ name }) => !name.startsWith(STATE));
  const find = skipMismatch ? matchOrdered<StoredArray> : matchAll<StoredArray>;
  const matches = byName ? matchNamed(model, arrays) : find(file, model, arrays);
  const plan = new Assignments(file, { skipMismatch });
  for (const [{ variable, label, name }, array] of matches)
    plan.add({ name, label, variables: [variable] }, { name, arrays: [array] });
  await plan.run();
}

/** Sets the state of the optimizer; what does not fit is left out with a warning, as Keras does. */
async function restoreState(file: string, model: TrainableModel, arrays: readonly StoredArray[]): Promise<void> {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const count = arrays.filter(({ name }) => name.startsWith(STATE)).length;
  const { optimizer } = model;
  if (count > optimizer.variables.length) optimizer.build(model.trainableWeights);
  const { variables } = optimizer;
  const stored = variables.map((_, i) => byName.get(`${STATE}${i}`));
  const fits = variables.every(({ shape }, i) => {
    const other = stored[i]?.shape;
    return other?.length === shape.length && shape.every((size, axis) => size === other[axis]);
  });
  if (!fits || count !== variables.length) {
    process.emitWarning(
      `${file}: the state of the optimizer is left out, because it is not that of ${optimizer.getClassName()} for these weights: training would begin with a fresh state`,
      'HornbeamWarning',
    );
    return;
  }
  const plan = new Assignments(file);
  plan.add({ name: STATE, label: 'the optimizer', variables }, { name: STATE, arrays: stored as StoredArray[] });
  await plan.run();
}

/** Weights at their places in Keras' files. */
function weightPlaces(model: TrainableModel): [string, Variable][] {
  return weightOwners(model).flatMap(({ path, variables }) =>
    variables.map((variable, i): [string, Variable] => [`${path}${path === '' ? '' : '/'}vars/${i}`, variable]),
  );
}

/** Their numbers, all of the same moment. */
async function valuesOf(places: readonly (readonly [string, Variable])[]): Promise<NamedArray[]> {
  const held = places.map(([name, variable]): [string, Tensor] => [name, variable.read()]);
  try {
    const arrays: NamedArray[] = [];
    for (const [name, value] of held) {
      const data: TypedArray = await value.data();
      arrays.push({ name, shape: value.shape, dtype: value.dtype, data });
    }
    return arrays;
  } finally {
    for (const [, value] of held) value.dispose();
  }
}

function header(): Record<string, string> {
  return { format: 'keras', generated_by: `hornbeam ${version.hornbeam}` };
}
