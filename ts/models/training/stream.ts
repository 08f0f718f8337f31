import { received } from '../../arguments.ts';
import { DataError } from '../../errors.ts';
import type { Nest } from '../../layers/nest.ts';
import { runProgram } from '../../native.ts';
import { observingVariables, Tensor, tidy, type Variable } from '../../tensor/index.ts';
import { recording } from '../../tensor/recording.ts';
import { isBranch } from '../../tensor/tree.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import {
  type Batch,
  batchTensors,
  type ClassWeight,
  type DataNest,
  type DataPlaces,
  type Samples,
  samplesOf,
  withClassWeight,
} from './data.ts';
import type { ModelPrograms } from './programs.ts';
import type { Runner, SampleOrder } from './runner.ts';
import type { Trackers } from './trackers.ts';

/** A batch from outside: `[x, y]`, `[x, y, sampleWeight]`, `[x]`, or TensorFlow.js' `{ xs, ys }`. */
export type BatchData =
  | readonly [DataNest, (DataNest | null)?, DataNest?]
  | { readonly xs: DataNest; readonly ys?: DataNest; readonly sampleWeight?: DataNest };

type BatchIterator = Iterator<BatchData> | AsyncIterator<BatchData>;

/**
 * Batches from outside, one after the other: something to iterate over, now or asynchronously, a function that begins
 * anew (a generator function), or TensorFlow.js' data sets with their `iterator()`. What can be iterated over again is, at
 * every epoch; a generator goes on where the last epoch ended. A function gets the number of the pass over the data, from 0.
 */
export type BatchSource =
  | Iterable<BatchData>
  | AsyncIterable<BatchData>
  | ((pass: number) => BatchIterator | Iterable<BatchData> | AsyncIterable<BatchData>)
  | { iterator(): BatchIterator | Promise<BatchIterator> };

/** Whether `data` gives batches, rather than being samples. */
export function isSource(data: unknown): data is BatchSource {
  if (typeof data === 'function') return true;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  if (ArrayBuffer.isView(data) || data instanceof Tensor) return false;
  if (Symbol.asyncIterator in data || Symbol.iterator in data) return true;
  return 'iterator' in data && typeof data.iterator === 'function';
}

/** A source that may also be an array of batches, which `fit` would take for samples. @throws DataError for what gives no batches. */
export function sourceOf(call: string, source: BatchSource): BatchSource {
  if (Array.isArray(source)) return () => source;
  if (isSource(source)) return source;
  throw new DataError(
    `${call}: expected something that gives batches [x, y], such as a generator, got ${received(source)}`,
  );
}

/** Batches of a source, checked, in tensors. */
export class BatchStream {
  readonly #source: BatchSource;
  readonly #places: () => DataPlaces;
  readonly #what: string;
  #iterator: BatchIterator | undefined;
  #upcoming: Promise<IteratorResult<BatchData>> | undefined;
  #taken = 0;
  #isRepeatable: boolean | undefined;

  /** @param places Where the model's data go; asked for at every batch, as the first one may build the model. */
  constructor(source: BatchSource, places: () => DataPlaces, what: string) {
    this.#source = source;
    this.#places = places;
    this.#what = what;
  }

  /** Whether the source gives its batches again when it is asked to. */
  get isRepeatable(): boolean {
    this.#isRepeatable ??= beginsAnew(this.#source);
    return this.#isRepeatable;
  }

  /** Batches that were taken of the iterator in use: of this pass, where the source begins anew at every one, else of all passes. */
  get taken(): number {
    return this.#taken;
  }

