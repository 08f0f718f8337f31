import { isOptions, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { isSerialized, type LossName, namedLoss, plainName } from '../losses/get.ts';
import { Loss } from '../losses/loss.ts';
import * as accuracies from './accuracy.ts';
import { AUC } from './auc.ts';
import * as decisions from './confusion-metrics.ts';
import { F1Score, FBetaScore } from './f-score.ts';
import * as overlaps from './iou.ts';
import * as ofLosses from './loss-metrics.ts';
import { Mean, MeanMetricWrapper, Metric, type MetricFunction, Sum } from './metric.ts';
import * as regressions from './regression.ts';

/** A class of metrics. */
export type MetricClass = new (config: never) => Metric;

/** Classes by name: those that a configuration may name beside the library's own. */
export type MetricClasses = Readonly<Record<string, MetricClass>>;

const isClass = (value: unknown): value is MetricClass =>
  typeof value === 'function' && value.prototype instanceof Metric;

/** The one table of classes, by their names. */
const classes: ReadonlyMap<string, MetricClass> = new Map(
  [accuracies, decisions, overlaps, ofLosses, regressions, { AUC, F1Score, FBetaScore, Mean, Sum }]
    .flatMap((family) => Object.values(family) as unknown[])
    .filter(isClass)
    .flatMap((Class) => {
      const { className } = Class as unknown as typeof Metric;
      // The accuracy that fits the shapes has no name of its own in configurations.
      return className === undefined || Class === accuracies.FittingAccuracy ? [] : [[className, Class] as const];
    }),
);

const byPlainName: ReadonlyMap<string, MetricClass> = new Map([
  ...[...classes].map(([name, Class]) => [plainName(name), Class] as const),
  ['accuracy', accuracies.FittingAccuracy],
  ['acc', accuracies.FittingAccuracy],
  ['mse', ofLosses.MeanSquaredError],
  ['mae', ofLosses.MeanAbsoluteError],
  ['mape', ofLosses.MeanAbsolutePercentageError],
  ['msle', ofLosses.MeanSquaredLogarithmicError],
  ['bce', ofLosses.BinaryCrossentropy],
  ['kld', ofLosses.KLDivergence],
  ['rmse', regressions.RootMeanSquaredError],
  ['logcosh', ofLosses.LogCoshError],
  ['cosineproximity', regressions.CosineSimilarity],
]);

type Camel =
  | 'accuracy'
  | 'acc'
  | 'auc'
  | 'binaryAccuracy'
  | 'binaryIoU'
  | 'categoricalAccuracy'
  | 'concordanceCorrelation'
  | 'f1Score'
  | 'falseNegatives'
  | 'falsePositives'
  | 'fBetaScore'
  | 'logCoshError'
  | 'pearsonCorrelation'
  | 'precision'
  | 'r2Score'
  | 'recall'
  | 'rmse'
  | 'rootMeanSquaredError'
  | 'sparseCategoricalAccuracy'
  | 'sparseTopKCategoricalAccuracy'
  | 'topKCategoricalAccuracy'
  | 'trueNegatives'
  | 'truePositives';
type Snake<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : S;

/** Names of the metrics, the losses' included, in TensorFlow.js', Keras' and the classes' spelling. */
export type MetricName = Camel | Snake<Camel> | Capitalize<Camel> | 'AUC' | LossName;

/** A metric as a configuration holds it. */
export interface SerializedMetric {
  className: string;
  config?: Record<string, unknown>;
}

/** What is accepted where a metric is: a name, a function that gives one value per sample, an object, or its configuration. */
export type MetricIdentifier = MetricName | MetricFunction | Metric | SerializedMetric;

/** `{ className, config }` of a metric, which {@link deserialize} makes one from. @example metrics.serialize(new metrics.AUC()) */
export function serialize(metric: Metric): Required<SerializedMetric> {
  if (!(metric instanceof Metric)) throw new ConfigError(`serialize: expected a metric, got ${received(metric)}`);
  return { className: metric.getClassName(), config: metric.getConfig() };
}

/**
 * The metric of a configuration, with state of its own.
 * @param customObjects Classes of your own by name.
 * @throws ConfigError for an unknown class.
 * @example metrics.deserialize({ className: 'AUC', config: { curve: 'PR' } })
 */
export function deserialize(entry: SerializedMetric, customObjects: MetricClasses = {}): Metric {
  const { className, config = {} } = isSerialized(entry) ? entry : { className: undefined };
  if (typeof className !== 'string' || !isOptions(config))
    throw new ConfigError(`a metric's configuration must be { className, config }, got ${received(entry)}`);
  const isOwn = isOptions(customObjects) && Object.hasOwn(customObjects, className);
  const Class: unknown = isOwn ? customObjects[className] : classes.get(className);
  if (!isClass(Class)) {
    throw new ConfigError(
      `there is no metric class ${received(className)}; pass classes of your own as { ${className.slice(0, 50)}: YourClass }`,
    );
  }
  return new Class(config as never);
}

/**
 * A metric of an identifier, with state of its own unless it is an object. It is reported under the name as written.
 *
 * @throws ConfigError for an unknown name or something that is no metric.
 * @example metrics.get('accuracy')
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
  if (typeof identifier === 'function') return new MeanMetricWrapper(identifier, { name: identifier.name || 'metric' });
  if (isSerialized(identifier)) return deserialize(identifier);
  if (typeof identifier === 'string') {
    const Class = byPlainName.get(plainName(identifier));
    if (Class !== undefined) return new Class({ name: identifier } as never);
    const loss = namedLoss(identifier);
    if (loss !== undefined) {
      return new MeanMetricWrapper((yTrue, yPred) => loss.call(yTrue, yPred), { name: identifier });
    }
  }
  throw new ConfigError(
    `there is no metric ${received(identifier)}; known are accuracy, ${[...classes.keys()].join(', ')} (in any spelling), ` +
      'the names of the losses, or pass a function (yTrue, yPred) => values',
  );
}
