import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Callback, type Logs } from './callback.ts';
import { pythonFloat } from './python-float.ts';

/** Gives the learning rate of an epoch from its number and the rate so far. */
export type LearningRateSchedule = (epoch: number, learningRate: number) => number;

/**
 * Sets the optimizer's learning rate before every epoch, and reports it as `learning_rate`.
 * @example new callbacks.LearningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * Math.exp(-0.1)))
 */
export class LearningRateScheduler extends Callback {
  readonly #schedule: LearningRateSchedule;
  readonly #verbose: 0 | 1;

  constructor(schedule: LearningRateSchedule, options: { verbose?: 0 | 1 } = {}) {
    super();
    if (typeof schedule !== 'function') {
      throw new ConfigError(
        `LearningRateScheduler: expected a function (epoch, learningRate) => number, got ${typeof schedule}`,
      );
    }
    this.#schedule = schedule;
    this.#verbose = options.verbose ?? 0;
  }

  /** @throws ConfigError when the schedule gives something else than a number. */
  override onEpochBegin(epoch: number): void {
    const { optimizer } = this.model;
    const rate = this.#schedule(epoch, optimizer.learningRate);
    if (typeof rate !== 'number' || Number.isNaN(rate)) {
      throw new ConfigError(
        `LearningRateScheduler: the schedule must give a number, got ${received(rate)} for epoch ${epoch}`,
      );
    }
    optimizer.learningRate = rate;
    if (this.#verbose > 0)
      console.log(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${pythonFloat(rate)}.`);
  }

  override onEpochEnd(_epoch: number, logs: Logs): void {
    logs.learning_rate = this.model.optimizer.learningRate;
  }
}
