import { retryingBuilds } from '../../layers/shape.ts';
import type { NativeProgram } from '../../native.ts';
import type { Precision } from '../../native-types.ts';
import { atPrecision, type Tensor, type TraceParam, traceProgram } from '../../tensor/index.ts';
import type { Model } from '../model.ts';
import type { Compiled, Trackers } from './compiled.ts';
import type { Samples, TrainingSamples } from './data.ts';
import { type Batch, testStep, trainStep, withClassWeight } from './step.ts';

/** Programs of the full batches and of a smaller last one. */
export interface BatchPrograms {
  readonly full: NativeProgram;
  readonly last: NativeProgram | null;
}

/** Compiled steps by what they depend on; the longest unused ones are freed. */
class ProgramCache<T> {
  readonly #limit: number;
  readonly #free: (programs: T) => void;
  readonly #entries = new Map<string, T>();

  constructor(limit: number, free: (programs: T) => void) {
    this.#limit = limit;
    this.#free = free;
  }

  get(key: string, make: () => T): T {
    let programs = this.#entries.get(key);
    if (programs === undefined) programs = make();
    else this.#entries.delete(key);
    this.#entries.set(key, programs);
    for (const [oldest, unused] of this.#entries) {
      if (this.#entries.size <= this.#limit) break;
      this.#entries.delete(oldest);
      this.#free(unused);
    }
    return programs;
  }

  clear(): void {
    for (const programs of this.#entries.values()) this.#free(programs);
    this.#entries.clear();
  }
}

const freeBatches = (programs: BatchPrograms): void => {
  programs.full.dispose();
  programs.last?.dispose();
};

/**
 * The compiled steps of one model. Steps over a data set gather their batch inside the program from indices, so a cached
 * one holds its data: few are kept. Steps over a batch that is handed in are kept by shape.
 */
export class ModelPrograms {
  readonly #model: Model;
  #precision: Precision | undefined;
  readonly #train = new ProgramCache<BatchPrograms>(1, freeBatches);
  readonly #test = new ProgramCache<BatchPrograms>(2, freeBatches);
  readonly #predict = new ProgramCache<BatchPrograms>(1, freeBatches);
  readonly #byShape = new ProgramCache<NativeProgram>(64, (program) => program.dispose());
  readonly #trackerNumbers = new WeakMap<Trackers, number>();
  #trackerCount = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** Training steps over a data set. */
  train(compiled: Compiled, samples: TrainingSamples, batchSize: number): BatchPrograms {
    const { classWeight } = samples;
    const key = [this.#key(samples, batchSize), this.#number(compiled.train), JSON.stringify(classWeight ?? null)].join(
      '|',
    );
    return this.#train.get(key, () =>
      this.#overBatches('training step', samples.count, batchSize, compiled, (ids) => {
        trainStep(this.#model, compiled, withClassWeight(gatherBatch(samples, ids), classWeight));
        return [];
      }),
    );
  }

