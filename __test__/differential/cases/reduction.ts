import { all, b, type DiffCase, d, f, i, of, v } from '../case.ts';

const whole = { noGrad: 'its values are whole numbers' };
const counts = { ...whole, dtypeDiffers: 'counts are whole numbers here' };
const lacking = { noGrad: 'TensorFlow.js has none' };

/** A reduction with the arguments (x, axis, keepDims). */
const reduction = (op: string, low: number, high: number, options: Partial<DiffCase> = {}): DiffCase[] => [
  of(op, [f([6], low, high)], [], options),
  of(op, [f([3, 4], low, high)], [1], options),
  of(op, [f([2, 3, 4], low, high)], [[0, -1], true], options),
  of(op, [f([2, 3], low, high)], [[0, 1]], options),
];

export const reductions: readonly DiffCase[] = [
  ...reduction('sum', -2, 2),
  of('sum', [i([2, 3], -5, 5)], [0], whole),
  of('sum', [b([5])], [], whole),
  ...reduction('mean', -2, 2),
  of('mean', [i([2, 3], -5, 5)], [0], whole),
  of('prod', [f([6], 0.5, 2)]),
  of('prod', [f([3, 4], 0.5, 2)], [1]),
  of('prod', [f([3, 4], 0.5, 2)], [0, true]),
  of('prod', [f([2, 3, 4], 0.5, 2)], [[0, -1], true], { noGrad: 'TensorFlow.js fails' }),
  of('prod', [i([4], 1, 4)], [], whole),
  ...reduction('logSumExp', -2, 2),
  ...['max', 'min'].flatMap((op) => [
    of(op, [d([6])]),
    of(op, [d([3, 4])], [1]),
    of(op, [d([2, 3, 4])], [[0, -1], true]),
    of(op, [i([2, 3], -5, 5)], [0], whole),
  ]),
  ...['all', 'any'].flatMap((op) => [
    of(op, [b([4])], [], whole),
    of(op, [b([2, 3])], [1], whole),
    of(op, [b([2, 3])], [0, true], whole),
  ]),
  ...['argMax', 'argMin'].flatMap((op) => [
    of(op, [d([6])], [], whole),
    of(op, [d([3, 4])], [1], whole),
    of(op, [d([2, 3, 4])], [-2], whole),
  ]),
  of('moments', [f([6])]),
  of('moments', [f([3, 4])], [0]),
  of('moments', [f([2, 3, 4])], [[0, 2], true]),
  of('norm', [f([6], 0.2, 2)]),
  of('norm', [f([3, 4], 0.2, 2)], ['euclidean', 1]),
  of('norm', [f([3, 4], 0.2, 2)], [1, 0, true]),
  of('norm', [d([5])], [Number.POSITIVE_INFINITY]),
  of('norm', [d([3, 4])], ['fro', [0, 1]]),
  of('norm', [f([3, 4], 0.2, 2)], [1, [0, 1]]),
  of('euclideanNorm', [f([6], 0.2, 2)]),
  of('euclideanNorm', [f([3, 4], 0.2, 2)], [1, true]),
  of('cumsum', [f([5])]),
  of('cumsum', [f([2, 4])], [1]),
  of('cumsum', [f([3, 3])], [1, true, true]),
  of('cumsum', [f([3, 3])], [1, false, true]),
  ...all(lacking, [
    of('cumprod', [f([5])]),
    of('cumprod', [f([2, 4])], [1]),
    of('cumprod', [f([3, 2])], [0, true, true]),
  ]),
  of('softmax', [f([5])]),
  of('softmax', [f([2, 3, 4])]),
  of('logSoftmax', [f([5])]),
  of('logSoftmax', [f([2, 3, 4])]),
  of('addN', [f([2, 3]), f([2, 3]), f([2, 3])], [['$0', '$1', '$2']]),
  of('addN', [f([2])], [['$0']]),
  of('bincount', [i([8], 0, 4), v([], [0])], [5], counts),
  of('bincount', [i([5], 0, 4), f([5])], [4], { noGrad: 'TensorFlow.js has none' }),
  of('denseBincount', [i([8], 0, 4), v([], [0])], [5], counts),
  of('denseBincount', [i([2, 5], 0, 4), v([], [0])], [4], counts),
  of('denseBincount', [i([2, 5], 0, 4), v([], [0])], [4, true], counts),
  of('math.confusionMatrix', [i([6], 0, 3), i([6], 0, 3)], [3], whole),
  of('math.confusionMatrix', [v([0, 1], [2], 'int32'), v([1, 1], [2], 'int32')], [2], whole),
  of('inTopKAsync', [d([4, 5]), i([4], 0, 5)], [2], whole),
  of('inTopKAsync', [d([2, 3]), i([2], 0, 3)], [], whole),
];
