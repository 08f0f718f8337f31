/**
 * What the fields of `owner` hold of a class, alone or in arrays, each once. It is asked for at every prediction (`version`), hence no
 * list of the fields: most are numbers and texts.
 */
export function heldIn<T extends object>(owner: object, Class: abstract new (...args: never) => T): T[] {
  let found: Set<T> | undefined;
  const look = (entry: unknown): void => {
    if (typeof entry !== 'object' || !(entry instanceof Class)) return;
    found ??= new Set();
    found.add(entry);
  };
  for (const key in owner) {
    const value: unknown = owner[key as keyof typeof owner];
    if (typeof value !== 'object' || value === null || !Object.hasOwn(owner, key)) continue;
    if (Array.isArray(value)) value.forEach(look);
    else look(value);
  }
  return found === undefined ? [] : [...found];
}

let made = 0;

/** The version of a new layer, far from all others': a sum of versions changes when a layer joins a model or takes another's place. */
export function firstVersion(): number {
  made += 1;
  return made * 2 ** 20;
}
