// A layer's call with symbolic tensors: what it gives is found by tracing it.
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import type { ApplyOptions, Inputs } from './calls.ts';
import type { AnyLayer } from './layer.ts';
import { mapNest, type Nest } from './nest.ts';
import { isSpec, type Shape, type TensorSpec, traceSpecs } from './shape.ts';
import { CallNode, replaceSymbols, SymbolicTensor } from './symbolic.ts';

/** Shapes of the inputs, and the options with shapes in place of their symbolic tensors: what `build` is told. */
export function symbolicShapes(inputs: unknown, options: ApplyOptions): [Nest<Shape>, Record<string, unknown>] {
  const shapes = mapNest<unknown, Shape>(inputs as Nest<unknown>, shapeOfInput);
  return [shapes, replaceSymbols(options, ({ shape }) => shape) as Record<string, unknown>];
}

function shapeOfInput(x: unknown): Shape {
  if (typeof x === 'object' && x !== null && 'shape' in x) return x.shape as Shape;
  throw new ConfigError(`A layer that is applied to symbolic tensors takes tensors beside them, got ${received(x)}`);
}

/** What `layer` (built) gives for symbolic tensors among inputs and options; noted as a call of the layer. */
export function callSymbolically(layer: AnyLayer, inputs: unknown, options: ApplyOptions): Nest<SymbolicTensor> {
  const node = new CallNode(layer, inputs as Nest<SymbolicTensor>, options);
  const { sources } = node;
  const { training = false } = options;
  const specs = traceSpecs(layer.label, sources, (tensors) => {
    const bySymbol = new Map(sources.map((symbol, i) => [symbol, tensors[i] as Tensor]));
    const replaced = (nest: unknown): unknown => replaceSymbols(nest, (symbol) => bySymbol.get(symbol));
    return layer.apply(replaced(inputs) as Inputs, { ...(replaced(options) as ApplyOptions), training });
  });
  node.outputs = mapNest<TensorSpec, SymbolicTensor>(
    specs,
    ({ shape, dtype }, i) =>
      new SymbolicTensor(shape, dtype, `${layer.name}_${layer.inboundNodes.length}_${i}`, node, i),
    isSpec,
  );
  layer.inboundNodes.push(node);
  return node.outputs;
}
