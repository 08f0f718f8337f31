// `.h5` of Keras 2, and of Keras 3 for those who still write it: a model with its weights by layer, or such weights alone.
import { FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import {
  type Assignments,
  filled,
  layersOf,
  Assignments as Plan,
  planByName,
  planByOrder,
  type StoredArray,
  type StoredLayer,
} from './assigning.ts';
import type { ByteSource } from './bytes.ts';
import { type Hdf5Dataset, type Hdf5File, type Hdf5Group, openHdf5 } from './hdf5/index.ts';
import { parseJson } from './json.ts';
import { compileFromLegacy, modelFromLegacy } from './keras-config/index.ts';
import { restoreLegacyOptimizer } from './legacy-optimizer.ts';
import type { LoadModelOptions, LoadWeightsOptions } from './options.ts';
import { planWeights, storeOf } from './weight-store.ts';
import { weightOwners } from './weight-tree.ts';

/** Keras writes bfloat16 as h5py does, as two bytes that do not say what they are; it does not read such files itself. */
const opaque = { opaque: 'bfloat16' } as const;

/** The model of a file. */
export async function load(
  source: ByteSource,
  { compile = true, customObjects = {} }: LoadModelOptions,
): Promise<TrainableModel> {
  const file = await openHdf5(source, opaque);
  try {
    const { name } = source;
    const config = attributeOf(file.root, 'model_config');
    if (config === undefined)
      throw new FileError(
        `${name} holds weights, and no model (model_config is missing): make the model and call loadWeights`,
      );
    const model = modelFromLegacy(name, parseJson(`${name}: model_config`, config), customObjects);
    return await filled(model, async () => {
      const weights = file.root.groups.get('model_weights');
      if (weights === undefined) throw new FileError(`${name} has no group "model_weights"`);
      await planLegacy(new Plan(name), file, name, weights, model, false).run(true);
      const training = attributeOf(file.root, 'training_config');
      if (!compile || training === undefined) return;
      compileFromLegacy(name, model, parseJson(`${name}: training_config`, training), customObjects);
      const state = file.root.groups.get('optimizer_weights');
      if (state !== undefined && model.isCompiled)
        await restoreLegacyOptimizer(name, arraysOf(file, name, state), model);
    });
  } finally {
    await file.close();
  }
}

/** Sets the weights of a model to those of a file: of a model, of weights alone, or of Keras 3's weights under this ending. */
export async function loadWeights(
  model: TrainableModel,
  source: ByteSource,
  options: LoadWeightsOptions,
): Promise<void> {
  const file = await openHdf5(source, opaque);
  try {
    const group = legacyWeights(file.root);
    const plan =
      group === undefined
        ? planWeights(source.name, storeOf(source.name, [file]), model, options)
        : planLegacy(new Plan(source.name, options), file, source.name, group, model, options.byName === true);
    await plan.run();
  } finally {
    await file.close();
  }
}

/** Where layers have their weights in the form of Keras 2; `undefined` for a file of another form. */
function legacyWeights(root: Hdf5Group): Hdf5Group | undefined {
  if (listOf(root, 'layer_names') !== undefined) return root;
  return root.groups.get('model_weights');
}

function planLegacy(
  plan: Assignments,
  file: Hdf5File,
  name: string,
  group: Hdf5Group,
  model: TrainableModel,
  byName: boolean,
): Assignments {
  const names = listOf(group, 'layer_names');
  if (names === undefined)
    throw new FileError(`${name} does not name its layers (layer_names is missing in "${group.path}")`);
  const stored = names.map(
    (layer): StoredLayer => ({ name: layer, arrays: arraysOf(file, name, groupAt(name, group, layer)) }),
  );
  const layers = layersOf(model);
  if (byName) planByName(plan, layers, stored);
  else planByOrder(plan, layers, stored);
  const top = group.groups.get('top_level_model_weights');
  const [own] = weightOwners(model);
  if (top === undefined || own === undefined) return plan;
  const arrays = arraysOf(file, name, top);
  // Files of some versions repeat the weights of all layers here.
  if (own.variables.length > 0) plan.add(own, { name: 'top_level_model_weights', arrays });
  return plan;
}

/** The arrays of a group in their order. */
function arraysOf(file: Hdf5File, name: string, group: Hdf5Group): StoredArray[] {
  return (listOf(group, 'weight_names') ?? []).map((weight) => {
    const { path, shape } = datasetAt(name, group, weight);
    return { name: path.slice(1), shape, read: (scratch) => file.read(path, scratch) };
  });
}

/** Texts of an attribute. Long lists are in parts: HDF5 takes no attribute over 64 kB. `undefined` when there is none. */
function listOf(group: Hdf5Group, name: string): string[] | undefined {
  const whole = group.attributes.get(name);
  if (whole !== undefined) return textsOf(whole);
  if (!group.attributes.has(`${name}0`)) return undefined;
  const texts: string[] = [];
  for (let part = 0; ; part++) {
    const value = group.attributes.get(`${name}${part}`);
    if (value === undefined) return texts;
    texts.push(...textsOf(value));
  }
}

/** An empty list is one of numbers in files. */
function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function attributeOf(group: Hdf5Group, name: string): string | undefined {
  const value = group.attributes.get(name);
  return value === undefined ? undefined : textsOf(value).join('');
}

/** A group by its path from another one: names of layers may have slashes. */
function groupAt(name: string, group: Hdf5Group, path: string): Hdf5Group {
  let found: Hdf5Group | undefined = group;
  for (const part of path.split('/').filter((text) => text !== '')) found = found?.groups.get(part);
  if (found !== undefined) return found;
  throw new FileError(`${name} has no group "${path}" in "${group.path}", where a layer of that name should be`);
}

function datasetAt(name: string, group: Hdf5Group, path: string): Hdf5Dataset {
  const parts = path.split('/').filter((text) => text !== '');
  const last = parts.pop() ?? '';
  const found = groupAt(name, group, parts.join('/')).datasets.get(last);
  if (found !== undefined) return found;
  throw new FileError(`${name} has no array "${path}" in "${group.path}", which its weight_names list`);
}