  /** Begins a pass: anew, where the source can. */
  async begin(pass: number): Promise<void> {
    if (this.#iterator !== undefined && !this.isRepeatable) return;
    this.#upcoming = undefined;
    this.#taken = 0;
    this.#iterator = await iteratorOf(this.#source, this.#what, pass);
  }

  /**
   * Begins a pass and drops the batches that a training run took before it was cut short.
   *
   * @returns The next batch, which is kept for `next`; the last one dropped if there is none.
   * @throws DataError when there are not so many batches.
   */
  async resume(pass: number, taken: number): Promise<Batch | undefined> {
    await this.begin(pass);
    let last: IteratorResult<BatchData> | undefined;
    while (this.#taken < taken) {
      last = await this.#take();
      if (last?.done === true) {
        throw new DataError(
          `${this.#what}: training goes on after ${taken} batches, but the source gave only ${this.#taken}. It must give the same batches as before`,
        );
      }
      this.#taken += 1;
    }
    this.prefetch();
    const upcoming = await this.#upcoming;
    const seen = upcoming?.done === true ? last : upcoming;
    return seen === undefined || seen.done === true ? undefined : this.#read(seen.value);
  }

  /** Asks for the next batch already. */
  prefetch(): void {
    if (this.#iterator === undefined || this.#upcoming !== undefined) return;
    this.#upcoming = Promise.resolve(this.#iterator.next());
    // Whoever takes it hears of the error; until then nobody does.
    this.#upcoming.catch(() => undefined);
  }

  /** The next batch; `undefined` at the end. @throws DataError for what is no batch; what the source throws. */
  async next(): Promise<Batch | undefined> {
    const result = await this.#take();
    if (result === undefined || result.done === true) return undefined;
    this.#taken += 1;
    return this.#read(result.value);
  }

  async #take(): Promise<IteratorResult<BatchData> | undefined> {
    this.prefetch();
    const result = await this.#upcoming;
    this.#upcoming = undefined;
    return result;
  }

  /** Whether there is a next batch, which is asked for already. @throws What the source throws. */
  async hasNext(): Promise<boolean> {
    this.prefetch();
    return (await this.#upcoming)?.done !== true;
  }

  /** Tells the source that no more batches are wanted. */
  async end(): Promise<void> {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    this.#upcoming = undefined;
    await iterator?.return?.();
  }

  #read(item: unknown): Batch {
    const what = this.#what;
    if (Array.isArray(item) && item.length >= 1 && item.length <= 3) {
      const [x, y, sampleWeight] = item as unknown as readonly [DataNest, (DataNest | null)?, DataNest?];
      return samplesOf(this.#places(), x, y, sampleWeight, what);
    }
    if (isBranch(item) && 'xs' in item) {
      const { xs, ys, sampleWeight } = item as { xs: DataNest; ys?: DataNest; sampleWeight?: DataNest };
      return samplesOf(this.#places(), xs, ys, sampleWeight, what);
    }
    throw new DataError(
      `${what}: every batch must be [x, y], [x, y, sampleWeight] or { xs, ys }, got ${received(item)}`,
    );
  }
}

function beginsAnew(data: BatchSource): boolean {
  if (typeof data === 'function') return true;
  const source = data as Partial<Record<symbol, () => unknown>>;
  const begin = source[Symbol.asyncIterator] ?? source[Symbol.iterator];
  // A generator is its own iterator: there is no second one.
  return begin === undefined || begin.call(source) !== source;
}

async function iteratorOf(source: BatchSource, what: string, pass: number): Promise<BatchIterator> {
  let made: unknown = source;
  if (typeof source === 'function') made = source(pass);
  else if (!(Symbol.asyncIterator in source) && !(Symbol.iterator in source)) made = await source.iterator();
  const iterable = Object(made) as Partial<AsyncIterable<BatchData> & Iterable<BatchData>>;
  const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.() ?? (made as BatchIterator);
  if (typeof (iterator as Partial<BatchIterator> | undefined)?.next === 'function') return iterator;
  throw new DataError(`${what}: expected something that gives batches, such as a generator, got ${received(made)}`);
}

/** What a stream's steps need. */
export interface StreamSteps {
  readonly kind: 'train' | 'test';
  readonly model: TrainableModel;
  readonly compiled: Compiled;
  readonly programs: ModelPrograms;
  readonly trackers: Trackers;
  readonly stream: BatchStream;
  readonly classWeight: ClassWeight | undefined;
  /** Builds the model for a first batch, or checks that it fits. */
  readonly prepare: (x: Nest<Tensor>) => void;
  /** Whether a generator goes on in a later pass of another runner: it is not told to end. */
  readonly keepsOpen?: boolean;
}

/** Runs steps on the batches of a stream; the next batch is asked for while a step computes. */
export class StreamRunner implements Runner {
  readonly #steps: StreamSteps;
  #begun: Promise<void> | undefined;
  #stopped = false;
  #done = 0;
  #values: number[] = [];
  #isExhausted = false;
  readonly #used = new Set<Variable>();

  constructor(steps: StreamSteps) {
    this.#steps = steps;
  }

  /** Whether the source had no more batches in this pass. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  /** The variables that the steps so far used. */
  get variables(): Iterable<Variable> {
    return this.#used;
  }

  beginEpoch(_order: SampleOrder, _seed: number, epoch: number): void {
    this.#done = 0;
    this.#isExhausted = false;
    this.#begun = this.#steps.stream.begin(epoch);
    this.#begun.catch(() => undefined);
  }

  /**
   * Goes to a place in a pass: `done` batches of it were done, `taken` were taken of the iterator. Builds what the steps need, so that
   * their variables exist; their values, and what a step in JavaScript changed, are to be set afterwards.
   */
  async resume(pass: number, done: number, taken: number): Promise<void> {
    const { stream, prepare, classWeight, kind, compiled, programs, trackers } = this.#steps;
    const seen = await stream.resume(pass, taken);
    this.#begun = undefined;
    this.#isExhausted = false;
    this.#done = done;
    if (seen === undefined) return;
    prepare(seen.x);
    const batch = withClassWeight(seen, classWeight);
    if (compiled.runEagerly) await this.#stepEagerly(batch);
    else
      for (const variable of programs.variablesOf(programs.stepBatch(kind, compiled, trackers, batch, false)))
        this.#used.add(variable);
  }

  async run(_first: number, count: number, _live: boolean): Promise<number> {
    await this.#begun;
    this.#stopped = false;
    const { stream, prepare, classWeight } = this.#steps;
    for (let n = 0; n < count; n++) {
      if (this.#stopped) return n;
      const given = await stream.next();
      if (given === undefined) {
        this.#isExhausted = true;
        return n;
      }
      prepare(given.x);
      await this.#step(withClassWeight(given, classWeight), n + 1 < count);
      this.#done += 1;
    }
    return count;
  }

  async #stepEagerly(batch: Batch): Promise<void> {
    const { kind, model, compiled, trackers } = this.#steps;
    if (kind === 'train') compiled.optimizer.build(model.trainableWeights);
    const { used } = observingVariables(() =>
      tidy(() => recording(() => model.runStep(kind, compiled, trackers, batch))),
    );
    for (const variable of used) this.#used.add(variable);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #step(batch: Batch, isMoreWanted: boolean): Promise<void> {
    const { kind, compiled, programs, trackers, stream } = this.#steps;
    if (compiled.runEagerly) {
      await this.#stepEagerly(batch);
      return;
    }
    const program = programs.stepBatch(kind, compiled, trackers, batch, false);
    for (const variable of programs.variablesOf(program)) this.#used.add(variable);
    const outputs = runProgram(
      program,
      batchTensors(batch).map((part) => part.handle),
    );
    if (isMoreWanted) stream.prefetch();
    // Waiting for its results is what keeps one step from running ahead of the next, and what brings its errors here.
    this.#values = await Promise.all(outputs.map(async (output) => (await output.data())[0] as number));
    for (const output of outputs) output.dispose();
  }

  stop(): void {
    this.#stopped = true;
  }

  snapshot(): { batches: number; values: number[] } {
    return { batches: this.#done, values: this.#values };
  }

  dispose(): void {
    const { stream, keepsOpen } = this.#steps;
    if (keepsOpen && !stream.isRepeatable) return;
    void stream.end().catch(() => undefined);
  }
}

/** Whether samples are given, rather than a stream of batches. */
export function isSamples(data: Samples | BatchStream): data is Samples {
  return !(data instanceof BatchStream);
}
