import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type Shape, shown } from './shape.ts';

/** The options of a layer that cannot do without any. @throws ConfigError when they are left out. */
export function needed<T extends object>(layer: string, config: T): T {
  if (config !== undefined && config !== null) return config;
  throw new ConfigError(`${layer}: options are missing, such as { units: 10 }`);
}

/** A whole number above 0. @throws ConfigError for anything else. */
export function positiveInteger(layer: string, name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigError(`${layer}: ${name} must be a whole number above 0, got ${received(value)}`);
}

/** A number from 0 on. @throws ConfigError for anything else. */
export function nonNegative(layer: string, name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new ConfigError(`${layer}: ${name} must be a number of at least 0, got ${received(value)}`);
}

/** One of a few words. @throws ConfigError for anything else. */
export function oneOf<T extends string>(layer: string, name: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  const words = allowed.map((word) => `'${word}'`).join(' or ');
  throw new ConfigError(`${layer}: ${name} must be ${words}, got ${received(value)}`);
}

/** Throws unless `shape` has `rank` axes. */
export function checkRank(label: string, shape: Shape, rank: number, meaning: string): void {
  if (shape.length !== rank) {
    throw new ShapeError(
      `${label} expects inputs of rank ${rank} (${meaning}), but got rank ${shape.length} (input shape ${shown(shape)})`,
    );
  }
}

/** The size of the last axis, which weights depend on. @throws ShapeError when it is unknown. */
export function lastSize(label: string, shape: Shape): number {
  const size = shape.at(-1);
  if (typeof size === 'number') return size;
  throw new ShapeError(`${label} needs to know the size of the last axis, but the input shape is ${shown(shape)}`);
}
