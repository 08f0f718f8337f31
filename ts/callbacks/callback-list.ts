import { ConfigError, FileError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import type { Tree } from '../tensor/tree.ts';
import {
  type CallbackHooks,
  type CallbackParams,
  type CallbackState,
  type HookName,
  hookNames,
  type Logs,
} from './callback.ts';

/** Sorted by name, as every callback gets them: a copy, so that what a callback adds is seen by those behind it only. */
function sorted(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a checkpoint keeps of a callback: the `occurrence`-th of its class in the list. */
export interface KeptCallback {
  readonly className: string;
  readonly occurrence: number;
  readonly state: CallbackState;
}

const batchHooks: readonly HookName[] = ['onTrainBatchBegin', 'onTrainBatchEnd', 'onBatchBegin', 'onBatchEnd'];

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

  /** Whether some callback wants to hear of training batches. */
  get hasTrainBatchHooks(): boolean {
    return this.#has(...batchHooks);
  }

  /** How many training batches may run before some callback wants to hear of them; infinite: nobody does. */
  trainStride(): number {
    let stride = Number.POSITIVE_INFINITY;
    for (const callback of this.#callbacks) {
      if (batchHooks.every((name) => callback[name] === undefined)) continue;
      const wanted = callback.batchesUntilHook?.() ?? 1;
      stride = Math.min(stride, wanted >= 1 ? Math.floor(wanted) : 1);
    }
    return stride;
  }

  /** What the callbacks remember. */
  states(): KeptCallback[] {
    return this.#identified().flatMap(({ callback, className, occurrence }) =>
      callback.getState === undefined ? [] : [{ className, occurrence, state: callback.getState() }],
    );
  }

  /**
   * Gives the callbacks back what they remembered, with a warning for what nobody takes.
   *
   * @throws FileError for what is nothing that the callback gave.
   */
  restore(file: string, kept: readonly KeptCallback[]): void {
    const here = this.#identified();
    for (const { className, occurrence, state } of kept) {
      const found = here.find((entry) => entry.className === className && entry.occurrence === occurrence);
      if (found?.callback.setState !== undefined) {
        try {
          found.callback.setState(state);
        } catch (cause) {
          if (!(cause instanceof TypeError)) throw cause;
          throw new FileError(`${file} holds a state of ${className} that it cannot take: ${cause.message}`, { cause });
        }
        continue;
      }
      process.emitWarning(
        `fit: ${file} holds the state of a callback ${className} that is not among the callbacks now; training goes on without it`,
        'HornbeamWarning',
      );
    }
  }

  #identified(): { callback: CallbackHooks; className: string; occurrence: number }[] {
    const counts = new Map<string, number>();
    return this.#callbacks.map((callback) => {
      const className = callback.constructor?.name ?? 'Object';
      const occurrence = counts.get(className) ?? 0;
      counts.set(className, occurrence + 1);
      return { callback, className, occurrence };
    });
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
