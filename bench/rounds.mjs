// Contenders in processes of their own, asked for one round after another. A contender prints {"ready": {...}}, then reads
// `round` and prints {"ms", "cpuMs", "loss"} or {"error"}; other lines of its output are passed over.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A running contender. */
export class Contender {
  #child;
  #lines;
  #steps;
  #last = '';
  /** What it said of itself. */
  about;
  /** Rounds that count. */
  rounds = [];
  /** Why it ended early. */
  error;

  /** @param steps Batches a round, to divide by. */
  constructor(command, args, env, steps) {
    this.#steps = steps;
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    // The last words explain a process that ends early.
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#last = (this.#last + text).slice(-2000);
    });
    this.#child.on('error', (error) => {
      this.#last = error.message;
    });
    // It may be gone when it is asked.
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Waits until it is ready. */
  async ready() {
    const message = await this.#message();
    if (message.ready === undefined) this.error ??= message.error ?? 'it did not get ready';
    this.about = message.ready;
    return this;
  }

  /** Runs a round; `counts: false` for the first one, which traces, compiles and warms up. */
  async round({ counts = true } = {}) {
    if (this.error !== undefined) return;
    this.#child.stdin.write('round\n');
    const message = await this.#message();
    if (message.error !== undefined) this.error = message.error;
    else if (counts) this.rounds.push(message);
    else this.firstRoundMs = message.ms;
  }

  /** Ends the process. */
  async end() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise((resolve) => this.#child.on('close', resolve));
    }
  }

  /** Milliseconds a step over the rounds that count. */
  get row() {
    if (this.rounds.length === 0) return { ...this.about, error: this.error ?? 'no rounds' };
    const perStep = (what) => this.rounds.map((round) => round[what] / this.#steps);
    return {
      ...this.about,
      rounds: this.rounds.length,
      steps: this.#steps,
      msMin: rounded(Math.min(...perStep('ms'))),
      msMedian: rounded(median(perStep('ms'))),
      cpuMsMin: rounded(Math.min(...perStep('cpuMs'))),
      lastLoss: rounded(this.rounds.at(-1).loss),
      ...(this.firstRoundMs === undefined ? {} : { firstRoundMs: rounded(this.firstRoundMs) }),
      ...(this.error === undefined ? {} : { error: this.error }),
    };
  }

  async #message() {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done)
        return { error: `the process ended: ${this.#last.trim().split('\n').slice(-3).join(' | ') || 'no message'}` };
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }
}

/** A contender that runs on Node, from a file of this folder. */
export function nodeContender(file, { steps, batch, env = {} }) {
  const args = ['--import', 'tsx', file, '--steps', String(steps), '--batch', String(batch)];
  return new Contender(process.execPath, args, env, steps);
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function rounded(value) {
  return Number(value.toPrecision(4));
}
