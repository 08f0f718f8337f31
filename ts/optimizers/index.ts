export { Adadelta, type AdadeltaConfig } from './adadelta.ts';
export { Adagrad, type AdagradConfig } from './adagrad.ts';
export { Adam, type AdamConfig, AdamW } from './adam.ts';
export { Adamax, type AdamaxConfig } from './adamax.ts';
export { get, type OptimizerIdentifier, type OptimizerName } from './get.ts';
export { type NamedTensor, Optimizer, type OptimizerConfig } from './optimizer.ts';
export { RMSprop, type RMSpropConfig } from './rmsprop.ts';
export { SGD, type SGDConfig } from './sgd.ts';
export * as train from './train.ts';
