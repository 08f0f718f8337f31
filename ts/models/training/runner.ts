import { type NativeTrainer, native } from '../../native.ts';
import { observingVariables, type Tensor, tensor, tidy, type Variable } from '../../tensor/index.ts';
import { recording } from '../../tensor/recording.ts';
import type { BatchPrograms } from './programs.ts';
import type { Trackers } from './trackers.ts';

/** Order of the samples of an epoch: as they are, a permutation of all, or a permutation of whole batches. */
export type SampleOrder = 'sequential' | 'shuffle' | 'batch';

/** Runs the batches of epochs: the native trainer, or JavaScript step by step. */
export type Runner = Pick<NativeTrainer, 'beginEpoch' | 'run' | 'stop' | 'snapshot' | 'dispose'>;

/** Runs compiled steps on a native thread. */
export function nativeRunner(
  programs: BatchPrograms,
  trackers: Trackers,
  samples: number,
  batchSize: number,
  inference = false,
): Runner {
  return new native.NativeTrainer(programs.full, programs.last, trackers.program, samples, batchSize, inference);
}

/** Calls `step` in JavaScript for every batch (`runEagerly`), operation by operation: layers may print numbers, a debugger can stop. */
export class EagerRunner implements Runner {
  readonly #samples: number;
  readonly #batchSize: number;
  readonly #step: (indices: Tensor) => void;
  #order: Int32Array = new Int32Array(0);
  #stopped = false;
  #done = 0;
  readonly #used = new Set<Variable>();

  constructor(samples: number, batchSize: number, step: (indices: Tensor) => void) {
    this.#samples = samples;
    this.#batchSize = batchSize;
    this.#step = step;
  }

  /** The variables that the steps so far used. */
  get variables(): Iterable<Variable> {
    return this.#used;
  }

  beginEpoch(order: SampleOrder, seed: number, epoch: number): void {
    this.#done = 0;
    const random = mulberry32(seed ^ Math.imul(epoch + 1, 0x9e3779b1));
    const all = Int32Array.from({ length: this.#samples }, (_, i) => i);
    if (order === 'shuffle') shuffle(all, random);
    this.#order = order === 'batch' ? this.#shuffledBatches(all, random) : all;
  }

  /** Whole batches in random order; a smaller last one stays last. */
  #shuffledBatches(all: Int32Array, random: () => number): Int32Array {
    const starts = Int32Array.from(
      { length: Math.floor(this.#samples / this.#batchSize) },
      (_, i) => i * this.#batchSize,
    );
    shuffle(starts, random);
    const result = all.slice();
    starts.forEach((start, i) => {
      result.set(all.subarray(start, start + this.#batchSize), i * this.#batchSize);
    });
    return result;
  }

  async run(first: number, count: number, _live: boolean): Promise<number> {
    this.#stopped = false;
    this.#done = first;
    for (let batch = first; batch < first + count; batch++) {
      if (this.#stopped) return batch - first;
      const ids = this.#order.subarray(batch * this.#batchSize, (batch + 1) * this.#batchSize);
      this.#once(tensor(ids, [ids.length], 'int32'));
      this.#done += 1;
      // Timers and signals get their turn between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return count;
  }

  #once(ids: Tensor): void {
    const { used } = observingVariables(() => tidy(() => recording(() => this.#step(ids))));
    for (const variable of used) this.#used.add(variable);
    ids.dispose();
  }

  stop(): void {
    this.#stopped = true;
  }

  snapshot(): { batches: number; values: number[] } {
    return { batches: this.#done, values: [] };
  }

  dispose(): void {}
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
}

/** A small generator of uniform numbers: the order of samples needs no more. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
