import { checkOptionNames } from '../option-names.ts';
import type { Tensor } from '../tensor/index.ts';
import { Callback, type Logs } from './callback.ts';
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
  /** Default `'auto'`: found from the name. */
  mode?: MonitorMode;
  /** A value that must be beaten too. */
  baseline?: number;
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
  readonly #config: Required<Omit<EarlyStoppingConfig, 'baseline'>>;
  readonly #baseline: number | undefined;
  readonly #monitor: Monitor;
  #wait = 0;
  #best: number;
  #bestEpoch = 0;
  #bestWeights: Tensor[] | undefined;
  #stoppedEpoch = 0;

  /** @throws ConfigError when `mode` is `'auto'` and the name does not tell the direction. */
  constructor(config: EarlyStoppingConfig = {}) {
    super();
    if (new.target === EarlyStopping) checkOptionNames('EarlyStopping', config, earlyStoppingNames, '{ patience: 3 }');
    this.#config = {
      monitor: config.monitor ?? 'val_loss',
      minDelta: config.minDelta ?? 0,
      patience: config.patience ?? 0,
      verbose: config.verbose ?? 0,
      mode: config.mode ?? 'auto',
      restoreBestWeights: config.restoreBestWeights ?? false,
      startFromEpoch: config.startFromEpoch ?? 0,
    };
    this.#baseline = config.baseline;
    this.#monitor = new Monitor(this.#config.monitor, this.#config.mode, this.#config.minDelta, 'EarlyStopping');
    this.#best = this.#monitor.worst;
  }

  /** The epoch after which training was stopped, 0 if it was not. */
  get stoppedEpoch(): number {
    return this.#stoppedEpoch;
  }

  /** The best value seen. */
  get best(): number {
    return this.#best;
  }

  override onTrainBegin(): void {
    this.#wait = 0;
    this.#stoppedEpoch = 0;
    this.#best = this.#monitor.worst;
    this.#bestEpoch = 0;
    this.#forget();
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    const current = this.#monitor.read(logs, 'EarlyStopping');
    if (current === undefined || epoch < this.#config.startFromEpoch) return;
    // The first watched epoch is kept even when nothing ever improves: there must be something to go back to.
    if (this.#config.restoreBestWeights && this.#bestWeights === undefined) this.#remember(epoch);
    this.#wait += 1;
    if (this.#monitor.improves(current, this.#best)) {
      this.#best = current;
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
