export { Adadelta, type AdadeltaConfig } from './adadelta.ts';
export { Adafactor, type AdafactorConfig } from './adafactor.ts';
export { Adagrad, type AdagradConfig } from './adagrad.ts';
export { Adam, type AdamConfig, AdamW } from './adam.ts';
export { Adamax, type AdamaxConfig } from './adamax.ts';
export { Ftrl, type FtrlConfig } from './ftrl.ts';
export { get, type OptimizerIdentifier, type OptimizerName, type SerializedOptimizer } from './get.ts';
export { Lamb, type LambConfig } from './lamb.ts';
export { Lion, type LionConfig } from './lion.ts';
export { type LossScaleConfig, LossScaleOptimizer } from './loss-scale.ts';
export { Muon, type MuonConfig } from './muon.ts';
export { Nadam, type NadamConfig } from './nadam.ts';
export {
  type DecayExclusions,
  type LearningRate,
  type NamedTensor,
  Optimizer,
  type OptimizerConfig,
} from './optimizer.ts';
export { RMSprop, type RMSpropConfig } from './rmsprop.ts';
export * as schedules from './schedules/index.ts';
export { SGD, type SGDConfig } from './sgd.ts';
export * as train from './train.ts';
