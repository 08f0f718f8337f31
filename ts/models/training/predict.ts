import type { CallbackList } from '../../callbacks/callback-list.ts';
import { flattenNest, mapNest, type Nest, packNest } from '../../layers/nest.ts';
import { runProgram } from '../../native.ts';
import { concat, slice } from '../../ops/index.ts';
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
    const inputs = batchTensors(batch);
    const { program, template } = programs.predictBatch(batch, inputs);
    const handles = inputs.map((part) => part.handle);
    return placed(template, runProgram(program, handles));
  }
  const { full, last, template } = programs.predict({ ...batch, offset: 0, count }, batchSize);
  return placed(template, full.predict(last, count, batchSize));
}

/** The same with hooks around it; batch by batch when one of them wants to hear of every batch. */
export function predictHooked(
  programs: ModelPrograms,
  x: Nest<Tensor>,
  batchSize: number,
  callbacks: CallbackList,
): Tree {
  callbacks.predictBegin();
  const outputs = callbacks.hasPredictBatchHooks
    ? predictBatches(programs, x, batchSize, callbacks)
    : predictSamples(programs, x, batchSize);
  if (!callbacks.hasPredictEnd) return outputs;
  try {
    // An end that may change the weights must not come before the last batch has read them.
    for (const output of flattenNest<Tensor>(outputs as Nest<Tensor>)) output.dataSync();
  } finally {
    callbacks.predictEnd();
  }
  return outputs;
}

function predictBatches(programs: ModelPrograms, x: Nest<Tensor>, batchSize: number, callbacks: CallbackList): Tree {
  const count = sampleCount(x, 'predict: x');
  const batches: Nest<Tensor>[] = [];
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const rows = mapNest<Tensor, Tensor>(x, (part) => slice(part, start, size));
    callbacks.predictBatchBegin(batches.length);
    const outputs = predictSamples(programs, rows, size);
    callbacks.predictBatchEnd(batches.length, outputs);
    batches.push(outputs as Nest<Tensor>);
  }
  const parts = batches.map((outputs) => flattenNest<Tensor>(outputs));
  const whole = (parts[0] as Tensor[]).map((part, i) =>
    parts.length === 1
      ? part
      : concat(
          parts.map((batch) => batch[i] as Tensor),
          0,
        ),
  );
  return packNest<Tensor>(batches[0] as Nest<unknown>, whole) as Tree;
}

function placed(template: Nest<unknown>, handles: readonly Tensor['handle'][]): Tree {
  const tensors = handles.map((handle) => new Tensor(handle));
  return packNest<Tensor>(template, tensors) as Tree;
}
