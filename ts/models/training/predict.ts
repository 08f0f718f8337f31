import { runProgram } from '../../native.ts';
import { Tensor } from '../../tensor/index.ts';
import { sampleCount } from './data.ts';
import type { ModelPrograms } from './programs.ts';

/**
 * The model's outputs for all samples, at once as a tensor whose numbers are on their way.
 *
 * One batch runs a program that is kept by shape (a server's requests trace once). More batches run a program that gathers
 * them from `x` natively, without coming back to JavaScript.
 */
export function predictSamples(programs: ModelPrograms, x: Tensor, batchSize: number): Tensor {
  const count = sampleCount(x, 'predict: x');
  if (count <= batchSize) return new Tensor(runProgram(programs.predictBatch(x), [x.handle])[0] as Tensor['handle']);
  const { full, last } = programs.predict(x, count, batchSize);
  return new Tensor(full.predict(last, count, batchSize)[0] as Tensor['handle']);
}
