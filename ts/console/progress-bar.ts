import { bold, coloured, standardOutput, type Terminal } from './terminal.ts';

/** Cells of the bar, as in Keras. */
const barWidth = 20;

/** A terminal is redrawn at most this often, in milliseconds. */
const redrawInterval = 50;

/** What a progress bar shows: `live` redraws one line, `line` prints one when a pass ends. */
export type ProgressStyle = 'live' | 'line';

/**
 * Keras' progress bar: ` 938/1875 ━━━━━━━━━━━━━━━━━━━━ 3s 4ms/step - accuracy: 0.9123 - loss: 0.3012`.
 *
 * One bar serves one pass over the data (an epoch, an evaluation).
 */
export class ProgressBar {
  readonly #target: number;
  readonly #style: ProgressStyle;
  readonly #terminal: Terminal;
  readonly #clock: () => number;
  readonly #start: number;
  #afterFirstStep: number | undefined;
  #lastDraw = Number.NEGATIVE_INFINITY;
  #drawnWidth = 0;
  #finished = false;

  /** @param target Batches of the pass, infinite while nobody knows. */
  constructor(
    target: number,
    style: ProgressStyle,
    terminal: Terminal = standardOutput,
    clock: () => number = () => performance.now(),
  ) {
    this.#target = target;
    this.#style = style;
    this.#terminal = terminal;
    this.#clock = clock;
    this.#start = clock();
  }

  /** Shows `done` batches and the values so far; draws only when the last drawing is old enough. */
  update(done: number, values: Readonly<Record<string, number>>): void {
    if (this.#finished) return;
    const now = this.#clock();
    const perStep = this.#stepDuration(done, now);
    if (this.#style !== 'live' || now - this.#lastDraw < redrawInterval) return;
    const isKnown = Number.isFinite(this.#target);
    const remaining = isKnown ? formatRemaining((perStep * (this.#target - done)) / 1000) : this.#elapsed(now);
    this.#draw(done, remaining, perStep, values);
    this.#lastDraw = now;
  }

  /** Shows the pass as ended after `done` batches, with the time it took, and ends the line. */
  finish(done: number, values: Readonly<Record<string, number>>): void {
    if (this.#finished) return;
    this.#finished = true;
    const now = this.#clock();
    const perStep = this.#stepDuration(done, now);
    const elapsed = this.#elapsed(now);
    if (this.#style === 'live') {
      this.#draw(done, elapsed, perStep, values);
      this.#terminal.write('\n');
    } else {
      this.#terminal.write(
        `${this.#count(done)} - ${elapsed} - ${formatDuration(perStep)}/step${formatValues(values)}\n`,
      );
    }
  }

  /** Leaves the line as it is and goes to the next one: an interrupted pass. */
  abandon(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#drawnWidth > 0) this.#terminal.write('\n');
  }

  #elapsed(now: number): string {
    return `${roundHalfEven((now - this.#start) / 1000)}s`;
  }

  #count(done: number): string {
    if (!Number.isFinite(this.#target)) return `${String(done).padStart(7)}/Unknown`;
    return `${String(done).padStart(String(this.#target).length)}/${this.#target}`;
  }

  #draw(done: number, time: string, perStep: number, values: Readonly<Record<string, number>>): void {
    const styled = this.#terminal.isColoured;
    const count = this.#count(done);
    const cells = Number.isFinite(this.#target) ? barWidth : 0;
    const filled = Math.floor((cells * done) / this.#target);
    const rest = `/step${formatValues(values)}`;
    const step = formatDuration(perStep);
    const bar = coloured('━'.repeat(filled), 32, styled) + coloured('━'.repeat(cells - filled), 37, styled);
    // What is seen, without escape codes: spaces must cover a longer line drawn before.
    const width = count.length + 1 + (cells === 0 ? 0 : cells + 1) + time.length + 1 + step.length + rest.length;
    const line = `${bold(count, styled)} ${cells === 0 ? '' : `${bar} `}${bold(time, styled)} ${step}${rest}`;
    const erase = ' '.repeat(Math.max(0, this.#drawnWidth - width));
    this.#terminal.write(`${'\b'.repeat(this.#drawnWidth)}\r${line}${erase}`);
    this.#drawnWidth = width;
  }

  /** Milliseconds a step; the first one, which also traces and compiles, is left out once there are more. */
  #stepDuration(done: number, now: number): number {
    if (done === 0) return 0;
    if (this.#afterFirstStep !== undefined && done > 1) return (now - this.#afterFirstStep) / (done - 1);
    if (done === 1) this.#afterFirstStep = now;
    return (now - this.#start) / done;
  }
}

/** Rounds as Keras prints (halves to the even neighbour). */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function formatRemaining(seconds: number): string {
  const whole = Math.floor(seconds);
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  if (seconds > 3600) {
    return `${Math.floor(whole / 3600)}:${twoDigits(Math.floor((whole % 3600) / 60))}:${twoDigits(whole % 60)}`;
  }
  if (seconds > 60) return `${Math.floor(whole / 60)}:${twoDigits(whole % 60)}`;
  return `${whole}s`;
}

function formatDuration(milliseconds: number): string {
  if (milliseconds >= 1000 || milliseconds === 0) return `${roundHalfEven(milliseconds / 1000)}s`;
  if (milliseconds >= 1) return `${roundHalfEven(milliseconds)}ms`;
  return `${roundHalfEven(milliseconds * 1000)}us`;
}

/** ` - accuracy: 0.9123 - loss: 3.0120e-04`. */
export function formatValues(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` - ${name}: ${formatValue(value)}`)
    .join('');
}

/** Four decimals, or scientific for what they would hide. */
function formatValue(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Math.abs(value) > 1e-3) return value.toFixed(4);
  // Python pads the exponent to two digits.
  return value.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
}
