// Configurations of Keras 2 and TensorFlow.js, brought to the form of Keras 3: one reader reads them all.
import { received } from '../../arguments.ts';
import { isRecord, type Json, layerPlace, type Reading } from './reading.ts';

/** Options that mean something when they are null; of all others TensorFlow.js writes null for the default. */
const nullable: ReadonlySet<string> = new Set(['merge_mode', 'axis', 'reduction', 'activation']);

/** Layers that get the states which they begin with among their inputs. */
const recurrent: ReadonlySet<string> = new Set([
  'RNN',
  'SimpleRNN',
  'LSTM',
  'GRU',
  'ConvLSTM1D',
  'ConvLSTM2D',
  'ConvLSTM3D',
  'Bidirectional',
]);
/** Layers whose values and keys come as options of the call. */
const projected: ReadonlySet<string> = new Set(['MultiHeadAttention', 'GroupQueryAttention']);

/** A topology in the form of Keras 3. It may be in that form already: converters write it so. */
export function modernModel(reading: Reading, topology: unknown, place: string): Json {
  const entry = reading.entry(place, topology);
  return isModern(entry) ? entry : modernLayer(reading, entry, place);
}

/** Whether Keras 3 wrote it: its inputs have a `batch_shape`, its types are policies of that name, its calls have arguments. */
function isModern(entry: Json): boolean {
  const layers = isRecord(entry.config) ? entry.config.layers : undefined;
  if (!Array.isArray(layers)) return false;
  return layers.some((layer) => {
    if (!isRecord(layer) || !isRecord(layer.config)) return false;
    const { config, inbound_nodes: nodes } = layer;
    const hasPolicy = isRecord(config.dtype) && config.dtype.class_name === 'DTypePolicy';
    const hasArguments = Array.isArray(nodes) && nodes.some((node) => isRecord(node) && 'args' in node);
    return 'batch_shape' in config || hasPolicy || hasArguments || isModern(layer);
  });
}

function modernLayer(reading: Reading, value: unknown, place: string): Json & { config?: unknown } {
  const entry = reading.entry(place, value);
  const own = layerPlace(entry);
  const { class_name: className } = entry;
  if (className === 'Sequential') return modernStack(reading, entry, own);
  const config = reading.record(own, 'config', entry.config);
  if (className === 'ThresholdedReLU') {
    const { theta = 1, ...rest } = config;
    return { ...entry, class_name: 'ReLU', config: { ...modernOptions(reading, 'ReLU', rest, own), threshold: theta } };
  }
  if (className === 'Functional' || className === 'Model') return modernGraph(reading, entry, config, own);
  return { ...entry, config: modernOptions(reading, entry.class_name, config, own) };
}

function modernStack(reading: Reading, entry: Json, place: string): Json {
  // The first versions of Keras 2 had the bare list of layers.
  const config = Array.isArray(entry.config) ? { layers: entry.config } : reading.record(place, 'config', entry.config);
  const given = reading.list(place, 'layers', config.layers);
  const layers = given.map((layer) => modernLayer(reading, layer, place));
  const shapes = layers.map(takeInputShape);
  const [first] = layers;
  const [shape] = shapes;
  if (first !== undefined && shape !== undefined && first.class_name !== 'InputLayer') {
    const { name } = Object(first.config) as { name?: unknown };
    layers.unshift({
      class_name: 'InputLayer',
      config: { batch_shape: shape, name: `${String(name ?? 'layer')}_input` },
    });
  }
  return { ...entry, class_name: 'Sequential', config: { ...config, layers } };
}

/** Takes the shape of the input out of a layer's options: in Keras 3 it is an input layer's. */
function takeInputShape(layer: { config?: unknown }): unknown {
  if (!isRecord(layer.config)) return undefined;
  const { batch_input_shape: shape, ...rest } = layer.config;
  layer.config = rest;
  return shape;
}

