import { received } from '../arguments.ts';
import { registeredClass } from '../custom-objects.ts';
import { ConfigError } from '../errors.ts';
import type { Config } from '../initializers/initializer.ts';
import { Constraint, type ConstraintFunction, FunctionConstraint } from './constraint.ts';
import { NonNeg } from './non-neg.ts';
import {
  MaxNorm,
  type MaxNormOptions,
  MinMaxNorm,
  type MinMaxNormOptions,
  UnitNorm,
  type UnitNormOptions,
} from './norms.ts';

export type { ConstraintFunction } from './constraint.ts';
export type { MaxNormOptions, MinMaxNormOptions, UnitNormOptions } from './norms.ts';
export { Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm };

/** Names of constraints, in TensorFlow.js' and in Keras' spelling. */
export type ConstraintName =
  | 'maxNorm'
  | 'max_norm'
  | 'MaxNorm'
  | 'minMaxNorm'
  | 'min_max_norm'
  | 'MinMaxNorm'
  | 'nonNeg'
  | 'non_neg'
  | 'NonNeg'
  | 'unitNorm'
  | 'unit_norm'
  | 'UnitNorm';

/** A name, an instance, a function of the weight, or what a file holds. */
export type ConstraintIdentifier =
  | ConstraintName
  | Constraint
  | ConstraintFunction
  | { className: string; config: Config };

const classes: Readonly<Record<string, new (options?: never) => Constraint>> = {
  maxnorm: MaxNorm,
  minmaxnorm: MinMaxNorm,
  nonneg: NonNeg,
  unitnorm: UnitNorm,
};

function classOf(name: string): (new (options?: never) => Constraint) | undefined {
  const own = registeredClass(name) as (new (options?: never) => Constraint) | undefined;
  if (own?.prototype instanceof Constraint) return own;
  const key = name.replaceAll('_', '').toLowerCase();
  return Object.hasOwn(classes, key) ? classes[key] : undefined;
}

/**
 * The constraint that `identifier` means.
 * @throws ConfigError for an unknown name.
 * @example constraints.getConstraint('nonNeg')
 */
export function getConstraint(identifier: ConstraintIdentifier): Constraint {
  if (identifier instanceof Constraint) return identifier;
  if (typeof identifier === 'function') {
    if (identifier.prototype instanceof Constraint) {
      throw new ConfigError(`The constraint is a class: pass an object, such as new ${identifier.name || 'NonNeg'}()`);
    }
    return new FunctionConstraint(identifier);
  }
  const name = typeof identifier === 'string' ? identifier : identifier?.className;
  const Class = typeof name === 'string' ? classOf(name) : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `Unknown constraint ${received(name ?? identifier)}. Known are maxNorm, minMaxNorm, nonNeg, unitNorm, or pass one such as constraints.maxNorm({ maxValue: 2 })`,
    );
  }
  return new Class(typeof identifier === 'string' ? undefined : (identifier.config as never));
}

/** Norms of at most `maxValue`, default 2. */
export const maxNorm = (options?: MaxNormOptions): MaxNorm => new MaxNorm(options);
/** Norms between `minValue` and `maxValue`. */
export const minMaxNorm = (options?: MinMaxNormOptions): MinMaxNorm => new MinMaxNorm(options);
/** No values below 0. */
export const nonNeg = (): NonNeg => new NonNeg();
/** Norms of 1. */
export const unitNorm = (options?: UnitNormOptions): UnitNorm => new UnitNorm(options);
