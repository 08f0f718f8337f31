// How a model is compiled, as TensorFlow.js writes it.
import type { TrainableModel } from '../../models/model.ts';
import { Adadelta, Adagrad, Adam, Adamax, type Optimizer, RMSprop, SGD } from '../../optimizers/index.ts';
import { modelToKeras } from '../keras-config/index.ts';
import type { TrainingConfig } from './artifacts.ts';

type Json = Record<string, unknown>;

/** TensorFlow.js' names of losses by those of Keras' classes and functions. */
const losses: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['MeanSquaredError', 'mean_squared_error', 'mse'],
    ['MeanAbsoluteError', 'mean_absolute_error', 'mae'],
    ['MeanAbsolutePercentageError', 'mean_absolute_percentage_error', 'mape'],
    ['MeanSquaredLogarithmicError', 'mean_squared_logarithmic_error', 'msle'],
    ['SquaredHinge', 'squared_hinge'],
    ['Hinge', 'hinge'],
    ['CategoricalHinge', 'categorical_hinge'],
    ['LogCosh', 'logcosh', 'log_cosh'],
    ['CategoricalCrossentropy', 'categorical_crossentropy'],
    ['SparseCategoricalCrossentropy', 'sparse_categorical_crossentropy'],
    ['BinaryCrossentropy', 'binary_crossentropy'],
    ['KLDivergence', 'kullback_leibler_divergence', 'kl_divergence'],
    ['Poisson', 'poisson'],
  ].flatMap(([className, name, ...others]) => [className, name, ...others].map((one) => [one, name as string])),
);
/** TensorFlow.js' names of metrics. */
const metrics: Readonly<Record<string, string>> = {
  accuracy: 'accuracy',
  acc: 'accuracy',
  binary_accuracy: 'binary_accuracy',
  categorical_accuracy: 'categorical_accuracy',
  categorical_crossentropy: 'categorical_crossentropy',
  sparse_categorical_crossentropy: 'sparse_categorical_crossentropy',
  mean_squared_error: 'mse',
  mse: 'mse',
  mean_absolute_error: 'mae',
  mae: 'mae',
  mean_absolute_percentage_error: 'mape',
  mape: 'mape',
};

/** How a model is compiled. `undefined`, with a warning, when TensorFlow.js does not have the like: a file that it cannot load would be worse. */
export function trainingConfigOf(model: TrainableModel): TrainingConfig | undefined {
  const { compile_config: compiled } = modelToKeras(model) as { compile_config?: Json | null };
  if (compiled === undefined || compiled === null) return undefined;
  const optimizer = optimizerConfig(model.optimizer);
  const problems: string[] = [];
  if (optimizer === undefined) problems.push(`the optimizer ${model.optimizer.getClassName()} with these options`);
  const loss = namesOf(compiled.loss, losses, problems, 'the loss');
  if (compiled.loss_weights !== undefined && compiled.loss_weights !== null) problems.push('weights of losses');
  if (problems.length > 0) {
    process.emitWarning(
      `save: ${model.label} is written without how it is compiled: TensorFlow.js does not have ${problems.join(', ')}. A .keras file holds everything`,
      'HornbeamWarning',
    );
    return undefined;
  }
  const config: TrainingConfig = {
    loss: loss as TrainingConfig['loss'] & object,
    optimizer_config: optimizer as object,
  };
  // Metrics that it lacks are left out: they change nothing that is learnt.
  const reported = namesOf(compiled.metrics, metrics, [], 'the metric');
  if (Array.isArray(reported)) config.metrics = reported.flat().filter((name) => name !== undefined);
  else if (typeof reported === 'string') config.metrics = [reported];
  return config;
}

/** Names in the place of losses or metrics, in the lists and records in which they are. */
function namesOf(value: unknown, known: Readonly<Record<string, string>>, problems: string[], what: string): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => namesOf(one, known, problems, what));
  if (typeof value === 'object' && !('class_name' in value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, namesOf(one, known, problems, what)]));
  }
  const { class_name: className, config = {} } = value as { class_name?: string; config?: Json };
  const name = typeof value === 'string' ? value : className;
  const isPlain = Object.entries(config).every(([option, set]) => isDefault(option, set));
  if (name !== undefined && isPlain && Object.hasOwn(known, name)) return known[name];
  problems.push(`${what} ${name ?? 'of your own'}${isPlain ? '' : ' with these options'}`);
  return undefined;
}

/** Options that TensorFlow.js' functions have fixed. */
function isDefault(option: string, value: unknown): boolean {
  if (option === 'name' || option === 'dtype') return true;
  if (option === 'reduction') return value === 'sum_over_batch_size' || value === 'mean';
  if (option === 'from_logits') return value === false;
  if (option === 'axis') return value === -1;
  return value === null || value === 0;
}

/** Class and options of TensorFlow.js' optimizer; `undefined` when it would train otherwise. */
function optimizerConfig(optimizer: Optimizer): object | undefined {
  const { name: _, learningRate, ...options } = optimizer.getConfig();
  if (typeof learningRate !== 'number') return undefined;
  const made = ownConfig(optimizer, options);
  if (made === undefined) return undefined;
  const { className, config, used } = made;
  const rest = Object.entries(options).filter(([option]) => !used.includes(option));
  if (rest.some(([, value]) => value !== null && value !== undefined && value !== false)) return undefined;
  return { class_name: className, config: { learningRate, ...config } };
}

interface OwnConfig {
  readonly className: string;
  readonly config: Json;
  /** Our options that are in it. */
  readonly used: readonly string[];
}

function ownConfig({ constructor: Class }: Optimizer, options: Json): OwnConfig | undefined {
  const { beta1, beta2, epsilon, rho, momentum, centered, nesterov, initialAccumulatorValue } = options;
  /** What TensorFlow.js has where it takes no number. */
  const isUsual = typeof epsilon !== 'number' || Math.abs(epsilon - 1e-7) < 1e-12;
  switch (Class) {
    case Adam:
      return { className: 'Adam', config: { beta1, beta2, epsilon }, used: ['beta1', 'beta2', 'epsilon'] };
    case Adamax:
      return { className: 'Adamax', config: { beta1, beta2, epsilon, decay: 0 }, used: ['beta1', 'beta2', 'epsilon'] };
    case RMSprop:
      return {
        className: 'RMSProp',
        config: { decay: rho, momentum, epsilon, centered },
        used: ['rho', 'momentum', 'epsilon', 'centered'],
      };
    case Adagrad:
      return isUsual
        ? { className: 'Adagrad', config: { initialAccumulatorValue }, used: ['initialAccumulatorValue', 'epsilon'] }
        : undefined;
    case Adadelta:
      return { className: 'Adadelta', config: { rho, epsilon }, used: ['rho', 'epsilon'] };
    case SGD:
      return momentum === 0
        ? { className: 'SGD', config: {}, used: ['momentum', 'nesterov'] }
        : { className: 'Momentum', config: { momentum, useNesterov: nesterov }, used: ['momentum', 'nesterov'] };
    default:
      return undefined;
  }
}