function modernGraph(reading: Reading, entry: Json, config: Json, place: string): Json {
  const given = reading.list(place, 'layers', config.layers).map((layer) => reading.entry(place, layer));
  const offsets = nodeOffsets(reading, given, place);
  const layers = given.map((layer) => {
    const own = layerPlace(layer);
    const modern = modernLayer(reading, layer, place);
    takeInputShape(modern);
    const nodes = reading.list(own, 'inbound_nodes', layer.inbound_nodes ?? []);
    return { ...modern, inbound_nodes: nodes.map((node) => modernNode(reading, layer, node, offsets, own)) };
  });
  const ends = endOffsets(given, offsets, config.output_layers);
  const placed = (value: unknown): unknown => modernPlaces(value, ends);
  return {
    ...entry,
    class_name: 'Functional',
    config: {
      ...config,
      layers,
      input_layers: single(placed(config.input_layers)),
      output_layers: single(placed(config.output_layers)),
    },
  };
}

/** `['name', call, output]`, with or without more behind. */
function isPlace(value: unknown): value is [string, number, number, ...unknown[]] {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'number' &&
    typeof value[2] === 'number' &&
    value.length <= 4
  );
}

/** Models of one input or output list it alone. */
function single(places: unknown): unknown {
  return Array.isArray(places) && places.length === 1 && isPlace(places[0]) ? places[0] : places;
}

function modernPlaces(value: unknown, offsets: ReadonlyMap<string, number>): unknown {
  if (isPlace(value)) return [value[0], value[1] - (offsets.get(value[0]) ?? 0), value[2]];
  if (Array.isArray(value)) return value.map((inner) => modernPlaces(inner, offsets));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, modernPlaces(inner, offsets)]));
}

/**
 * Keras 2 counts the calls of a model that is a layer from 1 on, as a model was called when it was made: by how much the numbers in
 * the file are above ours.
 */
function nodeOffsets(reading: Reading, layers: readonly Json[], place: string): Map<string, number> {
  const calls = new Map<string, number>();
  for (const layer of layers) {
    const { name, class_name: className, inbound_nodes: nodes } = layer;
    const isModel = className === 'Sequential' || className === 'Functional' || className === 'Model';
    if (isModel && typeof name === 'string') calls.set(name, reading.list(place, 'inbound_nodes', nodes ?? []).length);
  }
  const offsets = new Map<string, number>();
  const stack: unknown[] = layers.map((layer) => layer.inbound_nodes);
  while (stack.length > 0) {
    const value = stack.pop();
    if (isPlace(value) && value[1] > 0 && value[1] === calls.get(value[0])) offsets.set(value[0], 1);
    if (Array.isArray(value)) for (const inner of value) stack.push(inner);
    else if (isRecord(value)) for (const inner of Object.values(value)) stack.push(inner);
  }
  return offsets;
}

/**
 * By how much the numbers of the graph's outputs are above those of Keras 3, which counts the making of graphs there as well, but not
 * that of stacks.
 */
function endOffsets(
  layers: readonly Json[],
  offsets: ReadonlyMap<string, number>,
  outputs: unknown,
): Map<string, number> {
  const ends = new Map(offsets);
  const calls = new Map<unknown, number>();
  for (const { name, class_name: className, inbound_nodes: nodes } of layers) {
    if (className === 'Functional' || className === 'Model') ends.delete(name as string);
    else if (className === 'Sequential' && Array.isArray(nodes)) calls.set(name, nodes.length);
  }
  const stack: unknown[] = [outputs];
  while (stack.length > 0) {
    const value = stack.pop();
    if (isPlace(value)) {
      if (value[1] > 0 && value[1] === calls.get(value[0])) ends.set(value[0], 1);
    } else if (Array.isArray(value)) stack.push(...value);
    else if (isRecord(value)) stack.push(...Object.values(value));
  }
  return ends;
}

function reference(place: readonly unknown[], offsets: ReadonlyMap<string, number>): Json {
  const [name, node, index] = place as [string, number, number];
  return {
    class_name: '__keras_tensor__',
    config: { keras_history: [name, node - (offsets.get(name) ?? 0), index] },
  };
}

