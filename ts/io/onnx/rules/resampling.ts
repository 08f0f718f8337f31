// Resizing: results along an axis are sums of weighted elements.
import type { Builder } from '../builder.ts';
import type { AttributeValue } from '../messages.ts';
import { NoForm } from '../no-form.ts';
import { type Size, Varying } from '../operations.ts';
import { product, type Value, type ValueType } from '../values.ts';
import { sourceType, untransposed } from './movement.ts';
import type { Rule } from './rule.ts';

/** Positions and weights in turns. */
type Taps = readonly number[];

/** A resampling of an axis of `inputs` elements. */
interface Sampling {
  readonly inputs: number;
  readonly rows: readonly Taps[];
}

export const resampleRule: Rule = ({ b, node, inputs, type }) => {
  const { source, order } = untransposed(inputs[0] as Value);
  const axis = order[node.attributes.axis as number] as number;
  const result = sourceType(type, order);
  const rows = node.attributes.rows as readonly Taps[] | Varying<readonly Taps[]>;
  return b.transpose(resampled(b, source, axis, rows, result), order);
};

function resampled(
  b: Builder,
  x: Value,
  axis: number,
  rows: readonly Taps[] | Varying<readonly Taps[]>,
  type: ValueType,
): Value {
  const size = x.shape[axis] as Size;
  const traces = size instanceof Varying ? size.values : [size];
  const lists = isSame(rows) ? traces.map(() => rows) : traces.map((_, i) => taps(rows, i));
  const samplings = lists.map((list, i) => ({ inputs: traces[i] as number, rows: list }));
  const known = knownResize(samplings);
  if (known !== undefined) {
    const scales = x.shape.map((_, i) => (i === axis ? known.factor : 1));
    const factors = b.constant('float32', [x.rank], Float32Array.from(scales));
    return b.op('Resize', [x, undefined, factors], type, known.attributes);
  }
  const [first] = samplings as [Sampling];
  if (typeof size !== 'number' || !isSame(rows))
    throw new NoForm(
      'weights that depend on an unknown size',
      size instanceof Varying ? size : (rows as Varying<unknown>),
    );
  if (first.rows.every((row) => row.length === 2 && row[1] === 1)) {
    const at = Int32Array.from(first.rows, (row) => row[0] as number);
    return b.op('Gather', [x, b.constant('int32', [at.length], at)], type, { axis });
  }
  return byMatrix(b, x, axis, first, type);
}

/** Whether the taps are those of every trace; merging may have left single numbers that vary. */
function isSame(rows: unknown): rows is readonly Taps[] {
  return Array.isArray(rows) && rows.every((row) => Array.isArray(row) && row.every((n) => typeof n === 'number'));
}

/** The taps of one trace. */
function taps(rows: unknown, trace: number): readonly Taps[] {
  const of = (value: unknown): unknown => {
    if (value instanceof Varying) return value.values[trace];
    return Array.isArray(value) ? value.map(of) : value;
  };
  return of(rows) as readonly Taps[];
}

/** A product with the matrix of the weights. */
function byMatrix(b: Builder, x: Value, axis: number, { inputs, rows }: Sampling, type: ValueType): Value {
  const matrix = new Float32Array(rows.length * inputs);
  rows.forEach((row, i) => {
    for (let at = 0; at < row.length; at += 2) {
      const place = i * inputs + (row[at] as number);
      matrix[place] = (matrix[place] as number) + (row[at + 1] as number);
    }
  });
  const outer = x.shape.slice(0, axis);
  const inner = product(x.shape.slice(axis + 1));
  const flat = b.reshape(x, [...outer, inputs, inner]);
  const weights = b.constant('float32', [rows.length, inputs], matrix);
  const made = b.op('MatMul', [weights, flat], { element: 'float32', shape: [...outer, rows.length, inner] });
  return b.reshape(made, type.shape);
}

/** Ways of Resize: attributes, and the position among the inputs that an output has. */
const ways: readonly {
  attributes: Record<string, AttributeValue>;
  taps: (i: number, factor: number, n: number) => Taps;
}[] = [
  {
    attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    taps: (i, factor) => [Math.floor(i / factor), 1],
  },
  {
    attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
    taps: (i, factor, n) => between((i + 0.5) / factor - 0.5, n),
  },
  {
    attributes: { mode: 'linear', coordinate_transformation_mode: 'asymmetric' },
    taps: (i, factor, n) => between(i / factor, n),
  },
];

/** A position between two elements: both with their weights, at the ends the last one. */
function between(at: number, n: number): Taps {
  const inside = Math.min(Math.max(at, 0), n - 1);
  const low = Math.min(Math.floor(inside), n - 1);
  const share = inside - low;
  return share === 0 ? [low, 1] : [low, 1 - share, low + 1, share];
}

/** Resize by a whole factor, if all traces are that. */
function knownResize(
  samplings: readonly Sampling[],
): { factor: number; attributes: Record<string, AttributeValue> } | undefined {
  const factors = samplings.map(({ inputs, rows }) => rows.length / inputs);
  const [factor] = factors as [number];
  if (!Number.isInteger(factor) || factor < 2 || factors.some((other) => other !== factor)) return undefined;
  const found = ways.find(({ taps: expected }) =>
    samplings.every(({ inputs, rows }) => rows.every((row, i) => areAlike(row, expected(i, factor, inputs)))),
  );
  return found && { factor, attributes: found.attributes };
}

function areAlike(row: Taps, expected: Taps): boolean {
  return row.length === expected.length && row.every((n, i) => Math.abs(n - (expected[i] as number)) < 1e-9);
}
