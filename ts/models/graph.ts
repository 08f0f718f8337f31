// From the outputs of a graph of symbolic tensors back to its inputs: what is computed, and in which order.
import { ConfigError } from '../errors.ts';
import { InputLayer } from '../layers/input-layer.ts';
import type { AnyLayer } from '../layers/layer.ts';
import { CallNode, replaceSymbols, SymbolicTensor } from '../layers/symbolic.ts';

/** The calls between inputs and outputs. */
export interface LayerGraph {
  /** In an order in which each call comes after those it reads. */
  readonly nodes: readonly CallNode[];
  /** Keras' order: farthest from the outputs first, in the order of the walk from the outputs among equals. */
  readonly layers: readonly AnyLayer[];
  /** How many calls are at the same distance from the outputs, farthest first. */
  readonly nodesByDepth: readonly (readonly CallNode[])[];
}

/**
 * The calls that lead from `inputs` to `outputs`.
 *
 * @throws ConfigError when an output depends on a tensor that is not among the inputs, or two layers have one name.
 */
export function layerGraph(
  owner: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): LayerGraph {
  const { nodes, order } = walk(owner, inputs, outputs);
  const depths = new Map<CallNode, number>();
  const layerDepths = new Map<AnyLayer, number>();
  const known = new Set(nodes);
  for (const node of [...nodes].reverse()) {
    // A layer that is called several times stands where its first call does.
    const depth = Math.max(depths.get(node) ?? 0, layerDepths.get(node.layer) ?? 0);
    depths.set(node, depth);
    layerDepths.set(node.layer, depth);
    for (const { node: source } of node.sources) {
      if (known.has(source)) depths.set(source, Math.max(depths.get(source) ?? 0, depth + 1));
    }
  }
  for (const { node } of inputs) {
    // An input that no output depends on: its data may be for a loss or a metric.
    if (layerDepths.has(node.layer)) continue;
    layerDepths.set(node.layer, 0);
    order.set(node.layer, -1);
    depths.set(node, 0);
    nodes.push(node);
  }
  const layers = [...layerDepths.keys()].sort(
    (a, b) =>
      (layerDepths.get(b) as number) - (layerDepths.get(a) as number) ||
      (order.get(a) as number) - (order.get(b) as number),
  );
  checkNames(owner, layers);
  const byDepth = new Map<number, CallNode[]>();
  for (const [node, depth] of depths) byDepth.set(depth, [...(byDepth.get(depth) ?? []), node]);
  const nodesByDepth = [...byDepth].sort(([a], [b]) => b - a).map(([, entries]) => entries);
  return { nodes, layers, nodesByDepth };
}

/** The calls, each after those it reads, and the order in which their layers were met. Not recursive: models may be deep. */
function walk(
  owner: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): { nodes: CallNode[]; order: Map<AnyLayer, number> } {
  const given = new Set(inputs);
  const nodes: CallNode[] = [];
  const done = new Set<CallNode>();
  const order = new Map<AnyLayer, number>();
  for (const output of outputs) {
    const open: { symbol: SymbolicTensor; sources: SymbolicTensor[] | undefined }[] = [
      { symbol: output, sources: undefined },
    ];
    while (open.length > 0) {
      const entry = open.at(-1) as (typeof open)[number];
      const { node } = entry.symbol;
      if (entry.sources === undefined) {
        if (done.has(node)) {
          open.pop();
          continue;
        }
        if (!order.has(node.layer)) order.set(node.layer, order.size);
        if (node.layer instanceof InputLayer && !given.has(entry.symbol)) {
          throw new ConfigError(
            `${owner}: an output depends on the input "${node.layer.name}", which is not among the inputs (${inputs.map(({ name }) => name).join(', ')})`,
          );
        }
        entry.sources = given.has(entry.symbol) ? [] : node.sources.reverse();
      }
      const next = entry.sources.pop();
      if (next !== undefined) {
        if (!done.has(next.node)) open.push({ symbol: next, sources: undefined });
        continue;
      }
      open.pop();
      if (done.has(node)) continue;
      done.add(node);
      nodes.push(node);
    }
  }
  return { nodes, order };
}

function checkNames(owner: string, layers: readonly AnyLayer[]): void {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name))
      throw new ConfigError(`${owner}: two layers are named "${name}"; the names in a model are unique`);
    names.add(name);
  }
}

/**
 * The same calls from other inputs on: of a graph that begins at tensors in the middle of another one. The layers are the
 * same, and note the calls as more of their own.
 */
export function rewired(
  graph: LayerGraph,
  inputs: ReadonlyMap<SymbolicTensor, SymbolicTensor>,
  outputs: readonly SymbolicTensor[],
): SymbolicTensor[] {
  const made = new Map(inputs);
  const replace = (symbol: SymbolicTensor): SymbolicTensor => made.get(symbol) ?? symbol;
  const begins = new Set([...inputs.keys()].map(({ node }) => node));
  for (const node of graph.nodes) {
    if (begins.has(node)) continue;
    const copy = new CallNode(
      node.layer,
      replaceSymbols(node.inputs, replace) as CallNode['inputs'],
      replaceSymbols(node.options, replace) as CallNode['options'],
    );
    copy.outputs = replaceSymbols(node.outputs, (symbol) => {
      const twin = new SymbolicTensor(symbol.shape, symbol.dtype, symbol.name, copy, symbol.index);
      made.set(symbol, twin);
      return twin;
    }) as CallNode['outputs'];
    node.layer.inboundNodes.push(copy);
  }
  return outputs.map(replace);
}
