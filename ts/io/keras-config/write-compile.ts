// How a model is compiled, as Keras 3 holds it.
import { registeredName } from '../../custom-objects.ts';
import { ConfigError } from '../../errors.ts';
import { isSerialized } from '../../losses/get.ts';
import { Loss } from '../../losses/loss.ts';
import { Metric } from '../../metrics/metric.ts';
import type { TrainableModel } from '../../models/model.ts';
import { Optimizer } from '../../optimizers/index.ts';
import type { KerasObject } from '../artifacts.ts';
import { isDefault, isLeftOut } from './absent.ts';
import { kerasIdentifier } from './functions.ts';
import { toSnake } from './names.ts';
import { type Kind, knownClass, moduleName } from './tables.ts';
import { type Serialized, writeOption } from './writing.ts';

/** The options of `compile`; `undefined` for a model that is not compiled. @throws ConfigError for what no file can hold. */
export function writeCompile(model: TrainableModel): Record<string, unknown> | undefined {
  const options = model.compileOptions;
  if (options === undefined) return undefined;
  return {
    optimizer: writeOptimizer(model.optimizer),
    loss: writeTree(options.loss, 'loss'),
    loss_weights: options.lossWeights ?? null,
    metrics: writeTree(options.metrics, 'metric'),
    weighted_metrics: writeTree(options.weightedMetrics, 'metric'),
    run_eagerly: options.runEagerly ?? false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

function writeTree(value: unknown, kind: 'loss' | 'metric'): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return kerasIdentifier(value);
  if (typeof value === 'function') return writeFunction(value);
  if (value instanceof Loss || value instanceof Metric) {
    return writeClass(kind, { className: value.getClassName(), config: value.getConfig() }, value);
  }
  if (Array.isArray(value)) return value.map((inner) => writeTree(inner, kind));
  if (isSerialized(value)) return writeClass(kind, { className: value.className, config: value.config ?? {} });
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, writeTree(inner, kind)]));
}

/** A function by its name: the reader finds it among its custom objects. @throws ConfigError for one without a name. */
function writeFunction(value: object): KerasObject {
  const { name } = value as { name?: unknown };
  if (typeof name !== 'string' || name === '') {
    throw new ConfigError(
      'a loss or metric that is a function without a name cannot be written into a file: give it one, as in const gap = (yTrue, yPred) => ...',
    );
  }
  return { module: 'builtins', class_name: 'function', config: name as never, registered_name: 'function' };
}

/** An object of a class of ours, or of one that is registered. */
export function writeClass(kind: Kind, { className, config }: Serialized, object?: object): KerasObject {
  const known = knownClass(className, [kind]);
  const isOurs = known !== undefined && (object === undefined || object.constructor === known.Class);
  const written: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(config)) {
    const name = toSnake(option);
    if (isDefault(kind, className, name, value) || isLeftOut(name, value)) continue;
    written[name] = name === 'reduction' && value === 'none' ? null : writeOption(kind, name, value);
  }
  if (isOurs) return { module: moduleName(kind), class_name: known.name, config: written, registered_name: null };
  const registered = object === undefined ? undefined : registeredName(object.constructor as never);
  return { module: null, class_name: className, config: written, registered_name: registered ?? className };
}

/** Options that Keras writes of every optimizer, at the values that hornbeam leaves out. */
const optimizerDefaults: Readonly<Record<string, unknown>> = {
  weight_decay: null,
  clipnorm: null,
  global_clipnorm: null,
  clipvalue: null,
  use_ema: false,
  ema_momentum: 0.99,
  ema_overwrite_frequency: null,
  loss_scale_factor: null,
  gradient_accumulation_steps: null,
};

/** An optimizer with the options that it has now: its learning rate may have changed since. */
export function writeOptimizer(optimizer: Optimizer): KerasObject {
  const { innerOptimizer, learningRate, ...config } = optimizer.getConfig();
  const object = writeClass('optimizer', { className: optimizer.getClassName(), config }, optimizer);
  const inner = (optimizer as { innerOptimizer?: unknown }).innerOptimizer;
  if (inner instanceof Optimizer) {
    object.config = { ...object.config, inner_optimizer: writeOptimizer(inner) };
    return object;
  }
  const rate = isSerialized(learningRate)
    ? writeClass('schedule', { className: learningRate.className, config: learningRate.config ?? {} })
    : learningRate;
  object.config = { ...optimizerDefaults, ...object.config, learning_rate: rate };
  return object;
}
