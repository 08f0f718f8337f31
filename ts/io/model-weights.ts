// Models and weights in files of arrays: safetensors and npz. Every array is called by Keras' place of the weight: `layers/dense/vars/0`.
import { FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import { version } from '../tensor/index.ts';
import type { NamedArray } from './artifacts.ts';
import { Assignments, filled, type StoredArray } from './assigning.ts';
import { writeAtomically } from './atomic.ts';
import type { ByteSource } from './bytes.ts';
import type { Format } from './formats.ts';
import { parseJson } from './json.ts';
import { compileFromKeras, modelFromKeras, modelToKeras } from './keras-config/index.ts';
import { openNpz, writeNpzArrays } from './npz.ts';
import type { LoadModelOptions, LoadWeightsOptions, SaveModelOptions } from './options.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { matchNamed, matchOrdered } from './tfjs/matching.ts';
import { planWeights, restoreOptimizer, snapshotOf, type WeightStore } from './weight-store.ts';

/** Where the metadata of a whole model hold its configuration: what `config.json` of a `.keras` file holds. */
const CONFIG = 'keras_config';

/** Whole models, or weights alone, in a safetensors file. */
export const safetensors: Format = {
  load: loadSafetensors,
  save: saveSafetensors,
  async loadWeights(model, source, options) {
    const { tensors, read } = await readSafetensors(source);
    const arrays = [...tensors].map(([name, { shape }]) => ({ name, shape, read: () => read(name) }));
    await assignWeights(source.name, model, arrays, options);
  },
  async saveWeights(model, path, { overwrite }) {
    const arrays = await valuesOf(model, false);
    await writeAtomically(path, writeSafetensors(arrays, header()), { overwrite });
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
  async saveWeights(model, path, { overwrite }) {
    // NumPy has no floats of 16 bits as bfloat16 has them.
    const arrays = (await valuesOf(model, false)).map((array) =>
      array.dtype === 'bfloat16' ? { ...array, dtype: 'float32' as const } : array,
    );
    await writeAtomically(path, writeNpzArrays(arrays), { overwrite });
  },
};

async function saveSafetensors(
  model: TrainableModel,
  path: string,
  { includeOptimizer = true, overwrite }: SaveModelOptions,
): Promise<void> {
  const config = modelToKeras(model);
  if (!includeOptimizer) delete config.compile_config;
  const arrays = await valuesOf(model, includeOptimizer);
  const metadata = { ...header(), [CONFIG]: JSON.stringify(config) };
  await writeAtomically(path, writeSafetensors(arrays, metadata), { overwrite });
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
  const store = storeOf(arrays);
  if (store === undefined)
    throw new FileError(`${name}: its tensors are not called as Keras calls the places of weights`);
  const model = modelFromKeras(name, config, customObjects);
  return filled(model, async () => {
    if (!model.built) throw new FileError(`${name} does not say the shape of the model's input`);
    await planWeights(name, store, model, {}).run(true);
    const { compile_config: compileConfig } = config as { compile_config?: unknown };
    if (compile) compileFromKeras(name, model, compileConfig, customObjects);
    if (model.isCompiled) await restoreOptimizer(name, store, model);
  });
}

/** Sets weights, by Keras' places or by any names that say which weight is meant. @throws FileError before any weight has changed. */
async function assignWeights(
  file: string,
  model: TrainableModel,
  arrays: readonly StoredArray[],
  { byName = false, skipMismatch = false }: LoadWeightsOptions,
): Promise<void> {
  const store = byName ? undefined : storeOf(arrays);
  if (store !== undefined) {
    await planWeights(file, store, model, { skipMismatch }).run();
    return;
  }
  const matches = byName ? matchNamed(model, arrays) : matchOrdered(file, model, arrays);
  const plan = new Assignments(file, { skipMismatch });
  for (const [{ variable, label, name }, array] of matches)
    plan.add({ name, label, variables: [variable] }, { name, arrays: [array] });
  await plan.run();
}

/** Arrays by the places of Keras' files; `undefined` when they are called otherwise. */
function storeOf(arrays: readonly StoredArray[]): WeightStore | undefined {
  const groups = new Map<string, StoredArray[]>();
  for (const array of arrays) {
    const [, path = '', index] = /^(?:(.*)\/)?vars\/(\d+)$/.exec(array.name) ?? [];
    if (index === undefined) return undefined;
    const group = groups.get(path) ?? [];
    groups.set(path, group);
    group[Number(index)] = array;
    // As many as there are, or numbers are left out.
    if (Number(index) >= arrays.length) return undefined;
  }
  const entries = [...groups].map(([path, group]) => {
    const place = path === '' ? 'vars' : `${path}/vars`;
    return [path, { path, layer: '', name: place, arrays: group }] as const;
  });
  return entries.some(([, { arrays: group }]) => group.includes(undefined as never)) ? undefined : new Map(entries);
}

/** Numbers at their places in Keras' files, all of the same moment. */
async function valuesOf(model: TrainableModel, withOptimizer: boolean): Promise<NamedArray[]> {
  const owners = snapshotOf(model, withOptimizer);
  try {
    const arrays: NamedArray[] = [];
    for (const { path, values } of owners) {
      for (const [i, value] of values.entries()) {
        const name = `${path === '' ? '' : `${path}/`}vars/${i}`;
        arrays.push({ name, shape: value.shape, dtype: value.dtype, data: await value.data() });
      }
    }
    return arrays;
  } finally {
    for (const { values } of owners) for (const value of values) value.dispose();
  }
}

function header(): Record<string, string> {
  return { format: 'keras', generated_by: `hornbeam ${version.hornbeam}` };
}
