// What readers of configurations share: where they are, what went wrong, which classes may be made.
import { received } from '../../arguments.ts';
import { registeredClass } from '../../custom-objects.ts';
import { FileError, HornbeamError } from '../../errors.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { knownOperations } from '../../layers/operation-table.ts';
import type { CustomObjects } from '../options.ts';
import { isKnownFunction } from './functions.ts';
import { codeClasses, isKerasModule, type Kind, type KnownClass, kindsOfModule, knownClass } from './tables.ts';

/** A record of JSON. */
export type Json = { readonly [key: string]: unknown };

/** An object of a file: a class and its options. */
export interface Entry extends Json {
  readonly class_name: string;
  readonly config: unknown;
}

/** Layers of one file, those inside others included. Nobody has more, and hostile files do. */
const MOST_LAYERS = 10_000;
/** Values of one configuration, of whatever kind: each takes memory while it is read. */
const MOST_VALUES = 5_000_000;
/** Names of unknown classes that one error lists. */
const MOST_LISTED = 20;

/** One file that is being read. */
export class Reading {
  readonly file: string;
  readonly custom: CustomObjects;
  /** Layers that several places of the file have. */
  readonly shared: Map<unknown, AnyLayer> = new Map();
  #layers = 0;

  constructor(file: string, custom: CustomObjects) {
    this.file = file;
    this.custom = custom;
  }

  /** @throws FileError that begins with the file's name. */
  fail(place: string, problem: string, cause?: unknown): never {
    // Names of a hostile file may have any length.
    const said = `${place}: ${problem}`.replace(/\S{200,}/g, (word) => `${word.slice(0, 100)}...`);
    throw new FileError(`${this.file}: ${said}`, cause === undefined ? undefined : { cause });
  }

  /** What `make` makes; what goes wrong with it is the file's fault. */
  trying<T>(place: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof FileError || !(error instanceof HornbeamError)) throw error;
      return this.fail(place, error.message, error);
    }
  }

  /** @throws FileError for more layers than anybody has. */
  countLayer(): void {
    this.#layers += 1;
    if (this.#layers > MOST_LAYERS)
      throw new FileError(`${this.file} has more than ${MOST_LAYERS} layers, which is more than hornbeam reads`);
  }

  /** A record. @throws FileError for anything else. */
  record(place: string, what: string, value: unknown): Json {
    if (isRecord(value)) return value;
    return this.fail(place, `${what} must be an object, but is ${received(value)}`);
  }

  /** A list. @throws FileError for anything else. */
  list(place: string, what: string, value: unknown): readonly unknown[] {
    if (Array.isArray(value)) return value;
    return this.fail(place, `${what} must be a list, but is ${received(value)}`);
  }

  /** `{ class_name, config }`. @throws FileError for anything else. */
  entry(place: string, value: unknown): Entry {
    const entry = this.record(place, 'an object of a class', value);
    if (typeof entry.class_name !== 'string') return this.fail(place, `class_name is ${received(entry.class_name)}`);
    return entry as Entry;
  }

  /** A class of the user's own for this object. */
  ownClass(entry: Json): CustomClass | undefined {
    const { registered_name: registered, class_name: name } = entry;
    const names = [registered, name].filter((text): text is string => typeof text === 'string');
    for (const key of names.flatMap((text) => [text, text.slice(text.lastIndexOf('>') + 1)])) {
      if (Object.hasOwn(this.custom, key) && isClass(this.custom[key])) return this.custom[key] as CustomClass;
    }
    // `other>Name` is another class than the one that is registered as `package>Name`.
    const full = names.filter((text) => text.includes('>'));
    const Class = (full.length > 0 ? full : names).map(registeredClass).find((found) => found !== undefined);
    return Class as CustomClass | undefined;
  }

  /** A function of the user's own, by one of these names. */
  ownFunction(...names: readonly unknown[]): ((...args: never) => unknown) | undefined {
    for (const name of names) {
      if (typeof name !== 'string') continue;
      // Keras writes `package>name` for functions that are registered there.
      for (const key of [name, name.slice(name.lastIndexOf('>') + 1)]) {
        const found = Object.hasOwn(this.custom, key) ? this.custom[key] : undefined;
        if (typeof found === 'function' && !isClass(found)) return found as (...args: never) => unknown;
      }
    }
    return undefined;
  }

  /** The class that an object of the file names: the library's, of one of these kinds, or the user's own. */
  classOf(entry: Json, kinds: readonly Kind[]): KnownClass | CustomClass | undefined {
    const { class_name: name, module } = entry;
    if (typeof name !== 'string') return undefined;
    const known = knownClass(
      name,
      kinds.filter((kind) => kindsOfModule(module).includes(kind)),
    );
    return known ?? this.ownClass(entry);
  }

  /**
   * Goes through a whole configuration before anything is made of it.
   *
   * @throws FileError for code, and one that lists all unknown classes.
   */
  checkClasses(root: unknown): void {
    const unknown = new Map<string, string>();
    const stack: unknown[] = [root];
    let values = 0;
    while (stack.length > 0) {
      const value = stack.pop();
      values += 1;
      if (values > MOST_VALUES)
        throw new FileError(`${this.file}: the configuration has more than ${MOST_VALUES} values`);
      if (typeof value !== 'object' || value === null) continue;
      if (Array.isArray(value)) {
        for (const inner of value) if (typeof inner === 'object' && inner !== null) stack.push(inner);
        continue;
      }
      const record = value as Json;
      const { class_name: name } = record;
      if (typeof name === 'string') this.#checkClass(record, name, unknown);
      for (const inner of Object.values(record)) if (typeof inner === 'object' && inner !== null) stack.push(inner);
    }
    if (unknown.size > 0) throw new FileError(`${this.file}: ${unknownClasses(unknown)}`);
  }

  #checkClass(entry: Json, name: string, unknown: Map<string, string>): void {
    const place = typeof entry.name === 'string' ? `layer "${entry.name}"` : `class "${name.slice(0, 60)}"`;
    const code = Object.hasOwn(codeClasses, name) ? codeClasses[name] : undefined;
    if (code !== undefined)
      this.fail(
        place,
        `${name} is ${code}; hornbeam runs no code of files, whatever safeMode says. Make a subclass of Layer that does the same, and save the model in Keras with it`,
      );
    if (plainClasses.has(name)) return;
    if (name === 'function') {
      const { config, registered_name: registered, module } = entry;
      const isOurs = module === 'builtins' || module === undefined || isKerasModule(module);
      if (isOurs && typeof config === 'string' && isKnownFunction(config)) return;
      if (this.ownFunction(config, registered) !== undefined) return;
      unknown.set((typeof config === 'string' ? config : String(registered)).slice(0, 100), 'function');
      return;
    }
    if (isOperation(entry) && knownOperations().has(name)) return;
    const kinds = kindsOfModule(entry.module);
    if (knownClass(name, kinds) !== undefined || this.ownClass(entry) !== undefined) return;
    const registered = typeof entry.registered_name === 'string' ? entry.registered_name : undefined;
    const shown = registered?.includes('>') ? registered : name;
    const origin = isKerasModule(entry.module) ? `class of ${String(entry.module).slice(0, 80)}` : 'class';
    unknown.set(shown.slice(0, 100), origin);
  }
}

