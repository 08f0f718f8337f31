// Operations whose positions are data.
import type { Builder } from '../builder.ts';
import { NoForm } from '../no-form.ts';
import { type Size, sameSize } from '../operations.ts';
import { product, type Value } from '../values.ts';
import { allFixed, fixed, type Rule } from './rule.ts';

export const gatherRule: Rule = ({ b, node, inputs, type }) =>
  b.op('Gather', inputs, type, { axis: fixed(node.attributes.axis as number, 'an axis') });

/** Positions with an axis of one behind, as int64: what reads several axes at once takes. */
const asIndices = (b: Builder, ids: Value): Value => b.cast(b.reshape(ids, [...ids.shape, 1]), 'int64');

export const batchGatherRule: Rule = ({ b, inputs, type }) => {
  const [x, ids] = inputs as [Value, Value];
  const batch = ids.rank - 1;
  if (batch === 0) return b.op('Gather', [x, ids], type, { axis: 0 });
  return b.op('GatherND', [x, asIndices(b, ids)], type, { batch_dims: batch });
};

/** Writes updates along an axis, where ids of the updates' rank say. */
function scatterElements(b: Builder, x: Value, ids: Value, updates: Value, axis: number, reduction: string): Value {
  const spread = b.expand(ids, updates.shape);
  return b.op('ScatterElements', [x, spread, updates], x, { axis, reduction });
}

export const scatterRule: Rule = ({ b, node, inputs }) => {
  const [x, ids, updates] = inputs as [Value, Value, Value];
  const kind = node.attributes.kind as string;
  const wide = b.reshape(ids, [...ids.shape, ...new Array<number>(updates.rank - ids.rank).fill(1)]);
  return scatterElements(b, x, wide, updates, ids.rank - 1, kind === 'set' ? 'none' : kind);
};

export const scatterAddRule: Rule = ({ b, node, inputs }) => {
  const [x, ids, updates] = inputs as [Value, Value, Value];
  const axis = fixed(node.attributes.axis as number, 'an axis');
  const count = product(ids.shape);
  const rows = b.reshape(updates, x.shape.toSpliced(axis, 1, count));
  const line = b.reshape(
    ids,
    x.shape.map((_, i) => (i === axis ? count : 1)),
  );
  return scatterElements(b, x, line, rows, axis, 'add');
};

export const ravelIndexRule: Rule = ({ b, node, inputs, type }) => {
  const [indices] = inputs as [Value];
  const dims = node.attributes.dims as Size[];
  const inner = allFixed(dims.slice(1), 'positions in a tensor whose inner sizes are not known');
  const strides = dims.map((_, axis) => inner.slice(axis).reduce((p, q) => p * q, 1));
  const factors = b.constant('int32', [dims.length], Int32Array.from(strides));
  const terms = b.op('Mul', [indices, factors], indices);
  return b.op('ReduceSum', [terms, b.ints([-1])], type, { keepdims: 0 });
};

/** Starts as a list, so that a block of `sizes` lies inside `x`. */
function clampedStarts(b: Builder, x: Value, starts: readonly Value[], sizes: readonly Size[]): Value {
  const list = { element: 'int64', shape: [x.rank] } as const;
  const parts = starts.map((start) => b.cast(b.reshape(start, [1]), 'int64'));
  const given = parts.length === 1 ? (parts[0] as Value) : b.op('Concat', parts, list, { axis: 0 });
  const last = b.op('Sub', [b.sizes(x.shape), b.sizes(sizes)], list);
  return b.op('Max', [b.op('Min', [given, last], list), b.ints([0])], list);
}

export const dynamicSliceRule: Rule = ({ b, inputs, type }) => {
  const [x, ...starts] = inputs as [Value, ...Value[]];
  if (x.rank === 0) return x;
  const first = clampedStarts(b, x, starts, type.shape);
  const end = b.op('Add', [first, b.sizes(type.shape)], first);
  return b.op('Slice', [x, first, end], type);
};

export const dynamicUpdateSliceRule: Rule = ({ b, inputs, type }) => {
  const [x, update, ...starts] = inputs as [Value, Value, ...Value[]];
  if (x.rank === 0 || x.shape.every((size, axis) => sameSize(size, update.shape[axis] as Size))) return update;
  if (type.element !== 'float32' && type.element !== 'int32')
    throw new NoForm(`blocks of ${type.element} cannot be replaced`, 'cast to float32 or int32 before');
  const first = clampedStarts(b, x, starts, update.shape);
  const behind = b.op('Sub', [b.op('Sub', [b.sizes(x.shape), b.sizes(update.shape)], first), first], first);
  const amounts = b.op('Concat', [first, behind], { element: 'int64', shape: [2 * x.rank] }, { axis: 0 });
  const padded = (value: Value): Value =>
    b.op('Pad', [value, amounts, b.scalar(0, value.element)], { element: value.element, shape: x.shape });
  const marks = b.expand(b.scalar(1, 'int32'), update.shape);
  return b.op('Where', [b.cast(padded(marks), 'bool'), padded(update), x], type);
};
