// Operations that move elements, or make them from nothing but shapes.
import type { Builder } from '../builder.ts';
import { combined, type Size, sameSize } from '../operations.ts';
import { inverseOrder, reordered, type Value, type ValueType } from '../values.ts';
import { allFixed, elementwise, fixed, type Rule } from './rule.ts';

/** The end of an axis, whatever its size. */
const END = 2n ** 63n - 1n;

/** Most elements of positions that are written into the file; more are made when the model runs. */
const MOST_WRITTEN = 65_536;

export const reshapeRule: Rule = ({ b, inputs, type }) => b.reshape(inputs[0] as Value, type.shape);

export const transposeRule: Rule = ({ b, node, inputs }) =>
  b.transpose(inputs[0] as Value, node.attributes.order as number[]);

export const broadcastRule: Rule = ({ b, inputs, type }) => b.expand(inputs[0] as Value, type.shape);

/** The value along the axes of what it is a transposition of, and where each of its axes lies there. */
export function untransposed(x: Value): { source: Value; order: readonly number[] } {
  return x.view ?? { source: x, order: x.shape.map((_, axis) => axis) };
}

/** The type with axes as the source of a transposition has them. */
export function sourceType(type: ValueType, order: readonly number[]): ValueType {
  return { element: type.element, shape: reordered(type.shape, inverseOrder(order)) };
}

/** A position along an axis as int64: counted from the end where that does not depend on unknown sizes. */
function position(at: Size, size: Size): number | bigint | undefined {
  if (sameSize(at, size)) return END;
  if (typeof at === 'number') return at;
  const fromEnd = combined([at, size], (a, n) => a - n);
  return typeof fromEnd === 'number' && fromEnd < 0 ? fromEnd : undefined;
}

/** A list of int64 of positions, some of which are sizes to compute. */
function positions(b: Builder, list: readonly Size[], sizes: readonly Size[]): Value {
  const known = list.map((at, i) => position(at, sizes[i] as Size));
  if (known.every((at) => at !== undefined)) return b.ints(known);
  const parts = known.map((at, i) => (at === undefined ? b.size(list[i] as Size) : b.ints([at])));
  return parts.length === 1
    ? (parts[0] as Value)
    : b.op('Concat', parts, { element: 'int64', shape: [parts.length] }, { axis: 0 });
}

/** A slice along some axes of a value. */
export function slice(
  b: Builder,
  x: Value,
  axes: readonly { axis: number; start: Size; limit: Size; stride: number }[],
  shape: readonly Size[],
): Value {
  if (axes.length === 0) return x;
  const sizes = axes.map(({ axis }) => x.shape[axis] as Size);
  const list = (of: (entry: { start: Size; limit: Size }) => Size): Value => positions(b, axes.map(of), sizes);
  return b.op(
    'Slice',
    [
      x,
      list(({ start }) => start),
      list(({ limit }) => limit),
      b.ints(axes.map(({ axis }) => axis)),
      b.ints(axes.map(({ stride }) => stride)),
    ],
    { element: x.element, shape },
  );
}

export const sliceRule: Rule = ({ b, node, inputs, type }) => {
  const { starts, limits } = node.attributes as { starts: Size[]; limits: Size[] };
  const strides = allFixed(node.attributes.strides as Size[], 'a slice whose strides depend on unknown sizes');
  const { source, order } = untransposed(inputs[0] as Value);
  const axes = order.flatMap((axis, i) => {
    const [start, limit, stride] = [starts[i] as Size, limits[i] as Size, strides[i] as number];
    const whole = start === 0 && stride === 1 && sameSize(limit, source.shape[axis] as Size);
    return whole ? [] : [{ axis, start, limit, stride }];
  });
  const sorted = axes.toSorted((p, q) => p.axis - q.axis);
  return b.transpose(slice(b, source, sorted, sourceType(type, order).shape), order);
};

/** Pads a value with a number; negative amounts take elements away. */
export function pad(b: Builder, x: Value, low: readonly Size[], high: readonly Size[], value: Value): Value {
  const amounts = [...low, ...high];
  if (amounts.every((amount) => amount === 0)) return x;
  const shape = x.shape.map((size, axis) =>
    combined([size, low[axis] as Size, high[axis] as Size], (n, l, h) => n + l + h),
  );
  const attributes = { mode: 'constant' };
  return b.op('Pad', [x, b.sizes(amounts), value], { element: x.element, shape }, attributes);
}

