export { Adam, type AdamConfig, AdamW } from './adam.ts';
export { get, type OptimizerIdentifier, type OptimizerName } from './get.ts';
export { Optimizer, type OptimizerConfig } from './optimizer.ts';
export { RMSprop, type RMSpropConfig } from './rmsprop.ts';
export { SGD, type SGDConfig } from './sgd.ts';
export * as train from './train.ts';
