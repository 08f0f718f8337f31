// Sums and other combinations of elements along axes, order along the last axis.
import type { Builder } from '../builder.ts';
import type { Size } from '../operations.ts';
import type { Value, ValueType } from '../values.ts';
import { untransposed } from './movement.ts';
import { fixed, type Rule } from './rule.ts';

const reductions: Readonly<Record<string, string>> = {
  sum: 'ReduceSum',
  prod: 'ReduceProd',
  max: 'ReduceMax',
  min: 'ReduceMin',
  all: 'ReduceMin',
  any: 'ReduceMax',
};

export const reduceRule: Rule = ({ b, node, inputs, type }) => {
  const x = inputs[0] as Value;
  const axes = node.attributes.axes as number[];
  const { source, order } = untransposed(x);
  const inside = axes.map((axis) => order[axis] as number).sort((p, q) => p - q);
  // The axes that are left, in the order of the source.
  const left = order.filter((_, axis) => !axes.includes(axis));
  const sorted = left.toSorted((p, q) => p - q);
  const shape = sorted.map((axis) => source.shape[axis] as Size);
  const isTruth = source.element === 'bool';
  const numbers = isTruth ? b.cast(source, 'int32') : source;
  const reduced = b.op(
    reductions[node.name] as string,
    [numbers, b.ints(inside)],
    { element: numbers.element, shape },
    { keepdims: 0 },
  );
  return b.transpose(
    b.cast(reduced, type.element),
    left.map((axis) => sorted.indexOf(axis)),
  );
};

export const argReduceRule: Rule = ({ b, node, inputs, type }) => {
  const x = inputs[0] as Value;
  const axis = fixed(node.attributes.axis as number, 'an axis');
  const op = node.name === 'argMax' ? 'ArgMax' : 'ArgMin';
  const at = b.op(op, [x], { element: 'int64', shape: type.shape }, { axis, keepdims: 0 });
  return b.cast(at, 'int32');
};

export const sortRule: Rule = ({ b, node, inputs }) => {
  const x = inputs[0] as Value;
  const { descending, keep } = node.attributes as { descending: boolean; keep: Size };
  const shape = [...x.shape.slice(0, -1), keep];
  const types: ValueType[] = [
    { element: x.element, shape },
    { element: 'int64', shape },
  ];
  const attributes = { axis: -1, largest: Number(descending), sorted: 1 };
  const [values, at] = b.ops('TopK', [x, b.size(keep)], types, attributes) as [Value, Value];
  return [values, b.cast(at, 'int32')];
};

export const searchSortedRule: Rule = ({ b, node, inputs, type }) => {
  const [sorted, values] = inputs as [Value, Value];
  const [count, n] = [values.shape.at(-1) as Size, sorted.shape.at(-1) as Size];
  const rows = b.reshape(sorted, sorted.shape.toSpliced(-1, 0, 1));
  const columns = b.reshape(values, [...values.shape, 1]);
  const shape = [...type.shape.slice(0, -1), count, n];
  const op = node.attributes.right ? 'LessOrEqual' : 'Less';
  const before = b.op(op, [rows, columns], { element: 'bool', shape });
  return b.op('ReduceSum', [b.cast(before, 'int32'), b.ints([-1])], type, { keepdims: 0 });
};

/** What a running combination begins with. */
const beginnings: Readonly<Record<string, readonly [op: string, real: number, whole: number]>> = {
  prod: ['Mul', 1, 1],
  max: ['Max', Number.NEGATIVE_INFINITY, -(2 ** 31)],
  min: ['Min', Number.POSITIVE_INFINITY, 2 ** 31 - 1],
};

export const cumulativeRule: Rule = ({ b, node, inputs, type }) => {
  const x = inputs[0] as Value;
  const { kind, exclusive, reverse } = node.attributes as { kind: string; exclusive: boolean; reverse: boolean };
  if (kind === 'sum') {
    const attributes = { exclusive: Number(exclusive), reverse: Number(reverse) };
    return b.op('CumSum', [x, b.scalar(-1, 'int32')], type, attributes);
  }
  const [op, real, whole] = beginnings[kind] as [string, number, number];
  const begin = b.scalar(x.element === 'int32' ? whole : real, x.element);
  return running(b, op, x, begin, { exclusive, reverse });
};

/** Combines each element along the last axis with all before it, as one step of a scan each. */
function running(
  b: Builder,
  op: string,
  x: Value,
  begin: Value,
  { exclusive, reverse }: { exclusive: boolean; reverse: boolean },
): Value {
  const shape = x.shape.slice(0, -1);
  const one = { element: x.element, shape };
  const body = b.inner();
  const [state, next] = [body.input('state', one), body.input('next', one)];
  const both = body.op(op, [state, next], one);
  const names = [body.unique('result'), body.unique('result')];
  const outputs = [body.output(both, names[0] as string), body.output(exclusive ? state : both, names[1] as string)];
  const given = [state, next].map((value) => body.info(value, value.name as string));
  const results = b.ops('Scan', [b.expand(begin, shape), x], [one, x], {
    body: body.finish('running', given, outputs),
    num_scan_inputs: 1,
    scan_input_axes: [x.rank - 1],
    scan_output_axes: [x.rank - 1],
    scan_input_directions: [Number(reverse)],
    scan_output_directions: [Number(reverse)],
  });
  return results[1] as Value;
}
