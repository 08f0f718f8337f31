// What is fuzzed: readers, the right files that they begin with, and how those are changed.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '../../../ts/index.ts';
import { bytesInMemory } from '../../../ts/io/bytes.ts';
import { createHdf5 } from '../../../ts/io/hdf5/index.ts';
import { parseJson } from '../../../ts/io/json.ts';
import { modelFromKeras, modelToKeras } from '../../../ts/io/keras-config/index.ts';
import { openZip } from '../../../ts/io/zip.ts';
import type { TrainableModel } from '../../../ts/models/model.ts';
import { text } from '../hostile/entry.ts';
import { described, npy, rightNpy } from '../hostile/npy.ts';
import { openers } from '../hostile/opening.ts';
import { rightSafetensors, safetensors } from '../hostile/safetensors.ts';
import { type Part, zipOf } from '../hostile/zip-file.ts';
import { anyBytes, type Mutate } from './bytes.ts';
import { anyHdf5, anyNpy, anySafetensors, anyZip } from './formats.ts';
import { anyJson } from './json.ts';
import { smallModels } from './models.ts';

/** A reader. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly mutate: Mutate;
  /** Reads all of a file. Only FileErrors may come out. */
  open(bytes: Uint8Array): Promise<void>;
  /** Share of all executions: readers that start a worker or build a model are slower. */
  readonly weight: number;
}

const opener = (format: string): ((bytes: Uint8Array) => Promise<void>) =>
  openers[format] as (bytes: Uint8Array) => Promise<void>;

/** Fixtures of a folder, if they are small. */
function fixtures(folder: string, ending: string): Uint8Array[] {
  const path = join(import.meta.dirname, '..', 'fixtures', folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .map((name) => new Uint8Array(readFileSync(join(path, name))))
    .filter(({ length }) => length < 40_000);
}

/** A file of weights as Keras lays them out. */
async function smallHdf5(): Promise<Uint8Array> {
  const builder = await createHdf5('fuzz');
  await builder.addGroup('/layers');
  await builder.addGroup('/layers/dense', { name: 'dense' });
  await builder.addDataset('/layers/dense/0', {
    shape: [2, 3],
    dtype: 'float32',
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  await builder.addDataset(
    '/layers/dense/1',
    { shape: [3], dtype: 'int32', data: Int32Array.of(1, 2, 3) },
    { kind: 'bias' },
  );
  const bytes = await builder.finish();
  await builder.close();
  return bytes;
}

function innerOf(name: string): Mutate {
  if (name.endsWith('.json')) return anyJson;
  if (name.endsWith('.npy')) return anyNpy;
  return name.endsWith('.h5') ? anyHdf5 : anyBytes;
}

/** What a model writes, in the folder of the process. */
async function written(write: (name: string) => Promise<void>, name: string): Promise<Uint8Array> {
  await write(name);
  const bytes = new Uint8Array(readFileSync(name));
  rmSync(name);
  return bytes;
}

/** What loads whole models of a format. */
function loading(name: string, seeds: readonly Uint8Array[], mutate: Mutate, path: string): Target {
  return {
    name,
    seeds,
    mutate,
    weight: 3,
    async open(bytes) {
      writeFileSync(path, bytes);
      (await loadModel(path)).dispose();
    },
  };
}

/** All readers. Files are written into the folder of the process. */
export async function allTargets(): Promise<Target[]> {
  const models = smallModels();
  const configs = models.map((model) => text(JSON.stringify(modelToKeras(model))));
  const kerasFiles: Uint8Array[] = [];
  for (const model of models) {
    const bytes = await written((name) => model.save(name), 'buffer.keras');
    // As the mutations of zips need them: without sizes behind the content.
    const zip = await openZip(bytesInMemory('buffer', bytes));
    const parts: Part[] = [];
    for (const name of zip.members.keys()) parts.push({ name, data: await zip.read(name) });
    kerasFiles.push(zipOf(parts));
  }
  const [dense] = models as [TrainableModel];
  const weights = await written((name) => dense.saveWeights(name), 'buffer.weights.h5');
  const npys = [
    rightNpy,
    npy(described("'>i2'", '(3, 4)', 'True')),
    npy(described("'<f8'", '(3,)'), new Uint8Array(24), 2),
    npy(described("'|b1'", '(2, 3, 4)'), new Uint8Array(24), 3),
    npy(described("'<f2'", '()'), new Uint8Array(2)),
  ];
  const npzs = [
    zipOf(
      npys.map((data, index) => ({ name: `arr_${index}.npy`, data })),
      { comment: 'c' },
    ),
    zipOf([{ name: 'x.npy', data: rightNpy }], { zip64: {} }),
  ];
  const tensors = [
    rightSafetensors,
    safetensors(
      {
        __metadata__: { format: 'pt', 'a\n"': 'é' },
        w: { dtype: 'BF16', shape: [2, 2], data_offsets: [0, 8] },
        i: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
        n: { dtype: 'BOOL', shape: [0, 4], data_offsets: [16, 16] },
      },
      16,
    ),
  ];
  const hdf5 = [await smallHdf5(), ...fixtures('hdf5', '.h5')];
  const legacy = fixtures('keras', '.h5').filter((bytes) => Buffer.from(bytes).includes('model_config'));
  const wholes: Uint8Array[] = [];
  for (const model of models) wholes.push(await written((name) => model.save(name), 'buffer.safetensors'));
  // A model of TensorFlow.js is a model.json, which is changed, and a file of numbers beside it.
  await dense.save('buffer-tfjs/model.json');
  const topology = new Uint8Array(readFileSync('buffer-tfjs/model.json'));
  return [
    {
      name: 'json',
      seeds: configs,
      mutate: anyJson,
      weight: 4,
      open: async (bytes) => void parseJson('buffer', bytes),
    },
    { name: 'npy', seeds: npys, mutate: anyNpy, weight: 8, open: opener('npy') },
    { name: 'npz', seeds: npzs, mutate: anyZip(innerOf), weight: 8, open: opener('npz') },
    {
      name: 'zip',
      seeds: npzs,
      mutate: anyZip(innerOf),
      weight: 8,
      async open(bytes) {
        const zip = await openZip(bytesInMemory('buffer', bytes));
        for (const name of zip.members.keys()) await (await zip.source(name)).read(0, 0);
      },
    },
    { name: 'safetensors', seeds: tensors, mutate: anySafetensors, weight: 8, open: opener('safetensors') },
    { name: 'hdf5', seeds: hdf5, mutate: anyHdf5, weight: 4, open: opener('hdf5') },
    {
      name: 'config.json',
      seeds: configs,
      mutate: anyJson,
      weight: 3,
      async open(bytes) {
        modelFromKeras('buffer', parseJson('buffer', bytes)).dispose();
      },
    },
    loading('keras', kerasFiles, anyZip(innerOf), 'buffer.keras'),
    loading('h5', legacy, anyHdf5, 'buffer.h5'),
    loading('model.safetensors', wholes, anySafetensors, 'buffer.safetensors'),
    loading('model.json', [topology], anyJson, 'buffer-tfjs/model.json'),
    {
      name: 'weights.h5',
      seeds: [weights],
      mutate: anyHdf5,
      weight: 3,
      async open(bytes) {
        writeFileSync('buffer.weights.h5', bytes);
        await dense.loadWeights('buffer.weights.h5');
      },
    },
  ];
}
