// Processes that time single operations: the engine's example op_bench, and PyTorch (peers/torch_ops.py). Both read lines `SECONDS
// OP ARGUMENTS...` and answer with milliseconds, FLOPs and bytes a repetition.
import { join } from 'node:path';
import { root } from '../scripts/steps.mjs';
import { python } from './python.mjs';
import { Contender, median, rounded } from './rounds.mjs';

const example = ['run', '--release', '--quiet', '-p', 'hornbeam-engine', '--example', 'op_bench'];

/** The engine's operations. The first call builds them. */
export async function startOpBench(threads) {
  const manifest = ['--manifest-path', join(root, 'Cargo.toml')];
  return await new Contender('cargo', [...example, ...manifest, '--', '--threads', String(threads)]).ready();
}

/** PyTorch's. */
export async function startTorchOps(threads, env) {
  const script = join(root, 'bench', 'peers', 'torch_ops.py');
  const own = { OMP_NUM_THREADS: String(threads), ...env };
  return await new Contender(python(), [script, '--threads', String(threads)], own).ready();
}

/** The machine's limits while other things are measured: peak of multiply-adds, and bandwidth for a mix of reads and writes. */
export class Limits {
  #ops;
  #threads;
  #peaks = [];
  #streams = new Map();
  /** Why there are none. */
  error;

  constructor(ops, threads) {
    this.#ops = ops;
    this.#threads = threads;
    this.error = ops.error;
  }

  static async start(threads) {
    return new Limits(await startOpBench(threads), threads);
  }

  /** GFLOP/s of multiply-adds in registers now; the median over the run is kept. */
  async peak(seconds = 0.3) {
    const { ms, flops, error } = await this.#ops.ask(`${seconds} fma`);
    if (error !== undefined) this.error ??= error;
    else this.#peaks.push(flops / ms / 1e6);
    return this.gflops;
  }

  /** Median of what `peak` found; `undefined` without any. */
  get gflops() {
    return this.#peaks.length === 0 ? undefined : rounded(median(this.#peaks));
  }

  /** GB/s of reading and writing so many arrays of `bytes` bytes. */
  async bandwidth({ reads, writes, bytes }, seconds = 0.3) {
    const line = `stream ${reads} ${writes} ${Math.round(bytes)}`;
    const answer = await this.#ops.ask(`${seconds} ${line}`);
    if (answer.error !== undefined) {
      this.error ??= answer.error;
      return undefined;
    }
    const found = [...(this.#streams.get(line) ?? []), answer.bytes / answer.ms / 1e6];
    this.#streams.set(line, found);
    return rounded(median(found));
  }

  /** What stands in a row. */
  get row() {
    return { peakGflops: this.gflops, peakThreads: this.#threads };
  }

  async end() {
    await this.#ops.end();
  }
}
