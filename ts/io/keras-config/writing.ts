// Layers and models as Keras writes them.
import { registeredName } from '../../custom-objects.ts';
import { ConfigError } from '../../errors.ts';
import { innerLayer } from '../../layers/inner-layers.ts';
import { type AnyLayer, Layer } from '../../layers/layer.ts';
import { SpectralNormalization } from '../../layers/normalization/index.ts';
import { Operation } from '../../layers/operation.ts';
import { Bidirectional, RNN, StackedRNNCells, TimeDistributed } from '../../layers/recurrent/index.ts';
import { builtInLayerClass } from '../../layers/registry.ts';
import type { Shape } from '../../layers/shape.ts';
import { Functional } from '../../models/functional.ts';
import { Sequential } from '../../models/sequential.ts';
import type { Tree } from '../../tensor/tree.ts';
import type { KerasObject } from '../artifacts.ts';
import { isBuildless, isDefault, isLeftOut, isPlain } from './absent.ts';
import { toCamel, toSnake } from './names.ts';
import { writeOperation } from './operations.ts';
import { ruleOf } from './rules.ts';
import { type Kind, kerasName, knownClass, moduleName } from './tables.ts';
import { activationName } from './words.ts';
import { writeFunctional, writeSequential } from './write-models.ts';

/** What is being written: layers that several places have get an id. */
export class Writing {
  readonly #ids = new Map<AnyLayer, KerasObject>();
  #next = 1;

  /** All layers that were written. */
  get layers(): Iterable<AnyLayer> {
    return this.#ids.keys();
  }

  /** Notes that a layer was written; a second time both places get the same id. */
  note(layer: AnyLayer, write: () => KerasObject): KerasObject {
    const before = this.#ids.get(layer);
    if (before === undefined) {
      const object = write();
      this.#ids.set(layer, object);
      return object;
    }
    before.shared_object_id ??= this.#next++;
    const { name: _, inbound_nodes: __, ...rest } = before;
    return rest;
  }
}

/** A type as Keras 3 writes it. */
export function policy(dtype: string): KerasObject {
  return { module: 'keras', class_name: 'DTypePolicy', config: { name: dtype }, registered_name: null };
}

/** A layer, with its class and the shape that it was built for. @throws ConfigError for one that no file can hold. */
export function writeLayer(writing: Writing, layer: AnyLayer): KerasObject {
  return writing.note(layer, () => {
    if (layer instanceof Sequential && layer.constructor === Sequential) return writeSequential(writing, layer);
    if (layer instanceof Functional && layer.constructor === Functional)
      return writeFunctional(writing, layer as Functional<Tree>);
    if (layer instanceof Operation) return writeOperation(layer);
    const name = kerasName(layer.className);
    if (name === 'Lambda') {
      throw new ConfigError(
        `${layer.label}: a function cannot be written into a file, and no reader would run it. Write a subclass of Layer that does the same, and call registerClass`,
      );
    }
    const isOurs = builtInLayerClass(layer.className) === layer.constructor;
    const config = isOurs ? kerasConfig(writing, layer, name) : ownConfig(writing, layer);
    const object: KerasObject = isOurs
      ? { module: moduleName('layer'), class_name: name, config, registered_name: null }
      : { module: null, class_name: name, config, registered_name: ownName(layer) };
    const build = buildConfig(layer, name, isOurs);
    if (build !== undefined) object.build_config = build;
    return object;
  });
}

function ownName(layer: AnyLayer): string {
  return registeredName(layer.constructor as never) ?? layer.className;
}

/** The shapes that Keras builds the layer for, before it reads the weights. */
function buildConfig(layer: AnyLayer, name: string, isOurs: boolean): Record<string, unknown> | undefined {
  const shape = layer.buildShape;
  if (!layer.built || shape === undefined || (isOurs && isBuildless(name))) return undefined;
  const record = shape as { readonly [name: string]: Shape };
  if (isOurs && !Array.isArray(shape) && 'query' in record) {
    const { query, value, key } = record;
    // Keras is told of keys when there are some beside the values.
    const isOwnKey = String(key) !== String(value);
    return { shapes_dict: { query_shape: query, value_shape: value, ...(isOwnKey ? { key_shape: key } : {}) } };
  }
  return { input_shape: shape };
}

/** Layers inside another one, by the options that hold them. */
export function innerLayers(layer: AnyLayer): Record<string, AnyLayer | readonly AnyLayer[]> {
  if (layer instanceof Bidirectional) {
    const { forwardLayer, backwardLayer } = layer as Bidirectional<Tree>;
    return { layer: forwardLayer as AnyLayer, backwardLayer: backwardLayer as AnyLayer };
  }
  if (layer instanceof TimeDistributed || layer instanceof SpectralNormalization)
    return { layer: layer.layer as AnyLayer };
  if (layer instanceof StackedRNNCells) return { cells: layer.cells as unknown as readonly AnyLayer[] };
  if (layer instanceof RNN && layer.className === 'RNN') return { cell: layer.cell as unknown as AnyLayer };
  return {};
}

