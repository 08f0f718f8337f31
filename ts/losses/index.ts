export {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  type CrossentropyConfig,
  type CrossentropyOptions,
  categoricalCrossentropy,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from './crossentropy.ts';
export {
  absoluteDifference,
  computeWeightedLoss,
  cosineDistance,
  hingeLoss,
  huberLoss,
  type LossWeights,
  logLoss,
  type ReductionCode,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
} from './functional.ts';
export { get, type LossIdentifier, type LossName } from './get.ts';
export { Loss, type LossConfig, type LossFunction } from './loss.ts';
export type { Reduction } from './reduction.ts';
export { MeanAbsoluteError, MeanSquaredError, meanAbsoluteError, meanSquaredError } from './regression.ts';
