// Models as TensorFlow.js holds them (`modelTopology` and `trainingConfig` of a model.json).
import { received } from '../../arguments.ts';
import { registeredName } from '../../custom-objects.ts';
import { ConfigError } from '../../errors.ts';
import { InputLayer } from '../../layers/input-layer.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { flattenNest, type Nest } from '../../layers/nest.ts';
import { Bidirectional } from '../../layers/recurrent/index.ts';
import { builtInLayerClass } from '../../layers/registry.ts';
import type { CallNode, SymbolicTensor } from '../../layers/symbolic.ts';
import { Functional } from '../../models/functional.ts';
import type { TrainableModel } from '../../models/model.ts';
import { Sequential } from '../../models/sequential.ts';
import { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { toSnake } from './names.ts';
import { ruleOf } from './rules.ts';
import { tfjsActivations, tfjsInitializers, tfjsLayers, tfjsOnly, tfjsScalings, tfjsUnknown } from './tfjs-tables.ts';
import { innerLayers, type Serialized } from './writing.ts';

/** The version that the topology says it is of. */
const VERSION = 'tfjs-layers 4.22.0';

interface Entry {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
}

/** A model's topology. @throws ConfigError that names all layers which TensorFlow.js does not have. */
export function writeTopology(model: TrainableModel): object {
  checkLayers(model);
  return { ...layerEntry(model as AnyLayer), keras_version: VERSION, backend: 'tensor_flow.js' };
}

function checkLayers(model: TrainableModel): void {
  const lacking = new Map<string, string>();
  const visit = (layer: AnyLayer): void => {
    const isModel = layer instanceof Sequential || layer instanceof Functional;
    const isOwn = builtInLayerClass(layer.className) !== layer.constructor;
    if (!isModel && !isOwn && !tfjsLayers.has(layer.className)) lacking.set(layer.label, layer.className);
    if (isModel) for (const inner of layer.sublayers) visit(inner);
    else for (const inner of Object.values(innerLayers(layer)).flat()) visit(inner as AnyLayer);
  };
  visit(model as AnyLayer);
  if (lacking.size === 0) return;
  const names = [...lacking.keys()].slice(0, 20).join(', ');
  throw new ConfigError(
    `${model.label}: TensorFlow.js has no layer of the class ${[...new Set(lacking.values())].join(', ')}, so it could not read ${names}. Save the model as .keras or .safetensors`,
  );
}

function layerEntry(layer: AnyLayer): Entry {
  if (layer instanceof Sequential && layer.constructor === Sequential) return stackEntry(layer);
  if (layer instanceof Functional && layer.constructor === Functional) return graphEntry(layer as Functional<Tree>);
  const isOurs = builtInLayerClass(layer.className) === layer.constructor;
  const { batchInputShape, ...options } = layer.getConfig();
  if (layer instanceof InputLayer) {
    const { name, dtype } = options;
    return { class_name: 'InputLayer', config: { batch_input_shape: batchInputShape, dtype, sparse: false, name } };
  }
  if (!isOurs) {
    const name = registeredName(layer.constructor as never) ?? layer.className;
    return { class_name: name, config: snakeOptions(options) };
  }
  const { name: ownName, threshold, negativeSlope, maxValue } = options;
  // Keras 3 has no class of its own for it.
  if (layer.className === 'ReLU' && threshold !== 0 && negativeSlope === 0 && (maxValue ?? null) === null)
    return { class_name: 'ThresholdedReLU', config: { name: ownName, trainable: options.trainable, theta: threshold } };
  const inner = innerLayers(layer);
  const config: Record<string, unknown> = {};
  const only = tfjsOnly[layer.className] ?? {};
  for (const [option, value] of Object.entries(options)) {
    const name = toSnake(option);
    if (Object.hasOwn(inner, option)) {
      const written = inner[option] as AnyLayer | readonly AnyLayer[];
      config[name] = Array.isArray(written)
        ? written.map((one) => layerEntry(one as AnyLayer))
        : layerEntry(written as AnyLayer);
      continue;
    }
    if (Object.hasOwn(only, name) && only[name] !== value) {
      throw new ConfigError(
        `${layer.label}: TensorFlow.js computes with ${option}: ${received(only[name])} only, but it is ${received(value)}`,
      );
    }
    if (option === 'activityRegularizer' && value !== null)
      throw new ConfigError(`${layer.label}: TensorFlow.js has no activityRegularizer`);
    if (!tfjsUnknown.has(name)) config[name] = optionOf(layer, name, value);
  }
  if (layer.className === 'LeakyReLU') config.alpha = negativeSlope;
  if (layer instanceof Bidirectional) oneDirection(layer as Bidirectional<Tree>, config);
  return { class_name: layer.className, config };
}

/** TensorFlow.js makes both directions of one layer, and puts a prefix before its name. */
function oneDirection(layer: Bidirectional<Tree>, config: Record<string, unknown>): void {
  const { name, goBackwards, ...forward } = layer.forwardLayer.getConfig();
  const { name: _, goBackwards: __, ...backward } = layer.backwardLayer.getConfig();
  if (JSON.stringify(forward) !== JSON.stringify(backward) || goBackwards === true)
    throw new ConfigError(`${layer.label}: TensorFlow.js has no backwardLayer of its own options`);
  delete config.backward_layer;
  const entry = config.layer as Entry;
  config.layer = { ...entry, config: { ...entry.config, name: String(name).replace(/^forward_/, '') } };
}

function snakeOptions(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [toSnake(name), value]));
}

