import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';

/** Folder of this library's own code: frames of it at the top of a stack say nothing about the caller's mistake. */
const ownFolder: string = dirname(fileURLToPath(import.meta.url));

/** Drops the library's own frames from the top of a stack, so that it starts at the caller's line. */
function trimStack(stack: string): string {
  if (process.env.HORNBEAM_FULL_STACK) return stack;
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  if (first < 0) return stack;
  let end = first;
  while (end < lines.length && lines[end]?.includes(ownFolder)) end++;
  // A stack that never leaves the library (a timer, a promise) is shown whole.
  return end === lines.length ? stack : [...lines.slice(0, first), ...lines.slice(end)].join('\n');
}

/** On the errors of all copies of this file that a process may have loaded. */
const brand: symbol = Symbol.for('hornbeam.error');

/**
 * Base of every error that hornbeam throws on purpose: `error instanceof HornbeamError`.
 * The stack starts at the line that called the library (`HORNBEAM_FULL_STACK=1` shows all of it).
 * @example const isOurs = (error: unknown) => error instanceof HornbeamError;
 */
export class HornbeamError extends Error {
  // Copies of the library in one thread share the face of the addon (native-face.ts), which throws the classes of the first copy.
  static {
    Object.defineProperty(HornbeamError, Symbol.hasInstance, {
      value(this: typeof HornbeamError, error: unknown): boolean {
        if (Function.prototype[Symbol.hasInstance].call(this, error)) return true;
        if (typeof error !== 'object' || error === null || !(brand in error)) return false;
        // A class that a user derived has the brand of its base, and no instances but its own.
        const own = Object.getOwnPropertyDescriptor(this.prototype, brand);
        return this === HornbeamError || (own !== undefined && own.value === error[brand as keyof object]);
      },
    });
  }

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    if (this.stack !== undefined) this.stack = trimStack(this.stack);
  }

  // On the prototype, not a field: the first line of the stack is written before fields exist.
  override get name(): string {
    return 'HornbeamError';
  }

  /** The name of the class, as Node's own errors have a code. */
  get code(): string {
    return this.name;
  }
}

/** Shapes, axes or dtypes that do not fit an operation. @example zeros([2, -1]) // throws ShapeError */
export class ShapeError extends HornbeamError {
  override get name(): string {
    return 'ShapeError';
  }
}

/** An option or argument outside its allowed values. @example layers.dense({ units: -1 }) // throws ConfigError */
export class ConfigError extends HornbeamError {
  override get name(): string {
    return 'ConfigError';
  }
}

/**
 * A call that is right, at the wrong time: a disposed tensor, numbers asked for inside a trace, `fit` before `compile`.
 * @example layers.dense({ units: 1 }).input // throws StateError
 */
export class StateError extends HornbeamError {
  override get name(): string {
    return 'StateError';
  }
}

/**
 * Data that break a rule: ragged arrays, a label out of range, no samples.
 * @example tensor([[1, 2], [3]]) // throws DataError
 */
export class DataError extends HornbeamError {
  override get name(): string {
    return 'DataError';
  }
}

/**
 * A file or package that is missing, unreadable or of the wrong format.
 * @example const isMissing = (error: unknown) => error instanceof FileError;
 */
export class FileError extends HornbeamError {
  constructor(message: string, options?: { cause?: unknown }) {
    // Names in a hostile file may have any length.
    super(
      message.replace(/\S{500,}/g, (word) => `${word.slice(0, 200)}...${word.slice(-100)}`),
      options,
    );
  }

  override get name(): string {
    return 'FileError';
  }
}

/**
 * The native side failed: out of memory, a panic, an addon that does not load.
 * @example const isNative = (error: unknown) => error instanceof NativeError;
 */
export class NativeError extends HornbeamError {
  override get name(): string {
    return 'NativeError';
  }
}

const classes: Record<string, new (message: string, options?: { cause?: unknown }) => HornbeamError> = {
  ShapeError,
  ConfigError,
  StateError,
  DataError,
  FileError,
  NativeError,
};

for (const Class of [HornbeamError, ...Object.values(classes)]) {
  Object.defineProperty(Class.prototype, brand, { value: Class.prototype.name });
}

/** Between a rejection's code and its message: napi gives rejected promises a code of its own. */
const CODE_END = '\u001f';

/** The error class for what the addon threw; errors that came from JavaScript (a callback's) pass through. */
export function fromNative(error: unknown): unknown {
  // What the addon throws may belong to another global object than this file.
  if (!types.isNativeError(error) || error instanceof HornbeamError) return error;
  const end = error.message.indexOf(CODE_END);
  const code: unknown = end < 0 ? (error as { code?: unknown }).code : error.message.slice(0, end);
  const message = error.message.slice(end + 1);
  if (typeof code !== 'string') return error;
  const Class = classes[code];
  // The message says all: the addon's own error has no frame more, and Node would print everything twice.
  if (Class !== undefined) return new Class(message);
  // napi's own codes: a wrong argument type or a caught panic.
  if (code === 'NativeError' || code === 'GenericFailure' || code === 'InvalidArg' || code.endsWith('Expected')) {
    return new NativeError(message, { cause: error });
  }
  return error;
}