export const padRule: Rule = ({ b, node, inputs, type }) => {
  const { low, high } = node.attributes as { low: Size[]; high: Size[] };
  const interior = allFixed(node.attributes.interior as Size[], 'padding that depends on unknown sizes');
  const [x, value] = inputs as [Value, Value];
  // Runtimes pad numbers of a few types; booleans go as bytes.
  if (x.element !== 'float32' && x.element !== 'int32') {
    const wide = x.element === 'bool' || x.element === 'uint8' || x.element === 'int8' ? 'int32' : 'float32';
    const padded = padded_(b, b.cast(x, wide), b.cast(value, wide), low, high, interior);
    return b.cast(padded, type.element);
  }
  return padded_(b, x, value, low, high, interior);
};

function padded_(
  b: Builder,
  x: Value,
  value: Value,
  low: readonly Size[],
  high: readonly Size[],
  interior: readonly number[],
): Value {
  const { source, order } = untransposed(x);
  const back = inverseOrder(order);
  const [before, after, between] = [reordered(low, back), reordered(high, back), reordered(interior, back)];
  let spread = source;
  between.forEach((gap, axis) => {
    if (gap > 0) spread = spreadAxis(b, spread, axis, gap, value);
  });
  return b.transpose(pad(b, spread, before, after, value), order);
}

/** Puts `gap` elements between neighbours: each gets so many behind it, those behind the last go. */
function spreadAxis(b: Builder, x: Value, axis: number, gap: number, value: Value): Value {
  const size = x.shape[axis] as Size;
  const columns = b.reshape(x, x.shape.toSpliced(axis + 1, 0, 1));
  const zeros = columns.shape.map(() => 0);
  const padded = pad(b, columns, zeros, zeros.toSpliced(axis + 1, 1, gap), value);
  const long = combined([size], (n) => n * (gap + 1));
  const joined = b.reshape(padded, x.shape.toSpliced(axis, 1, long));
  const end = combined([long], (n) => n - gap);
  return slice(b, joined, [{ axis, start: 0, limit: end, stride: 1 }], x.shape.toSpliced(axis, 1, end));
}

export const concatRule: Rule = ({ b, node, inputs, type }) => {
  if (inputs.length === 1) return inputs[0] as Value;
  const axis = node.attributes.axis as number;
  const order = inputs.find((x) => x.view !== undefined)?.view?.order;
  if (order === undefined) return b.op('Concat', inputs, type, { axis });
  const back = inverseOrder(order);
  const moved = inputs.map((x) => b.transpose(x, back));
  return b.transpose(b.op('Concat', moved, sourceType(type, order), { axis: order[axis] as number }), order);
};

export const reverseRule: Rule = ({ b, node, inputs, type }) => {
  const { source, order } = untransposed(inputs[0] as Value);
  const axes = (node.attributes.axes as number[]).map((axis) => order[axis] as number).sort((p, q) => p - q);
  if (axes.length === 0) return inputs[0] as Value;
  return b.transpose(reversed(b, source, axes, sourceType(type, order)), order);
};

/** A value from the last element to the first along some axes. */
export function reversed(b: Builder, x: Value, axes: readonly number[], type: ValueType): Value {
  const all = (number: number | bigint): Value => b.ints(axes.map(() => number));
  return b.op('Slice', [x, all(-1), all(-END), b.ints(axes), all(-1)], type);
}

/** Whole numbers from 0 on, as many as a size says. */
export function range(b: Builder, size: Size, element: 'int32' | 'float32' | 'int64'): Value {
  if (typeof size === 'number' && size <= MOST_WRITTEN) {
    const counted = Array.from({ length: size }, (_, i) => i);
    if (element === 'int64') return b.ints(counted);
    return b.constant(element, [size], element === 'int32' ? Int32Array.from(counted) : Float32Array.from(counted));
  }
  const end = b.op('Squeeze', [b.size(size)], { element: 'int64', shape: [] });
  const counted = b.op('Range', [b.scalar(0, 'int64'), end, b.scalar(1, 'int64')], { element: 'int64', shape: [size] });
  return b.cast(counted, element);
}

export const iotaRule: Rule = ({ b, node, type }) => {
  const axis = fixed(node.attributes.axis as number, 'positions');
  const counted = range(b, type.shape[axis] as Size, type.element as 'int32' | 'float32');
  const line = type.shape.map((size, i) => (i === axis ? size : 1));
  return b.expand(b.reshape(counted, line), type.shape);
};

/** Nothing is computed: what only training looks at. */
export const sameRule: Rule = ({ b, inputs, type }) => elementwise(b, inputs, type, ([x]) => x as Value);