function optionOf(layer: AnyLayer, name: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const rule = ruleOf('layer', name);
  switch (rule.is) {
    case 'activation':
      return activationOf(layer, value);
    case 'initializer':
      return initializerOf(layer, value as Serialized);
    case 'regularizer':
      return regularizerOf(layer, value as Serialized);
    case 'constraint': {
      const { className, config } = value as Serialized;
      return { class_name: className, config: snakeOptions(config) };
    }
    case 'word':
      return typeof value === 'string' ? toSnake(value) : value;
    default:
      return value;
  }
}

function activationOf(layer: AnyLayer, name: unknown): string {
  if (typeof name !== 'string') {
    const { className } = name as Serialized;
    throw new ConfigError(
      `${layer.label}: TensorFlow.js has no activations that are layers; put the ${className} behind it`,
    );
  }
  const found = tfjsActivations.get(name);
  if (found !== undefined) return found;
  const why = name === 'hardSigmoid' ? ' (its hard sigmoid is another function, here legacyHardSigmoid)' : '';
  throw new ConfigError(`${layer.label}: TensorFlow.js has no activation ${received(name)}${why}`);
}

function initializerOf(layer: AnyLayer, { className, config }: Serialized): Entry {
  const scaling = Object.hasOwn(tfjsScalings, className) ? tfjsScalings[className] : undefined;
  if (scaling !== undefined)
    return { class_name: 'VarianceScaling', config: { ...scaling, seed: config.seed ?? null } };
  if (!tfjsInitializers.has(className))
    throw new ConfigError(`${layer.label}: TensorFlow.js has no initializer ${received(className)}`);
  const options = snakeOptions(config);
  for (const option of ['mode', 'distribution'])
    if (typeof options[option] === 'string') options[option] = toSnake(options[option] as string);
  return { class_name: className, config: options };
}

function regularizerOf(layer: AnyLayer, { className, config }: Serialized): Entry {
  if (className !== 'L1' && className !== 'L2' && className !== 'L1L2')
    throw new ConfigError(`${layer.label}: TensorFlow.js has no regularizer ${received(className)}`);
  return { class_name: 'L1L2', config: { l1: 0, l2: 0, ...config } };
}

function stackEntry(model: Sequential): Entry {
  const layers = model.sublayers.map(layerEntry);
  const symbol = model.inputs;
  if (symbol === undefined) {
    throw new ConfigError(
      `${model.label}: TensorFlow.js needs to know the shape of the input. Give the first layer an inputShape, or call build`,
    );
  }
  if (!(model.sublayers[0] instanceof InputLayer)) layers.unshift(layerEntry(symbol.node.layer));
  return { class_name: 'Sequential', config: { name: model.name, layers } };
}

function graphEntry(model: Functional<Tree>): Entry {
  const own = new Set(model.callNodes);
  const callsOf = (layer: AnyLayer): CallNode[] => layer.inboundNodes.filter((node) => own.has(node));
  const place = ({ node, index }: SymbolicTensor): [string, number, number] => [
    node.layer.name,
    // The making of a model counts as its first call.
    callsOf(node.layer).indexOf(node) + (node.layer instanceof Sequential || node.layer instanceof Functional ? 1 : 0),
    index,
  ];
  const places = (nest: Nest<SymbolicTensor>): unknown[] => flattenNest(nest).map(place);
  const layers = model.layers.map((layer) => ({
    ...layerEntry(layer),
    name: layer.name,
    inbound_nodes:
      layer instanceof InputLayer
        ? []
        : callsOf(layer).map((node) => sourcesOf(layer, node).map((symbol) => [...place(symbol), {}])),
  }));
  return {
    class_name: 'Model',
    config: { name: model.name, layers, input_layers: places(model.inputs), output_layers: places(model.outputs) },
  };
}

/** What a call reads, in one list: initial states come behind the sequences. @throws ConfigError for other options. */
function sourcesOf(layer: AnyLayer, node: CallNode): SymbolicTensor[] {
  const inputs = flattenNest<SymbolicTensor | Tensor>(node.inputs);
  const { initialState, ...options } = node.options;
  const states =
    initialState === undefined ? [] : flattenNest<SymbolicTensor | Tensor>(initialState as Nest<SymbolicTensor>);
  // What is not in training by default needs not be told so: Keras notes it of every dropout.
  const isDefault = (name: string, value: unknown): boolean =>
    value === undefined || value === null || (name === 'training' && value === false);
  const told = Object.entries(options).filter(([name, value]) => !isDefault(name, value));
  if (told.length > 0)
    throw new ConfigError(`${layer.label}: it is called with ${told[0]?.[0]}, which TensorFlow.js has no place for`);
  const sources = [...inputs, ...states];
  if (sources.some((source) => source instanceof Tensor))
    throw new ConfigError(`${layer.label}: it is called with a constant tensor, which TensorFlow.js has no place for`);
  return sources as SymbolicTensor[];
}
