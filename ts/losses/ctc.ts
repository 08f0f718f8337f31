import { ShapeError } from '../errors.ts';
import { concat, expandDims, gather, logaddexp, scan, stack, transpose, where } from '../ops/index.ts';
import { shown } from '../tensor/axes.ts';
import { fill, type Tensor, type TensorLike, toTensor, zeros } from '../tensor/index.ts';
import { Loss } from './loss.ts';

/** Logarithm of the probability of what cannot be, as Keras has it: finite, so that differences are no NaN. */
const impossible = -1e5;

/** Values of the states before, `by` states back. */
function shifted(values: Tensor, by: number): Tensor {
  const [batch, states] = values.shape as [number, number];
  const kept = values.slice([0, 0], [batch, Math.max(states - by, 0)]);
  return concat([fill([batch, Math.min(by, states)], impossible), kept], 1);
}

/**
 * Connectionist temporal classification (Graves et al., 2006): `-log` of the probability that the frames of `yPred` spell the
 * labels of `yTrue`, summed over all alignments; frames repeat a label or are blank, which is class 0.
 * @param yTrue Labels `[batch, length]`, whole numbers from 1 on, padded by 0.
 * @param yPred Logits `[batch, frames, classes]`.
 * @returns One value per sample; about 1e5 where the labels need more frames than there are.
 * @throws ShapeError for other ranks; DataError, when the numbers are computed, for a label out of range.
 * @example losses.ctc([[1]], [[[0, 0]]]) // [0.6931]
 */
export function ctc(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const labels = toTensor(yTrue).cast('int32');
  const logits = toTensor(yPred).toFloat();
  const [batch, length] = labels.shape;
  if (labels.rank !== 2 || logits.rank !== 3 || logits.shape[0] !== batch) {
    throw new ShapeError(
      `ctc takes labels of shape [batch, length] and logits of shape [batch, frames, classes], got ${shown(labels.shape)} and ${shown(logits.shape)}`,
    );
  }
  const [rows, count] = [batch as number, length as number];
  const states = 2 * count + 1;
  // Every label stands between two blanks; a step goes on by a state, or by two from one label to a different one.
  const blanks = zeros([rows, count], 'int32');
  const between = stack([blanks, labels], 2).reshape([rows, 2 * count]);
  const path = concat([between, zeros([rows, 1], 'int32')], 1);
  const before = concat(
    [zeros([rows, Math.min(2, states)], 'int32'), path.slice([0, 0], [rows, Math.max(states - 2, 0)])],
    1,
  );
  const jumps = path.notEqual(0).logicalAnd(path.notEqual(before));
  const perClass = transpose(logits.logSoftmax(-1), [0, 2, 1]);
  const frames = transpose(gather(perClass, path, 1, 1), [2, 0, 1]);
  const start = concat([zeros([rows, 1]), fill([rows, states - 1], impossible)], 1);
  const begin = start.maximum(shifted(start, 1));
  const first = frames.slice([0, 0, 0], [1, rows, states]).squeeze(0).add(begin);
  const rest = frames.slice([1, 0, 0], [(frames.shape[0] as number) - 1, rows, states]);
  const [last] = scan(
    (alpha: Tensor, frame: Tensor): [Tensor, Tensor[]] => {
      const arrived = logaddexp(alpha, shifted(alpha, 1));
      const jumped = where(jumps, shifted(alpha, 2), impossible);
      return [logaddexp(arrived, jumped).add(frame), []];
    },
    first,
    rest,
  );
  // It may end in the last label or in the blank behind it.
  const used = labels.notEqual(0).cast('int32').sum(1);
  const at = (state: Tensor): Tensor => gather(last, expandDims(state, 1), 1, 1).squeeze(1);
  const end = at(used.mul(2));
  const label = where(used.greater(0), at(used.mul(2).sub(1).maximum(0)), impossible);
  return logaddexp(end, label).neg();
}

/** See {@link ctc}. @example new losses.CTC() */
export class CTC extends Loss {
  static override readonly className: string = 'CTC';
  static override readonly optionNames: readonly string[] = [];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return ctc(yTrue, yPred);
  }
}
