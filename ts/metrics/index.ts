export {
  Accuracy,
  BinaryAccuracy,
  binaryAccuracy,
  CategoricalAccuracy,
  categoricalAccuracy,
  SparseCategoricalAccuracy,
  sparseCategoricalAccuracy,
} from './accuracy.ts';
export { get, type MetricIdentifier, type MetricName } from './get.ts';
export { Mean, MeanOverSamples, Metric, type MetricConfig, type MetricFunction } from './metric.ts';
