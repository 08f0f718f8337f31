import { isOptions, received } from './arguments.ts';
import { ConfigError } from './errors.ts';

/**
 * Throws for options that do not exist: a misspelt one would otherwise change nothing, without a word. Options that are
 * `undefined` or `null` count as left out.
 *
 * @param owner Named in the error: a class or a call.
 * @param example A right argument, for the error when `options` is no object.
 * @throws ConfigError for an unknown name, or for something that is no object of options.
 */
export function checkOptionNames(owner: string, options: unknown, known: Iterable<string>, example: string): void {
  if (!isOptions(options)) {
    const got = Array.isArray(options) ? 'an array' : received(options);
    throw new ConfigError(`${owner}: options must be an object such as ${example}, got ${got}`);
  }
  const given = Object.entries(options);
  if (given.length === 0) return;
  const names = new Set(known);
  for (const [name, value] of given) {
    if (names.has(name) || value === undefined || value === null) continue;
    throw new ConfigError(
      `${owner}: there is no option ${received(name)}${suggestion(name, names)}; the options are ${[...names].join(', ')}`,
    );
  }
}

/** The option that was likely meant: Keras' spelling of it, or one that differs by a letter or two. */
function suggestion(name: string, known: ReadonlySet<string>): string {
  // Nobody means a word by a whole text, and comparing takes the product of both lengths.
  if (name.length > 50) return '';
  const plain = (text: string): string => text.replaceAll('_', '').toLowerCase();
  const near = [...known].find(
    (other) => plain(other) === plain(name) || (name.length > 3 && distance(plain(other), plain(name)) <= 2),
  );
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

/** Number of letters to insert, drop or replace to get from `a` to `b` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