/** A class of the user's own. */
export type CustomClass = (abstract new (
  config: never,
) => object) & { fromConfig?: (config: Record<string, unknown>, custom: never) => object };

/** Whether this is what `classOf` found of the library's own. */
export function isKnown(found: KnownClass | CustomClass): found is KnownClass {
  return typeof found !== 'function';
}

/** Names that stand for values. */
const plainClasses: ReadonlySet<string> = new Set([
  '__keras_tensor__',
  '__tensor__',
  '__numpy__',
  '__bytes__',
  '__slice__',
  '__ellipsis__',
  '__tuple__',
  '__dict__',
  'TensorShape',
]);

function unknownClasses(unknown: ReadonlyMap<string, string>): string {
  const names = [...unknown.keys()];
  const listed = [...unknown]
    .slice(0, MOST_LISTED)
    .map(([name, what]) => (what === 'class' ? name : `${name} (${what})`));
  const more = names.length > MOST_LISTED ? `, and ${names.length - MOST_LISTED} more` : '';
  const className = names.find((name) => unknown.get(name) !== 'function');
  const functionName = names.find((name) => unknown.get(name) === 'function');
  const isOperation = [...unknown.values()].some((what) => /^class of keras\.(src\.)?ops\b/.test(what));
  const how = [className && registering(className), functionName && passing(functionName), isOperation && inLayers]
    .filter(Boolean)
    .join('; ');
  return `it needs ${names.length === 1 ? 'a class or function' : 'classes or functions'} that this process does not know: ${listed.join(', ')}${more}. Files bring no code with them: write the same in JavaScript, and ${how}`;
}

/** What to do about `x + y` and `keras.ops` in a graph. */
const inLayers =
  'what keras.ops names is an operation on tensors of a graph, such as x + y: hornbeam does not have this one. In Keras a layer can take its place, and the model be saved anew';

function registering(name: string): string {
  const at = name.lastIndexOf('>');
  const plain = name.slice(at + 1);
  const register = at > 0 ? `registerClass(${plain}, '${name.slice(0, at)}')` : `registerClass(${plain})`;
  return `call ${register}, or pass { customObjects: { ${plain}: ${plain} } }`;
}

function passing(name: string): string {
  const plain = name.slice(name.lastIndexOf('>') + 1);
  return `pass functions as { customObjects: { ${plain}: ${plain} } }`;
}

/** Whether an entry of a graph is an operation, and no layer. */
export function isOperation({ module, class_name: name, config }: Json): boolean {
  if (typeof module === 'string') return /^keras\.(src\.)?ops\b/.test(module);
  // `.h5` files do not say the module; of layers they say whether they are trained.
  if (module !== undefined || typeof name !== 'string' || !isRecord(config)) return false;
  return knownOperations().has(name) && !('trainable' in config);
}

/** A record, and no list. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** How errors call a layer of the file. */
export function layerPlace(entry: Json): string {
  const { config, class_name: className } = entry;
  const name = entry.name ?? (isRecord(config) ? config.name : undefined);
  const kind = typeof className === 'string' ? className.slice(0, 60) : 'no class';
  return typeof name === 'string' ? `layer "${name.slice(0, 100)}" (${kind})` : `a layer (${kind})`;
}
