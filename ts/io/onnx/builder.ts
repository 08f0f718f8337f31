// Builds an ONNX graph node by node.

import { folded } from './folding.ts';
import {
  type Attribute,
  type AttributeValue,
  attribute,
  type ElementType,
  elementTypes,
  type GraphMessage,
  type NodeMessage,
  type PendingTensor,
  type ValueInfo,
} from './messages.ts';
import { NoForm } from './no-form.ts';
import { combined, type Size, sameSize, type Varying } from './operations.ts';
import { Constant, inverseOrder, type Making, type Numbers, reordered, Value, type ValueType } from './values.ts';

/** Names and initializers of a file. */
interface Shared {
  readonly names: Set<string>;
  /** Next number of names that begin alike. */
  readonly counters: Map<string, number>;
  readonly initializers: Map<string, PendingTensor>;
  /** Small constants by type and numbers: they are written once. */
  readonly small: Map<string, Value>;
  /** Names of constants that are written. */
  readonly written: Map<Constant, string>;
  /** Names of sizes that inputs do not fix, by their values in all traces. */
  readonly sizeNames: Map<string, string>;
}

/** A size of a value: the numbers of it in all traces tell it from the others. */
interface KnownSize {
  readonly size: Varying;
  readonly value: Value;
  readonly axis: number;
}

/** Elements of a constant that is looked at. */
const SMALL = 4096;

/** Builds a graph, or one that belongs to a node of another graph and sees the values of that. */
export class Builder {
  readonly #shared: Shared;
  readonly #parent: Builder | undefined;
  readonly #nodes: NodeMessage[] = [];
  readonly #views = new Map<Value, string>();
  readonly #knownSizes = new Map<string, KnownSize>();
  readonly #computedSizes = new Map<string, Value>();

  constructor(parent?: Builder) {
    this.#parent = parent;
    this.#shared = parent
      ? parent.#shared
      : {
          names: new Set(),
          counters: new Map(),
          initializers: new Map(),
          small: new Map(),
          written: new Map(),
          sizeNames: new Map(),
        };
  }

  /** A builder of a graph that belongs to a node of this one. */
  inner(): Builder {
    return new Builder(this);
  }