/** The options of one of our own layers in Keras' spelling. */
function kerasConfig(writing: Writing, layer: AnyLayer, name: string): Record<string, unknown> {
  const { batchInputShape, dtype, ...options } = layer.getConfig();
  const inner = innerLayers(layer);
  const config: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    const theirs = toSnake(option);
    if (Object.hasOwn(inner, option) || isLeftOut(theirs, value) || (theirs === 'trainable' && isPlain(name))) continue;
    config[theirs] = isLayerActivation(theirs, value)
      ? writeLayer(writing, innerLayer(value))
      : writeOption('layer', theirs, value);
  }
  for (const [option, value] of Object.entries(inner)) {
    config[toSnake(option)] = Array.isArray(value)
      ? value.map((one) => writeLayer(writing, one as AnyLayer))
      : writeLayer(writing, value as AnyLayer);
  }
  if (name === 'InputLayer') {
    const { name: ownName } = config;
    return { batch_shape: batchInputShape, dtype, sparse: false, ragged: false, name: ownName, optional: false };
  }
  config.dtype = isPlain(name) ? dtype : policy(dtype as string);
  return config;
}

/** An activation that is a layer. */
function isLayerActivation(option: string, value: unknown): value is Serialized {
  return ruleOf('layer', option).is === 'activation' && typeof value === 'object' && value !== null;
}

/** An option's value as Keras writes it. */
export function writeOption(kind: Kind, option: string, value: unknown): unknown {
  const rule = ruleOf(kind, option);
  if (value === undefined || value === null) return null;
  if (rule.is === 'activation') return writeActivation(value as string);
  if (rule.is === 'initializer' || rule.is === 'regularizer' || rule.is === 'constraint')
    return writeObject(rule.is, value as Serialized);
  if (rule.is === 'word') return typeof value === 'string' ? toSnake(value) : value;
  return value;
}

/** An object as our configurations hold it. */
export interface Serialized {
  readonly className: string;
  readonly config: Record<string, unknown>;
}

/** An initializer, regularizer or constraint: of our own, a registered class, or a function. */
export function writeObject(kind: Kind, { className, config }: Serialized): KerasObject {
  const known = knownClass(className, [kind]);
  if (known === undefined) return writeOwn(className, config);
  const written: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(config)) {
    const name = toSnake(option);
    if (!isDefault(kind, known.name, name, value)) written[name] = writeOption(kind, name, value);
  }
  return { module: moduleName(kind), class_name: known.name, config: written, registered_name: null };
}

/** An object of a class that is not ours. */
function writeOwn(className: string, config: Record<string, unknown>): KerasObject {
  const options = Object.entries(config).map(([name, value]) => [ownOptionName(className, name), value]);
  return { module: null, class_name: className, config: Object.fromEntries(options), registered_name: className };
}

/** A named activation, or a function of the user's own, which the reader finds among its custom objects. */
function writeActivation(name: string): unknown {
  const known = activationName(name);
  return known ?? { module: 'builtins', class_name: 'function', config: name, registered_name: 'function' };
}

/** Options of a class of the user's own: their names in Keras' spelling, objects of ours inside as Keras has them. */
function ownConfig(writing: Writing, layer: AnyLayer): Record<string, unknown> {
  const { batchInputShape, dtype, ...options } = layer.getConfig();
  const config: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options))
    config[ownOptionName(layer.label, name)] = ownValue(writing, layer, value);
  config.dtype = policy(dtype as string);
  return config;
}

/** @throws ConfigError for a name that would come back as another one. */
function ownOptionName(owner: string, name: string): string {
  const snake = toSnake(name);
  if (toCamel(snake) === name) return snake;
  throw new ConfigError(
    `${owner}: the option "${name}" cannot be written into a file: options are spelled in camel case, as "${toCamel(snake)}"`,
  );
}

const objectKinds: readonly Kind[] = ['initializer', 'regularizer', 'constraint', 'loss', 'metric'];

function ownValue(writing: Writing, layer: AnyLayer, value: unknown): unknown {
  if (value instanceof Layer) return writeLayer(writing, value as AnyLayer);
  if (Array.isArray(value)) return value.map((inner) => ownValue(writing, layer, inner));
  if (typeof value !== 'object' || value === null) return value;
  const { className, config } = value as Partial<Serialized>;
  if (typeof className !== 'string' || typeof config !== 'object' || config === null) {
    const entries = Object.entries(value).map(([name, inner]) => [name, ownValue(writing, layer, inner)]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  }
  // A layer inside is written as itself: it knows its class.
  const inner = layer.sublayers.find(
    (one) => one.className === className && one.name === (config as { name?: unknown }).name,
  );
  if (inner !== undefined) return writeLayer(writing, inner);
  const kind = objectKinds.find((one) => knownClass(className, [one]) !== undefined);
  return kind === undefined ? writeOwn(className, config) : writeObject(kind, { className, config });
}
