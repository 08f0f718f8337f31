import { checkFunction, checkList, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { Tensor } from '../tensor/tensor.ts';
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
 * @example
 * const [c, h] = basicLSTMCell(1, zeros([5, 8]), zeros([8]), ones([1, 3]), zeros([1, 2]), zeros([1, 2]));
 * h // [[0, 0]]
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

function isState(state: unknown): state is [Tensor, Tensor] {
  return Array.isArray(state) && state.length === 2 && state.every((part) => part instanceof Tensor);
}

/**
 * One step of cells on top of each other: each takes the output of the one below.
 * @throws ConfigError unless there is one state for every cell.
 * @returns The new states c and h of all cells.
 * @example
 * const cell = (x: Tensor, c: Tensor, h: Tensor): [Tensor, Tensor] => [c.add(x), h.add(x)];
 * multiRNNCell([cell, cell], [[1]], [[[0]], [[0]]], [[[0]], [[0]]])[1] // [[[1]], [[1]]]
 */
export function multiRNNCell(
  lstmCells: readonly LSTMCellFunc[],
  data: TensorLike,
  c: readonly TensorLike[],
  h: readonly TensorLike[],
): [Tensor[], Tensor[]] {
  const cells = checkList('multiRNNCell', 'the cells', lstmCells);
  const cs = checkList('multiRNNCell', 'c', c);
  const hs = checkList('multiRNNCell', 'h', h);
  for (const cell of cells) checkFunction('multiRNNCell', 'every cell', cell);
  if (cells.length === 0 || cs.length !== cells.length || hs.length !== cells.length) {
    throw new ConfigError(
      `multiRNNCell needs a state c and h for each of the ${cells.length} cells, got ${cs.length} and ${hs.length}`,
    );
  }
  let input = toTensor(data);
  const states = cells.map((cell, i) => {
    const state: unknown = cell(input, toTensor(cs[i] as TensorLike), toTensor(hs[i] as TensorLike));
    if (!isState(state))
      throw new ConfigError(`multiRNNCell: a cell must return [new c, new h], got ${received(state)}`);
    input = state[1];
    return state;
  });
  return [states.map(([newC]) => newC), states.map(([, newH]) => newH)];
}
