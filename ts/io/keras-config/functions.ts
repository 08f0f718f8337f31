// Functions of Keras that files name: losses, metrics and activations. Nothing else is looked up.
import { namedLoss, plainName } from '../../losses/get.ts';
import { toSnake } from './names.ts';
import { isActivation } from './words.ts';

/** Functions of `keras.metrics` beside those of `keras.losses`. */
const metricNames: ReadonlySet<string> = new Set([
  'accuracy',
  'acc',
  'binary_accuracy',
  'categorical_accuracy',
  'sparse_categorical_accuracy',
  'top_k_categorical_accuracy',
  'sparse_top_k_categorical_accuracy',
]);

/** Whether Keras and hornbeam have a function of this name. */
export function isKnownFunction(name: string): boolean {
  return isLossName(name) || metricNames.has(name) || isActivation(name);
}

function isLossName(name: string): boolean {
  return namedLoss(name) !== undefined;
}

/** Names of losses that Keras spells otherwise than we do, by the name without underscores. */
const kerasLosses: Readonly<Record<string, string>> = {
  cosineproximity: 'cosine_similarity',
  huberloss: 'huber',
  kullbackleiblerdivergence: 'kl_divergence',
  kldivergence: 'kl_divergence',
  logcosh: 'log_cosh',
  ce: 'crossentropy',
};

/** A loss or metric by name, as Keras spells it: names that it knows stay as they are. */
export function kerasIdentifier(name: string): string {
  const plain = plainName(name);
  // `mse`, `MSE`, `MeanSquaredError`, `mean_squared_error`: as written.
  if (Object.hasOwn(kerasLosses, plain)) return kerasLosses[plain] as string;
  return /^[A-Z]/.test(name) ? name : toSnake(name);
}
