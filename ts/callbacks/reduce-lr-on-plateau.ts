import { checkNumber } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';
import { Monitor, type MonitorMode } from './monitor.ts';
import { pythonFloat } from './python-float.ts';

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauConfig {
  /** What is watched. Default `'val_loss'`. */
  monitor?: string;
  /** The new rate is the old one times this. Default 0.1; below 1. */
  factor?: number;
  /** Epochs without improvement that are waited for. Default 10. */
  patience?: number;
  verbose?: 0 | 1;
  /** Default `'auto'`. */
  mode?: MonitorMode;
  /** The least change that counts as better. Default 1e-4. */
  minDelta?: number;
  /** Epochs after a reduction in which nothing is counted. Default 0. */
  cooldown?: number;
  /** The rate never falls below. Default 0. */
  minLr?: number;
}

const names = ['monitor', 'factor', 'patience', 'verbose', 'mode', 'minDelta', 'cooldown', 'minLr'];

/**
 * Lowers the learning rate when a watched number has stopped improving, and reports it as `learning_rate`.
 * @example new callbacks.ReduceLROnPlateau({ monitor: 'val_loss', factor: 0.2, patience: 5, minLr: 1e-5 })
 */
export class ReduceLROnPlateau extends Callback {
  readonly #factor: number;
  readonly #patience: number;
  readonly #verbose: 0 | 1;
  readonly #cooldown: number;
  readonly #minRate: number;
  readonly #monitor: Monitor;
  #best: number | undefined;
  #wait = 0;
  #cooling = 0;

  /** @throws ConfigError for a factor of 1 or more, or other options outside their allowed values. */
  constructor(config: ReduceLROnPlateauConfig = {}) {
    super();
    if (new.target === ReduceLROnPlateau) checkOptionNames('ReduceLROnPlateau', config, names, '{ factor: 0.5 }');
    const number = (name: 'factor' | 'patience' | 'cooldown' | 'minLr', otherwise: number): number =>
      checkNumber('ReduceLROnPlateau', name, config[name] ?? otherwise);
    this.#factor = number('factor', 0.1);
    if (!(this.#factor < 1)) throw new ConfigError(`ReduceLROnPlateau: factor must be below 1, got ${this.#factor}`);
    this.#patience = number('patience', 10);
    this.#verbose = config.verbose ?? 0;
    this.#cooldown = number('cooldown', 0);
    this.#minRate = number('minLr', 0);
    this.#monitor = new Monitor(
      config.monitor ?? 'val_loss',
      config.mode ?? 'auto',
      config.minDelta ?? 1e-4,
      'ReduceLROnPlateau',
    );
  }

  override onTrainBegin(): void {
    this.#best = undefined;
    this.#wait = 0;
    this.#cooling = 0;
  }

  override getState(): CallbackState {
    return { best: this.#best ?? null, wait: this.#wait, cooling: this.#cooling };
  }

  override setState(state: CallbackState): void {
    const { best, wait, cooling } = state as { best: number | null; wait: number; cooling: number };
    this.#best = best ?? undefined;
    this.#wait = wait;
    this.#cooling = cooling;
  }

  /** @throws ConfigError when `mode` is `'auto'` and neither metric nor name tell the direction. */
  override onEpochEnd(epoch: number, logs: Logs): void {
    logs.learning_rate = this.model.optimizer.learningRate;
    const current = this.#monitor.read(logs, this.model);
    if (current === undefined) return;
    if (this.#cooling > 0) {
      this.#cooling -= 1;
      this.#wait = 0;
    }
    if (this.#monitor.improves(current, this.#best)) {
      this.#best = current;
      this.#wait = 0;
      return;
    }
    if (this.#cooling > 0) return;
    this.#wait += 1;
    if (this.#wait >= this.#patience) this.#reduce(epoch);
  }

  #reduce(epoch: number): void {
    const { optimizer } = this.model;
    if (optimizer.learningRate <= Math.fround(this.#minRate)) return;
    const rate = Math.max(optimizer.learningRate * this.#factor, this.#minRate);
    optimizer.learningRate = rate;
    this.#cooling = this.#cooldown;
    this.#wait = 0;
    if (this.#verbose > 0)
      console.log(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${pythonFloat(rate)}.`);
  }
}
