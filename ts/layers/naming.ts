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

/** Layers that are being built, innermost last: their names, and what the weights made in them are named after. */
const scopes: { readonly name: string; readonly path: string }[] = [];

/** Runs `build` of the layer called `name`; `undefined`: the layers inside are named as if they were in none. */
export function inScope(name: string | undefined, build: () => void): void {
  const around = scopes.at(-1);
  const isInside = around !== undefined && around.name !== '' && name !== undefined;
  // The name of an inner layer may begin with that of the outer one already.
  const own = isInside && name.startsWith(`${around.name}/`) ? name.slice(around.name.length + 1) : (name ?? '');
  scopes.push({ name: name ?? '', path: isInside ? `${around.path}/${own}` : own });
  try {
    build();
  } finally {
    scopes.pop();
  }
}

/** What weights that are made now are named after, as in Keras: `bidirectional/forward_lstm/lstm_cell`. */
export function scopePath(): string | undefined {
  return scopes.at(-1)?.path || undefined;
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
