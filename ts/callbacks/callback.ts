import type { TrainableModel } from '../models/model.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';

/** Named numbers that a hook receives: `{ loss: 0.31, accuracy: 0.9 }`. */
export type Logs = Record<string, number>;

/** What the hook after a batch of `predict` receives. */
export interface PredictLogs {
  /** The outputs of the batch; `predict` keeps them. */
  readonly outputs: Tree;
}

/** What a hook gives back; promises are awaited before training goes on. */
export type HookResult = void | Promise<void>;

/** What a callback keeps between hooks, for checkpoints of training: plain values and tensors, in lists and records. */
export type CallbackState =
  | null
  | boolean
  | number
  | string
  | Tensor
  | readonly CallbackState[]
  | { readonly [name: string]: CallbackState };

/** How a `fit`, `evaluate` or `predict` was called, for callbacks. */
export interface CallbackParams {
  readonly epochs: number;
  /** Batches of an epoch; `undefined` while the data come from a source that has not ended yet. */
  readonly steps: number | undefined;
  readonly samples: number | undefined;
  readonly batchSize: number;
  readonly verbose: 0 | 1 | 2;
}

/**
 * The hooks of training, evaluation and prediction, all optional. A plain object with some of them is a callback:
 * `model.fit(x, y, { callbacks: { onEpochEnd(epoch, logs) { console.log(epoch, logs.loss); } } })`.
 *
 * Hooks are awaited, and no native work runs meanwhile: `evaluate`, `predict`, `setWeights` and a new learning rate
 * work inside them. Batch hooks make `fit` come back to JavaScript after every batch; leave them out where speed counts, or say in
 * `batchesUntilHook` when they are wanted next.
 */
export interface CallbackHooks {
  setModel?(model: TrainableModel): void;
  setParams?(params: CallbackParams): void;
  onTrainBegin?(logs: Logs): HookResult;
  onTrainEnd?(logs: Logs): HookResult;
  onEpochBegin?(epoch: number, logs: Logs): HookResult;
  onEpochEnd?(epoch: number, logs: Logs): HookResult;
  onTrainBatchBegin?(batch: number, logs: Logs): HookResult;
  onTrainBatchEnd?(batch: number, logs: Logs): HookResult;
  /** Another name of `onTrainBatchBegin`. */
  onBatchBegin?(batch: number, logs: Logs): HookResult;
  /** Another name of `onTrainBatchEnd`. */
  onBatchEnd?(batch: number, logs: Logs): HookResult;
  onTestBegin?(logs: Logs): HookResult;
  onTestEnd?(logs: Logs): HookResult;
  onTestBatchBegin?(batch: number, logs: Logs): HookResult;
  onTestBatchEnd?(batch: number, logs: Logs): HookResult;
  /**
   * How many batches may run before the hooks of training batches are wanted again, at least 1; left out: every batch is one. Hooks of
   * another callback may come in between, and the end of an epoch always does; `onTrainBatchEnd` then gets the number of the last
   * batch that ran.
   */
  batchesUntilHook?(): number;
  /** What a checkpoint of training is to keep of this callback: asked for between two batches or epochs. */
  getState?(): CallbackState;
  /** Called after `onTrainBegin` when training goes on from a checkpoint, with what `getState` gave. Tensors in it are the callback's. */
  setState?(state: CallbackState): void;
  // `predict` gives its tensors at once, so its hooks are not awaited. With an onPredictEnd it waits for the numbers.
  onPredictBegin?(logs: Logs): void;
  onPredictEnd?(logs: Logs): void;
  onPredictBatchBegin?(batch: number, logs: Logs): void;
  onPredictBatchEnd?(batch: number, logs: PredictLogs): void;
}

/**
 * Base class of callbacks. Override the hooks of {@link CallbackHooks} that you need; `this.model` and `this.params`
 * are set before the first one. A callback that remembers something writes `getState` and `setState`, so that training goes on exactly
 * where a checkpoint was written ({@link BackupAndRestore}).
 * @example
 * class StopWhenGood extends Callback {
 *   override onEpochEnd(_epoch: number, logs: Logs) {
 *     if ((logs.loss ?? 1) < 0.01) this.model.stopTraining = true;
 *   }
 * }
 */
export class Callback implements CallbackHooks {
  #model: TrainableModel | undefined;
  #params: CallbackParams | undefined;

  // Declared, not defined: a method here would look like an overridden batch hook, and cost a stop at every batch.
  onTrainBegin?(logs: Logs): HookResult;
  onTrainEnd?(logs: Logs): HookResult;
  onEpochBegin?(epoch: number, logs: Logs): HookResult;
  onEpochEnd?(epoch: number, logs: Logs): HookResult;
  onTrainBatchBegin?(batch: number, logs: Logs): HookResult;
  onTrainBatchEnd?(batch: number, logs: Logs): HookResult;
  onBatchBegin?(batch: number, logs: Logs): HookResult;
  onBatchEnd?(batch: number, logs: Logs): HookResult;
  onTestBegin?(logs: Logs): HookResult;
  onTestEnd?(logs: Logs): HookResult;
  onTestBatchBegin?(batch: number, logs: Logs): HookResult;
  onTestBatchEnd?(batch: number, logs: Logs): HookResult;
  batchesUntilHook?(): number;
  getState?(): CallbackState;
  setState?(state: CallbackState): void;
  onPredictBegin?(logs: Logs): void;
  onPredictEnd?(logs: Logs): void;
  onPredictBatchBegin?(batch: number, logs: Logs): void;
  onPredictBatchEnd?(batch: number, logs: PredictLogs): void;

  /** The model in training. */
  get model(): TrainableModel {
    return this.#model as TrainableModel;
  }

  /** How `fit` was called. */
  get params(): CallbackParams {
    return this.#params as CallbackParams;
  }

  setModel(model: TrainableModel): void {
    this.#model = model;
  }

  setParams(params: CallbackParams): void {
    this.#params = params;
  }
}

/** Names of the hooks. */
export type HookName = Exclude<
  keyof CallbackHooks,
  'setModel' | 'setParams' | 'batchesUntilHook' | 'getState' | 'setState'
>;

/** All hooks. @internal */
export const hookNames: readonly HookName[] = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onTrainBatchBegin',
  'onTrainBatchEnd',
  'onBatchBegin',
  'onBatchEnd',
  'onTestBegin',
  'onTestEnd',
  'onTestBatchBegin',
  'onTestBatchEnd',
  'onPredictBegin',
  'onPredictEnd',
  'onPredictBatchBegin',
  'onPredictBatchEnd',
];
