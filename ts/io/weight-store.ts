// The tree of weights of Keras 3 in an HDF5 file: a group `vars` for every layer, in it the arrays `0`, `1`, ...
import { FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import { LossScaleOptimizer } from '../optimizers/loss-scale.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { Tensor } from '../tensor/index.ts';
import { Assignments, type StoredArray, type StoredLayer } from './assigning.ts';
import { createHdf5, type Hdf5Builder, type Hdf5File, type Hdf5Group, type Hdf5Pieces } from './hdf5/index.ts';
import type { LoadWeightsOptions } from './options.ts';
import { weightOwners } from './weight-tree.ts';

/** The weights of a layer in a file. */
interface StoredVars extends StoredLayer {
  /** Keras' path, as of `WeightOwner`. */
  readonly path: string;
  /** Name of the layer that was saved; empty in files of old versions. */
  readonly layer: string;
}

/** The weights of a file by the paths of their layers. */
export type WeightStore = ReadonlyMap<string, StoredVars>;

/** What is in a file, without its numbers. @throws FileError for a tree that is not Keras'. */
export function storeOf(name: string, files: readonly Hdf5File[]): WeightStore {
  const found = new Map<string, { layer: string; arrays: Map<string, StoredArray> }>();
  for (const file of files) {
    walk(file.root, '', (path, vars) => {
      const known = found.get(path) ?? { layer: '', arrays: new Map<string, StoredArray>() };
      const { name: layer } = Object.fromEntries(vars.attributes) as { name?: unknown };
      for (const [key, dataset] of vars.datasets) {
        if (dataset.dtype === 'string') throw new FileError(`${name}: ${dataset.path} holds text where numbers belong`);
        known.arrays.set(key, {
          name: dataset.path.slice(1),
          shape: dataset.shape,
          read: (scratch) => file.read(dataset.path, scratch),
        });
      }
      found.set(path, { ...known, layer: typeof layer === 'string' ? layer : known.layer });
    });
  }
  const entries = [...found].map(([path, { layer, arrays }]): [string, StoredVars] => {
    const place = path === '' ? 'vars' : `${path}/vars`;
    const ordered = Array.from({ length: arrays.size }, (_, i) => {
      const array = arrays.get(`${i}`);
      if (array !== undefined) return array;
      throw new FileError(`${name}: "${place}" has no array ${i}, but ${[...arrays.keys()].slice(0, 8).join(', ')}`);
    });
    return [path, { path, layer, name: place, arrays: ordered }];
  });
  return new Map(entries);
}

/** Calls `found` for every group `vars`. Keras 2.12 called the lists of layers by another name. */
function walk(group: Hdf5Group, path: string, found: (path: string, vars: Hdf5Group) => void): void {
  for (const [name, inner] of group.groups) {
    if (name === 'vars') {
      found(path, inner);
      continue;
    }
    const part = name === '_layer_checkpoint_dependencies' ? 'layers' : name;
    walk(inner, path === '' ? part : `${path}/${part}`, found);
  }
}

/** The weights of a path: none when the file lacks it. */
function varsAt(store: WeightStore, path: string): StoredLayer {
  return store.get(path) ?? { name: path === '' ? 'vars' : `${path}/vars`, arrays: [] };
}

/** What else than layers may have state in a file of Keras'. */
const notLayers = /^(optimizer|_?metrics|_?compile_metrics|_?loss_tracker)(\/|$)|(^|\/)_?seed_generator(\/|$)/;

/** Plans all weights of a model. @throws FileError for what does not fit. */
export function planWeights(
  file: string,
  store: WeightStore,
  model: TrainableModel,
  options: LoadWeightsOptions,
): Assignments {
  const plan = new Assignments(file, options);
  if (options.byName) {
    planNamed(plan, store, model);
    return plan;
  }
  const owners = weightOwners(model);
  const known = new Set(owners.map(({ path }) => path));
  for (const owner of owners) {
    const stored = varsAt(store, owner.path);
    if (owner.variables.length > 0 || stored.arrays.length > 0) plan.add(owner, stored);
  }
  for (const { path, arrays, layer } of store.values()) {
    if (arrays.length === 0 || known.has(path) || notLayers.test(path)) continue;
    plan.refuse(
      `it holds weights for "${path}"${layer === '' ? '' : ` (${layer})`}, which ${model.label} does not have`,
    );
  }
  return plan;
}

/** Layers of the model get what was saved under their name, with all that is inside them. */
function planNamed(plan: Assignments, store: WeightStore, model: TrainableModel): void {
  const byName = new Map(
    [...store.values()].filter(({ path }) => /^layers\/[^/]+$/.test(path)).map((vars) => [vars.layer, vars]),
  );
  const visited = new Set<TrainableModel['layers'][number]>();
  for (const layer of model.layers) {
    const found = byName.get(layer.name);
    if (found === undefined) continue;
    for (const owner of weightOwners(layer, found.path, visited)) {
      const stored = varsAt(store, owner.path);
      if (owner.variables.length > 0 || stored.arrays.length > 0) plan.add(owner, stored);
    }
  }
}

/** Where a `LossScaleOptimizer` has what it wraps. */
const INNER_OPTIMIZER = 'optimizer/inner_optimizer';

/** Takes the state of the optimizer over. What does not fit is left out, with a warning, as Keras does it. */
export async function restoreOptimizer(file: string, store: WeightStore, model: TrainableModel): Promise<void> {
  const { optimizer } = model;
  // Keras wraps the optimizer of a model with a mixed policy, and does not say so: the state of the wrapper has that of the optimizer inside.
  const isWrapped = store.has(INNER_OPTIMIZER) && !(optimizer instanceof LossScaleOptimizer);
  const { arrays, name } = varsAt(store, isWrapped ? INNER_OPTIMIZER : 'optimizer');
  if (arrays.length === 0) return;
  const counters = optimizer.variables;
  // A model that was compiled and never trained: the counters are all that its optimizer had.
  const isNew = arrays.length <= counters.length && arrays.every(({ shape }) => shape.length === 0);
  // Keras makes those of this one with its other state.
  if (isNew && arrays.length < counters.length && optimizer instanceof LossScaleOptimizer) return;
  if (!isNew) optimizer.build(model.trainableWeights);
  const variables = isNew ? counters.slice(0, arrays.length) : optimizer.variables;
  const plan = new Assignments(file);
  try {
    plan.add({ name: 'optimizer', label: `the optimizer ${optimizer.getClassName()}`, variables }, { name, arrays });
  } catch (error) {
    process.emitWarning(`${(error as Error).message}. Its state is left out: training begins anew`, 'HornbeamWarning');
    return;
  }
  await plan.run(true);
  await takeOverRate(optimizer);
}

/** The optimizer also knows its rate as a number: that of what was read into its variable. */
export async function takeOverRate(optimizer: Optimizer): Promise<void> {
  const rated = optimizer instanceof LossScaleOptimizer ? optimizer.innerOptimizer : optimizer;
  const rate = rated.variables[1];
  if (rate?.name === 'learning_rate') rated.learningRate = (await rate.data())[0] as number;
}

/** Values of one moment, and where they go. */
interface Snapshot {
  readonly path: string;
  readonly name: string;
  readonly values: readonly Tensor[];
}

/** All weights of a model at this moment, so that training may go on while they are written. */
export function snapshotOf(model: TrainableModel, withOptimizer: boolean): Snapshot[] {
  const owners: Snapshot[] = weightOwners(model).map(({ path, name, variables }) => ({
    path,
    name,
    values: variables.map((variable) => variable.read()),
  }));
  if (!withOptimizer || !model.isCompiled) return owners;
  const { optimizer } = model;
  const state = (path: string, { name, variables }: typeof optimizer): Snapshot => ({
    path,
    name,
    values: variables.map((variable) => variable.read()),
  });
  owners.push(state('optimizer', optimizer));
  if (optimizer instanceof LossScaleOptimizer) owners.push(state(INNER_OPTIMIZER, optimizer.innerOptimizer));
  return owners;
}

/**
 * Writes the HDF5 file of a snapshot, which must last until it is written. Only the numbers that are being written are in memory.
 * `writeFile` may be called twice.
 */
export async function writeHdf5(
  file: string,
  snapshots: readonly Snapshot[],
  writeFile: (content: Hdf5Pieces) => Promise<void>,
): Promise<void> {
  const builder = await createHdf5(file);
  const groups = new Set<string>(['']);
  try {
    for (const snapshot of snapshots) await write(builder, groups, snapshot);
    await builder.writeInPieces(writeFile);
  } finally {
    await builder.close();
  }
}

/** Lets go of the values. Until then every step of a training writes its weights into memory of their own. */
export function disposeAll(snapshots: readonly Snapshot[]): void {
  for (const { values } of snapshots) for (const value of values) value.dispose();
}

async function write(builder: Hdf5Builder, groups: Set<string>, { path, name, values }: Snapshot): Promise<void> {
  const place = `/${path === '' ? 'vars' : `${path}/vars`}`;
  await addAround(builder, groups, place);
  await builder.addGroup(place, { name });
  for (const [i, value] of values.entries()) {
    const { shape, dtype } = value;
    // Numbers of 16 bits are written as float32.
    const data = dtype.endsWith('float16') ? () => value.data() : value;
    await builder.addDataset(`${place}/${i}`, { shape, dtype, data });
  }
}

/** The groups in which one is. */
async function addAround(builder: Hdf5Builder, groups: Set<string>, path: string): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (groups.has(parent)) return;
  await addAround(builder, groups, parent);
  groups.add(parent);
  await builder.addGroup(parent);
}
