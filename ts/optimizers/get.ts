import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Adadelta } from './adadelta.ts';
import { Adagrad } from './adagrad.ts';
import { Adam, AdamW } from './adam.ts';
import { Adamax } from './adamax.ts';
import { Optimizer } from './optimizer.ts';
import { RMSprop } from './rmsprop.ts';
import { SGD } from './sgd.ts';

const byName: Readonly<Record<string, new () => Optimizer>> = {
  sgd: SGD,
  rmsprop: RMSprop,
  adam: Adam,
  adamw: AdamW,
  adagrad: Adagrad,
  adadelta: Adadelta,
  adamax: Adamax,
};

/** Names of the optimizers, with their default options. */
export type OptimizerName =
  | 'sgd'
  | 'rmsprop'
  | 'adam'
  | 'adamw'
  | 'adagrad'
  | 'adadelta'
  | 'adamax'
  | 'SGD'
  | 'RMSprop'
  | 'Adam'
  | 'AdamW'
  | 'Adagrad'
  | 'Adadelta'
  | 'Adamax';

/** What is accepted where an optimizer is. */
export type OptimizerIdentifier = OptimizerName | Optimizer;

/**
 * The optimizer of an identifier: a new one for a name.
 *
 * @throws ConfigError for an unknown name or something that is no optimizer.
 */
export function get(identifier: OptimizerIdentifier): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  if (typeof identifier === 'function') {
    throw new ConfigError('the optimizer is a class or a function: pass an object, such as train.adam(0.001)');
  }
  const key = typeof identifier === 'string' ? identifier.toLowerCase() : '';
  const Class = Object.hasOwn(byName, key) ? byName[key] : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `there is no optimizer ${received(identifier)}; known are ${Object.keys(byName).join(', ')}, or pass one such as train.adam(0.001)`,
    );
  }
  return new Class();
}
