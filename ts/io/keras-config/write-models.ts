// Stacks and graphs of layers as Keras writes them.
import { InputLayer } from '../../layers/input-layer.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { mapNest, type Nest } from '../../layers/nest.ts';
import { Operation } from '../../layers/operation.ts';
import type { CallNode, SymbolicTensor } from '../../layers/symbolic.ts';
import { replaceSymbols, takesValues } from '../../layers/symbolic.ts';
import { Functional } from '../../models/functional.ts';
import type { Sequential } from '../../models/sequential.ts';
import { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import type { KerasObject } from '../artifacts.ts';
import { toSnake } from './names.ts';
import { writeOperationCall } from './operations.ts';
import { policy, type Writing, writeLayer } from './writing.ts';

/** A stack of layers. */
export function writeSequential(writing: Writing, model: Sequential): KerasObject {
  const { name, trainable } = model;
  const layers = model.sublayers.map((layer) => writeLayer(writing, layer));
  const symbol = model.inputs;
  // Keras' stacks begin with their input; ours may have it from the first layer's options.
  if (symbol !== undefined && !(model.sublayers[0] instanceof InputLayer))
    layers.unshift(writeLayer(writing, symbol.node.layer));
  const shape = symbol && [...symbol.shape];
  return {
    module: 'keras',
    class_name: 'Sequential',
    config: {
      name,
      trainable,
      dtype: policy(model.dtype),
      layers,
      ...(shape === undefined ? {} : { build_input_shape: shape }),
    },
    registered_name: null,
    ...(shape === undefined ? {} : { build_config: { input_shape: shape } }),
  };
}

/** A graph of layers. */
export function writeFunctional(writing: Writing, model: Functional<Tree>): KerasObject {
  const own = new Set(model.callNodes);
  const callsOf = (layer: AnyLayer): CallNode[] => layer.inboundNodes.filter((node) => own.has(node));
  const place = ({ node, index }: SymbolicTensor): [string, number, number] => [
    node.layer.name,
    callsOf(node.layer).indexOf(node),
    index,
  ];
  /** Among the inputs and outputs of a graph, and only there, Keras counts the making of a graph that is a layer as its first call. */
  const end = (symbol: SymbolicTensor): [string, number, number] => {
    const [name, node, index] = place(symbol);
    return [name, node + (symbol.node.layer instanceof Functional ? 1 : 0), index];
  };
  const reference = (symbol: SymbolicTensor): unknown => ({
    class_name: '__keras_tensor__',
    config: { shape: [...symbol.shape], dtype: symbol.dtype, keras_history: place(symbol) },
  });
  const layers = model.layers.map((layer) =>
    // The object itself, as it gets an id when another place has the layer, too.
    Object.assign(writeLayer(writing, layer), {
      name: layer.name,
      inbound_nodes: layer instanceof InputLayer ? [] : callsOf(layer).map((node) => call(layer, node, reference)),
    }),
  );
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: model.name,
      trainable: model.trainable,
      layers,
      input_layers: mapNest<SymbolicTensor, unknown>(model.inputs, end),
      output_layers: mapNest<SymbolicTensor, unknown>(model.outputs, end),
    },
    registered_name: 'Functional',
    build_config: { input_shape: shapeOf(model) },
  };
}

function shapeOf(model: Functional<Tree>): unknown {
  return mapNest<SymbolicTensor, unknown>(model.inputs, ({ shape }) => [...shape]);
}

/** One call of a layer: what it reads first, then what it is told beside. */
function call(layer: AnyLayer, node: CallNode, reference: (symbol: SymbolicTensor) => unknown): unknown {
  if (layer instanceof Operation) return writeOperationCall(layer, node, reference);
  const kwargs: Record<string, unknown> = {};
  const inputs = constants(replaceSymbols(node.inputs, reference));
  for (const [name, value] of Object.entries(node.options)) {
    if (value === undefined) continue;
    kwargs[toSnake(name)] = constants(replaceSymbols(value, reference));
  }
  if (node.inputName !== undefined) return { args: [], kwargs: { ...kwargs, [node.inputName]: inputs } };
  const args = [inputs];
  if (takesValues(layer)) {
    // Queries, values and keys come in this order in Keras.
    for (const name of ['value', 'key']) {
      if (!Object.hasOwn(kwargs, name)) break;
      args.push(kwargs[name]);
      delete kwargs[name];
    }
    // Attention of a sequence to itself: Keras has no default for the values.
    if (args.length === 1) args.push(args[0]);
  }
  return { args, kwargs };
}

/** Tensors that are the same in every call. */
function constants(nest: unknown): unknown {
  return mapNest<unknown, unknown>(nest as Nest<unknown>, (value) =>
    value instanceof Tensor
      ? { class_name: '__tensor__', config: { value: value.arraySync(), dtype: value.dtype } }
      : value,
  );
}
