// Stacks and graphs of layers of a file.
import { received } from '../../arguments.ts';
import type { ApplyOptions, SymbolicInputs } from '../../layers/calls.ts';
import { InputLayer } from '../../layers/input-layer.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { flattenNest, type Nest } from '../../layers/nest.ts';
import type { Shape } from '../../layers/shape.ts';
import { nameInputs, type SymbolicTensor } from '../../layers/symbolic.ts';
import { Functional, type SymbolicNest } from '../../models/functional.ts';
import { Sequential } from '../../models/sequential.ts';
import type { Tree } from '../../tensor/tree.ts';
import { type GraphCall, readCalls, sourcesOf, withTensors } from './calls.ts';
import { readOperation } from './operations.ts';
import { readLayer } from './read-layers.ts';
import { isRecord, type Json, layerPlace, type Reading } from './reading.ts';

/** A model of Keras' own classes. @throws FileError. */
export function readModel(
  reading: Reading,
  className: 'Functional' | 'Sequential',
  config: Json,
  place: string,
): AnyLayer {
  return className === 'Sequential' ? readSequential(reading, config, place) : readFunctional(reading, config, place);
}

function nameOf(reading: Reading, config: Json, place: string): { name?: string } {
  const { name } = config;
  if (name === undefined || name === null) return {};
  return typeof name === 'string' ? { name } : reading.fail(place, `name must be a text, but is ${received(name)}`);
}

/** Every layer has its own `trainable` in the file: one may train in a frozen model. */
function frozen({ trainable }: Json): { trainable?: boolean } {
  return trainable === false ? { trainable } : {};
}

function readSequential(reading: Reading, config: Json, place: string): Sequential {
  const layers: AnyLayer[] = [];
  const names = new Set<string>();
  for (const value of reading.list(place, 'layers', config.layers)) {
    const layer = readLayer(reading, value, place);
    if (names.has(layer.name)) reading.fail(place, `two layers are called "${layer.name}"`);
    names.add(layer.name);
    layers.push(layer);
  }
  return reading.trying(place, () => {
    const model = new Sequential({ ...nameOf(reading, config, place), ...frozen(config) });
    for (const layer of layers) model.add(layer);
    const shape = config.build_input_shape;
    if (!model.built && Array.isArray(shape) && layers.length > 0) model.build(shape as Shape);
    return model;
  });
}

/** A layer of a graph and its calls that are still to be made. */
interface OpenLayer {
  /** What the graph calls it. */
  readonly name: string;
  readonly place: string;
  readonly layer: AnyLayer;
  readonly calls: readonly GraphCall[];
  /** Tensors of the calls made so far. */
  readonly outputs: SymbolicTensor[][];
}

function readFunctional(reading: Reading, config: Json, place: string): Functional<Tree> {
  const layers = new Map<string, OpenLayer>();
  for (const value of reading.list(place, 'layers', config.layers)) {
    const entry = reading.entry(place, value);
    const operation = readOperation(reading, entry, layerPlace(entry));
    const layer = operation?.layer ?? readLayer(reading, entry, '');
    const name = typeof entry.name === 'string' ? entry.name : layer.name;
    const own = layerPlace(entry);
    if (layers.has(name)) reading.fail(place, `two layers are called "${name.slice(0, 100)}"`);
    const isInput = layer instanceof InputLayer;
    const calls = isInput ? [] : (operation?.calls ?? readCalls(reading, entry, own));
    const outputs = isInput ? [[layer.symbol]] : [];
    layers.set(name, { name, place: own, layer, calls, outputs });
  }
  applyAll(reading, layers);
  const at = (where: unknown): SymbolicTensor => {
    const [layer, call, index] = Array.isArray(where) ? where : [];
    const isPlace = typeof layer === 'string' && typeof call === 'number' && typeof index === 'number';
    const found = isPlace ? outputsAt(layers.get(layer), call)?.[index] : undefined;
    return found ?? reading.fail(place, `there is no tensor ${received(where)} for the model's inputs or outputs`);
  };
  return reading.trying(place, () => {
    return new Functional<Tree>({
      ...nameOf(reading, config, place),
      ...frozen(config),
      inputs: places(reading, config.input_layers, `${place}: input_layers`, at),
      outputs: places(reading, config.output_layers, `${place}: output_layers`, at),
    });
  });
}

