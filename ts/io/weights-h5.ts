// `.weights.h5`: the weights of a model as Keras 3 writes them.
import type { TrainableModel } from '../models/model.ts';
import { writeAtomically } from './atomic.ts';
import type { ByteSource } from './bytes.ts';
import { openHdf5 } from './hdf5/index.ts';
import type { LoadWeightsOptions } from './options.ts';
import { hdf5Of, planWeights, snapshotOf, storeOf } from './weight-store.ts';

/** Sets the weights of a model to those of a file. */
export async function loadWeights(
  model: TrainableModel,
  source: ByteSource,
  options: LoadWeightsOptions,
): Promise<void> {
  const file = await openHdf5(source);
  try {
    await planWeights(source.name, storeOf(source.name, [file]), model, options).run();
  } finally {
    await file.close();
  }
}

/** Writes the weights of a model, without the state of its optimizer. */
export async function saveWeights(model: TrainableModel, path: string): Promise<void> {
  const { pieces } = await hdf5Of(path, snapshotOf(model, false));
  await writeAtomically(path, pieces);
}
