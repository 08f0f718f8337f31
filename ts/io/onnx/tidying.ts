// What a graph does not need is left out of the file.
import type { GraphMessage, NodeMessage, PendingTensor } from './messages.ts';

/** The graph without nodes and initializers that no output depends on, and without nodes that only give a value another name. */
export function tidied(
  graph: GraphMessage,
  initializers: readonly PendingTensor[],
): { graph: GraphMessage; initializers: readonly PendingTensor[] } {
  const short = withoutCopies(graph);
  const used = new Set<string>();
  const live = withoutDead(short, used);
  return { graph: live, initializers: initializers.filter(({ name }) => used.has(name)) };
}

/** Graphs among the attributes of a node. */
function mapGraphs(node: NodeMessage, map: (graph: GraphMessage) => GraphMessage): NodeMessage {
  if (!node.attribute.some(({ g }) => g !== undefined)) return node;
  const attribute = node.attribute.map((entry) => (entry.g === undefined ? entry : { ...entry, g: map(entry.g) }));
  return { ...node, attribute };
}

/** Outputs take the place of the values that were copied to them. */
function withoutCopies(graph: GraphMessage): GraphMessage {
  const made = new Set(graph.node.flatMap(({ opType, output }) => (opType === 'Identity' ? [] : output)));
  const names = new Map<string, string>();
  const results = new Set(graph.output.map(({ name }) => name));
  const node = graph.node.filter(({ opType, input, output }) => {
    const [from, to] = [input[0] as string, output[0] as string];
    if (opType !== 'Identity' || !results.has(to) || !made.has(from) || names.has(from)) return true;
    names.set(from, to);
    return false;
  });
  const renamed = (list: string[], known: ReadonlyMap<string, string>): string[] =>
    list.map((name) => known.get(name) ?? name);
  const rename = (inner: NodeMessage): NodeMessage => ({
    ...mapGraphs(inner, (body) => ({ ...body, node: body.node.map(rename) })),
    input: renamed(inner.input, names),
    output: renamed(inner.output, names),
  });
  return { ...graph, node: node.map((entry) => mapGraphs(rename(entry), withoutCopies)) };
}

/** Drops nodes that nothing reads; adds all names that are read to `used`. */
function withoutDead(graph: GraphMessage, used: Set<string>): GraphMessage {
  for (const { name } of graph.output) used.add(name);
  const kept: NodeMessage[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => used.has(name))) continue;
    for (const name of node.input) used.add(name);
    kept.push(mapGraphs(node, (body) => withoutDead(body, used)));
  }
  return { ...graph, node: kept.reverse() };
}
