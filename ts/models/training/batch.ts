import type { Logs } from '../../callbacks/callback.ts';
import { ConfigError } from '../../errors.ts';
import { runProgram } from '../../native.ts';
import { checkOptionNames } from '../../option-names.ts';
import type { Compiled } from './compiled.ts';
import { type Batch, batchTensors, type DataNest, type DataPlaces, samplesOf, withClassWeight } from './data.ts';
import { type BatchOptions, checkClassWeight } from './options.ts';
import type { ModelPrograms } from './programs.ts';

/** Named numbers with the loss among them: `{ loss, accuracy }`. */
export type Results = Logs & { loss: number };

/** A batch that was handed in, checked. @throws ConfigError, DataError, ShapeError for what does not fit. */
export function batchOf(
  call: 'trainOnBatch' | 'testOnBatch',
  places: DataPlaces,
  x: DataNest,
  y: DataNest | null | undefined,
  options: BatchOptions,
): Batch {
  const known = call === 'trainOnBatch' ? ['sampleWeight', 'classWeight'] : ['sampleWeight'];
  checkOptionNames(call, options, known, '{ sampleWeight: [1, 2] }');
  if (options.classWeight !== undefined && options.sampleWeight !== undefined) {
    throw new ConfigError(
      `${call}: classWeight and sampleWeight do not go together; multiply them into one sampleWeight`,
    );
  }
  checkClassWeight(options.classWeight);
  return withClassWeight(samplesOf(places, x, y, options.sampleWeight, call), options.classWeight);
}

/** Runs one step on a batch; its own results, not those of the batches before. */
export async function runBatch(
  kind: 'train' | 'test',
  compiled: Compiled,
  programs: ModelPrograms,
  batch: Batch,
): Promise<Results> {
  const trackers = kind === 'train' ? compiled.train : compiled.acquire();
  const restore = kind === 'train' ? undefined : trackers.preserveShared();
  try {
    const program = programs.stepBatch(kind, compiled, trackers, batch, true);
    const inputs = batchTensors(batch).map((input) => input.handle);
    const outputs = runProgram(program, inputs);
    const values = await Promise.all(outputs.map(async (output) => (await output.data())[0] as number));
    for (const output of outputs) output.dispose();
    return ordered(compiled, trackers.name(values));
  } finally {
    restore?.();
    if (kind === 'test') compiled.release(trackers);
  }
}

/** The numbers with the loss first, then the metrics as they were listed. */
export function ordered({ train }: Compiled, logs: Logs): Results {
  const names = new Set([...(train.isBound ? train.names : ['loss']), ...Object.keys(logs)]);
  const present = [...names].filter((name) => Object.hasOwn(logs, name));
  return Object.fromEntries(present.map((name) => [name, logs[name] as number])) as Results;
}
