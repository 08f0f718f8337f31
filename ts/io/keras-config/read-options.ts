// Options of the library's own classes, from Keras' spelling to ours.
import * as activations from '../../activations/index.ts';
import { received } from '../../arguments.ts';
import { Constraint, type ConstraintIdentifier, getConstraint } from '../../constraints/index.ts';
import { getInitializer, Initializer, type InitializerIdentifier } from '../../initializers/index.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { getRegularizer, Regularizer, type RegularizerIdentifier } from '../../regularizers/index.ts';
import { dtypes } from '../../tensor/index.ts';
import { toCamel } from './names.ts';
import { type CustomClass, isKnown, isRecord, type Json, type Reading } from './reading.ts';
import { isNone, isUnused, type Rule, renamedOptions, ruleOf } from './rules.ts';
import type { Kind, KnownClass } from './tables.ts';
import { activationName } from './words.ts';

/** Reads what options may hold besides plain values. */
export interface OptionReaders {
  layers(reading: Reading, value: unknown, place: string): AnyLayer | AnyLayer[];
  optimizer(reading: Reading, value: unknown, place: string): unknown;
  rate(reading: Reading, value: unknown, place: string): unknown;
}

/** The options of an object of `known`, in our spelling, with objects in place of their configurations. */
export function readOptions(
  reading: Reading,
  known: KnownClass,
  config: Json,
  place: string,
  readers: OptionReaders,
): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const renamed = renamedOptions[known.name] ?? {};
  for (const [given, value] of Object.entries(config)) {
    const name = kerasOption(given);
    if (value === null && isNone(known.kind, name)) continue;
    const rule = ruleOf(known.kind, name);
    if (rule.is === 'ignored' || isUnused(known.name, name)) continue;
    const ours = Object.hasOwn(renamed, name) ? (renamed[name] as string) : toCamel(name);
    if (rule.is === 'void') {
      checkVoid(reading, name, value, rule, place);
      continue;
    }
    if (!takes(known, ours)) {
      // What a newer version of Keras writes, and what it says when it is not used.
      if (value === null || value === false || (name === 'groups' && value === 1)) continue;
      reading.fail(place, `the option ${name} = ${received(value)} is one that hornbeam's ${known.name} does not have`);
    }
    const read = readValue(reading, rule, value, `${place}: ${name}`, readers);
    if (read !== undefined) options[ours] = read;
  }
  return options;
}

/** Options may come in TensorFlow.js' spelling where it writes them so. */
function kerasOption(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name;
}

const layerOptions = ['name', 'trainable', 'dtype', 'activityRegularizer', 'inputShape', 'batchInputShape'];
const baseOptions: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  layer: layerOptions,
  loss: ['name', 'reduction'],
  metric: ['name', 'dtype'],
};

/** Whether the class has the option; of classes that do not list theirs, the constructor says so. */
function takes({ kind, Class }: KnownClass, option: string): boolean {
  const { optionNames } = Class as { optionNames?: readonly string[] };
  const base = baseOptions[kind];
  return optionNames === undefined || base === undefined || base.includes(option) || optionNames.includes(option);
}

function checkVoid(reading: Reading, name: string, value: unknown, rule: Rule & { is: 'void' }, place: string): void {
  if (rule.values.includes(value)) return;
  reading.fail(
    place,
    `the option ${name} = ${received(value)} would change the results, and hornbeam does not have it; it can be ${rule.values.map((one) => String(one)).join(' or ')}`,
  );
}

function readValue(reading: Reading, rule: Rule, value: unknown, place: string, readers: OptionReaders): unknown {
  switch (rule.is) {
    case 'word':
      // Keras 2 has a reduction that follows from where the loss is used: of one process it is the mean.
      if (value === 'auto') return 'sumOverBatchSize';
      return typeof value === 'string' ? toCamel(value) : value;
    case 'dtype':
      return readDType(reading, value, place);
    case 'activation':
      return isLayer(value) ? readers.layers(reading, value, place) : readActivation(reading, value, place);
    case 'initializer':
      return value === null ? null : readInitializer(reading, value, place);
    case 'regularizer':
      return value === null ? null : readRegularizer(reading, value, place);
    case 'constraint':
      return value === null ? null : readConstraint(reading, value, place);
    case 'layers':
      return value === null ? null : readers.layers(reading, value, place);
    case 'optimizer':
      return readers.optimizer(reading, value, place);
    case 'rate':
      return readers.rate(reading, value, place);
    default:
      return plainValue(reading, value, place);
  }
}

/** Numbers, texts, lists and records of them; what stands for a value in a file becomes it. */
export function plainValue(reading: Reading, value: unknown, place: string): unknown {
  if (Array.isArray(value)) return value.map((inner) => plainValue(reading, inner, place));
  if (!isRecord(value)) return value;
  const { class_name: name, config, items } = value;
  if (name === '__tuple__' || name === 'TensorShape') return reading.list(place, 'items', items);
  if (name === '__tensor__' || name === '__numpy__') return reading.record(place, 'config', config).value;
  if (name === '__bytes__') return String(reading.record(place, 'config', config).value);
  if (typeof name === 'string' && 'config' in value)
    return reading.fail(place, `an object of the class ${received(name)} has no place here`);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(reading, inner, place)]));
}

