// Activations of layers: names, functions, and layers in their place.
import * as activations from '../activations/index.ts';
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Tensor } from '../tensor/index.ts';
import { heldIn } from './fields.ts';
import { innerLayer, serializedLayer } from './inner-layers.ts';
import { type AnyLayer, Layer } from './layer.ts';
import { SeedGenerator } from './seed-generator.ts';

/**
 * What a layer takes as an activation: a name, a function of your own, or a layer without weights such as
 * `layers.leakyReLU({ negativeSlope: 0.1 })`, also as its `{ className, config }`.
 */
export type LayerActivation =
  | activations.ActivationIdentifier
  | Layer
  | { readonly className: string; readonly config: Record<string, unknown> };

/** The activation of a layer. */
export interface UsedActivation {
  readonly apply: activations.ActivationFunction;
  /** How a configuration holds it: its name, or the layer. */
  readonly config: string | { className: string; config: Record<string, unknown> };
}

/**
 * The activation that the layer `label` has.
 *
 * @throws ConfigError for an unknown name, and for a layer that may have weights or random numbers: nothing would train or save them.
 * @internal
 */
export function layerActivation(label: string, given: LayerActivation | null | undefined): UsedActivation {
  const isObject = typeof given === 'object' && given !== null;
  const isEntry = isObject && !(given instanceof Layer) && Object.hasOwn(given, 'className');
  const layer: unknown = isEntry ? innerLayer(given) : given;
  if (!(layer instanceof Layer)) {
    const { name, apply } = activations.get(given as activations.ActivationIdentifier | null | undefined);
    return { apply, config: name };
  }
  checkPlain(label, layer as AnyLayer);
  const apply = (x: Tensor): Tensor => {
    const y: unknown = layer.apply(x);
    if (y instanceof Tensor) return y;
    throw new ConfigError(`${label}: ${layer.label} is an activation, and gives ${received(y)} in place of a tensor`);
  };
  return { apply, config: serializedLayer(layer as AnyLayer) };
}

function checkPlain(label: string, layer: AnyLayer): void {
  const makesWeights = Object.getPrototypeOf(layer).build !== Layer.prototype.build;
  const isPlain = !makesWeights && layer.sublayers.length === 0 && heldIn(layer, SeedGenerator).length === 0;
  if (isPlain) return;
  throw new ConfigError(
    `${label}: an activation is a layer without weights and random numbers, such as layers.leakyReLU(); put ${layer.label} behind the layer`,
  );
}
