import { checkFlag, checkNumber, checkWhole, withName } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { aligned, toSameRank } from '../losses/reduction.ts';
import { inTopK } from '../ops/index.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { MeanMetricWrapper, type MetricConfig } from './metric.ts';

function shown(x: Tensor): string {
  return `[${x.shape.join(', ')}]`;
}

/**
 * 1 where the largest prediction is at the label, else 0. Labels `[batch]` or `[batch, 1]`, predictions `[batch, classes]`.
 * @example metrics.sparseCategoricalAccuracy([1, 0], [[0.2, 0.8], [0.4, 0.6]]) // [1, 0]
 */
export function sparseCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const labels = yTrue.rank === yPred.rank && yTrue.shape.at(-1) === 1 ? yTrue.squeeze(-1) : yTrue;
  if (labels.shape.join() !== yPred.shape.slice(0, -1).join()) {
    throw new ShapeError(
      `sparseCategoricalAccuracy: labels of shape ${shown(yTrue)} do not fit predictions of shape ${shown(yPred)}`,
    );
  }
  return yPred.argMax(-1).equal(labels.cast('int32')).cast('float32');
}

/**
 * 1 where the largest prediction is where the largest target is, else 0. Both `[batch, classes]`.
 * @example metrics.categoricalAccuracy([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]]) // [1, 0]
 */
export function categoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  if (yTrue.shape.join() !== yPred.shape.join()) {
    throw new ShapeError(
      `categoricalAccuracy: targets of shape ${shown(yTrue)} do not fit predictions of shape ${shown(yPred)}`,
    );
  }
  return yPred.argMax(-1).equal(yTrue.argMax(-1)).cast('float32');
}

/**
 * 1 where the prediction is on the target's side of the threshold, else 0.
 * @example metrics.binaryAccuracy([[1], [0]], [[0.7], [0.7]]) // [[1], [0]]
 */
export function binaryAccuracy(yTrue: TensorLike, yPred: TensorLike, threshold = 0.5): Tensor {
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const [targets, predictions] = toSameRank(yTrue, yPred);
  if (targets.shape.join() !== predictions.shape.join()) {
    throw new ShapeError(
      `binaryAccuracy: targets of shape ${shown(yTrue)} do not fit predictions of shape ${shown(yPred)}`,
    );
  }
  return predictions.greater(threshold).cast('float32').equal(targets.cast('float32')).cast('float32');
}

/** Which accuracy `'accuracy'` means, by Keras' rules: from the shapes of targets and predictions. */
export function accuracyFor(yTrue: Tensor, yPred: Tensor): (yTrue: Tensor, yPred: Tensor) => Tensor {
  const classes = yPred.shape.at(-1) ?? 1;
  if (yPred.rank > 0 && classes === 1) return binaryAccuracy;
  if (yTrue.rank < yPred.rank || (yTrue.shape.at(-1) === 1 && classes > 1)) return sparseCategoricalAccuracy;
  return categoricalAccuracy;
}

/**
 * 1 where target and prediction are equal, else 0: of every element. @throws ShapeError when the shapes do not fit.
 * @example metrics.accuracy([1, 2, 3], [1, 2, 0]) // [1, 1, 0]
 */
export function accuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [targets, predictions] = aligned('accuracy', toTensor(yTrue), toTensor(yPred));
  return targets.equal(predictions).cast('float32');
}

/** Whether the label is among the k largest predictions; equal ones count as in. */
function amongTop(name: string, labels: Tensor, yPred: Tensor, k: number): Tensor {
  checkWhole(name, 'k', k, 1);
  if (labels.shape.join() !== yPred.shape.slice(0, -1).join()) {
    throw new ShapeError(`${name}: labels of shape ${shown(labels)} do not fit predictions of shape ${shown(yPred)}`);
  }
  return inTopK(yPred, labels, k).cast('float32');
}

/**
 * 1 where the largest target is among the `k` (default 5) largest predictions, else 0. Both `[batch, classes]`.
 * @example metrics.topKCategoricalAccuracy([[0, 0, 1]], [[0.5, 0.1, 0.4]], 2) // [1]
 */
export function topKCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike, k = 5): Tensor {
  return amongTop('topKCategoricalAccuracy', toTensor(yTrue).argMax(-1), toTensor(yPred).toFloat(), k);
}

/**
 * 1 where the label is among the `k` (default 5) largest predictions, else 0. Labels `[batch]` or `[batch, 1]`. With
 * `fromSortedIds` predictions are ids of classes, the likeliest first.
 * @example metrics.sparseTopKCategoricalAccuracy([2], [[0.5, 0.1, 0.4]], 2) // [1]
 */
export function sparseTopKCategoricalAccuracy(
  yTrue: TensorLike,
  yPred: TensorLike,
  k = 5,
  fromSortedIds = false,
): Tensor {
  const name = 'sparseTopKCategoricalAccuracy';
  const predictions = toTensor(yPred);
  const given = toTensor(yTrue);
  const labels = given.rank === predictions.rank && given.shape.at(-1) === 1 ? given.squeeze(-1) : given;
  if (!fromSortedIds) return amongTop(name, labels.cast('int32'), predictions.toFloat(), k);
  checkWhole(name, 'k', k, 1);
  const first = predictions.shape.map((size, axis) => (axis === predictions.rank - 1 ? Math.min(k, size) : size));
  const ids = predictions.slice(
    first.map(() => 0),
    first,
  );
  return ids.toFloat().equal(labels.toFloat().expandDims(-1)).any(-1).cast('float32');
}

