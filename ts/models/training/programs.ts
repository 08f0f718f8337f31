import { flattenNest, mapNest, type Nest } from '../../layers/nest.ts';
import type { NativeProgram } from '../../native.ts';
import type { Precision } from '../../native-types.ts';
import { retryingBuilds } from '../../tensor/building.ts';
import {
  atPrecision,
  observingVariables,
  Tensor,
  type TraceParam,
  traceProgram,
  type Variable,
} from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import {
  type Batch,
  batchTensors,
  gatherBatch,
  type Samples,
  type TrainingSamples,
  withClassWeight,
  withTensors,
} from './data.ts';
import type { Trackers } from './trackers.ts';

/** Programs of the full batches and of a smaller last one. */
export interface BatchPrograms {
  readonly full: NativeProgram;
  readonly last: NativeProgram | null;
}

/** A prediction of the full batches and of a smaller last one, and the places of its outputs. */
export interface PredictionPrograms extends BatchPrograms {
  readonly template: Nest<unknown>;
}

/** A prediction of a batch, and the places of its outputs. */
export interface Prediction {
  readonly program: NativeProgram;
  readonly template: Nest<unknown>;
}

/** The last prediction of a single tensor that was asked for. */
interface LatestPrediction {
  readonly x: TraceParam;
  readonly version: number;
  readonly prediction: Prediction;
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
  readonly #model: TrainableModel;
  #precision: Precision | undefined;
  readonly #train = new ProgramCache<BatchPrograms>(1, freeBatches);
  readonly #test = new ProgramCache<BatchPrograms>(2, freeBatches);
  readonly #predict = new ProgramCache<PredictionPrograms>(1, freeBatches);
  readonly #steps = new ProgramCache<NativeProgram>(64, (program) => program.dispose());
  readonly #predictions = new ProgramCache<Prediction>(64, ({ program }) => program.dispose());
  readonly #trackerNumbers = new WeakMap<Trackers, number>();
  #trackerCount = 0;
  #latest: LatestPrediction | undefined;
  readonly #variables = new WeakMap<NativeProgram, ReadonlySet<Variable>>();

  constructor(model: TrainableModel) {
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
        this.#model.runStep('train', compiled, compiled.train, withClassWeight(gatherBatch(samples, ids), classWeight));
        return [];
      }),
    );
  }

  /** Evaluation steps over a data set. */
  test(compiled: Compiled, trackers: Trackers, samples: Samples, batchSize: number): BatchPrograms {
    const key = [this.#key(samples, batchSize), this.#number(trackers)].join('|');
    return this.#test.get(key, () =>
      this.#overBatches('evaluation step', samples.count, batchSize, undefined, (ids) => {
        this.#model.runStep('test', compiled, trackers, gatherBatch(samples, ids));
        return [];
      }),
    );
  }

  /** Predictions over a data set. */
  predict(samples: Samples, batchSize: number): PredictionPrograms {
    const key = [...batchTensors(samples).map((x) => x.handle.id), batchSize, this.#model.version].join('|');
    return this.#predict.get(key, () => {
      let template: Nest<unknown> = null;
      const programs = this.#overBatches('prediction', samples.count, batchSize, undefined, (ids) => {
        const outputs = this.#model.apply(gatherBatch(samples, ids).x as Tensor, { training: false });
        template = placesOf(outputs);
        return flattenNest<Tensor>(outputs as Nest<Tensor>);
      });
      return { ...programs, template };
    });
  }

  /** A prediction for a batch that is handed in. */
  predictBatch(batch: Batch, inputs: readonly Tensor[]): Prediction {
    const { version } = this.#model;
    // A server's requests are mostly of one shape: no key is made for one like the last.
    const { x } = batch;
    const latest = this.#latest;
    if (x instanceof Tensor && latest?.version === version && isLike(x, latest.x)) return latest.prediction;
    const key = [...inputs.map(typeKey), outlineKey(batch), version].join('|');
    const prediction = this.#predictions.get(key, () =>
      retryingBuilds(() => {
        let template: Nest<unknown> = null;
        const program = this.#trace('prediction', inputs.map(paramOf), (tensors) => {
          const outputs = this.#model.apply(withTensors(batch, tensors).x as Tensor, { training: false });
          template = placesOf(outputs);
          return flattenNest<Tensor>(outputs as Nest<Tensor>);
        });
        return { program, template };
      }),
    );
    // Of the cache's programs it is the last to be given up.
    this.#latest = x instanceof Tensor ? { x: paramOf(x), version, prediction } : undefined;
    return prediction;
  }

  /** A step for a batch that is handed in; gives the results: those of the batch when it `isAlone`, else those so far. */
  stepBatch(
    kind: 'train' | 'test',
    compiled: Compiled,
    trackers: Trackers,
    batch: Batch,
    isAlone: boolean,
  ): NativeProgram {
    const inputs = batchTensors(batch);
    const key = [
      kind,
      isAlone,
      ...inputs.map(typeKey),
      outlineKey(batch),
      this.#number(trackers),
      this.#model.version,
    ].join('|');
    return this.#steps.get(key, () =>
      retryingBuilds(() => {
        if (kind === 'train') compiled.optimizer.build(this.#model.trainableWeights);
        return this.#trace(`${kind}OnBatch`, inputs.map(paramOf), (tensors) => {
          // Part of the program, so that calls that overlap do not mix their numbers.
          if (isAlone) trackers.reset();
          this.#model.runStep(kind, compiled, trackers, withTensors(batch, tensors));
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
    this.#latest = undefined;
    for (const cache of [this.#train, this.#test, this.#predict, this.#steps, this.#predictions]) cache.clear();
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
    const { result, used } = observingVariables(() =>
      atPrecision(this.#precision, () => traceProgram(name, params, build)),
    );
    this.#variables.set(result, used);
    return result;
  }

  /** The variables that a program made here reads or changes, in the order of their first use. */
  variablesOf(program: NativeProgram): Iterable<Variable> {
    return this.#variables.get(program) ?? [];
  }

  #key(samples: Samples, batchSize: number): string {
    const { offset, count } = samples;
    const data = batchTensors(samples).map((part) => part.handle.id);
    return [...data, outlineKey(samples), offset, count, batchSize, this.#model.version].join('|');
  }

  #number(trackers: Trackers): number {
    const number = this.#trackerNumbers.get(trackers) ?? this.#trackerCount++;
    this.#trackerNumbers.set(trackers, number);
    return number;
  }
}

/** Which parts of a batch are there, and in which lists and records. */
function outlineKey({ x, y, sampleWeight }: Batch): string {
  // The common case, once a prediction of a server: one tensor.
  if (x instanceof Tensor && y === undefined && sampleWeight === undefined) return '*';
  return JSON.stringify([x, y, sampleWeight], (_, value: unknown) =>
    value instanceof Tensor ? 1 : value === undefined ? 0 : value,
  );
}

/** The lists and records of outputs, without the tensors: they belong to a trace. */
function placesOf(outputs: Tree): Nest<unknown> {
  return mapNest<unknown, null>(outputs as Nest<unknown>, () => null);
}

function typeKey(x: Tensor): string {
  return `${x.dtype}[${x.shape.join()}]`;
}

/** Whether a tensor has the type of a parameter. */
function isLike(x: Tensor, { shape, dtype }: TraceParam): boolean {
  const own = x.shape;
  return x.dtype === dtype && own.length === shape.length && own.every((size, axis) => size === shape[axis]);
}

function paramOf(x: Tensor): TraceParam {
  return { shape: x.shape, dtype: x.dtype, batched: true };
}
