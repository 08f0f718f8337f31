// How a model is compiled, as Keras 2 and TensorFlow.js hold it, brought to the form of Keras 3.
import { isRecord, type Json, type Reading } from './reading.ts';

/** `training_config` or `trainingConfig` in the form of Keras 3's `compile_config`. */
export function modernTraining(reading: Reading, training: Json, place: string): Json {
  const {
    optimizer_config: optimizer,
    optimizer: other,
    loss,
    metrics,
    weighted_metrics: weighted,
    ...rest
  } = training;
  return {
    loss: modernTree(loss),
    metrics: modernTree(metrics),
    weighted_metrics: modernTree(weighted),
    loss_weights: rest.loss_weights ?? rest.lossWeights ?? null,
    ...(rest.run_eagerly === true ? { run_eagerly: true } : {}),
    optimizer: modernOptimizer(reading, optimizer ?? rest.optimizerConfig ?? other ?? null, place),
  };
}

/** Metrics that are means of a function are named by it. */
function modernTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(modernTree);
  if (!isRecord(value)) return value ?? null;
  if (value.class_name === 'MeanMetricWrapper' || value.class_name === 'LossFunctionWrapper') {
    const config = isRecord(value.config) ? value.config : {};
    return config.fn ?? null;
  }
  if (typeof value.class_name === 'string') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, modernTree(inner)]));
}

/** Options of TensorFlow.js' optimizers that mean something else in Keras. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  RMSProp: { decay: 'rho' },
  RMSprop: { decay: 'rho' },
  Momentum: { use_nesterov: 'nesterov' },
};

function modernOptimizer(reading: Reading, value: unknown, place: string): unknown {
  if (!isRecord(value)) return value;
  const entry = reading.entry(place, value);
  const config =
    entry.config === null || entry.config === undefined ? {} : reading.record(place, 'config', entry.config);
  const className = entry.class_name.replace(/^Custom>/, '');
  // TensorFlow.js spells options of optimizers in camel case.
  const isTfjs = 'learningRate' in config || 'initialAccumulatorValue' in config;
  const names = isTfjs ? (renamed[className] ?? {}) : {};
  const options: Record<string, unknown> = {};
  for (const [given, option] of Object.entries(config)) {
    if (option === null || option === undefined) continue;
    const name = kerasOption(given);
    options[names[name] ?? name] = option;
  }
  return { ...entry, class_name: className, config: withoutDecay(className, options) };
}

/**
 * The options with a schedule in place of `decay`: `rate / (1 + decay * step)`, which Keras 3 has no option for (it warns, and trains at the
 * full rate). What is no such decay is left for the reader to refuse.
 */
function withoutDecay(className: string, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { decay, ...rest } = options;
  // Nadam's is that of its momentum, which is fixed in Keras 3.
  if (decay === undefined || decay === 0 || className === 'Nadam') return rest;
  const { learning_rate: rate } = rest;
  if (typeof decay !== 'number' || !(decay > 0) || typeof rate !== 'number') return { ...options };
  const config = { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay, staircase: false };
  return { ...rest, learning_rate: { class_name: 'InverseTimeDecay', config } };
}

const irregular: Readonly<Record<string, string>> = { beta1: 'beta_1', beta2: 'beta_2', lr: 'learning_rate' };

function kerasOption(name: string): string {
  if (Object.hasOwn(irregular, name)) return irregular[name] as string;
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
