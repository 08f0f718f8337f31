// Checks of plain JavaScript arguments, shared by all functions, and how a value is named in an error.
import { inspect, types } from 'node:util';
import { ConfigError, ShapeError } from './errors.ts';

/** A class whose objects say in a few words what they are, for error texts: `a float32 tensor of shape [2, 3]`. @internal */
export const shortly: unique symbol = Symbol('hornbeam.shortly');

/** On the same classes of every copy of this library that a process may have loaded: another copy's objects are named as such. @internal */
export const ofAnyCopy: unique symbol = Symbol.for('hornbeam.object') as never;

/** Longest text that an error shows of a value. */
const LONGEST = 120;
/** Entries of an array or record that an error shows. */
const MOST_ENTRIES = 6;

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

/**
 * A value as error texts show it: short, and of whatever kind. It never throws: a getter, a proxy or a `toString` that does
 * must not hide the mistake that is being reported.
 */
export function received(value: unknown): string {
  try {
    return cut(described(value, 0));
  } catch {
    return `${Array.isArray(value) ? 'an array' : 'an object'} that cannot be read`;
  }
}

function described(value: unknown, depth: number): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}...` : value);
  if (typeof value === 'bigint') return `${cut(value.toString())}n`;
  if (typeof value === 'function')
    return `a ${/^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'}`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (types.isProxy(value)) return 'a Proxy';
  if (shortly in value) return (value as { [shortly](): string })[shortly]();
  if (ofAnyCopy in value) return `a ${value[ofAnyCopy]} of another copy of hornbeam, which is loaded more than once`;
  if (Array.isArray(value)) {
    if (depth > 1 || value.length > 1000) return `an array of ${value.length}`;
    const entries = Array.from(value.slice(0, MOST_ENTRIES), (entry) => described(entry, depth + 1));
    return `[${entries.join(', ')}${value.length > MOST_ENTRIES ? `, ... (${value.length})` : ''}]`;
  }
  if (types.isTypedArray(value)) return `${value[Symbol.toStringTag]}(${value.length})`;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && prototype !== Object.prototype)
    return `a ${inspect(value, { depth: -1, customInspect: false }).replace(/^\[|\]$/g, '')}`;
  if (depth > 1) return 'an object';
  const properties = Object.entries(Object.getOwnPropertyDescriptors(value));
  const shown = properties
    .slice(0, MOST_ENTRIES)
    .map(([name, property]) => `${name}: ${'value' in property ? described(property.value, depth + 1) : '...'}`);
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')}${properties.length > MOST_ENTRIES ? ', ...' : ''} }`;
}

/** A number, of whatever size. @throws ConfigError for anything else. */
export function checkNumber(owner: string, name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw new ConfigError(`${owner}: ${name} must be a number, got ${received(value)}`);
}

/** A finite number. @throws ConfigError for anything else. */
export function checkFinite(owner: string, name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ConfigError(`${owner}: ${name} must be a finite number, got ${received(value)}`);
}

/** A whole number from `least` on. @throws ConfigError for anything else. */
export function checkWhole(owner: string, name: string, value: unknown, least = 0): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigError(`${owner}: ${name} must be a whole number from ${least} on, got ${received(value)}`);
}

/** Most numbers that are made one by one in JavaScript: more is a mistake, and would hold the event loop for minutes. */
const MOST_MADE = 2 ** 24;

/** How many numbers are to be made one by one, from 1 on. @throws ConfigError for anything else. */
export function checkLength(owner: string, name: string, value: unknown): number {
  const length = checkWhole(owner, name, value, 1);
  if (length <= MOST_MADE) return length;
  throw new ConfigError(`${owner}: ${name} may be at most ${MOST_MADE}, got ${length}`);
}

/** true or false: numbers and texts are likelier a mistake in the order of arguments than meant. @throws ConfigError for anything else. */
export function checkFlag(owner: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ConfigError(`${owner}: ${name} must be true or false, got ${received(value)}`);
}

/** A text. @throws ConfigError for anything else. */
export function checkText(owner: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ConfigError(`${owner}: ${name} must be a text, got ${received(value)}`);
}

/** A function that can be called, as a class cannot without `new`. @throws ConfigError for anything else. */
export function checkFunction(owner: string, name: string, value: unknown): void {
  // A class' prototype cannot be replaced; an arrow function has none, other functions have one that can.
  if (typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false) return;
  throw new ConfigError(`${owner}: ${name} must be a function, got ${received(value)}`);
}

/** Whether `x` may hold options: an object, but none of the kinds that would be read as "no options at all". */
export function isOptions(x: unknown): x is object {
  if (typeof x !== 'object' || x === null || shortly in x || Symbol.iterator in x) return false;
  return !(
    types.isDate(x) ||
    types.isRegExp(x) ||
    types.isPromise(x) ||
    types.isAnyArrayBuffer(x) ||
    types.isDataView(x)
  );
}

/** @throws ConfigError for what is no object of options. */
export function checkConfig(owner: string, config: unknown): void {
  if (isOptions(config)) return;
  throw new ConfigError(`${owner}: options must be an object, got ${received(config)}`);
}

/** Options with a name of their own or else this one. @throws ConfigError for what is no object of options. */
export function withName<T extends { name?: string }>(owner: string, config: T, name: string): T {
  checkConfig(owner, config);
  return { ...config, name: config.name ?? name };
}

/** Longest list of tensors or variables: an array whose length was set by mistake must not be copied. */
const LONGEST_LIST = 2 ** 24;

/** A copy of a list. @throws ConfigError for what is no array. */
export function checkList<T>(owner: string, name: string, value: readonly T[]): T[] {
  if (Array.isArray(value) && value.length <= LONGEST_LIST) return Array.from(value as readonly T[]);
  throw new ConfigError(`${owner}: ${name} must be an array, got ${received(value)}`);
}

/** Longest list of positions or sizes: tensors have at most 8 axes, parts of a split may be many. */
const LONGEST_NUMBERS = 2 ** 20;

/** A copy of a list of whole numbers of either sign: positions, axes, sizes. @throws ShapeError for anything else. */
export function checkIntegers(owner: string, name: string, value: unknown): number[] {
  if (Array.isArray(value) && value.length <= LONGEST_NUMBERS) {
    // Read once: what is checked is what is used.
    const copy: number[] = [];
    for (let i = 0; i < value.length; i++) {
      const entry: unknown = value[i];
      if (!Number.isSafeInteger(entry)) break;
      copy.push(entry as number);
    }
    if (copy.length === value.length) return copy;
  }
  throw new ShapeError(`${owner}: ${name} must be an array of whole numbers, got ${received(value)}`);
}

/**
 * To be called by the constructor of a class that is there to be subclassed, which JavaScript does not keep from being made.
 * @throws ConfigError when it is the class itself that is made.
 */
export function checkSubclass(made: unknown, base: abstract new (...args: never) => object, method: string): void {
  if (made !== base) return;
  throw new ConfigError(`${base.name} is there to be subclassed: write a class that extends it and has ${method}`);
}
