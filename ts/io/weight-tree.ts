// Where Keras puts the weights of a model in its files: every layer that is reached through lists and attributes has a path.
import { GroupQueryAttention } from '../layers/attention/multi-head-attention.ts';
import { type AnyLayer, Layer } from '../layers/layer.ts';
import { snakeCase } from '../layers/naming.ts';
import { SpectralNormalization } from '../layers/normalization/spectral-normalization.ts';
import { Functional } from '../models/functional.ts';
import { Model } from '../models/model.ts';
import { Sequential } from '../models/sequential.ts';
import type { Variable } from '../tensor/index.ts';

/** A layer, a model among them, at its place in a file. */
export interface WeightOwner {
  /** `layers/dense`, `layers/bidirectional/forward_layer/cell`; empty for the model itself. */
  readonly path: string;
  /** Of the layer. */
  readonly name: string;
  /** What errors call it. */
  readonly label: string;
  /** Whether its weights exist. */
  readonly built: boolean;
  /** Weights of its own: trainable ones first. */
  readonly variables: readonly Variable[];
}

/**
 * All layers of a model with the paths that Keras gives them, the model itself first. A layer that is reached several times
 * stands where it is reached first; `visited` are those that stand elsewhere already.
 */
export function weightOwners(model: AnyLayer, path = '', visited: Set<AnyLayer> = new Set()): WeightOwner[] {
  const owners: WeightOwner[] = [];
  visit(model, path, visited, owners);
  return owners;
}

function visit(layer: AnyLayer, path: string, visited: Set<AnyLayer>, owners: WeightOwner[]): void {
  if (visited.has(layer)) return;
  visited.add(layer);
  const { label, built } = layer;
  owners.push({ path, name: lastPart(layer.name), label, built, variables: ownVariables(layer) });
  for (const { attribute, held } of attributesOf(layer)) {
    const place = path === '' ? attribute : `${path}/${attribute}`;
    if (!Array.isArray(held)) visit(held as AnyLayer, place, visited, owners);
    else for (const [name, inner] of named(held)) visit(inner, `${place}/${name}`, visited, owners);
  }
}

/** Layers of a list with their names in it: of their classes, numbered. Their own names differ from process to process. */
export function named(layers: readonly AnyLayer[]): [string, AnyLayer][] {
  const used = new Map<string, number>();
  return layers.map((layer) => {
    const name = snakeCase(kerasClassName(layer));
    const before = used.get(name);
    used.set(name, before === undefined ? 0 : before + 1);
    return [before === undefined ? name : `${name}_${before + 1}`, layer];
  });
}

/** Keras' public name of this class is not the one that Python knows it by. */
function kerasClassName(layer: AnyLayer): string {
  return layer.className === 'GroupQueryAttention' ? 'GroupedQueryAttention' : layer.className;
}

interface Attribute {
  readonly attribute: string;
  readonly held: AnyLayer | readonly AnyLayer[];
}

/** What holds the layers inside a layer, in the order in which Keras visits it: public names first, in the order of their characters. */
function attributesOf(layer: AnyLayer): Attribute[] {
  const inside = new Set(layer.sublayers);
  const found: Attribute[] = [];
  for (const [field, value] of Object.entries(layer)) {
    const attribute = attributeName(layer, field);
    if (value instanceof Layer && inside.has(value as AnyLayer)) found.push({ attribute, held: value as AnyLayer });
    if (!Array.isArray(value)) continue;
    const held = value.filter((entry) => entry instanceof Layer && inside.has(entry as AnyLayer)) as AnyLayer[];
    if (held.length > 0) found.push({ attribute, held });
  }
  const isGraph = layer instanceof Sequential || layer instanceof Functional;
  const reached = new Set(found.flatMap(({ held }) => held));
  // Layers in private fields have no attribute that Keras could name.
  const others = layer instanceof Model ? layer.layers : layer.sublayers.filter((inner) => !reached.has(inner));
  const layers = others.length === 0 ? [] : [{ attribute: 'layers', held: others }];
  if (!isGraph) found.push(...layers);
  found.sort((a, b) => (visitKey(a.attribute) < visitKey(b.attribute) ? -1 : 1));
  return isGraph ? [...layers, ...found] : found;
}

/** `forwardLayer` as `forward_layer`. */
function attributeName(layer: AnyLayer, field: string): string {
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const isPrivate = layer instanceof GroupQueryAttention ? field.endsWith('Dense') : field === 'gateDense';
  return isPrivate ? `_${name}` : name;
}

/** Names with an underscore come last. */
function visitKey(attribute: string): string {
  return attribute.startsWith('_') ? `~${attribute}` : attribute;
}

function ownVariables(layer: AnyLayer): Variable[] {
  const { weights } = layer;
  // To Keras the kernel is a weight of the wrapper, too.
  if (layer instanceof SpectralNormalization) return weights.slice(0, layer.built ? 2 : 0);
  const inside = layer.sublayers.reduce((count, inner) => count + inner.weights.length, 0);
  return weights.slice(0, weights.length - inside);
}

/** Inner layers are named with the outer one in front. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
