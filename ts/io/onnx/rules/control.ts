// Loops and branches: operations that carry graphs.
import type { Builder } from '../builder.ts';
import type { GraphMessage } from '../messages.ts';
import type { OperationGraph, Size } from '../operations.ts';
import { Value, type ValueType } from '../values.ts';
import { reversed } from './movement.ts';
import { type Rule, type RuleContext, typeOf } from './rule.ts';

interface ScanAttributes {
  readonly body: OperationGraph;
  readonly captured: number;
  readonly carry: number;
  readonly length: Size;
  readonly reverse: boolean;
}

/** Values of a graph around another one, written down there and not in every lap. */
function named(b: Builder, values: readonly Value[]): Value[] {
  return values.map((value) => (value.constant ? value : new Value(value, { name: b.nameOf(value) })));
}

/** The outputs of a body, each under a name of its own. */
function outputs(body: Builder, values: readonly Value[]): GraphMessage['output'] {
  return values.map((value) => body.output(value, body.unique('result')));
}

export const scanRule: Rule = (context) => {
  const { b, node, inputs, inline } = context;
  const { body: graph, captured, carry, reverse } = node.attributes as unknown as ScanAttributes;
  const types = node.types.map(typeOf);
  const states = inputs.slice(captured, captured + carry);
  const sequences = inputs.slice(captured + carry);
  if (sequences.length === 0) return loop(context, types);
  const body = b.inner();
  const stateInputs = states.map((state) => body.input('state', state));
  const stepInputs = sequences.map((x) => body.input('step', { element: x.element, shape: x.shape.slice(1) }));
  const args = [...named(b, inputs.slice(0, captured)), ...stateInputs, ...stepInputs];
  const results = outputs(body, inline(body, graph, args));
  const given = [...stateInputs, ...stepInputs].map((value) => body.info(value, value.name as string));
  const direction = (count: number): number[] => new Array<number>(count).fill(Number(reverse));
  return b.ops('Scan', [...states, ...sequences], types, {
    body: body.finish(node.name, given, results),
    num_scan_inputs: sequences.length,
    ...(reverse
      ? {
          scan_input_directions: direction(sequences.length),
          scan_output_directions: direction(types.length - carry),
        }
      : {}),
  });
};

/** A scan over nothing but its number of steps. */
function loop({ b, node, inputs, inline }: RuleContext, types: readonly ValueType[]): Value[] {
  const { body: graph, captured, carry, length, reverse } = node.attributes as unknown as ScanAttributes;
  const states = inputs.slice(captured, captured + carry);
  const body = b.inner();
  const { lap, going } = lapInputs(body);
  const stateInputs = states.map((state) => body.input('state', state));
  const made = inline(body, graph, [...named(b, inputs.slice(0, captured)), ...stateInputs]);
  const results = outputs(body, [going, ...made]);
  const given = [lap, going, ...stateInputs].map((value) => body.info(value, value.name as string));
  const steps = b.op('Squeeze', [b.size(length)], { element: 'int64', shape: [] });
  const attributes = { body: body.finish(node.name, given, results) };
  const all = b.ops('Loop', [steps, b.scalar(1, 'bool'), ...states], types, attributes);
  // Steps that go backwards stack from the end.
  return all.map((value, i) => (reverse && i >= carry ? reversed(b, value, [0], value) : value));
}

function lapInputs(body: Builder): { lap: Value; going: Value } {
  return {
    lap: body.input('lap', { element: 'int64', shape: [] }),
    going: body.input('going', { element: 'bool', shape: [] }),
  };
}

export const condRule: Rule = ({ b, node, inputs, inline }) => {
  const [predicate, ...operands] = inputs as [Value, ...Value[]];
  const { then, otherwise } = node.attributes as unknown as { then: OperationGraph; otherwise: OperationGraph };
  const outside = named(b, operands);
  const branch = (graph: OperationGraph, name: string): GraphMessage => {
    const body = b.inner();
    const results = outputs(body, inline(body, graph, outside));
    return body.finish(name, [], results);
  };
  const attributes = { then_branch: branch(then, 'then'), else_branch: branch(otherwise, 'otherwise') };
  return b.ops('If', [predicate], node.types.map(typeOf), attributes);
};

export const whileRule: Rule = ({ b, node, inputs, inline }) => {
  const attributes = node.attributes as unknown as {
    condition: OperationGraph;
    body: OperationGraph;
    captured: number;
  };
  const outside = named(b, inputs.slice(0, attributes.captured));
  const states = inputs.slice(attributes.captured);
  const body = b.inner();
  const { lap, going } = lapInputs(body);
  const stateInputs = states.map((state) => body.input('state', state));
  const next = inline(body, attributes.body, [...outside, ...stateInputs]);
  const [again] = inline(body, attributes.condition, [...outside, ...next]) as [Value];
  const results = outputs(body, [again, ...next]);
  const given = [lap, going, ...stateInputs].map((value) => body.info(value, value.name as string));
  const [begins] = inline(b, attributes.condition, [...outside, ...states]) as [Value];
  return b.ops('Loop', [undefined, begins, ...states], node.types.map(typeOf), {
    body: body.finish(node.name, given, results),
  });
};
