import type { Builder } from '../builder.ts';
import { NoForm } from '../no-form.ts';
import { type OperandType, type Operation, type OperationGraph, type Size, Varying } from '../operations.ts';
import { inverseOrder, reordered, type Value, type ValueType } from '../values.ts';

/** What a rule is given: where to build, the operation with its operands, and how to build graphs that it carries. */
export interface RuleContext {
  readonly b: Builder;
  readonly node: Operation;
  readonly inputs: readonly Value[];
  /** Type of the first output. */
  readonly type: ValueType;
  /** Which outputs are used. */
  readonly used: readonly boolean[];
  /** Builds a graph's operations in `b` on `args`; gives its outputs. */
  inline(b: Builder, graph: OperationGraph, args: readonly Value[]): Value[];
}

/** Builds what an operation is in ONNX; gives its outputs (one alone where it has one, or where no other is used). */
export type Rule = (context: RuleContext) => Value | readonly Value[];

/** The ONNX type of an operand. */
export function typeOf({ dtype, shape }: OperandType): ValueType {
  return { element: dtype, shape };
}

/** An attribute that is a whole number in all traces. @throws NoForm for one that varies. */
export function fixed<T>(value: T | Varying<T> | Varying, what: string): T {
  if (value instanceof Varying) throw new NoForm(what, value as Varying<unknown>);
  return value;
}

/** Numbers that are the same in all traces. @throws NoForm for others. */
export function allFixed(values: readonly Size[], what: string): number[] {
  return values.map((value) => fixed<number>(value, what));
}

/**
 * Applies `make` to operands that broadcast against each other, element by element. When some are transpositions of values (images whose
 * convolutions want channels first), the others are transposed the other way, and the result is the transposition: it goes on
 * through chains of such operations until it meets its inverse.
 */
export function elementwise(
  b: Builder,
  inputs: readonly Value[],
  type: ValueType,
  make: (inputs: readonly Value[], type: ValueType) => Value,
): Value {
  const rank = type.shape.length;
  const view = inputs.find((x) => x.view !== undefined && x.rank === rank)?.view;
  if (view === undefined) return make(inputs, type);
  const back = inverseOrder(view.order);
  const moved = inputs.map((x) => {
    const size = x.shape.filter((dim) => dim !== 1).length;
    if (size === 0) return x;
    const wide = x.rank === rank ? x : b.reshape(x, [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
    // A list along one axis is transposed by giving it another shape.
    if (size === 1 && wide.view === undefined && wide.constant === undefined)
      return b.reshape(x, reordered(wide.shape, back));
    return b.transpose(wide, back);
  });
  const made = make(moved, { element: type.element, shape: reordered(type.shape, back) });
  return b.transpose(made, view.order);
}

/** A constant of one number; `undefined` for other values. */
export function numberOf(x: Value | undefined): number | undefined {
  if (x?.constant === undefined || x.constant.size !== 1) return undefined;
  return Number(x.constant.values()[0]);
}
