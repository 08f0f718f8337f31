import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { type LossName, namedLoss, plainName } from '../losses/get.ts';
import { Loss } from '../losses/loss.ts';
import { Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy } from './accuracy.ts';
import { MeanOverSamples, Metric, type MetricFunction } from './metric.ts';

const byName: Readonly<Record<string, new (config: { name: string }) => Metric>> = {
  accuracy: Accuracy,
  acc: Accuracy,
  binaryaccuracy: BinaryAccuracy,
  categoricalaccuracy: CategoricalAccuracy,
  sparsecategoricalaccuracy: SparseCategoricalAccuracy,
};

/** Names of the metrics, the losses' included, in TensorFlow.js' and Keras' spelling. */
export type MetricName =
  | 'accuracy'
  | 'acc'
  | 'binaryAccuracy'
  | 'categoricalAccuracy'
  | 'sparseCategoricalAccuracy'
  | 'binary_accuracy'
  | 'categorical_accuracy'
  | 'sparse_categorical_accuracy'
  | LossName;

/** What is accepted where a metric is: a name, a function that gives one value per sample, or an object. */
export type MetricIdentifier = MetricName | MetricFunction | Metric;

/**
 * A metric of an identifier, with state of its own unless it is an object. It is reported under the name as written.
 *
 * @throws ConfigError for an unknown name or something that is no metric.
 */
export function get(identifier: MetricIdentifier): Metric {
  if (identifier instanceof Metric) return identifier;
  // A class is a function, too, but one that cannot be called.
  if (
    typeof identifier === 'function' &&
    (identifier.prototype instanceof Metric || identifier.prototype instanceof Loss)
  ) {
    throw new ConfigError(`the metric is a class: pass an object, new ${identifier.name}()`);
  }
  if (typeof identifier === 'function') return new MeanOverSamples(identifier, { name: identifier.name || 'metric' });
  if (typeof identifier === 'string') {
    const key = plainName(identifier);
    if (Object.hasOwn(byName, key))
      return new (byName[key] as new (config: { name: string }) => Metric)({ name: identifier });
    const loss = namedLoss(identifier);
    if (loss !== undefined) {
      return new MeanOverSamples((yTrue, yPred) => loss.call(yTrue, yPred), { name: identifier });
    }
  }
  throw new ConfigError(
    `there is no metric ${received(identifier)}; known are ${Object.keys(byName).join(', ')}, the names of the losses, ` +
      'or pass a function (yTrue, yPred) => values',
  );
}