/** Accuracy of the kind that fits the shapes: see {@link accuracyFor}. `'accuracy'` and `'acc'` are this one. @internal */
export class FittingAccuracy extends MeanMetricWrapper {
  constructor(config: MetricConfig = {}) {
    super((yTrue, yPred) => accuracyFor(yTrue, yPred)(yTrue, yPred), config);
  }
}

/**
 * How often predictions equal targets, element by element. The name `'accuracy'` means the accuracy that fits the shapes.
 * @example
 * const accuracy = new metrics.Accuracy();
 * accuracy.updateState(tensor([1, 2, 3]), tensor([1, 2, 0]));
 * accuracy.result() // 0.6667
 */
export class Accuracy extends MeanMetricWrapper {
  static override readonly className: string = 'Accuracy';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(accuracy, config);
  }
}

/**
 * See {@link sparseCategoricalAccuracy}.
 * @example
 * const accuracy = new metrics.SparseCategoricalAccuracy();
 * accuracy.updateState(tensor([1, 0]), tensor([[0.2, 0.8], [0.4, 0.6]]));
 * accuracy.result() // 0.5
 */
export class SparseCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'SparseCategoricalAccuracy';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(sparseCategoricalAccuracy, config);
  }
}

/**
 * See {@link categoricalAccuracy}.
 * @example
 * const accuracy = new metrics.CategoricalAccuracy();
 * accuracy.updateState(tensor([[0, 1], [1, 0]]), tensor([[0.2, 0.8], [0.4, 0.6]]));
 * accuracy.result() // 0.5
 */
export class CategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'CategoricalAccuracy';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(categoricalAccuracy, config);
  }
}

/**
 * See {@link binaryAccuracy}.
 * @example
 * const accuracy = new metrics.BinaryAccuracy({ threshold: 0.6 });
 * accuracy.updateState(tensor([[1], [0]]), tensor([[0.7], [0.7]]));
 * accuracy.result() // 0.5
 */
export class BinaryAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'BinaryAccuracy';
  static override readonly optionNames: readonly string[] = ['threshold'];
  readonly threshold: number;

  /** @param config threshold: default 0.5. */
  constructor(config: MetricConfig & { threshold?: number } = {}) {
    super((yTrue, yPred) => binaryAccuracy(yTrue, yPred, this.threshold), config);
    this.threshold = checkNumber('BinaryAccuracy', 'threshold', config.threshold ?? 0.5);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), threshold: this.threshold };
  }
}

/**
 * See {@link topKCategoricalAccuracy}.
 * @example
 * const accuracy = new metrics.TopKCategoricalAccuracy({ k: 2 });
 * accuracy.updateState(tensor([[0, 0, 1]]), tensor([[0.5, 0.1, 0.4]]));
 * accuracy.result() // 1
 */
export class TopKCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'TopKCategoricalAccuracy';
  static override readonly optionNames: readonly string[] = ['k'];
  readonly k: number;

  /** @param config k: how many of the largest count, default 5. */
  constructor(config: MetricConfig & { k?: number } = {}) {
    super(
      (yTrue, yPred) => topKCategoricalAccuracy(yTrue, yPred, this.k),
      withName('TopK', config, 'top_k_categorical_accuracy'),
    );
    this.k = checkWhole('TopKCategoricalAccuracy', 'k', config.k ?? 5, 1);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), k: this.k };
  }
}

/**
 * See {@link sparseTopKCategoricalAccuracy}.
 * @example
 * const accuracy = new metrics.SparseTopKCategoricalAccuracy({ k: 2 });
 * accuracy.updateState(tensor([2]), tensor([[0.5, 0.1, 0.4]]));
 * accuracy.result() // 1
 */
export class SparseTopKCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'SparseTopKCategoricalAccuracy';
  static override readonly optionNames: readonly string[] = ['k', 'fromSortedIds'];
  readonly k: number;
  readonly fromSortedIds: boolean;

  /** @param config k: how many of the largest count, default 5; fromSortedIds: predictions are ids, the likeliest first. */
  constructor(config: MetricConfig & { k?: number; fromSortedIds?: boolean } = {}) {
    super(
      (yTrue, yPred) => sparseTopKCategoricalAccuracy(yTrue, yPred, this.k, this.fromSortedIds),
      withName('TopK', config, 'sparse_top_k_categorical_accuracy'),
    );
    this.k = checkWhole('SparseTopKCategoricalAccuracy', 'k', config.k ?? 5, 1);
    this.fromSortedIds = checkFlag('SparseTopKCategoricalAccuracy', 'fromSortedIds', config.fromSortedIds ?? false);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), k: this.k, fromSortedIds: this.fromSortedIds };
  }
}
