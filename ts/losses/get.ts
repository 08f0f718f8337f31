import { isOptions, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Circle } from './circle.ts';
import {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  categoricalCrossentropy,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from './crossentropy.ts';
import { CTC } from './ctc.ts';
import { KLDivergence, Poisson } from './divergence.ts';
import { BinaryFocalCrossentropy, CategoricalFocalCrossentropy, CategoricalGeneralizedCrossEntropy } from './focal.ts';
import { CategoricalHinge, Hinge, SquaredHinge } from './hinge.ts';
import { FunctionLoss, Loss, type LossFunction } from './loss.ts';
import { Dice, Tversky } from './overlap.ts';
import {
  CosineSimilarity,
  Huber,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
} from './regression.ts';

/** A class of losses. */
export type LossClass = new (config?: never) => Loss;

/** Classes by name: those that a configuration may name beside the library's own. */
export type LossClasses = Readonly<Record<string, LossClass>>;

/** The one table of classes. */
const classes: LossClasses = {
  BinaryCrossentropy,
  BinaryFocalCrossentropy,
  CTC,
  CategoricalCrossentropy,
  CategoricalFocalCrossentropy,
  CategoricalGeneralizedCrossEntropy,
  CategoricalHinge,
  Circle,
  CosineSimilarity,
  Dice,
  Hinge,
  Huber,
  KLDivergence,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
  Tversky,
};

/** Short names, and those that TensorFlow.js and older versions of Keras have. */
const aliases: Readonly<Record<string, string>> = {
  mse: 'MeanSquaredError',
  mae: 'MeanAbsoluteError',
  mape: 'MeanAbsolutePercentageError',
  msle: 'MeanSquaredLogarithmicError',
  bce: 'BinaryCrossentropy',
  kld: 'KLDivergence',
  kullbackLeiblerDivergence: 'KLDivergence',
  cosineProximity: 'CosineSimilarity',
  huberLoss: 'Huber',
};

/** A name in a spelling that `mean_squared_error`, `meanSquaredError` and `MeanSquaredError` share. */
export function plainName(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

const byPlainName: ReadonlyMap<string, LossClass> = new Map([
  ...Object.entries(classes).map(([name, Class]) => [plainName(name), Class] as const),
  ...Object.entries(aliases).map(([alias, name]) => [plainName(alias), classes[name] as LossClass] as const),
]);

type Camel =
  | 'binaryCrossentropy'
  | 'binaryFocalCrossentropy'
  | 'categoricalCrossentropy'
  | 'categoricalFocalCrossentropy'
  | 'categoricalGeneralizedCrossEntropy'
  | 'categoricalHinge'
  | 'circle'
  | 'cosineSimilarity'
  | 'cosineProximity'
  | 'crossentropy'
  | 'ce'
  | 'ctc'
  | 'dice'
  | 'hinge'
  | 'huber'
  | 'huberLoss'
  | 'klDivergence'
  | 'kullbackLeiblerDivergence'
  | 'logCosh'
  | 'meanAbsoluteError'
  | 'meanAbsolutePercentageError'
  | 'meanSquaredError'
  | 'meanSquaredLogarithmicError'
  | 'poisson'
  | 'sparseCategoricalCrossentropy'
  | 'squaredHinge'
  | 'tversky';
type Short = 'mse' | 'mae' | 'mape' | 'msle' | 'bce' | 'kld';
type Snake<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : S;

/** Names of the losses, in TensorFlow.js', Keras' and the classes' spelling. `'crossentropy'` is the one that fits the shapes. */
export type LossName = Camel | Snake<Camel> | Short | Uppercase<Short> | 'logcosh' | keyof LossClassNames;
type LossClassNames = {
  readonly [Name in
    | Exclude<Capitalize<Camel>, 'Ce' | 'Crossentropy' | 'Ctc' | 'KlDivergence' | 'HuberLoss' | 'CosineProximity'>
    | 'CTC'
    | 'KLDivergence']: true;
};

/** A loss as a configuration holds it. */
export interface SerializedLoss {
  className: string;
  config?: Record<string, unknown>;
}

/** What is accepted where a loss is: a name, a function that gives one value per sample, an object, or its configuration. */
export type LossIdentifier = LossName | LossFunction | Loss | SerializedLoss;

/** The cross-entropy that fits the shapes, by the rules of `'accuracy'`. */
class FittingCrossentropy extends FunctionLoss {
  constructor(name: string) {
    super((yTrue, yPred) => {
      const classCount = yPred.shape.at(-1) ?? 1;
      if (classCount === 1) return binaryCrossentropy(yTrue, yPred);
      if (yTrue.rank < yPred.rank || yTrue.shape.at(-1) === 1) return sparseCategoricalCrossentropy(yTrue, yPred);
      return categoricalCrossentropy(yTrue, yPred);
    }, name);
  }
}

/** The loss of a name, `undefined` for other names. */
export function namedLoss(name: string): Loss | undefined {
  const plain = plainName(name);
  if (plain === 'crossentropy' || plain === 'ce') return new FittingCrossentropy(name);
  const Class = byPlainName.get(plain);
  return Class === undefined ? undefined : new Class();
}

/** Whether this may be the configuration of an object: `{ className, config }`. */
export function isSerialized(identifier: unknown): identifier is SerializedLoss {
  return isOptions(identifier) && 'className' in identifier;
}

/** `{ className, config }` of a loss, which {@link deserialize} makes one from. @example losses.serialize(new losses.Huber()) */
export function serialize(loss: Loss): Required<SerializedLoss> {
  if (!(loss instanceof Loss)) throw new ConfigError(`serialize: expected a loss, got ${received(loss)}`);
  return { className: loss.getClassName(), config: loss.getConfig() };
}

/**
 * The loss of a configuration.
 * @param customObjects Classes of your own by name.
 * @throws ConfigError for an unknown class.
 * @example losses.deserialize({ className: 'Huber', config: { delta: 2 } })
 */
export function deserialize(entry: SerializedLoss, customObjects: LossClasses = {}): Loss {
  const { className, config = {} } = isSerialized(entry) ? entry : { className: undefined };
  if (typeof className !== 'string' || !isOptions(config))
    throw new ConfigError(`a loss's configuration must be { className, config }, got ${received(entry)}`);
  const table = isOptions(customObjects) && Object.hasOwn(customObjects, className) ? customObjects : classes;
  const Class = Object.hasOwn(table, className) ? table[className] : undefined;
  if (typeof Class !== 'function' || !(Class.prototype instanceof Loss)) {
    throw new ConfigError(
      `there is no loss class ${received(className)}; pass classes of your own as { ${className.slice(0, 50)}: YourClass }`,
    );
  }
  return new Class(config as never);
}

/**
 * The loss of an identifier.
 *
 * @throws ConfigError for an unknown name or something that is no loss.
 * @example losses.get('mse')
 */
export function get(identifier: LossIdentifier): Loss {
  if (identifier instanceof Loss) return identifier;
  // A class is a function, too, but one that cannot be called.
  if (typeof identifier === 'function' && identifier.prototype instanceof Loss) {
    throw new ConfigError(`the loss is a class: pass an object, new ${identifier.name}()`);
  }
  if (typeof identifier === 'function') return new FunctionLoss(identifier, identifier.name || 'loss');
  if (isSerialized(identifier)) return deserialize(identifier);
  const loss = typeof identifier === 'string' ? namedLoss(identifier) : undefined;
  if (loss === undefined) {
    throw new ConfigError(
      `there is no loss ${received(identifier)}; known are crossentropy, ${Object.keys(aliases).slice(0, 6).join(', ')}, ` +
        `${Object.keys(classes).join(', ')} (in any spelling), or pass a function (yTrue, yPred) => values`,
    );
  }
  return loss;
}
