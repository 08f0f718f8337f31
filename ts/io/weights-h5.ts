// `.weights.h5`: the weights of a model as Keras 3 writes them.
import type { TrainableModel } from '../models/model.ts';
import { writeAtomically } from './atomic.ts';
import type { SaveWeightsOptions } from './options.ts';
import { disposeAll, snapshotOf, writeHdf5 } from './weight-store.ts';

// Keras 2 writes weights in a form of its own under this ending, too: what the file holds decides.
export { loadWeights } from './legacy-h5.ts';

/** Writes the weights of a model, without the state of its optimizer. */
export async function saveWeights(
  model: TrainableModel,
  path: string,
  { overwrite }: SaveWeightsOptions,
): Promise<void> {
  const snapshot = snapshotOf(model, false);
  try {
    await writeHdf5(path, snapshot, ({ pieces }) => writeAtomically(path, pieces, { overwrite }));
  } finally {
    disposeAll(snapshot);
  }
}