/**
 * The tensors of a call that a graph's own inputs and outputs name: there, unlike between layers, Keras counts the making of a graph
 * that is a layer as its first call.
 */
function outputsAt(open: OpenLayer | undefined, call: number): readonly SymbolicTensor[] | undefined {
  const first = open?.layer instanceof Functional && call > 0 ? 1 : 0;
  return open?.outputs[call - first];
}

/** Makes the calls of all layers, each as soon as what it reads is there. */
function applyAll(reading: Reading, layers: ReadonlyMap<string, OpenLayer>): void {
  /** Layers that wait for a tensor of the layer of that name. */
  const waiting = new Map<string, Set<OpenLayer>>();
  const ready = [...layers.values()];
  // Grows while it is gone through: a layer that waited comes once more.
  for (const open of ready) {
    let made = false;
    for (let call = open.calls[open.outputs.length]; call !== undefined; call = open.calls[open.outputs.length]) {
      const missing = sourcesOf(call).find(
        ([name, node, index]) => layers.get(name)?.outputs[node]?.[index] === undefined,
      );
      if (missing !== undefined) {
        const [name, node] = missing;
        const source = layers.get(name);
        if (source === undefined)
          reading.fail(open.place, `it reads a layer "${name.slice(0, 100)}" that the model lacks`);
        if (source.outputs[node] !== undefined || source.calls.length <= node)
          reading.fail(
            open.place,
            `it reads ${received(missing)}, a tensor that "${name.slice(0, 100)}" does not give`,
          );
        const others = waiting.get(name) ?? new Set();
        waiting.set(name, others.add(open));
        break;
      }
      open.outputs.push(applied(reading, open, call, layers));
      made = true;
    }
    if (!made) continue;
    for (const other of waiting.get(open.name) ?? []) ready.push(other);
    waiting.delete(open.name);
  }
  for (const open of layers.values()) {
    if (open.outputs.length < open.calls.length)
      reading.fail(
        open.place,
        'it reads, by way of other layers, what it gives itself: the layers are no graph without circles',
      );
  }
}

function applied(
  reading: Reading,
  open: OpenLayer,
  call: GraphCall,
  layers: ReadonlyMap<string, OpenLayer>,
): SymbolicTensor[] {
  const tensorAt = (name: string, node: number, index: number): SymbolicTensor =>
    layers.get(name)?.outputs[node]?.[index] as SymbolicTensor;
  const inputs = withTensors(reading, call.inputs, tensorAt, open.place) as SymbolicInputs;
  const options = withTensors(reading, call.options, tensorAt, open.place) as ApplyOptions;
  return reading.trying(open.place, () => {
    const outputs = flattenNest(open.layer.apply(inputs, options) as SymbolicNest);
    nameInputs(open.layer, call.inputName);
    return outputs;
  });
}

/** Places of tensors as a file lists them: one, or a list or a record of them. */
function places(
  reading: Reading,
  value: unknown,
  what: string,
  at: (place: unknown) => SymbolicTensor,
): Nest<SymbolicTensor> {
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string' && typeof value[1] === 'number') return at(value);
    return value.map((inner) => places(reading, inner, what, at)) as Nest<SymbolicTensor>;
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([name, inner]) => [name, places(reading, inner, what, at)]);
    return Object.fromEntries(entries) as Nest<SymbolicTensor>;
  }
  return reading.fail(what, `expected the places of tensors, but got ${received(value)}`);
}
