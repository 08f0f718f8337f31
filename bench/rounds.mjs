// Contenders in processes of their own, asked for one round after another. A contender prints {"ready": {...}}. It reads
// `warm-up`, finds how many steps a round takes and prints {"firstStepMs", "ms", "steps", "repeats"}; then it reads `round` and prints
// {"ms", "cpuMs", "loss", "steps", "peakMegabytes"}, or {"error"}. Other lines of its output are passed over.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A running contender. */
export class Contender {
  #child;
  #lines;
  #last = '';
  /** What it said of itself. */
  about;
  /** Rounds that count. */
  rounds = [];
  /** How it warmed up. */
  warmUp;
  /** Why it ended early. */
  error;

  constructor(command, args, env = {}) {
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
    if (message.ready === undefined) this.error = message.error ?? 'it did not get ready';
    this.about = message.ready;
    return this;
  }

  /** Lets it trace, compile, warm up and find the size of its rounds. */
  async warm() {
    const message = await this.ask('warm-up');
    this.error ??= message.error;
    this.warmUp = message;
  }

  /** Runs a round. */
  async round() {
    const message = await this.ask('round');
    this.error ??= message.error;
    if (this.error === undefined) this.rounds.push(message);
  }

  /** Sends a line and gives the answer, which may be an error. */
  async ask(line) {
    if (this.error !== undefined) return { error: this.error };
    this.#child.stdin.write(`${line}\n`);
    return await this.#message();
  }

  /** Ends the process. */
  async end() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise((resolve) => this.#child.on('close', resolve));
    }
  }

  /** Milliseconds a step over the rounds. */
  get row() {
    if (this.rounds.length === 0) return { ...this.about, error: this.error ?? 'no rounds' };
    const perStep = (what) => this.rounds.map((round) => round[what] / round.steps);
    const { steps, loss, peakMegabytes } = this.rounds.at(-1);
    return {
      ...this.about,
      warmUp: { firstStepMs: rounded(this.warmUp.firstStepMs), ms: rounded(this.warmUp.ms) },
      rounds: this.rounds.length,
      steps,
      msMin: rounded(Math.min(...perStep('ms'))),
      msMedian: rounded(median(perStep('ms'))),
      cpuMsMin: rounded(Math.min(...perStep('cpuMs'))),
      lastLoss: rounded(loss),
      peakMegabytes,
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

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function rounded(value) {
  return Number(value.toPrecision(4));
}
