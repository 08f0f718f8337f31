import { checkFlag } from '../arguments.ts';
import { DataError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { Callback, type Logs } from './callback.ts';
import { pythonFloat } from './python-float.ts';

/** Options of {@link TerminateOnNaN}. */
export interface TerminateOnNaNConfig {
  /** Whether `fit` rejects at once, so that no other callback sees an end of training. Default false: training stops. */
  raiseError?: boolean;
}

/**
 * Ends training as soon as the loss is NaN or infinite. Looks at every batch, so `fit` stops at each.
 *
 * @example
 * new callbacks.TerminateOnNaN({ raiseError: true })
 */
export class TerminateOnNaN extends Callback {
  readonly raiseError: boolean;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: TerminateOnNaNConfig = {}) {
    super();
    if (new.target === TerminateOnNaN)
      checkOptionNames('TerminateOnNaN', config, ['raiseError'], '{ raiseError: true }');
    this.raiseError = checkFlag('TerminateOnNaN', 'raiseError', config.raiseError ?? false);
  }

  /** @throws DataError for such a loss, with `raiseError`. */
  override onTrainBatchEnd(batch: number, logs: Logs): void {
    const { loss } = logs;
    if (loss === undefined || Number.isFinite(loss)) return;
    if (this.raiseError)
      throw new DataError(`TerminateOnNaN: the loss after batch ${batch} is ${pythonFloat(loss)}; training ends`);
    console.log(`Batch ${batch}: Invalid loss, terminating training`);
    this.model.stopTraining = true;
  }
}
