import { EarlyStopping, type EarlyStoppingConfig } from './early-stopping.ts';

export { BackupAndRestore, type BackupAndRestoreConfig } from './backup-and-restore.ts';
export {
  Callback,
  type CallbackHooks,
  type CallbackParams,
  type CallbackState,
  type HookResult,
  type Logs,
  type PredictLogs,
} from './callback.ts';
export { CSVLogger, type CSVLoggerConfig } from './csv-logger.ts';
export { History } from './history.ts';
export { LambdaCallback, type LambdaCallbackConfig } from './lambda-callback.ts';
export { type LearningRateSchedule, LearningRateScheduler } from './learning-rate-scheduler.ts';
export { ModelCheckpoint, type ModelCheckpointConfig } from './model-checkpoint.ts';
export type { MonitorMode } from './monitor.ts';
export { ReduceLROnPlateau, type ReduceLROnPlateauConfig } from './reduce-lr-on-plateau.ts';
export { SwapEMAWeights, type SwapEMAWeightsConfig } from './swap-ema-weights.ts';
export { TerminateOnNaN, type TerminateOnNaNConfig } from './terminate-on-nan.ts';
export { EarlyStopping, type EarlyStoppingConfig };

/** See {@link EarlyStopping}; TensorFlow.js' name. */
export function earlyStopping(config?: EarlyStoppingConfig): EarlyStopping {
  return new EarlyStopping(config);
}
