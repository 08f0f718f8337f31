import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Adadelta } from './adadelta.ts';
import { Adafactor } from './adafactor.ts';
import { Adagrad } from './adagrad.ts';
import { Adam, AdamW } from './adam.ts';
import { Adamax } from './adamax.ts';
import { Ftrl } from './ftrl.ts';
import { Lamb } from './lamb.ts';
import { Lion } from './lion.ts';
import { LossScaleOptimizer } from './loss-scale.ts';
import { Muon } from './muon.ts';
import { Nadam } from './nadam.ts';
import { Optimizer } from './optimizer.ts';
import { RMSprop } from './rmsprop.ts';
import { SGD } from './sgd.ts';

const byName: Readonly<Record<string, new (config?: never) => Optimizer>> = {
  sgd: SGD,
  rmsprop: RMSprop,
  adam: Adam,
  adamw: AdamW,
  adagrad: Adagrad,
  adadelta: Adadelta,
  adamax: Adamax,
  adafactor: Adafactor,
  ftrl: Ftrl,
  lamb: Lamb,
  lion: Lion,
  muon: Muon,
  nadam: Nadam,
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
  | 'adafactor'
  | 'ftrl'
  | 'lamb'
  | 'lion'
  | 'muon'
  | 'nadam'
  | 'Adafactor'
  | 'Ftrl'
  | 'Lamb'
  | 'Lion'
  | 'Muon'
  | 'Nadam'
  | 'SGD'
  | 'RMSprop'
  | 'Adam'
  | 'AdamW'
  | 'Adagrad'
  | 'Adadelta'
  | 'Adamax';

/** What is accepted where an optimizer is. */
export type OptimizerIdentifier = OptimizerName | Optimizer | SerializedOptimizer;

/** An optimizer as a configuration holds it: its class and what `getConfig` gave. */
export interface SerializedOptimizer {
  className: string;
  config: Record<string, unknown>;
}

/**
 * The optimizer of an identifier: a new one for a name or a configuration.
 *
 * @throws ConfigError for an unknown name or something that is no optimizer.
 * @example optimizers.get('adam').learningRate // 0.001
 */
export function get(identifier: OptimizerIdentifier): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  if (typeof identifier === 'function') {
    throw new ConfigError('the optimizer is a class or a function: pass an object, such as train.adam(0.001)');
  }
  const given = typeof identifier === 'string' ? { className: identifier, config: undefined } : Object(identifier);
  const { className, config } = given as { className?: unknown; config?: Record<string, unknown> };
  const key = typeof className === 'string' ? className.toLowerCase() : '';
  if (key === 'lossscaleoptimizer') return LossScaleOptimizer.fromConfig(config ?? {});
  const Class = Object.hasOwn(byName, key) ? byName[key] : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `there is no optimizer ${received(className ?? identifier)}; known are ${Object.keys(byName).join(', ')}, or pass one such as train.adam(0.001)`,
    );
  }
  return new Class(config as never);
}
