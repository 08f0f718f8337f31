// From what a model computes, as data, to an ONNX graph.
import type { NativeTensor } from '../../native.ts';
import { Builder } from './builder.ts';
import type { GraphMessage, PendingTensor } from './messages.ts';
import { NoForm } from './no-form.ts';
import { type OperationGraph, type Ref, Varying } from './operations.ts';
import { rules } from './rules/index.ts';
import { range } from './rules/movement.ts';
import { typeOf } from './rules/rule.ts';
import { tidied } from './tidying.ts';
import type { TracedModel } from './tracing.ts';
import { Constant, Value, type ValueType } from './values.ts';

/** An ONNX graph, and the numbers that belong to it. */
export interface Converted {
  readonly graph: GraphMessage;
  readonly initializers: readonly PendingTensor[];
}

/** Converts a traced model. @throws NoForm for what ONNX has no form for. */
export function converted(traced: TracedModel, name: string): Converted {
  const b = new Builder();
  for (const unknown of traced.unknowns) b.nameSize(unknown.size, unknown.name);
  const { graph } = traced;
  const params = graph.nodes.slice(0, graph.params);
  const args = params.map((param, i): Value => {
    const type = typeOf(param.types[0] as (typeof param.types)[number]);
    const input = traced.inputs[i];
    if (input !== undefined) return b.input(input.name, { element: type.element, shape: traced.shapes[i] ?? [] });
    const numbers = traced.numbers(i);
    if (numbers.length > 1) return counted(b, type, numbers);
    const path = traced.operands[i]?.name;
    return new Value(type, { constant: new Constant(type.element, numbers[0].shape, numbers[0], path) });
  });
  const inputs = args.slice(0, traced.inputs.length).map((value) => b.info(value, value.name as string));
  const names = traced.outputNames.map((wanted) => b.unique(wanted));
  const outputs = inline(b, graph, args).map((value, i) => b.output(value, names[i] as string));
  return tidied(b.finish(name, inputs, outputs), b.initializers);
}

/** Numbers that were made from unknown sizes: as many as one of them, each a step after the one before. @throws NoForm for others. */
function counted(b: Builder, type: ValueType, numbers: readonly NativeTensor[]): Value {
  const lists = numbers.map((tensor) => [...tensor.dataSync()]);
  const [start = 0, next = start] = lists[0] ?? [];
  const step = next - start;
  const isCounted = lists.every((list) => list.every((value, i) => value === Math.fround(start + i * step)));
  const [size] = type.shape;
  const isNumber = type.element === 'float32' || type.element === 'int32';
  if (!isCounted || !isNumber || type.shape.length !== 1 || size === undefined || typeof size === 'number') {
    const values = numbers.map((tensor) => `${tensor.shape.join()} ${[...tensor.dataSync()].slice(0, 64).join()}`);
    const error = new NoForm('numbers that were computed from an unknown size', new Varying(values));
    error.operation = 'constant';
    throw error;
  }
  const whole = range(b, size, type.element as 'float32' | 'int32');
  const scaled = step === 1 ? whole : b.op('Mul', [whole, b.scalar(step, type.element)], type);
  return start === 0 ? scaled : b.op('Add', [scaled, b.scalar(start, type.element)], type);
}

/** Builds the operations of a graph on `args`; gives its outputs. */
function inline(b: Builder, graph: OperationGraph, args: readonly Value[]): Value[] {
  const values: (readonly Value[])[] = args.map((value) => [value]);
  const uses = usesOf(graph);
  args.forEach((value, i) => {
    // A value from outside may have other readers that are not seen here.
    if (value.constant === undefined) value.uses = Number.POSITIVE_INFINITY;
    if (i >= graph.params) throw new RangeError('more arguments than parameters');
  });
  const at = ([node, output]: Ref): Value => values[node]?.[output] as Value;
  graph.nodes.slice(graph.params).forEach((node, i) => {
    const rule = rules[node.op];
    const counts = uses[graph.params + i] as readonly number[];
    try {
      if (rule === undefined) throw new NoForm('the operation is none of ONNX');
      const made = rule({
        b,
        node,
        inputs: node.inputs.map(at),
        type: typeOf(node.types[0] as (typeof node.types)[number]),
        used: counts.map((count) => count > 0),
        inline,
      });
      const outputs = made instanceof Value ? [made] : made;
      outputs.forEach((value, k) => {
        // One value may be what several operations give: an operation that changes nothing adds its readers.
        value.uses += counts[k] ?? 0;
      });
      values.push(outputs);
    } catch (error) {
      if (error instanceof NoForm) error.operation ??= node.name;
      throw error;
    }
  });
  return graph.outputs.map(at);
}

/** How often each output of each node is read. */
function usesOf({ nodes, outputs }: OperationGraph): number[][] {
  const uses = nodes.map(({ types }) => types.map(() => 0));
  const count = ([node, output]: Ref): void => {
    const list = uses[node] as number[];
    list[output] = (list[output] as number) + 1;
  };
  for (const { inputs } of nodes) inputs.forEach(count);
  outputs.forEach(count);
  return uses;
}
