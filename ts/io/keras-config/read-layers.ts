// Layers of a file, those inside others included.
import { received } from '../../arguments.ts';
import { type AnyLayer, Layer } from '../../layers/layer.ts';
import type { LayerClass, LayerClasses } from '../../layers/registry.ts';
import { readModel } from './read-models.ts';
import { camelOptions, makeOwn, type OptionReaders, readDType, readOptions } from './read-options.ts';
import { type CustomClass, type Entry, isKnown, isRecord, type Json, layerPlace, type Reading } from './reading.ts';

/** A layer of `{ module, class_name, config, ... }`. @throws FileError that names the layer. */
export function readLayer(reading: Reading, value: unknown, around: string): AnyLayer {
  const entry = reading.entry(around, value);
  const place = around === '' ? layerPlace(entry) : `${around}: ${layerPlace(entry)}`;
  const id = entry.shared_object_id;
  const known = id === undefined || id === null ? undefined : reading.shared.get(id);
  if (known !== undefined) return known;
  reading.countLayer();
  const layer = madeLayer(reading, entry, place);
  if (id !== undefined && id !== null) reading.shared.set(id, layer);
  return layer;
}

function madeLayer(reading: Reading, entry: Entry, place: string): AnyLayer {
  const found = reading.classOf(entry, ['layer', 'model']);
  if (found === undefined) return reading.fail(place, `there is no layer class ${received(entry.class_name)}`);
  const config = reading.record(place, 'config', entry.config);
  if (!isKnown(found)) return ownLayer(reading, found, entry, config, place);
  if (found.kind === 'model') return readModel(reading, found.name as 'Functional' | 'Sequential', config, place);
  const options = readOptions(reading, found, config, place, optionReaders);
  return reading.trying(place, () => new (found.Class as unknown as new (config: unknown) => AnyLayer)(options));
}

/** What options of layers may hold: layers. Optimizers have no place in them. */
export const optionReaders: OptionReaders = {
  layers: (reading, value, place) =>
    Array.isArray(value) ? value.map((inner) => readLayer(reading, inner, place)) : readLayer(reading, value, place),
  optimizer: (reading, _, place) => reading.fail(place, 'an optimizer has no place in a layer'),
  rate: (_reading, value) => value,
};

/** A layer of a class of the user's own: it gets its options in our spelling, and layers among them as `{ className, config }`. */
function ownLayer(reading: Reading, Class: CustomClass, entry: Entry, config: Json, place: string): AnyLayer {
  if (!isLayerClass(Class)) return reading.fail(place, `${received(entry.class_name)} is no layer`);
  const { dtype, ...rest } = camelOptions(config);
  const options = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, ownOption(reading, value, `${place}: ${name}`)]),
  );
  const type = readDType(reading, dtype, `${place}: dtype`);
  if (type !== undefined) options.dtype = type;
  return reading.trying(place, () => {
    const layer = makeOwn(Class, options, layerClasses(reading));
    if (layer instanceof Layer) return layer as AnyLayer;
    return reading.fail(place, `${received(entry.class_name)} is no layer`);
  });
}

/** Objects of Keras' classes inside the options of a class of the user's own, as `getConfig` of hornbeam gives them. */
function ownOption(reading: Reading, value: unknown, place: string): unknown {
  if (Array.isArray(value)) return value.map((inner) => ownOption(reading, inner, place));
  if (!isRecord(value)) return value;
  const { class_name: name, config } = value;
  if (typeof name !== 'string' || !('config' in value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, ownOption(reading, inner, place)]));
  if (name === '__tensor__' || name === '__numpy__') return reading.record(place, 'config', config).value;
  if (name === 'function') return config;
  const found = reading.classOf(value, [
    'layer',
    'model',
    'initializer',
    'regularizer',
    'constraint',
    'loss',
    'metric',
  ]);
  if (found === undefined) return reading.fail(place, `there is no class ${received(name)}`);
  const own = reading.record(place, 'config', config);
  if (!isKnown(found)) return { className: name, config: camelOptions(own) };
  if (found.kind === 'layer' || found.kind === 'model') {
    const layer = readLayer(reading, value, place);
    return { className: layer.className, config: layer.getConfig() };
  }
  return { className: found.name, config: readOptions(reading, found, own, place, optionReaders) };
}

/** Classes of layers that the caller handed in, by name. */
export function layerClasses(reading: Reading): LayerClasses {
  const found = Object.entries(reading.custom).filter(([, value]) => isLayerClass(value));
  return Object.fromEntries(found) as unknown as Record<string, LayerClass>;
}

/** `instanceof` says of layers that were made, and not of their prototypes. */
function isLayerClass(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  return Object.prototype.isPrototypeOf.call(Layer.prototype, Object(value.prototype));
}
