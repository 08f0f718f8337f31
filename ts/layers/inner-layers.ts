// Layers inside other layers, as configurations hold them.
import { ConfigError } from '../errors.ts';
import type { AnyLayer } from './layer.ts';
import type { LayerClass, LayerClasses } from './registry.ts';

type Reader = (entry: unknown, custom?: LayerClasses) => AnyLayer;
let reader: Reader | undefined;

/** The table of classes names the layers that hold others, so it hands its reader over instead of being imported. @internal */
export function innerLayersAreReadBy(read: Reader): void {
  reader = read;
}

/** A layer of `{ className, config }` inside another one's configuration. @throws ConfigError for an unknown class. @internal */
export function innerLayer(entry: unknown, custom?: LayerClasses): AnyLayer {
  if (reader === undefined) throw new ConfigError('layers of configurations can be made once the library is loaded');
  return reader(entry, custom);
}

/** `{ className, config }` of a layer. @internal */
export function serializedLayer(layer: AnyLayer): { className: string; config: Record<string, unknown> } {
  return { className: layer.className, config: layer.getConfig() };
}

/** A layer of the same class and options with weights of its own; `changes` replace options. @internal */
export function twinOf<L extends AnyLayer>(layer: L, changes: Record<string, unknown>): L {
  const entry = { className: layer.className, config: { ...layer.getConfig(), ...changes } };
  return innerLayer(entry, classesIn(layer)) as L;
}

/** The classes of a layer and of those inside it: some may be nobody's but the caller's. */
function classesIn(layer: AnyLayer): LayerClasses {
  const inside = layer.sublayers.map(classesIn);
  return Object.assign({ [layer.className]: layer.constructor as LayerClass }, ...inside) as LayerClasses;
}
