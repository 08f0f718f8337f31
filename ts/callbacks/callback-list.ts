import { ConfigError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import type { Tree } from '../tensor/tree.ts';
import { type CallbackHooks, type CallbackParams, type HookName, hookNames, type Logs } from './callback.ts';

/** Sorted by name, as every callback gets them: a copy, so that what a callback adds is seen by those behind it only. */
function sorted(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The callbacks of one call, run in order, each hook awaited. */
export class CallbackList {
  readonly #callbacks: readonly CallbackHooks[];

  /** @throws ConfigError for something that is no callback, or a misspelt hook. */
  constructor(callbacks: readonly CallbackHooks[], model: TrainableModel, params: CallbackParams) {
    for (const callback of callbacks) checkCallback(callback);
    this.#callbacks = callbacks;
    for (const callback of callbacks) {
      callback.setModel?.(model);
      callback.setParams?.(params);
    }
  }

  /** Whether some callback wants to hear of every training batch. */
  get hasTrainBatchHooks(): boolean {
    return this.#has('onTrainBatchBegin', 'onTrainBatchEnd', 'onBatchBegin', 'onBatchEnd');
  }

  /** Whether some callback wants to hear of every batch of an evaluation. */
  get hasTestBatchHooks(): boolean {
    return this.#has('onTestBatchBegin', 'onTestBatchEnd');
  }

  /** Whether some callback wants to hear of the end of a prediction. */
  get hasPredictEnd(): boolean {
    return this.#has('onPredictEnd');
  }

  /** Whether some callback wants to hear of every batch of a prediction. */
  get hasPredictBatchHooks(): boolean {
    return this.#has('onPredictBatchBegin', 'onPredictBatchEnd');
  }

  async trainBegin(): Promise<void> {
    for (const callback of this.#callbacks) await callback.onTrainBegin?.({});
  }

  async trainEnd(logs: Logs): Promise<void> {
    const shown = sorted(logs);
    for (const callback of this.#callbacks) await callback.onTrainEnd?.(shown);
  }

  async epochBegin(epoch: number): Promise<void> {
    for (const callback of this.#callbacks) await callback.onEpochBegin?.(epoch, {});
  }

  /** Gives the numbers with those that callbacks added. */
  async epochEnd(epoch: number, logs: Logs): Promise<Logs> {
    const shown = sorted(logs);
    for (const callback of this.#callbacks) await callback.onEpochEnd?.(epoch, shown);
    return shown;
  }

  async trainBatchBegin(batch: number): Promise<void> {
    for (const callback of this.#callbacks) {
      await callback.onTrainBatchBegin?.(batch, {});
      await callback.onBatchBegin?.(batch, {});
    }
  }

  async trainBatchEnd(batch: number, logs: Logs): Promise<void> {
    for (const callback of this.#callbacks) {
      await callback.onTrainBatchEnd?.(batch, logs);
      await callback.onBatchEnd?.(batch, logs);
    }
  }

  async testBegin(): Promise<void> {
    for (const callback of this.#callbacks) await callback.onTestBegin?.({});
  }

  async testEnd(logs: Logs): Promise<void> {
    const shown = sorted(logs);
    for (const callback of this.#callbacks) await callback.onTestEnd?.(shown);
  }

  async testBatchBegin(batch: number): Promise<void> {
    for (const callback of this.#callbacks) await callback.onTestBatchBegin?.(batch, {});
  }

  async testBatchEnd(batch: number, logs: Logs): Promise<void> {
    for (const callback of this.#callbacks) await callback.onTestBatchEnd?.(batch, logs);
  }

  predictBegin(): void {
    for (const callback of this.#callbacks) callback.onPredictBegin?.({});
  }

  predictEnd(): void {
    for (const callback of this.#callbacks) callback.onPredictEnd?.({});
  }

  predictBatchBegin(batch: number): void {
    for (const callback of this.#callbacks) callback.onPredictBatchBegin?.(batch, {});
  }

  predictBatchEnd(batch: number, outputs: Tree): void {
    for (const callback of this.#callbacks) callback.onPredictBatchEnd?.(batch, { outputs });
  }

  #has(...names: readonly HookName[]): boolean {
    return this.#callbacks.some((callback) => names.some((name) => callback[name] !== undefined));
  }
}

function checkCallback(callback: unknown): void {
  if (typeof callback !== 'object' || callback === null) {
    throw new ConfigError(
      `callbacks: expected objects with hooks such as { onEpochEnd(epoch, logs) {} }, got ${callback === null ? 'null' : typeof callback}`,
    );
  }
  for (const name of Object.keys(callback)) {
    const value = (callback as Record<string, unknown>)[name];
    if (!/^on(_|[A-Z])/.test(name) || typeof value !== 'function') continue;
    // A hook that nobody calls is the hardest mistake to see.
    if (!(hookNames as readonly string[]).includes(name)) {
      throw new ConfigError(`callbacks: there is no hook "${name}"; the hooks are ${hookNames.join(', ')}`);
    }
  }
}
