import { all, type DiffCase, d, f, of, v } from '../case.ts';

/** Labels that sum to 1: TensorFlow.js' gradient takes it for granted. */
const shares = v([0.1, 0.2, 0.3, 0.4, 1, 0, 0, 0, 0.5, 0.25, 0.25, 0], [3, 4]);

const weights = [undefined, 1, 2, 3] as const;

/** A loss without weights and with weights of rows, under every reduction. */
const loss = (
  op: string,
  low: number,
  high: number,
  after: readonly unknown[] = [],
  options: Partial<DiffCase> = {},
): DiffCase[] => [
  of(op, [f([3, 4], 0, 1), f([3, 4], low, high)], [], { wrt: [1], ...options }),
  ...weights.map((reduction) =>
    of(op, [f([3, 4], 0, 1), f([3, 4], low, high), f([3, 1], 0.5, 2)], ['$0', '$1', '$2', ...after, reduction], {
      wrt: [1],
      ...options,
    }),
  ),
];

export const losses: readonly DiffCase[] = [
  ...loss('losses.absoluteDifference', 1.2, 3),
  ...loss('losses.hingeLoss', -2, 2),
  ...loss('losses.huberLoss', -3, 3, [0.7]),
  ...loss('losses.logLoss', 0.1, 0.9, [1e-5]),
  ...loss('losses.meanSquaredError', -2, 2).slice(1),
  of('losses.meanSquaredError', [f([3, 4]), f([3, 4])], ['$0', '$1', null], { wrt: [1] }),
  ...loss('losses.sigmoidCrossEntropy', -3, 3, [0.1]),
  of('losses.softmaxCrossEntropy', [shares, f([3, 4])], [], { wrt: [1] }),
  of('losses.softmaxCrossEntropy', [shares, f([3, 4]), f([3], 0.5, 2)], ['$0', '$1', '$2', 0.2, 1], {
    wrt: [1],
  }),
  of('losses.cosineDistance', [f([3, 4]), f([3, 4])], [1]),
  of('losses.cosineDistance', [f([3, 4]), f([3, 4]), f([3, 1], 0.5, 2)], ['$0', '$1', 1, '$2', 2], { wrt: [1] }),
  of('losses.computeWeightedLoss', [f([5])]),
  of('losses.computeWeightedLoss', [f([5]), v([1, 0, 2, 0, 1])], ['$0', '$1', 3], { wrt: [0] }),
  of('losses.computeWeightedLoss', [f([5]), v([1, 0, 2, 0, 1])], ['$0', '$1', 1], { wrt: [0] }),
  ...all({ noGrad: 'constants' }, [
    of('signal.hannWindow', [], [8]),
    of('signal.hannWindow', [], [5]),
    of('signal.hammingWindow', [], [8]),
    of('signal.hammingWindow', [], [5]),
  ]),
  of('signal.frame', [d([10])], [4, 2]),
  of('signal.frame', [d([9])], [4, 3, true, 7]),
];
