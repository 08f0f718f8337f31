import { Callback, type Logs } from './callback.ts';

/** Stops training as soon as a batch's loss is NaN or infinite. Looks at every batch, so `fit` stops at each. */
export class TerminateOnNaN extends Callback {
  override onTrainBatchEnd(batch: number, logs: Logs): void {
    const { loss } = logs;
    if (loss === undefined || Number.isFinite(loss)) return;
    console.warn(`Batch ${batch}: invalid loss (${loss}), terminating training`);
    this.model.stopTraining = true;
  }
}