/** Policies that compute in 16 bits keep their weights in float32; hornbeam computes in float32, which is more exact. */
const mixedPolicies: ReadonlySet<unknown> = new Set(['mixed_float16', 'mixed_bfloat16']);
/** Integers of other sizes than ours. */
const wideTypes: Readonly<Record<string, string>> = {
  int64: 'int32',
  uint16: 'int32',
  int16: 'int32',
  uint32: 'int32',
};

/** The element type that a type or a policy says; `undefined` for the default. */
export function readDType(reading: Reading, value: unknown, place: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  let name: unknown = value;
  if (isRecord(value)) {
    const found = reading.classOf(value, ['policy']);
    if (found === undefined || !isKnown(found) || !isRecord(value.config))
      return reading.fail(place, `the policy ${received(value.class_name)} is none that hornbeam has (DTypePolicy is)`);
    name = value.config.name;
  }
  if (mixedPolicies.has(name)) return 'float32';
  if (typeof name === 'string' && Object.hasOwn(wideTypes, name)) return wideTypes[name];
  if (dtypes.includes(name as 'float32')) return name as string;
  return reading.fail(place, `there is no element type ${received(name)} in hornbeam; it has ${dtypes.join(', ')}`);
}

/** Whether an activation is a layer. */
function isLayer(value: unknown): boolean {
  return (
    isRecord(value) && typeof value.class_name === 'string' && value.class_name !== 'function' && isRecord(value.config)
  );
}

/** An activation: a name, or a function of Keras or one's own. */
export function readActivation(reading: Reading, value: unknown, place: string): unknown {
  if (value === null) return null;
  const named = functionName(reading, value, place);
  const own = reading.ownFunction(...named.names);
  if (own !== undefined) return own;
  const [name] = named.names;
  if (named.isOurs && name !== undefined) {
    reading.trying(place, () => activations.get(name as 'relu'));
    return toCamel(activationName(name) ?? name);
  }
  return reading.fail(
    place,
    `there is no activation ${received(name)}; pass it as { customObjects: { ${name}: ... } }`,
  );
}

/** The names that a text or an object `function` has, and whether they may mean a function of Keras'. */
export function functionName(reading: Reading, value: unknown, place: string): { names: string[]; isOurs: boolean } {
  if (typeof value === 'string') return { names: [value], isOurs: true };
  const entry = reading.entry(place, value);
  const { class_name: className, config, registered_name: registered, module } = entry;
  if (className !== 'function' || typeof config !== 'string')
    return reading.fail(place, `an object of the class ${received(className)} cannot stand here; a function can`);
  const names = [config, registered].filter((name): name is string => typeof name === 'string');
  return { names, isOurs: module === 'builtins' || typeof module === 'undefined' || String(module).includes('keras') };
}

function fromClass<T>(
  reading: Reading,
  kind: Kind,
  value: unknown,
  place: string,
  Base: abstract new (...args: never) => T,
  get: (identifier: never) => T,
): T {
  if (typeof value === 'string') {
    const own = reading.custom;
    const given = Object.hasOwn(own, value) ? own[value] : undefined;
    return reading.trying(place, () => get((given ?? value) as never));
  }
  const entry = reading.entry(place, value);
  if (entry.class_name === 'function') {
    const { names } = functionName(reading, value, place);
    const own = reading.ownFunction(...names) ?? names[0];
    return reading.trying(place, () => get(own as never));
  }
  const found = reading.classOf(entry, [kind]);
  if (found === undefined) return reading.fail(place, `${received(entry.class_name)} is no ${kind}`);
  const config = entry.config === null ? {} : reading.record(place, 'config', entry.config);
  if (isKnown(found)) {
    const options = readOptions(reading, found, config, place, noReaders);
    return reading.trying(place, () => new (found.Class as unknown as new (options: unknown) => T)(options));
  }
  return reading.trying(place, () => {
    const made = makeOwn(found, camelOptions(config));
    return made instanceof Base ? (made as T) : reading.fail(place, `${received(entry.class_name)} is no ${kind}`);
  });
}

/** Objects of one's own classes get their options in our spelling. */
export function camelOptions(config: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [toCamel(name), value]));
}

/** An object of a class of the user's own. */
export function makeOwn(Class: CustomClass, config: Record<string, unknown>, custom: object = {}): object {
  if (typeof Class.fromConfig === 'function') return Class.fromConfig(config, custom as never);
  return new (Class as unknown as new (config: unknown) => object)(config);
}

const noReaders: OptionReaders = {
  layers: (reading, _, place) => reading.fail(place, 'a layer has no place here'),
  optimizer: (reading, _, place) => reading.fail(place, 'an optimizer has no place here'),
  rate: (reading, _, place) => reading.fail(place, 'a learning rate has no place here'),
};

/** An initializer. */
export function readInitializer(reading: Reading, value: unknown, place: string): Initializer {
  return fromClass<Initializer>(reading, 'initializer', value, place, Initializer, (id: InitializerIdentifier) =>
    getInitializer(id),
  );
}

/** A regularizer. */
export function readRegularizer(reading: Reading, value: unknown, place: string): Regularizer {
  return fromClass<Regularizer>(reading, 'regularizer', value, place, Regularizer, (id: RegularizerIdentifier) =>
    getRegularizer(id),
  );
}

/** A constraint. */
export function readConstraint(reading: Reading, value: unknown, place: string): Constraint {
  return fromClass<Constraint>(reading, 'constraint', value, place, Constraint, (id: ConstraintIdentifier) =>
    getConstraint(id),
  );
}
