// What a model computes, as data: the traced graph of operations (crates/graph/src/describe.rs), and how several traces of one model become one
// graph whose sizes may vary.
import type { DType } from '../../tensor/index.ts';

/** What differs between traces: its value in each of them. */
export class Varying<T = number> {
  readonly values: readonly T[];
  constructor(values: readonly T[]) {
    this.values = values;
  }
}

/** A size: a number, or one that depends on sizes that are not known. */
export type Size = number | Varying;

/** One output of a node. */
export type Ref = readonly [node: number, output: number];

/** Shape and element type. */
export interface OperandType {
  readonly dtype: DType;
  readonly shape: readonly Size[];
}

/** An operation. */
export interface Operation {
  /** Its kind, as crates/graph names it. */
  readonly op: string;
  /** The name that users know. */
  readonly name: string;
  readonly inputs: readonly Ref[];
  readonly types: readonly OperandType[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A function from parameters, the first nodes, to outputs. */
export interface OperationGraph {
  readonly params: number;
  readonly outputs: readonly Ref[];
  readonly nodes: readonly Operation[];
}

/** Whether two sizes are one in every trace. */
export function sameSize(a: Size, b: Size): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.values.every((value, i) => value === b.values[i]);
}

/** A size in every trace. */
export function sizeValues(size: Size, traces: number): readonly number[] {
  return typeof size === 'number' ? Array.from({ length: traces }, () => size) : size.values;
}

/** A size made of others, trace by trace. */
export function combined(sizes: readonly Size[], combine: (...values: number[]) => number): Size {
  const varying = sizes.find((size): size is Varying => typeof size !== 'number');
  if (varying === undefined) return combine(...(sizes as number[]));
  const traces = varying.values.length;
  const each = sizes.map((size) => sizeValues(size, traces));
  const values = Array.from({ length: traces }, (_, i) => combine(...each.map((list) => list[i] as number)));
  return values.every((value) => value === values[0]) ? (values[0] as number) : new Varying(values);
}

/** The parts of a graph that must be there, and the same in all traces. */
interface Parsed {
  readonly params: unknown;
  readonly outputs: unknown;
  readonly nodes: unknown;
}

/** Traces of one model as one graph; `undefined` if they are made of other operations. */
export function mergedGraph(traces: readonly unknown[]): OperationGraph | undefined {
  const graph = merged(traces) as Parsed;
  return isGraph(graph) ? asGraph(graph) : undefined;
}

/** What is alike stays, what differs becomes {@link Varying}. */
function merged(values: readonly unknown[]): unknown {
  const [first] = values;
  if (Array.isArray(first)) {
    const lists = values as unknown[][];
    if (!lists.every((list) => Array.isArray(list) && list.length === first.length)) return new Varying(values);
    return first.map((_, i) => merged(lists.map((list) => list[i])));
  }
  if (typeof first === 'object' && first !== null) {
    const records = values as Record<string, unknown>[];
    const keys = Object.keys(first);
    const alike = records.every((record) => Object.keys(Object(record)).join() === keys.join());
    if (!alike) return new Varying(values);
    return Object.fromEntries(keys.map((key) => [key, merged(records.map((record) => record[key]))]));
  }
  return values.every((value) => value === first) ? first : new Varying(values);
}

/** Whether nothing but sizes varies: neither the number of nodes nor their kinds, operands, dtypes and ranks. */
function isGraph(graph: Parsed): boolean {
  if (graph instanceof Varying || typeof graph.params !== 'number' || !isRefs(graph.outputs)) return false;
  if (!Array.isArray(graph.nodes)) return false;
  return graph.nodes.every((node) => {
    const { op, name, inputs, types, attributes } = node;
    if (typeof op !== 'string' || typeof name !== 'string' || !isRefs(inputs) || !Array.isArray(types)) return false;
    const known = types.every((type) => Array.isArray(type) && typeof type[0] === 'string' && Array.isArray(type[1]));
    return known && bodyNames.every((body) => !(body in attributes) || isGraph(attributes[body]));
  });
}

function isRefs(refs: unknown): boolean {
  return Array.isArray(refs) && refs.every((ref) => Array.isArray(ref) && ref.every((n) => typeof n === 'number'));
}

/** Attributes that are graphs. */
const bodyNames = ['body', 'then', 'otherwise', 'condition'];

interface ParsedNode extends Omit<Operation, 'types'> {
  readonly types: readonly (readonly [dtype: DType, shape: readonly Size[]])[];
}

/** The graph with types spelled out, in bodies too. */
function asGraph({ params, outputs, nodes }: Parsed): OperationGraph {
  return {
    params: params as number,
    outputs: outputs as Ref[],
    nodes: (nodes as ParsedNode[]).map(({ types, attributes, ...node }) => ({
      ...node,
      types: types.map(([dtype, shape]) => ({ dtype, shape })),
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          bodyNames.includes(name) ? asGraph(value as Parsed) : value,
        ]),
      ),
    })),
  };
}
