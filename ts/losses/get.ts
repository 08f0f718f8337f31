import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy } from './crossentropy.ts';
import { FunctionLoss, Loss, type LossFunction } from './loss.ts';
import { MeanAbsoluteError, MeanSquaredError } from './regression.ts';

const byName: Readonly<Record<string, new () => Loss>> = {
  meanSquaredError: MeanSquaredError,
  mse: MeanSquaredError,
  meanAbsoluteError: MeanAbsoluteError,
  mae: MeanAbsoluteError,
  binaryCrossentropy: BinaryCrossentropy,
  bce: BinaryCrossentropy,
  categoricalCrossentropy: CategoricalCrossentropy,
  sparseCategoricalCrossentropy: SparseCategoricalCrossentropy,
};

/** Names of the losses, in TensorFlow.js' and Keras' spelling. */
export type LossName =
  | 'meanSquaredError'
  | 'mse'
  | 'MSE'
  | 'meanAbsoluteError'
  | 'mae'
  | 'MAE'
  | 'binaryCrossentropy'
  | 'bce'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'mean_squared_error'
  | 'mean_absolute_error'
  | 'binary_crossentropy'
  | 'categorical_crossentropy'
  | 'sparse_categorical_crossentropy';

/** What is accepted where a loss is: a name, a function that gives one value per sample, or an object. */
export type LossIdentifier = LossName | LossFunction | Loss;

/** `sparse_categorical_crossentropy`, `MSE` and the like in the table's spelling. */
export function camelCase(name: string): string {
  if (/^[A-Z]+$/.test(name)) return name.toLowerCase();
  const joined = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** The class of a loss's name, `undefined` for other names. */
export function lossClass(name: string): (new () => Loss) | undefined {
  const key = camelCase(name);
  return Object.hasOwn(byName, key) ? byName[key] : undefined;
}

/**
 * The loss of an identifier.
 *
 * @throws ConfigError for an unknown name or something that is no loss.
 */
export function get(identifier: LossIdentifier): Loss {
  if (identifier instanceof Loss) return identifier;
  // A class is a function, too, but one that cannot be called.
  if (typeof identifier === 'function' && identifier.prototype instanceof Loss) {
    throw new ConfigError(`the loss is a class: pass an object, new ${identifier.name}()`);
  }
  if (typeof identifier === 'function') return new FunctionLoss(identifier, identifier.name || 'loss');
  const Class = typeof identifier === 'string' ? lossClass(identifier) : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `there is no loss ${received(identifier)}; known are ${Object.keys(byName).join(', ')}, or pass a function (yTrue, yPred) => values`,
    );
  }
  return new Class();
}
