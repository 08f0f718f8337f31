export { Circle, type CircleOptions, type CircleReferences, circle } from './circle.ts';
export {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  type CrossentropyConfig,
  type CrossentropyOptions,
  categoricalCrossentropy,
  SparseCategoricalCrossentropy,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from './crossentropy.ts';
export { CTC, ctc } from './ctc.ts';
export { KLDivergence, klDivergence, Poisson, poisson } from './divergence.ts';
export {
  BinaryFocalCrossentropy,
  type BinaryFocalOptions,
  binaryFocalCrossentropy,
  CategoricalFocalCrossentropy,
  CategoricalGeneralizedCrossEntropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  type FocalOptions,
} from './focal.ts';
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
export {
  deserialize,
  get,
  type LossClass,
  type LossClasses,
  type LossIdentifier,
  type LossName,
  type SerializedLoss,
  serialize,
} from './get.ts';
export { CategoricalHinge, categoricalHinge, Hinge, hinge, SquaredHinge, squaredHinge } from './hinge.ts';
export { Loss, type LossConfig, type LossFunction } from './loss.ts';
export { Dice, dice, type OverlapAxes, Tversky, type TverskyOptions, tversky } from './overlap.ts';
export type { Reduction, ReductionName } from './reduction.ts';
export {
  CosineSimilarity,
  cosineSimilarity,
  Huber,
  huber,
  LogCosh,
  logCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from './regression.ts';
