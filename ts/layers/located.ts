import { ConfigError, DataError, HornbeamError, NativeError, ShapeError, StateError } from '../errors.ts';

const locatable = [ShapeError, ConfigError, StateError, DataError, NativeError];

/** The error with the layer's name in front, unless it names one already. @internal */
export function located(error: unknown, label: string): unknown {
  if (!(error instanceof HornbeamError) || /^[A-Za-z_]\w* "/.test(error.message)) return error;
  // By name: the addon may throw the class of another copy of this library (native-face.ts).
  const Class = locatable.find((Own) => error instanceof Own && error.constructor.name === Own.name);
  return Class === undefined ? error : new Class(`${label}: ${error.message}`, { cause: error });
}
