export { Callback, type CallbackHooks, type CallbackParams, type HookResult, type Logs } from './callback.ts';
export { EarlyStopping, type EarlyStoppingConfig } from './early-stopping.ts';
export { History } from './history.ts';
export { type LearningRateSchedule, LearningRateScheduler } from './learning-rate-scheduler.ts';
export type { MonitorMode } from './monitor.ts';
export { ReduceLROnPlateau, type ReduceLROnPlateauConfig } from './reduce-lr-on-plateau.ts';
export { TerminateOnNaN } from './terminate-on-nan.ts';