  /** Numbers that are written after the nodes. */
  get initializers(): readonly PendingTensor[] {
    return [...this.#shared.initializers.values()];
  }

  /** A name that nothing else has. */
  unique(wanted: string): string {
    const { names, counters } = this.#shared;
    let name = wanted;
    while (names.has(name)) {
      const next = (counters.get(wanted) ?? 0) + 1;
      counters.set(wanted, next);
      name = `${wanted}_${next}`;
    }
    names.add(name);
    return name;
  }

  /** Says what a size that an input does not fix is called. */
  nameSize(size: Varying, name: string): void {
    const key = size.values.join();
    if (!this.#shared.sizeNames.has(key)) this.#shared.sizeNames.set(key, name);
  }

  /** A parameter of this graph. */
  input(name: string, type: ValueType): Value {
    const value = new Value(type, { name: this.unique(name) });
    this.#noteSizes(value);
    return value;
  }

  /** A node with one output. */
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    type: ValueType,
    attributes: Record<string, AttributeValue> = {},
  ): Value {
    return folded(opType, inputs, type) ?? (this.ops(opType, inputs, [type], attributes)[0] as Value);
  }

  /** A node with several outputs. */
  ops(
    opType: string,
    inputs: readonly (Value | undefined)[],
    types: readonly ValueType[],
    attributes: Record<string, AttributeValue> = {},
  ): Value[] {
    const input = inputs.map((value) => (value === undefined ? '' : this.nameOf(value)));
    while (input.at(-1) === '') input.pop();
    const making: Making = { op: opType, inputs, attributes };
    const name = this.unique(opType);
    const outputs = types.map(
      (type, i) => new Value(type, { name: this.unique(i === 0 ? `${name}:0` : `${name}:${i}`), making }),
    );
    this.#nodes.push({
      opType,
      name,
      input,
      output: outputs.map((value) => value.name as string),
      attribute: Object.entries(attributes).map(([key, value]): Attribute => attribute(key, value)),
    });
    for (const value of outputs) this.#noteSizes(value);
    return outputs;
  }

  #noteSizes(value: Value): void {
    value.shape.forEach((size, axis) => {
      if (typeof size === 'number') return;
      const key = size.values.join();
      if (!this.#knownSizes.has(key)) this.#knownSizes.set(key, { size, value, axis });
    });
  }

  /** The name by which nodes of this graph read a value; it is written down now if it was not yet. */
  nameOf(value: Value): string {
    if (value.name !== undefined) return value.name;
    if (value.constant !== undefined) return this.#nameOfConstant(value.constant);
    const { source, order } = value.view as NonNullable<Value['view']>;
    const known = this.#findView(value);
    if (known !== undefined) return known;
    const made = this.op('Transpose', [source], value, { perm: order });
    this.#views.set(value, made.name as string);
    return made.name as string;
  }

  #findView(value: Value): string | undefined {
    const own = this.#views.get(value);
    return own ?? (this.#parent === undefined ? undefined : this.#parent.#findView(value));
  }

  #nameOfConstant(constant: Constant): string {
    const { written, initializers } = this.#shared;
    let name = written.get(constant);
    if (name === undefined) {
      name = this.unique(constant.path ?? 'constant');
      written.set(constant, name);
      initializers.set(name, {
        name,
        dims: constant.shape,
        dataType: elementTypes[constant.element],
        byteLength: constant.byteLength,
        load: () => constant.load(),
      });
    }
    return name;
  }

  /** Numbers. */
  constant(element: ElementType, shape: readonly number[], numbers: Numbers): Value {
    const key = numbers.length <= 64 ? `${element}[${shape.join()}]${numbers.join()}` : undefined;
    const known = key === undefined ? undefined : this.#shared.small.get(key);
    if (known !== undefined) return known;
    const value = new Value({ element, shape }, { constant: new Constant(element, shape, numbers) });
    if (key !== undefined) this.#shared.small.set(key, value);
    return value;
  }

  /** A number. */
  scalar(number: number, element: ElementType, shape: readonly number[] = []): Value {
    const kinds = { int32: Int32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array };
    if (element === 'int64') return this.constant(element, shape, BigInt64Array.of(BigInt(number)));
    const Kind = kinds[element as keyof typeof kinds] ?? Float32Array;
    return this.constant(element, shape, Kind.of(number));
  }

  /** A list of int64. */
  ints(numbers: readonly (number | bigint)[]): Value {
    return this.constant('int64', [numbers.length], BigInt64Array.from(numbers, BigInt));
  }

  /** A list of sizes as int64, computed when the model runs if some are not known before. */
  sizes(sizes: readonly Size[]): Value {
    if (sizes.every((size) => typeof size === 'number')) return this.ints(sizes);
    const parts = sizes.map((size) => this.size(size));
    if (parts.length === 1) return parts[0] as Value;
    return this.op('Concat', parts, { element: 'int64', shape: [sizes.length] }, { axis: 0 });
  }

  /** A size as a list of one int64. @throws NoForm for one that does not follow from sizes of values. */
  size(size: Size): Value {
    if (typeof size === 'number') return this.ints([size]);
    const key = size.values.join();
    const known = this.#computedSize(key);
    if (known !== undefined) return known;
    const computed = this.#compute(size);
    if (computed === undefined)
      throw new NoForm('a size that depends on unknown sizes of the inputs in a way that is not understood', size);
    this.#computedSizes.set(key, computed);
    return computed;
  }

  #computedSize(key: string): Value | undefined {
    const own = this.#computedSizes.get(key);
    return own ?? (this.#parent === undefined ? undefined : this.#parent.#computedSize(key));
  }

  /** All sizes of values that are seen here, those of the outermost graph first. */
  #seenSizes(): KnownSize[] {
    return [...(this.#parent === undefined ? [] : this.#parent.#seenSizes()), ...this.#knownSizes.values()];
  }

  #compute(size: Varying): Value | undefined {
    const seen = this.#seenSizes();
    const read = ({ value, axis }: KnownSize): Value =>
      this.op('Shape', [value], { element: 'int64', shape: [1] }, { start: axis, end: axis + 1 });
    const same = seen.find((known) => sameSize(known.size, size));
    if (same !== undefined) return read(same);
    const with_ = (op: string, known: KnownSize, number: number): Value =>
      this.op(op, [read(known), this.ints([number])], { element: 'int64', shape: [1] });
    const whole = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n !== 0;
    for (const known of seen) {
      const factor = combined([size, known.size], (a, b) => a / b);
      if (whole(factor)) return with_('Mul', known, factor);
      const divisor = combined([size, known.size], (a, b) => b / a);
      if (whole(divisor)) return with_('Div', known, divisor);
      const difference = combined([size, known.size], (a, b) => a - b);
      if (whole(difference)) return with_('Add', known, difference);
    }
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(i)) {
        const factor = combined([size, a.size, b.size], (s, x, y) => s / (x * y));
        if (!whole(factor)) continue;
        const area = this.op('Mul', [read(a), read(b)], { element: 'int64', shape: [1] });
        return factor === 1 ? area : this.op('Mul', [area, this.ints([factor])], { element: 'int64', shape: [1] });
      }
    }
    return undefined;
  }

  /** The value with its axes in another order. */
  transpose(x: Value, order: readonly number[]): Value {
    if (order.every((axis, i) => axis === i)) return x;
    const shape = reordered(x.shape, order);
    if (x.constant !== undefined)
      return new Value({ element: x.element, shape }, { constant: x.constant.transposed(order) });
    const { source, order: before } = x.view ?? { source: x, order: x.shape.map((_, i) => i) };
    const composed = reordered(before, order);
    if (composed.every((axis, i) => axis === i)) return source;
    return new Value({ element: x.element, shape }, { view: { source, order: composed } });
  }

  /** The value under another shape of as many elements. */
  reshape(x: Value, shape: readonly Size[]): Value {
    if (x.rank === shape.length && x.shape.every((size, axis) => sameSize(size, shape[axis] as Size))) return x;
    const fixed = shape.every((size) => typeof size === 'number');
    if (x.constant !== undefined && fixed && (x.constant.path === undefined || x.constant.size <= SMALL))
      return new Value({ element: x.element, shape }, { constant: x.constant.reshaped(shape) });
    const units = this.#unitAxes(x, shape);
    if (units !== undefined) return units;
    const type = { element: x.element, shape };
    if (shape.every((size) => size === 0)) return this.op('Reshape', [x, this.ints(shape)], type, { allowzero: 1 });
    const open = shape.flatMap((size, axis) => (typeof size === 'number' ? [] : [axis]));
    const copied = (axis: number): boolean => axis < x.rank && sameSize(x.shape[axis] as Size, shape[axis] as Size);
    // One size may be left open; those that stay in their place are copied (0).
    const left = open.length === 1 ? open[0] : open.find((axis) => !copied(axis));
    const target = shape.map((size, axis): Size | 'copied' => {
      if (typeof size === 'number') return size;
      if (axis === left) return -1;
      return copied(axis) ? 'copied' : size;
    });
    const parts = target.map((size) => (size === 'copied' ? 0 : size));
    return this.op('Reshape', [x, this.sizes(parts)], type);
  }

  /** A reshape that only puts in or takes out axes of one element: transpositions go on through it. */
  #unitAxes(x: Value, shape: readonly Size[]): Value | undefined {
    const { source, order } = x.view ?? { source: x, order: x.shape.map((_, i) => i) };
    const added = addedUnits(x.shape, shape);
    if (added !== undefined) {
      // The new axes come where they lie between the source's axes as the value has them; a transposition moves the others as before.
      const kept = shape.flatMap((_, axis) => (added.includes(axis) ? [] : [axis]));
      if (x.view === undefined) return this.#unsqueeze(source, added, shape);
      const places = this.#placesOf(order, kept, shape.length);
      const inner = inverseOrder(places);
      const open = reordered(shape, inner);
      const axes = inner.flatMap((axis, i) => (added.includes(axis) ? [i] : []));
      return this.transpose(this.#unsqueeze(source, axes, open), places);
    }
    const taken = addedUnits(shape, x.shape);
    if (taken === undefined) return undefined;
    const gone = taken.map((axis) => order[axis] as number);
    const left = source.shape.flatMap((_, axis) => (gone.includes(axis) ? [] : [axis]));
    const narrow = this.#squeeze(
      source,
      gone.toSorted((a, b) => a - b),
      reordered(source.shape, left),
    );
    const rest = order.filter((_, axis) => !taken.includes(axis));
    return this.transpose(
      narrow,
      rest.map((axis) => left.indexOf(axis)),
    );
  }

  /** Where each axis of a widened value lies in its widened source: new axes are put before the axis that follows them in the value. */
  #placesOf(order: readonly number[], kept: readonly number[], rank: number): number[] {
    // Axes of the source in its own order, each with the new axes that come right before it in the value.
    const bySource = inverseOrder(order);
    const sequence: number[] = [];
    const before = (axis: number): number[] => {
      const list: number[] = [];
      for (let at = axis - 1; at >= 0 && !kept.includes(at); at--) list.unshift(at);
      return list;
    };
    for (const at of bySource) {
      const axis = kept[at] as number;
      sequence.push(...before(axis), axis);
    }
    for (let axis = 0; axis < rank; axis++) if (!sequence.includes(axis)) sequence.push(axis);
    return inverseOrder(sequence);
  }

  #unsqueeze(x: Value, axes: readonly number[], shape: readonly Size[]): Value {
    const from = x.making?.op === 'Squeeze' ? x.making.inputs[0] : undefined;
    if (
      from !== undefined &&
      from.rank === shape.length &&
      x.making?.inputs[1]?.constant?.values().join() === axes.join()
    )
      return from;
    return this.op('Unsqueeze', [x, this.ints(axes)], { element: x.element, shape });
  }

  #squeeze(x: Value, axes: readonly number[], shape: readonly Size[]): Value {
    const from = x.making?.op === 'Unsqueeze' ? x.making.inputs[0] : undefined;
    if (
      from !== undefined &&
      from.rank === shape.length &&
      x.making?.inputs[1]?.constant?.values().join() === axes.join()
    )
      return from;
    return this.op('Squeeze', [x, this.ints(axes)], { element: x.element, shape });
  }

  /** The value stretched to a shape by NumPy's rule. */
  expand(x: Value, shape: readonly Size[]): Value {
    const missing = shape.length - x.rank;
    const target = shape.map((size, axis) => {
      const own = axis < missing ? 1 : (x.shape[axis - missing] as Size);
      return sameSize(own, size) ? 1 : size;
    });
    if (missing === 0 && target.every((size) => size === 1)) return x;
    return this.op('Expand', [x, this.sizes(target)], { element: x.element, shape });
  }

  /** The value as another element type. */
  cast(x: Value, element: ElementType): Value {
    if (x.element === element) return x;
    return this.op('Cast', [x], { element, shape: x.shape }, { to: elementTypes[element] });
  }

  /** What an input or output is called, and its type. */
  info(value: ValueType, name: string): ValueInfo {
    const dim = value.shape.map((size) => {
      if (typeof size === 'number') return { dimValue: size };
      const param = this.#shared.sizeNames.get(size.values.join());
      return param === undefined ? {} : { dimParam: param };
    });
    return { name, type: { tensorType: { elemType: elementTypes[value.element], shape: { dim } } } };
  }

  /** An output of this graph: a value of its own, since a name is given once. */
  output(value: Value, name: string): ValueInfo {
    const input = this.nameOf(value);
    this.#nodes.push({
      opType: 'Identity',
      name: this.unique('Identity'),
      input: [input],
      output: [name],
      attribute: [],
    });
    return this.info(value, name);
  }

  /** The graph. */
  finish(name: string, input: ValueInfo[], output: ValueInfo[]): GraphMessage {
    return { name, node: [...this.#nodes], input, output };
  }
}

/** Axes of one element that `wide` has and `narrow` has not; `undefined` if that is not all that differs. */
function addedUnits(narrow: readonly Size[], wide: readonly Size[]): number[] | undefined {
  if (wide.length <= narrow.length) return undefined;
  const added: number[] = [];
  let at = 0;
  wide.forEach((size, axis) => {
    const next = narrow[at];
    if (next !== undefined && sameSize(size, next)) at += 1;
    else if (size === 1) added.push(axis);
    else at = Number.NaN;
  });
  return at === narrow.length && added.length === wide.length - narrow.length ? added : undefined;
}
