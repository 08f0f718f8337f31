// `.keras`: a zip of `config.json`, `metadata.json` and `model.weights.h5`.
import { setImmediate } from 'node:timers/promises';
import { FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import type { KerasObject } from './artifacts.ts';
import { filled } from './assigning.ts';
import { writeAtomically } from './atomic.ts';
import type { ByteSource } from './bytes.ts';
import { openHdf5 } from './hdf5/index.ts';
import { parseJson } from './json.ts';
import { compileFromKeras, modelForKeras, modelFromKeras } from './keras-config/index.ts';
import { limits } from './limits.ts';
import type { LoadModelOptions, LoadWeightsOptions, SaveModelOptions } from './options.ts';
import {
  disposeAll,
  planWeights,
  restoreOptimizer,
  snapshotOf,
  storeOf,
  type WeightStore,
  writeHdf5,
} from './weight-store.ts';
import { openZip, writeZip, type ZipFile } from './zip.ts';

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';

/** The version of Keras whose form is written. */
const KERAS_VERSION = '3.15.1';

/** The model of a file. */
export async function load(
  source: ByteSource,
  { compile = true, customObjects = {} }: LoadModelOptions,
): Promise<TrainableModel> {
  const zip = await openZip(source);
  const config = parseJson(`${source.name}: ${CONFIG}`, await zip.read(CONFIG, limits.jsonBytes));
  const weightBytes = zip.members.get(WEIGHTS)?.size;
  // Each of these steps takes its time, and the first of a process three times as long: others get their turn in between.
  await setImmediate();
  const model = modelFromKeras(source.name, config, customObjects, { weightBytes });
  return filled(model, async () => {
    await setImmediate();
    await withWeights(source, zip, async (store) => {
      await planWeights(source.name, store, model, {}).run(true);
      const { compile_config: how } = config as KerasObject;
      if (compile) compileFromKeras(source.name, model, how as KerasObject | undefined, customObjects);
      // Keras notes `{}` of a model that was never compiled.
      if (model.isCompiled) await restoreOptimizer(source.name, store, model);
    });
  });
}

/** Sets the weights of a model to those of a file. */
export async function loadWeights(
  model: TrainableModel,
  source: ByteSource,
  options: LoadWeightsOptions,
): Promise<void> {
  const zip = await openZip(source);
  await withWeights(source, zip, (store) => planWeights(source.name, store, model, options).run());
}

async function withWeights(
  source: ByteSource,
  zip: ZipFile,
  use: (store: WeightStore) => Promise<void>,
): Promise<void> {
  if (!zip.members.has(WEIGHTS) && zip.members.has('model.weights.npz'))
    throw new FileError(
      `${source.name}: its weights are pickled objects (model.weights.npz), which are not read. Save it with Keras' default weights_format "h5"`,
    );
  const file = await openHdf5(await zip.source(WEIGHTS));
  try {
    await use(storeOf(source.name, [file]));
  } finally {
    await file.close();
  }
}

/** Writes a model. */
export async function save(
  model: TrainableModel,
  path: string,
  { includeOptimizer = true, overwrite }: SaveModelOptions,
): Promise<void> {
  await setImmediate();
  // All of one moment: training may go on meanwhile.
  const snapshot = snapshotOf(model, includeOptimizer);
  try {
    const config = withFloats(JSON.stringify(modelForKeras(model)));
    await setImmediate();
    const metadata = JSON.stringify({ keras_version: KERAS_VERSION, date_saved: timeStamp(new Date()) });
    const text = (name: string, content: string) => {
      const data = Buffer.from(content);
      return { name, data, size: data.length };
    };
    await writeHdf5(path, snapshot, ({ pieces, size }) =>
      writeAtomically(
        path,
        writeZip([text('metadata.json', metadata), text(CONFIG, config), { name: WEIGHTS, data: pieces, size }]),
        { overwrite },
      ),
    );
  } finally {
    disposeAll(snapshot);
  }
}

/** Options that Keras refuses as Python's whole numbers (SGD, every optimizer, FBetaScore). */
const FLOATS = /"(beta|learning_rate|momentum|threshold)":(-?\d+)(?=[,}])/g;

/** JSON knows no difference between 1 and 1.0, but Python does. Inside of a text the quotes would have backslashes. */
function withFloats(json: string): string {
  return json.replace(FLOATS, '"$1":$2.0');
}

/** `2026-08-30@14:05:09`, local time, as Keras writes it. */
function timeStamp(date: Date): string {
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}@${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
