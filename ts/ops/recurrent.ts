import { ConfigError, ShapeError } from '../errors.ts';
import { shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { matMul } from './contraction.ts';
import { add, mul, sigmoid, tanh } from './elementwise.ts';
import { concat, split } from './joining.ts';

/** A step of a recurrent cell: `(data, c, h) -> [new c, new h]`. */
export type LSTMCellFunc = (data: Tensor, c: Tensor, h: Tensor) => [Tensor, Tensor];

/**
 * One step of an LSTM without peepholes (Hochreiter and Schmidhuber, 1997): with `i, j, f, o` the four quarters of
 * `concat(data, h) x lstmKernel + lstmBias`, the new `c = sigmoid(f + forgetBias) * c + sigmoid(i) * tanh(j)` and
 * `h = sigmoid(o) * tanh(c)`.
 * @param lstmKernel `[inputs + units, 4 * units]`. @param lstmBias `[4 * units]`. @param data `[batch, inputs]`.
 * @throws ShapeError for shapes that do not fit.
 */
export function basicLSTMCell(
  forgetBias: TensorLike,
  lstmKernel: TensorLike,
  lstmBias: TensorLike,
  data: TensorLike,
  c: TensorLike,
  h: TensorLike,
): [Tensor, Tensor] {
  const [kernel, state] = [toTensor(lstmKernel), toTensor(c)];
  const gates = add(matMul(concat([data, h], 1), kernel), lstmBias);
  const units = state.shape.at(-1) ?? 0;
  if (gates.rank !== 2 || gates.shape[1] !== 4 * units) {
    throw new ShapeError(
      `basicLSTMCell: a state of ${units} units needs a kernel with ${4 * units} columns, got ${shown(kernel.shape)}`,
    );
  }
  const [i, j, f, o] = split(gates, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
  const newC = add(mul(sigmoid(add(f, forgetBias)), state), mul(sigmoid(i), tanh(j)));
  return [newC, mul(sigmoid(o), tanh(newC))];
}

/**
 * One step of cells on top of each other: each takes the output of the one below.
 * @throws ConfigError unless there is one state for every cell.
 * @returns The new states c and h of all cells.
 */
export function multiRNNCell(
  lstmCells: readonly LSTMCellFunc[],
  data: TensorLike,
  c: readonly TensorLike[],
  h: readonly TensorLike[],
): [Tensor[], Tensor[]] {
  if (lstmCells.length === 0 || c.length !== lstmCells.length || h.length !== lstmCells.length) {
    throw new ConfigError(
      `multiRNNCell needs a state c and h for each of the ${lstmCells.length} cells, got ${c.length} and ${h.length}`,
    );
  }
  let input = toTensor(data);
  const states = lstmCells.map((cell, i) => {
    const state = cell(input, toTensor(c[i] as TensorLike), toTensor(h[i] as TensorLike));
    input = state[1];
    return state;
  });
  return [states.map(([newC]) => newC), states.map(([, newH]) => newH)];
}
