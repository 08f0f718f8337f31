export {
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from '../losses/crossentropy.ts';
export { klDivergence, poisson } from '../losses/divergence.ts';
export { binaryFocalCrossentropy, categoricalFocalCrossentropy } from '../losses/focal.ts';
export { categoricalHinge, hinge, squaredHinge } from '../losses/hinge.ts';
export {
  cosineSimilarity as cosineProximity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanAbsolutePercentageError as MAPE,
  meanAbsolutePercentageError as mape,
  meanSquaredError,
  meanSquaredError as MSE,
  meanSquaredError as mse,
  meanSquaredLogarithmicError,
} from '../losses/regression.ts';
export {
  Accuracy,
  accuracy,
  BinaryAccuracy,
  binaryAccuracy,
  CategoricalAccuracy,
  categoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from './accuracy.ts';
export { AUC, type AUCConfig } from './auc.ts';
export type { Thresholds } from './confusion.ts';
export {
  type ConstrainedConfig,
  type DecisionConfig,
  FalseNegatives,
  FalsePositives,
  Precision,
  PrecisionAtRecall,
  Recall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
  type ThresholdConfig,
  TrueNegatives,
  TruePositives,
} from './confusion-metrics.ts';
export { F1Score, type F1ScoreConfig, FBetaScore, type FScoreAverage } from './f-score.ts';
export {
  deserialize,
  get,
  type MetricClass,
  type MetricClasses,
  type MetricIdentifier,
  type MetricName,
  type SerializedMetric,
  serialize,
} from './get.ts';
export { BinaryIoU, IoU, type IoUConfig, MeanIoU, type MeanIoUConfig, OneHotIoU, OneHotMeanIoU } from './iou.ts';
export {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  CategoricalHinge,
  Hinge,
  KLDivergence,
  LogCoshError,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
} from './loss-metrics.ts';
export { Mean, MeanMetricWrapper, Metric, type MetricConfig, type MetricFunction, Sum } from './metric.ts';
export {
  ConcordanceCorrelation,
  CosineSimilarity,
  concordanceCorrelation,
  PearsonCorrelation,
  pearsonCorrelation,
  R2Score,
  type R2ScoreConfig,
  RootMeanSquaredError,
} from './regression.ts';
