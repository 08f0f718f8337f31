import { createRequire } from 'node:module';
import { fromNative, NativeError } from './errors.ts';

import type { Native } from './native-types.ts';

export type * from './native-types.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** `method` with what it throws, or rejects with, turned into hornbeam's error classes. */
function translating(method: Method): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    try {
      const result = method.apply(this, args);
      return result instanceof Promise ? result.catch(rethrow) : result;
    } catch (error) {
      throw fromNative(error);
    }
  };
}

function rethrow(error: unknown): never {
  throw fromNative(error);
}

/** Subclassing would lose the addon's type tags: the methods of its classes are wrapped where they are. */
function wrapMethods(prototype: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === 'constructor' || !property.configurable) continue;
    if (typeof property.value === 'function') property.value = translating(property.value as Method);
    if (property.get !== undefined) property.get = translating(property.get as Method);
    Object.defineProperty(prototype, name, property);
  }
}

function wrapClass(Class: new (...args: unknown[]) => object): unknown {
  return new Proxy(Class, {
    construct(target, args, newTarget): object {
      try {
        return Reflect.construct(target, args, newTarget);
      } catch (error) {
        throw fromNative(error);
      }
    },
  });
}

const require: NodeJS.Require = createRequire(import.meta.url);

/** Version of the npm package. */
export const packageVersion: string = (require('../package.json') as { version: string }).version;

function load(): Native {
  let binding: Record<string, unknown>;
  try {
    binding = require('../native/binding.cjs') as Record<string, unknown>;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new NativeError(
      `hornbeam's native addon did not load on ${platform} (Node ${process.version}). Installed from npm: check that ` +
        `the package @hornbeam/native-${platform}* is in node_modules (npm leaves optional packages of another platform ` +
        'out of a lockfile: delete node_modules and package-lock.json, then install again). In a clone: npm run build:native',
      { cause },
    );
  }
  const wrapped: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(binding)) {
    if (typeof value !== 'function') continue;
    if (/^[A-Z]/.test(name)) {
      wrapMethods(value.prototype as object);
      wrapped[name] = wrapClass(value as new (...args: unknown[]) => object);
    } else {
      wrapped[name] = translating(value as Method);
    }
  }
  return wrapped as unknown as Native;
}

/** The addon. No other file imports it. */
export const native: Native = load();
