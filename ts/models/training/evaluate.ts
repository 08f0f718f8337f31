import type { Logs } from '../../callbacks/callback.ts';
import type { CallbackList } from '../../callbacks/callback-list.ts';
import type { ProgressStyle } from '../../console/index.ts';
import type { Nest } from '../../layers/nest.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import { gatherBatch, type Samples } from './data.ts';
import type { Interruption } from './interruption.ts';
import { barFor, runPass } from './pass.ts';
import type { ModelPrograms } from './programs.ts';
import { EagerRunner, nativeRunner, type Runner } from './runner.ts';
import { type BatchStream, isSamples, StreamRunner } from './stream.ts';
import type { Trackers } from './trackers.ts';

/** What an evaluation needs. */
export interface Evaluation {
  readonly model: TrainableModel;
  readonly compiled: Compiled;
  readonly programs: ModelPrograms;
  readonly samples: Samples | BatchStream;
  /** Builds the model for a batch of a stream, or checks that it fits. */
  readonly prepare: (x: Nest<Tensor>) => void;
  readonly batchSize: number;
  readonly steps: number | undefined;
  /** Which pass over the samples it is, for a source that is a function. */
  readonly pass: number;
  /** Whether a generator among the samples goes on in a later evaluation. */
  readonly keepsOpen: boolean;
  readonly style: ProgressStyle | undefined;
  readonly callbacks: CallbackList;
  readonly interruption: Interruption;
}

/** One pass over the samples without training; the numbers by name, those of a part of the samples after an interruption. */
export async function evaluateSamples(evaluation: Evaluation): Promise<Logs> {
  const { compiled, samples, callbacks } = evaluation;
  const batchSize = isSamples(samples) ? Math.min(evaluation.batchSize, samples.count) : evaluation.batchSize;
  const batches = isSamples(samples) ? Math.ceil(samples.count / batchSize) : Number.POSITIVE_INFINITY;
  const count = Math.min(evaluation.steps ?? batches, batches);
  const trackers = compiled.acquire();
  const restore = trackers.preserveShared();
  let runner: Runner | undefined;
  try {
    runner = testRunner(evaluation, trackers, batchSize);
    trackers.reset();
    runner.beginEpoch('sequential', 0, evaluation.pass);
    await callbacks.testBegin();
    const hooks = {
      stride: () => 1,
      begin: (batch: number) => callbacks.testBatchBegin(batch),
      end: (batch: number, logs: Logs) => callbacks.testBatchEnd(batch, logs),
      stopped: () => false,
    };
    const bar = barFor(evaluation.style, count);
    const done = await runPass({
      runner,
      trackers,
      interruption: evaluation.interruption,
      isTraining: false,
      first: 0,
      count,
      before: 0,
      hooks: callbacks.hasTestBatchHooks ? hooks : undefined,
      bar,
    });
    const logs = await trackers.read();
    bar?.finish(done, logs);
    await callbacks.testEnd(logs);
    return logs;
  } finally {
    runner?.dispose();
    restore();
    compiled.release(trackers);
  }
}

function testRunner(evaluation: Evaluation, trackers: Trackers, batchSize: number): Runner {
  const { model, compiled, samples } = evaluation;
  if (!isSamples(samples)) {
    return new StreamRunner({ ...evaluation, kind: 'test', trackers, stream: samples, classWeight: undefined });
  }
  if (!compiled.runEagerly) {
    return nativeRunner(
      evaluation.programs.test(compiled, trackers, samples, batchSize),
      trackers,
      samples.count,
      batchSize,
      true,
    );
  }
  return new EagerRunner(samples.count, batchSize, (indices) =>
    model.runStep('test', compiled, trackers, gatherBatch(samples, indices)),
  );
}
