// How a model is compiled, as TensorFlow.js holds it.
import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { isSerialized, namedLoss } from '../../losses/get.ts';
import { Loss } from '../../losses/loss.ts';
import { Metric } from '../../metrics/metric.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { Optimizer } from '../../optimizers/index.ts';
import { kerasIdentifier } from './functions.ts';
import { toSnake } from './names.ts';
import { tfjsOptimizers } from './tfjs-tables.ts';

/**
 * The options of `compile`; `undefined` for a model that is not compiled, or in a way that TensorFlow.js has no words for: it then
 * reads the model and compiles it anew.
 */
export function writeTraining(model: TrainableModel): object | undefined {
  const options = model.compileOptions;
  if (options === undefined || options.loss === undefined || options.loss === null) return undefined;
  try {
    return {
      loss: tree(options.loss),
      metrics: options.metrics === undefined || options.metrics === null ? [] : tree(options.metrics),
      optimizer_config: optimizerOf(model.optimizer),
      ...(options.lossWeights === undefined ? {} : { loss_weights: options.lossWeights }),
    };
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Losses and metrics by their names: TensorFlow.js has no options for them. */
function tree(value: unknown): unknown {
  if (typeof value === 'string') return kerasIdentifier(value);
  if (value instanceof Loss || value instanceof Metric) return nameOf(value);
  if (Array.isArray(value)) return value.map(tree);
  if (typeof value === 'object' && value !== null && !isSerialized(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tree(inner)]));
  throw new ConfigError(`TensorFlow.js has no way to write ${received(value)}`);
}

/** The name of a loss or metric that has its default options. @throws ConfigError for others. */
function nameOf(object: Loss | Metric): string {
  const name = toSnake(object.getClassName()).replace(/^_/, '');
  const plain = namedLoss(name);
  const own = JSON.stringify({ ...object.getConfig(), name: '', dtype: '' });
  if (
    object instanceof Loss &&
    plain !== undefined &&
    JSON.stringify({ ...plain.getConfig(), name: '', dtype: '' }) === own
  )
    return kerasIdentifier(name);
  throw new ConfigError(`TensorFlow.js has no options of ${object.getClassName()}`);
}

/** Options that change steps and that TensorFlow.js lacks. */
const stepOptions = [
  'weightDecay',
  'clipnorm',
  'clipvalue',
  'globalClipnorm',
  'lossScaleFactor',
  'gradientAccumulationSteps',
  'useEma',
];

function optimizerOf(optimizer: Optimizer): object {
  const config = optimizer.getConfig();
  const className = optimizer.getClassName();
  const { learningRate } = config;
  const known = Object.hasOwn(tfjsOptimizers, className) ? tfjsOptimizers[className] : undefined;
  const lacking = stepOptions.some((name) => config[name] !== undefined && config[name] !== false);
  if (known === undefined || lacking || typeof learningRate !== 'number' || config.amsgrad === true)
    throw new ConfigError(`TensorFlow.js has no optimizer such as ${className}`);
  if (className === 'SGD' && config.momentum !== 0) {
    const { momentum, nesterov } = config;
    return { class_name: 'Momentum', config: { learningRate, momentum, useNesterov: nesterov } };
  }
  const options = Object.entries(known.options).map(([ours, theirs]) => [theirs, config[ours]]);
  return { class_name: known.name, config: { learningRate, ...Object.fromEntries(options) } };
}
