import { checkFlag, checkNumber } from '../arguments.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Tensor } from '../tensor/index.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';
import { Monitor, type MonitorMode } from './monitor.ts';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingConfig {
  /** What is watched. Default `'val_loss'`. */
  monitor?: string;
  /** The least change that counts as better. Default 0. */
  minDelta?: number;
  /** Epochs without improvement that are waited for. Default 0. */
  patience?: number;
  /** 1 prints when training stops. Default 0. */
  verbose?: 0 | 1;
  /** Default `'auto'`: found from the metric, or from its name. */
  mode?: MonitorMode;
  /** A value that must be beaten too. */
  baseline?: number | null;
  /** Puts back the weights of the best epoch when training ends. Default false. */
  restoreBestWeights?: boolean;
  /** Epochs before watching starts. Default 0. */
  startFromEpoch?: number;
}

const earlyStoppingNames = [
  'monitor',
  'minDelta',
  'patience',
  'verbose',
  'mode',
  'baseline',
  'restoreBestWeights',
  'startFromEpoch',
];

/**
 * Stops training when a watched number has not improved for `patience` epochs.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const stop = new EarlyStopping({ patience: 3, restoreBestWeights: true });
 * await net.fit(ones([20, 3]), ones([20, 1]), { epochs: 5, validationSplit: 0.2, callbacks: [stop], verbose: 0 });
 */
export class EarlyStopping extends Callback {
  readonly #config: Required<
    Pick<EarlyStoppingConfig, 'patience' | 'verbose' | 'restoreBestWeights' | 'startFromEpoch'>
  >;
  readonly #baseline: number | undefined;
  readonly #monitor: Monitor;
  #wait = 0;
  #best: number | undefined;
  #bestEpoch = 0;
  #bestWeights: Tensor[] | undefined;
  #stoppedEpoch = 0;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: EarlyStoppingConfig = {}) {
    super();
    if (new.target === EarlyStopping) checkOptionNames('EarlyStopping', config, earlyStoppingNames, '{ patience: 3 }');
    const number = (name: 'patience' | 'startFromEpoch'): number =>
      checkNumber('EarlyStopping', name, config[name] ?? 0);
    this.#config = {
      patience: number('patience'),
      verbose: config.verbose ?? 0,
      restoreBestWeights: checkFlag('EarlyStopping', 'restoreBestWeights', config.restoreBestWeights ?? false),
      startFromEpoch: number('startFromEpoch'),
    };
    const baseline = config.baseline ?? undefined;
    this.#baseline = baseline === undefined ? undefined : checkNumber('EarlyStopping', 'baseline', baseline);
    const { monitor = 'val_loss', mode = 'auto', minDelta = 0 } = config;
    this.#monitor = new Monitor(monitor, mode, minDelta, 'EarlyStopping');
  }

  /** The epoch after which training was stopped, 0 if it was not. */
  get stoppedEpoch(): number {
    return this.#stoppedEpoch;
  }

  /** The best value seen; `undefined` before there was one. */
  get best(): number | undefined {
    return this.#best;
  }

  override onTrainBegin(): void {
    this.#wait = 0;
    this.#stoppedEpoch = 0;
    this.#best = undefined;
    this.#bestEpoch = 0;
    this.#forget();
  }

  override getState(): CallbackState {
    return {
      wait: this.#wait,
      best: this.#best ?? null,
      bestEpoch: this.#bestEpoch,
      bestWeights: this.#bestWeights ?? null,
      stoppedEpoch: this.#stoppedEpoch,
    };
  }

  override setState(state: CallbackState): void {
    const kept = state as { wait: number; best: number | null; bestEpoch: number; stoppedEpoch: number } & {
      bestWeights: Tensor[] | null;
    };
    this.#forget();
    this.#wait = kept.wait;
    this.#best = kept.best ?? undefined;
    this.#bestEpoch = kept.bestEpoch;
    this.#bestWeights = kept.bestWeights ?? undefined;
    this.#stoppedEpoch = kept.stoppedEpoch;
  }

  /** @throws ConfigError when `mode` is `'auto'` and neither metric nor name tell the direction. */
  override onEpochEnd(epoch: number, logs: Logs): void {
    const current = this.#monitor.read(logs, this.model);
    if (current === undefined || epoch < this.#config.startFromEpoch) return;
    // The first watched epoch is kept even when nothing ever improves: there must be something to go back to.
    if (this.#config.restoreBestWeights && this.#bestWeights === undefined) this.#remember(epoch);
    this.#wait += 1;
    if (this.#monitor.improves(current, this.#best)) {
      this.#best = current;
      this.#bestEpoch = epoch;
      if (this.#config.restoreBestWeights) this.#remember(epoch);
      // Below the baseline an improvement does not renew the patience.
      if (this.#baseline === undefined || this.#monitor.improves(current, this.#baseline)) this.#wait = 0;
      return;
    }
    if (this.#wait >= this.#config.patience && epoch > 0) {
      this.#stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  override onTrainEnd(): void {
    const say = (text: string): void => {
      if (this.#config.verbose > 0) console.log(text);
    };
    if (this.#stoppedEpoch > 0) say(`Epoch ${this.#stoppedEpoch + 1}: early stopping`);
    if (this.#bestWeights !== undefined) {
      say(`Restoring model weights from the end of the best epoch: ${this.#bestEpoch + 1}.`);
      this.model.setWeights(this.#bestWeights);
      this.#forget();
    }
  }

  #remember(epoch: number): void {
    this.#forget();
    this.#bestEpoch = epoch;
    this.#bestWeights = this.model.getWeights();
  }

  #forget(): void {
    for (const weight of this.#bestWeights ?? []) weight.dispose();
    this.#bestWeights = undefined;
  }
}
