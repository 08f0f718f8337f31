const counts = new Map<string, number>();

/** `MaxPooling2D` as `max_pooling2d`: Keras' name of a class. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** A name nobody had before: `dense`, `dense_1`, `dense_2`. */
export function uniqueName(className: string): string {
  const name = snakeCase(className);
  const taken = counts.get(name) ?? 0;
  counts.set(name, taken + 1);
  return taken === 0 ? name : `${name}_${taken}`;
}

/**
 * Starts the automatic names of layers and models again (`dense`, `dense_1`, ...), as `keras.utils.clear_session` does.
 *
 * @example
 * clearSession();
 * layers.dense({ units: 1 }).name; // 'dense'
 */
export function clearSession(): void {
  counts.clear();
}
