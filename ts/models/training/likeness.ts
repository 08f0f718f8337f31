// What a checkpoint notes of a model and of how it is compiled, so that it is not gone on from with another one of the same shapes.
import { createHash } from 'node:crypto';
import type { AnyLayer } from '../../layers/layer.ts';
import { isSerialized } from '../../losses/get.ts';
import * as losses from '../../losses/index.ts';
import type { Optimizer } from '../../optimizers/index.ts';
import { Tensor } from '../../tensor/index.ts';
import { Model, type TrainableModel } from '../model.ts';
import type { CompileConfig } from './compiled.ts';

/** Values of JSON. */
export type Noted = null | boolean | number | string | readonly Noted[] | { readonly [name: string]: Noted };

/** Entries of longer lists (vocabularies, means) are noted as a hash. */
const LONG = 32;

/**
 * Options that do not change what a step computes from weights, state and data: names, which differ when a process makes a second model;
 * what only the first weights come from; which layers are trained (the optimizer's state says); shapes of inputs (those of the data do).
 */
const withoutEffect = /^(name|trainable|seed|batchInputShape|.*[iI]nitializer)$/;

/** The layers of a model, what they compute, and what they are applied to. */
export function architectureOf(model: TrainableModel): Noted {
  return notedLayer(model as AnyLayer);
}

function notedLayer(layer: AnyLayer): { readonly [name: string]: Noted } {
  const config = configOf(layer);
  const { layers } = config;
  const inner = layer instanceof Model ? layer.layers : layer.sublayers;
  const places = new Map(inner.map(({ name }, i) => [name, i]));
  const noted: Record<string, Noted> = { className: layer.className, ...(note(config, places) as object) };
  if (inner.length > 0) noted[layer instanceof Model ? 'layers' : 'sublayers'] = inner.map(notedLayer);
  const calls = Array.isArray(layers) && isLayer(layers) ? layers.map((entry) => note(entry.inboundNodes, places)) : [];
  if (calls.some((call) => call !== null)) noted.calls = calls;
  return noted;
}

function configOf(object: { getConfig(): Record<string, unknown> }): Record<string, unknown> {
  try {
    return object.getConfig();
  } catch {
    // Of one's own class without a configuration nothing is known: no reason not to train.
    return {};
  }
}

/** The losses, by output where there are several, and their factors. */
export function lossOf({ loss, lossWeights }: CompileConfig): Noted {
  const noted = notedLoss(loss);
  return lossWeights === undefined || lossWeights === null ? noted : { of: noted, weights: note(lossWeights) };
}

function notedLoss(loss: unknown): Noted {
  if (loss === undefined || loss === null || typeof loss === 'function') return note(loss);
  if (Array.isArray(loss)) return loss.map(notedLoss);
  if (typeof loss !== 'string' && !(loss instanceof losses.Loss) && !isSerialized(loss))
    return Object.fromEntries(Object.entries(loss).map(([output, one]) => [output, notedLoss(one)]));
  // All spellings of a loss are the same one.
  const made = losses.get(loss as losses.LossIdentifier);
  return { className: made.getClassName(), ...(note(configOf(made)) as object) };
}

/** The options of an optimizer but the learning rate, which the checkpoint itself holds. */
export function optimizerOptionsOf(optimizer: Optimizer): Noted {
  const { learningRate: _, gradientAccumulationSteps: __, ...config } = configOf(optimizer);
  return note(config);
}

/** A value of a configuration as JSON; `places` are those of the layers whose names stand in references. */
function note(value: unknown, places: ReadonlyMap<string, number> = new Map()): Noted {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'function') return value.name === '' ? 'a function' : `function ${value.name}`;
  if (value instanceof Tensor) return `${value.dtype}[${value.shape.join(', ')}]`;
  if (ArrayBuffer.isView(value)) return note(Array.from(value as unknown as ArrayLike<number>));
  if (Array.isArray(value)) {
    // [layer, call, output]: a layer by its place, as its name may be another one.
    const place = typeof value[0] === 'string' ? places.get(value[0]) : undefined;
    if (place !== undefined && value.length === 3) return [place, ...value.slice(1).map((entry) => note(entry))];
    const entries = value.map((entry) => note(entry, places));
    return entries.length <= LONG ? entries : `${entries.length} values, hash ${hashOf(entries)}`;
  }
  if (typeof value !== 'object') return String(value);
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return value.constructor?.name ?? 'an object';
  const record: Record<string, Noted> = {};
  for (const [name, entry] of Object.entries(value)) {
    if (withoutEffect.test(name) || name === 'learningRate' || isLayer(entry)) continue;
    record[name] = note(entry, places);
  }
  return record;
}

/** Whether an option is a layer, or layers: they are noted as those inside. */
function isLayer(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isLayer);
  if (!isSerialized(value)) return false;
  const { config } = value;
  return typeof config === 'object' && config !== null && 'trainable' in config && 'name' in config;
}

function hashOf(entries: readonly Noted[]): string {
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 12);
}

/** What differs, as `path here (there in the file)`. Records of different classes differ in nothing but that. */
export function differences(path: string, now: unknown, kept: unknown): string[] {
  const text = (value: unknown): string => JSON.stringify(value ?? null);
  if (text(now) === text(kept)) return [];
  const differ = (what: string, a: unknown, b: unknown): string => `${what} ${text(a)} (${text(b)} in the file)`;
  if (Array.isArray(now) && Array.isArray(kept)) {
    if (now.length !== kept.length) return [differ(`${path}.length`, now.length, kept.length)];
    return now.flatMap((entry, i) => differences(`${path}[${i}]`, entry, kept[i]));
  }
  if (!isRecord(now) || !isRecord(kept)) return [differ(path, now, kept)];
  if (now.className !== kept.className) return [differ(path, now.className, kept.className)];
  const names = Object.keys({ ...now, ...kept });
  return names.flatMap((name) => differences(`${path}.${name}`, now[name], kept[name]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
