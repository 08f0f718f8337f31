// From the way in which Keras 2 and TensorFlow.js write models to that of Keras 3, which keras-config reads.
import { FileError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import { compileFromKeras, modelFromKeras } from '../keras-config/index.ts';
import type { CustomObjects } from '../options.ts';

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names that Keras 3 has no more. */
const classNames: Readonly<Record<string, string>> = {
  Model: 'Functional',
  BatchNormalizationV1: 'BatchNormalization',
  BatchNormalizationV2: 'BatchNormalization',
  UnifiedGRU: 'GRU',
  UnifiedLSTM: 'LSTM',
  ThresholdedReLU: 'ReLU',
};
const models: ReadonlySet<unknown> = new Set(['Sequential', 'Functional', 'Model']);
/** Layers whose inputs may be followed by states in one list. */
const recurrent: ReadonlySet<string> = new Set(['RNN', 'SimpleRNN', 'LSTM', 'GRU', 'Bidirectional', 'ConvLSTM2D']);
/** Options of an RNN around a cell. TensorFlow.js writes those of the cell beside them. */
const rnnOptions: ReadonlySet<string> = new Set([
  ...['name', 'trainable', 'dtype', 'cell', 'unroll', 'stateful', 'go_backwards'],
  ...['return_sequences', 'return_state', 'zero_output_for_mask', 'activity_regularizer'],
]);
/** Levels of layers inside layers; a file of more is none that a program wrote. */
const DEEPEST = 32;

/**
 * The model of a topology of TensorFlow.js or Keras 2, or of Keras 3 inside one, with new weights, not compiled.
 *
 * @throws FileError as `modelFromKeras`.
 */
export function modelFromLegacy(
  file: string,
  topology: unknown,
  customObjects: CustomObjects,
  kerasVersion?: unknown,
): TrainableModel {
  if (!isRecord(topology)) throw new FileError(`${file}: the topology of the model is no object`);
  const isNew = String(kerasVersion ?? topology.keras_version ?? '').startsWith('3') || isKeras3(topology);
  return modelFromKeras(file, isNew ? topology : newLayer(file, topology, 0), customObjects);
}

/** Whether inputs are written as Keras 3 does. */
function isKeras3({ config }: Json): boolean {
  const layers = isRecord(config) && Array.isArray(config.layers) ? (config.layers as unknown[]) : [];
  return layers.some((layer) => isRecord(layer) && isRecord(layer.config) && 'batch_shape' in layer.config);
}

function newLayer(file: string, entry: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new FileError(`${file} has more than ${DEEPEST} levels of layers inside layers`);
  if (!isRecord(entry) || typeof entry.class_name !== 'string') return entry;
  const { class_name: given } = entry;
  const name = Object.hasOwn(classNames, given) ? (classNames[given] as string) : given;
  const config = newConfig(file, given, entry.config, depth);
  const { batch_input_shape: _, ...own } = isRecord(config) ? config : {};
  const whole = { ...entry, class_name: name, config: isRecord(config) ? own : config };
  if (!('inbound_nodes' in entry)) return whole;
  return { ...whole, inbound_nodes: newNodes(name, entry.inbound_nodes) };
}

function newConfig(file: string, className: string, config: unknown, depth: number): unknown {
  // The oldest form of a Sequential is the list of its layers.
  if (className === 'Sequential')
    return newSequential(file, Array.isArray(config) ? { layers: config } : config, depth);
  if (!isRecord(config)) return config;
  if (models.has(className)) return newGraph(file, config, depth);
  const options: Json = {};
  for (const [name, value] of Object.entries(config)) {
    if (className === 'RNN' && !rnnOptions.has(name) && name !== 'batch_input_shape') continue;
    options[name] = newOption(file, name, value, depth);
  }
  switch (className) {
    case 'InputLayer':
      return { ...options, batch_shape: options.batch_input_shape ?? options.batch_shape };
    case 'GRU':
    case 'GRUCell':
      // What TensorFlow.js and old versions of Keras do without saying so.
      return { reset_after: false, ...options };
    case 'LeakyReLU': {
      const { alpha, ...rest } = options;
      return alpha === undefined ? rest : { ...rest, negative_slope: alpha };
    }
    case 'ThresholdedReLU': {
      const { theta, ...rest } = options;
      return { ...rest, threshold: theta ?? 1 };
    }
    default:
      return options;
  }
}

function newOption(file: string, name: string, value: unknown, depth: number): unknown {
  // It was steeper before Keras 3.
  if (value === 'hard_sigmoid' && name.endsWith('activation')) return 'legacy_hard_sigmoid';
  if (name === 'layer' || name === 'cell' || name === 'backward_layer') return newLayer(file, value, depth + 1);
  if (name === 'cells' && Array.isArray(value)) return value.map((cell) => newLayer(file, cell, depth + 1));
  return value;
}

function newSequential(file: string, config: unknown, depth: number): unknown {
  if (!isRecord(config) || !Array.isArray(config.layers)) return config;
  const layers = (config.layers as unknown[]).map((layer) => newLayer(file, layer, depth + 1));
  const [first] = config.layers as unknown[];
  if (isRecord(first) && isRecord(first.config) && first.class_name !== 'InputLayer') {
    const { batch_input_shape: shape, dtype, name } = first.config;
    if (Array.isArray(shape)) {
      // An embedding's own type is that of what it gives.
      const type = first.class_name === 'Embedding' ? 'float32' : (dtype ?? 'float32');
      const input = { batch_shape: shape, dtype: type, name: `${String(name)}_input` };
      layers.unshift({ class_name: 'InputLayer', config: input });
    }
  }
  const { build_input_shape: _, ...rest } = config;
  return { ...rest, layers };
}

function newGraph(file: string, config: Json, depth: number): Json {
  if (!Array.isArray(config.layers)) return config;
  const layers = (config.layers as unknown[]).map((layer) => newLayer(file, layer, depth + 1));
  const graph = {
    ...config,
    layers,
    input_layers: single(config.input_layers),
    output_layers: single(config.output_layers),
  };
  return withoutFirstCalls(graph);
}

/** A list of one place is a model of one tensor. */
function single(places: unknown): unknown {
  return Array.isArray(places) && places.length === 1 && Array.isArray(places[0]) ? places[0] : places;
}

/** Calls as Keras 3 lists them: `[['dense', 0, 0, {}]]` as `{ args, kwargs }`. */
function newNodes(className: string, nodes: unknown): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((node: unknown) => {
    if (!Array.isArray(node)) return node;
    // A node of one place may be written without its list.
    const places = (typeof node[0] === 'string' ? [node] : node) as unknown[];
    const tensors = places.map(tensorOf);
    const [first] = places;
    const options = Array.isArray(first) && isRecord(first[3]) ? first[3] : {};
    const kwargs = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, tensorsIn(value)]));
    if (tensors.length === 1) return { args: tensors, kwargs };
    if (!recurrent.has(className)) return { args: [tensors], kwargs };
    return { args: [tensors[0]], kwargs: { ...kwargs, initial_state: tensors.slice(1) } };
  });
}