  /** Evaluation steps over a data set. */
  test(compiled: Compiled, trackers: Trackers, samples: Samples, batchSize: number): BatchPrograms {
    const key = [this.#key(samples, batchSize), this.#number(trackers)].join('|');
    return this.#test.get(key, () =>
      this.#overBatches('evaluation step', samples.count, batchSize, undefined, (ids) => {
        testStep(this.#model, compiled, trackers, gatherBatch(samples, ids));
        return [];
      }),
    );
  }

  /** Predictions over a data set. */
  predict(x: Tensor, count: number, batchSize: number): BatchPrograms {
    const key = [x.handle.id, batchSize, this.#model.version].join('|');
    return this.#predict.get(key, () =>
      this.#overBatches('prediction', count, batchSize, undefined, (ids) => [
        this.#model.apply(x.gather(ids), { training: false }),
      ]),
    );
  }

  /** A prediction for a batch that is handed in. */
  predictBatch(x: Tensor): NativeProgram {
    const key = ['predict', typeKey(x), this.#model.version].join('|');
    return this.#byShape.get(key, () =>
      retryingBuilds(() =>
        this.#trace('prediction', [paramOf(x)], ([batch]) => [this.#model.apply(batch as Tensor, { training: false })]),
      ),
    );
  }

  /** A step for a batch that is handed in; gives the results of `trackers`. */
  stepBatch(kind: 'train' | 'test', compiled: Compiled, trackers: Trackers, batch: Batch): NativeProgram {
    const inputs = batchTensors(batch);
    const key = [kind, ...inputs.map(typeKey), this.#number(trackers), this.#model.version].join('|');
    return this.#byShape.get(key, () =>
      retryingBuilds(() => {
        if (kind === 'train') compiled.optimizer.build(this.#model.trainableWeights);
        return this.#trace(`${kind}OnBatch`, inputs.map(paramOf), ([x, y, sampleWeight]) => {
          const traced: Batch = { x: x as Tensor, y: y as Tensor, sampleWeight };
          // Part of the program, so that calls that overlap do not mix their numbers.
          trackers.reset();
          if (kind === 'train') trainStep(this.#model, compiled, traced);
          else testStep(this.#model, compiled, trackers, traced);
          return trackers.results();
        });
      }),
    );
  }

  /** Begins anew after `compile`, whose precision all programs have from now on. */
  reset(precision: Precision | undefined): void {
    this.clear();
    this.#precision = precision;
  }

  /** Frees everything. */
  clear(): void {
    for (const cache of [this.#train, this.#test, this.#predict, this.#byShape]) cache.clear();
  }

  /** Traces `build` for full batches and for a smaller last one. `training`: makes the optimizer's state first. */
  #overBatches(
    name: string,
    count: number,
    batchSize: number,
    training: Compiled | undefined,
    build: (indices: Tensor) => Tensor[],
  ): BatchPrograms {
    const trace = (size: number): NativeProgram =>
      retryingBuilds(() => {
        training?.optimizer.build(this.#model.trainableWeights);
        return this.#trace(name, [{ shape: [size], dtype: 'int32', batched: true }], ([ids]) => build(ids as Tensor));
      });
    const full = trace(batchSize);
    const rest = count % batchSize;
    try {
      return { full, last: rest === 0 ? null : trace(rest) };
    } catch (error) {
      full.dispose();
      throw error;
    }
  }

  #trace(name: string, params: TraceParam[], build: (params: Tensor[]) => readonly Tensor[]): NativeProgram {
    return atPrecision(this.#precision, () => traceProgram(name, params, build));
  }

  #key(samples: Samples, batchSize: number): string {
    const { x, y, sampleWeight, offset, count } = samples;
    const data = [x.handle.id, y.handle.id, sampleWeight?.handle.id, offset, count];
    return [...data, batchSize, this.#model.version].join('|');
  }

  #number(trackers: Trackers): number {
    const number = this.#trackerNumbers.get(trackers) ?? this.#trackerCount++;
    this.#trackerNumbers.set(trackers, number);
    return number;
  }
}

/** The tensors of a batch that are there. */
export function batchTensors(batch: Batch): Tensor[] {
  return batch.sampleWeight === undefined ? [batch.x, batch.y] : [batch.x, batch.y, batch.sampleWeight];
}

/** The batch of the samples that `indices` name. */
export function gatherBatch(samples: Samples, indices: Tensor): Batch {
  const ids = samples.offset === 0 ? indices : indices.add(samples.offset);
  return { x: samples.x.gather(ids), y: samples.y.gather(ids), sampleWeight: samples.sampleWeight?.gather(ids) };
}

function typeKey(x: Tensor): string {
  return `${x.dtype}[${x.shape.join()}]`;
}

function paramOf(x: Tensor): TraceParam {
  return { shape: x.shape, dtype: x.dtype, batched: true };
}