/** One call: lists of `[layer, call, output, options]` to arguments and options. */
function modernNode(
  reading: Reading,
  layer: Json,
  node: unknown,
  offsets: ReadonlyMap<string, number>,
  place: string,
): Json {
  // Converters of Keras 3 models leave its form.
  if (isRecord(node) && 'args' in node) return node;
  let kwargs: Json = {};
  const read = (value: unknown): unknown => {
    if (Array.isArray(value) && value[0] === '_CONSTANT_VALUE') {
      if (isRecord(value[3])) kwargs = { ...kwargs, ...value[3] };
      return { class_name: '__tensor__', config: { value: value[2] } };
    }
    if (isPlace(value)) {
      if (isRecord(value[3])) kwargs = { ...kwargs, ...value[3] };
      return reference(value, offsets);
    }
    if (Array.isArray(value)) return value.map(read);
    if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, read(inner)]));
    return reading.fail(place, `an entry of inbound_nodes holds ${received(value)}`);
  };
  const inputs = read(node);
  const options = Object.fromEntries(
    Object.entries(kwargs).map(([name, value]) => [name, optionOf(value, offsets)]),
  ) as Record<string, unknown>;
  const list = Array.isArray(inputs) ? inputs : [inputs];
  const className = String(layer.class_name);
  if (recurrent.has(className) && list.length > 1) {
    const [first, ...states] = list;
    return { args: [first], kwargs: { ...options, initial_state: states } };
  }
  if (projected.has(className)) return { args: list, kwargs: options };
  return {
    args: [list.length === 1 && !(Array.isArray(node) && isMerging(className)) ? list[0] : list],
    kwargs: options,
  };
}

/** Layers that take a list even of one tensor. */
function isMerging(className: string): boolean {
  return ['Add', 'Average', 'Multiply', 'Maximum', 'Minimum', 'Subtract', 'Concatenate', 'Dot'].includes(className);
}

/** Options of a call may be tensors, too: `['layer', call, output]`. */
function optionOf(value: unknown, offsets: ReadonlyMap<string, number>): unknown {
  if (isPlace(value)) return reference(value, offsets);
  if (Array.isArray(value)) return value.map((inner) => optionOf(inner, offsets));
  return value;
}

const ofRNN: ReadonlySet<string> = new Set([
  'name',
  'trainable',
  'dtype',
  'batch_input_shape',
  'cell',
  'return_sequences',
  'return_state',
  'go_backwards',
  'stateful',
  'unroll',
  'zero_output_for_mask',
]);

/** Options of a layer; layers inside it are brought to the same form. */
function modernOptions(reading: Reading, className: unknown, config: Json, place: string): Json {
  const options: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(config)) {
    const name = /[A-Z]/.test(given) ? given.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : given;
    if (value === null && !nullable.has(name)) continue;
    // TensorFlow.js spreads the options of the cell among those of the layer around it.
    if (className === 'RNN' && !ofRNN.has(name)) continue;
    if ((name === 'activation' || name === 'recurrent_activation') && oldHardSigmoid.has(value)) {
      options[name] = 'legacyHardSigmoid';
      continue;
    }
    const isActivation =
      (name === 'activation' || name === 'recurrent_activation') && isRecord(value) && isRecord(value.config);
    if (name === 'layer' || name === 'backward_layer' || name === 'cell' || isActivation)
      options[name] = modernInner(reading, value, place);
    else if (name === 'cells' && Array.isArray(value))
      options[name] = value.map((cell) => modernLayer(reading, cell, place));
    else options[name] = value;
  }
  if (className === 'InputLayer') {
    const { batch_input_shape: shape, ...rest } = options;
    return shape === undefined ? rest : { ...rest, batch_shape: shape };
  }
  if (className === 'BatchNormalization' && Array.isArray(options.axis) && options.axis.length === 1)
    [options.axis] = options.axis;
  // What says nothing of it was written before there was a choice, or by TensorFlow.js, which has none.
  if ((className === 'GRU' || className === 'GRUCell') && options.reset_after === undefined)
    options.reset_after = false;
  return options;
}

/** Keras 2 and TensorFlow.js have `min(1, max(0, 0.2 x + 0.5))`, Keras 3 has another one. */
const oldHardSigmoid: ReadonlySet<unknown> = new Set(['hard_sigmoid', 'hardSigmoid']);

function modernInner(reading: Reading, value: unknown, place: string): unknown {
  return Array.isArray(value)
    ? value.map((inner) => modernLayer(reading, inner, place))
    : modernLayer(reading, value, place);
}