function tensorOf(place: unknown): unknown {
  if (!isPlace(place)) return place;
  return { class_name: '__keras_tensor__', config: { keras_history: place.slice(0, 3) } };
}

function isPlace(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number' && typeof value[2] === 'number'
  );
}

function tensorsIn(value: unknown): unknown {
  if (isPlace(value)) return tensorOf(value);
  return Array.isArray(value) ? value.map(tensorsIn) : value;
}

/** Keras 2 counts the making of a model as a call of it: the first one in a graph is number 1. */
function withoutFirstCalls(graph: Json): Json {
  const inside = new Set(
    (graph.layers as unknown[]).flatMap((layer) => {
      if (!isRecord(layer) || !models.has(layer.class_name)) return [];
      return [layer.name ?? (isRecord(layer.config) ? layer.config.name : undefined)];
    }),
  );
  const lowest = new Map<unknown, number>();
  const places: unknown[][] = [];
  const visit = (value: unknown): void => {
    if (isPlace(value) && inside.has(value[0])) {
      places.push(value as unknown[]);
      lowest.set(value[0], Math.min(lowest.get(value[0]) ?? Number.POSITIVE_INFINITY, value[1] as number));
    } else if (Array.isArray(value)) value.forEach(visit);
    else if (isRecord(value)) Object.values(value).forEach(visit);
  };
  const copy = structuredClone(graph);
  for (const layer of copy.layers as unknown[]) if (isRecord(layer)) visit(layer.inbound_nodes);
  visit(copy.input_layers);
  visit(copy.output_layers);
  for (const place of places) place[1] = (place[1] as number) - Math.min(1, lowest.get(place[0]) as number);
  return copy;
}

/** TensorFlow.js' optimizers that Keras calls otherwise, with their options. */
function newOptimizer(entry: unknown): unknown {
  if (!isRecord(entry) || !isRecord(entry.config)) return entry;
  const { class_name: name, config } = entry;
  if (name === 'Momentum') {
    const { useNesterov, use_nesterov: nesterov = useNesterov, ...rest } = config;
    return { class_name: 'SGD', config: { ...rest, nesterov: nesterov ?? false } };
  }
  if (name === 'RMSProp') {
    const { decay, ...rest } = config;
    return { class_name: 'RMSprop', config: decay === undefined ? rest : { ...rest, rho: decay } };
  }
  return entry;
}

/** Losses and metrics that Keras 2 wraps, by their names. */
function newMetric(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(newMetric);
  if (!isRecord(value)) return value;
  if (typeof value.class_name !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, newMetric(one)]));
  if (value.class_name !== 'MeanMetricWrapper' && value.class_name !== 'LossFunctionWrapper') return value;
  const { fn, name } = isRecord(value.config) ? value.config : {};
  return typeof fn === 'string' ? fn : name;
}

/** Compiles a model as `trainingConfig` says. @throws FileError as `compileFromKeras`. */
export function compileFromLegacy(
  file: string,
  model: TrainableModel,
  trainingConfig: unknown,
  customObjects: CustomObjects,
): void {
  if (!isRecord(trainingConfig)) throw new FileError(`${file}: trainingConfig is no object`);
  const {
    optimizer_config: optimizer,
    loss,
    metrics,
    weighted_metrics: weighted,
    loss_weights: weights,
  } = trainingConfig;
  const config: Json = { optimizer: newOptimizer(optimizer), loss: newMetric(loss) };
  if (metrics !== undefined) config.metrics = newMetric(metrics);
  if (weighted !== undefined) config.weighted_metrics = newMetric(weighted);
  if (weights !== undefined) config.loss_weights = weights;
  compileFromKeras(file, model, config, customObjects);
}
