import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Logs } from './callback.ts';

/** Which way a watched number gets better; `'auto'` finds out from its name. */
export type MonitorMode = 'auto' | 'min' | 'max';

const smallerIsBetter =
  /^(loss|mse|mae|mape|msle|rmse|.*error|.*crossentropy|.*(_|^)loss|bce|kld|poisson|hinge|.*hinge|huber|false(positives|negatives))$/i;
const largerIsBetter =
  /^(acc|accuracy|.*accuracy|auc|precision|recall|f1.*|r2.*|.*iou|cosinesimilarity|true(positives|negatives))$/i;

/**
 * Compares the values of a watched number.
 *
 * @throws ConfigError when the mode is `'auto'` and the name does not tell.
 */
export class Monitor {
  readonly name: string;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;

  constructor(name: string, mode: MonitorMode, minDelta: number, owner: string) {
    if (mode !== 'auto' && mode !== 'min' && mode !== 'max') {
      throw new ConfigError(`${owner}: mode must be 'auto', 'min' or 'max', got ${received(mode)}`);
    }
    this.name = name;
    this.#sign = mode === 'auto' ? direction(name, owner) : mode === 'min' ? 1 : -1;
    this.#minDelta = Math.abs(minDelta);
  }

  /** The value that anything improves on. */
  get worst(): number {
    return this.#sign * Number.POSITIVE_INFINITY;
  }

  /** Whether `value` is better than `reference` by more than minDelta. NaN improves on nothing. */
  improves(value: number, reference: number): boolean {
    return this.#sign * (reference - value) > this.#minDelta;
  }

  /** The watched number, `undefined` with a warning when the logs lack it. */
  read(logs: Logs, owner: string): number | undefined {
    const value = logs[this.name];
    if (value === undefined) {
      process.emitWarning(
        `${owner} watches "${this.name}", which is not reported; available are ${Object.keys(logs).sort().join(', ')}`,
        'HornbeamWarning',
      );
    }
    return value;
  }
}

function direction(name: string, owner: string): 1 | -1 {
  const metric = name
    .replace(/^val_/, '')
    .replace(/_\d+$/, '')
    .replace(/_(?!loss$)/g, '');
  if (smallerIsBetter.test(metric)) return 1;
  if (largerIsBetter.test(metric)) return -1;
  throw new ConfigError(
    `${owner}: whether "${name}" should fall or rise is not known; pass mode: 'min' or mode: 'max'`,
  );
}
