import type { Config } from '../initializers/index.ts';

/** An initializer, regularizer or constraint as a configuration holds it. */
export interface Serialized {
  className: string;
  config: Config;
}

/** `{ className, config }` of an initializer, regularizer or constraint, `null` when there is none. */
export function serialized(object: { getClassName(): string; getConfig(): Config }): Serialized;
export function serialized(object: { getClassName(): string; getConfig(): Config } | undefined): Serialized | null;
export function serialized(object: { getClassName(): string; getConfig(): Config } | undefined): Serialized | null {
  return object === undefined ? null : { className: object.getClassName(), config: object.getConfig() };
}
