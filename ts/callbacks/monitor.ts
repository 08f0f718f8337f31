import { checkNumber, checkText, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import type { Logs } from './callback.ts';

/** Which way a watched number gets better; `'auto'` finds out from the metric, or from its name. */
export type MonitorMode = 'auto' | 'min' | 'max';

const smallerIsBetter =
  /^(loss|mse|mae|mape|msle|rmse|.*error|.*crossentropy|.*(_|^)loss|bce|kld|kldivergence|poisson|hinge|.*hinge|huber|false(positives|negatives))$/i;
const largerIsBetter =
  /^(acc|accuracy|.*accuracy|auc|precision|recall|(sensitivity|specificity|precision|recall)at.*|f1.*|fbeta.*|r2.*|.*iou|cosinesimilarity|(pearson|concordance)correlation|true(positives|negatives))$/i;

/** Compares the values of a watched number. */
export class Monitor {
  readonly name: string;
  readonly #mode: MonitorMode;
  readonly #owner: string;
  readonly #minDelta: number;
  /** 1 where smaller is better; unknown until the first epoch has ended, as the metrics are. */
  #sign: 1 | -1 | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(name: string, mode: MonitorMode, minDelta: number, owner: string) {
    if (mode !== 'auto' && mode !== 'min' && mode !== 'max') {
      throw new ConfigError(`${owner}: mode must be 'auto', 'min' or 'max', got ${received(mode)}`);
    }
    this.name = checkText(owner, 'monitor', name);
    this.#mode = mode;
    this.#owner = owner;
    this.#minDelta = Math.abs(checkNumber(owner, 'minDelta', minDelta));
  }

  /** Whether `value` is better than `reference` by more than minDelta. Anything is better than nothing; NaN else improves on nothing. */
  improves(value: number, reference: number | undefined): boolean {
    return reference === undefined || (this.#sign ?? 1) * (reference - value) > this.#minDelta;
  }

  /**
   * The watched number, `undefined` with a warning when the logs lack it.
   *
   * @throws ConfigError when the mode is `'auto'` and neither the model's metrics nor the name tell.
   */
  read(logs: Logs, model: TrainableModel): number | undefined {
    this.#sign ??= this.#mode === 'auto' ? this.#direction(model) : this.#mode === 'min' ? 1 : -1;
    const value = logs[this.name];
    if (value === undefined || value === null) {
      process.emitWarning(
        `${this.#owner} watches "${this.name}", which is not reported; available are ${Object.keys(logs).sort().join(', ')}`,
        'HornbeamWarning',
      );
      return undefined;
    }
    return value;
  }

  #direction(model: TrainableModel): 1 | -1 {
    const reported = this.name.replace(/^val_/, '');
    const metric = model.metrics.find(({ name }) => name === reported);
    for (const name of [metric?.getClassName() ?? '', reported.replace(/_\d+$/, '')]) {
      const plain = name.replace(/_(?!loss$)/g, '');
      if (smallerIsBetter.test(plain)) return 1;
      if (largerIsBetter.test(plain)) return -1;
    }
    throw new ConfigError(
      `${this.#owner}: whether "${this.name}" should fall or rise is not known; pass mode: 'min' or mode: 'max'`,
    );
  }
}
