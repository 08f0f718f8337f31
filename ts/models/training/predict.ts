import { type Nest, packNest } from '../../layers/nest.ts';
import { runProgram } from '../../native.ts';
import { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { type Batch, batchTensors, sampleCount } from './data.ts';
import type { ModelPrograms } from './programs.ts';

/**
 * The model's outputs for all samples, at once as tensors whose numbers are on their way.
 *
 * One batch runs a program that is kept by shape (a server's requests trace once). More batches run a program that gathers
 * them from `x` natively, without coming back to JavaScript.
 */
export function predictSamples(programs: ModelPrograms, x: Nest<Tensor>, batchSize: number): Tree {
  const batch: Batch = { x, y: undefined, sampleWeight: undefined };
  const count = sampleCount(x, 'predict: x');
  if (count <= batchSize) {
    const { program, template } = programs.predictBatch(batch);
    const handles = batchTensors(batch).map((part) => part.handle);
    return placed(template, runProgram(program, handles));
  }
  const { full, last, template } = programs.predict({ ...batch, offset: 0, count }, batchSize);
  return placed(template, full.predict(last, count, batchSize));
}

function placed(template: Nest<unknown>, handles: readonly Tensor['handle'][]): Tree {
  const tensors = handles.map((handle) => new Tensor(handle));
  return packNest<Tensor>(template, tensors) as Tree;
}
