import type { EndingSignal } from '../models/training/interruption.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';

/**
 * What `fit` resolves to: the numbers of every epoch.
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const history = await net.fit(ones([20, 3]), ones([20, 1]), { epochs: 2, verbose: 0 });
 * history.epoch // [0, 1]
 * history.history.loss?.length // 2
 */
export class History extends Callback {
  /** Numbers of the epochs that ended. */
  epoch: number[] = [];
  /** One list for each reported name, in alphabetical order: `accuracy`, `loss`, `val_accuracy`, `val_loss`. */
  history: Record<string, number[]> = {};

  /** The signal that ended training before its last epoch (`handleSignals`); `undefined`: none. */
  interruptedBy: EndingSignal | undefined = undefined;

  override onTrainBegin(): void {
    this.epoch = [];
    this.history = {};
    this.interruptedBy = undefined;
  }

  override getState(): CallbackState {
    return { epoch: [...this.epoch], history: structuredClone(this.history) };
  }

  override setState(state: CallbackState): void {
    const { epoch, history } = state as unknown as Pick<History, 'epoch' | 'history'>;
    this.epoch = [...epoch];
    this.history = structuredClone(history);
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const name of Object.keys(logs)) {
      const values = this.history[name] ?? [];
      this.history[name] = values;
      values.push(logs[name] as number);
    }
  }
}
