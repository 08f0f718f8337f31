import { ShapeError } from '../errors.ts';
import { toSameRank } from '../losses/reduction.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { MeanOverSamples, type MetricConfig } from './metric.ts';

function shown(x: Tensor): string {
  return `[${x.shape.join(', ')}]`;
}

/** 1 where the largest prediction is at the label, else 0. Labels `[batch]` or `[batch, 1]`, predictions `[batch, classes]`. */
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

/** 1 where the largest prediction is where the largest target is, else 0. Both `[batch, classes]`. */
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

/** 1 where the prediction is on the target's side of the threshold, else 0. */
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

/** Accuracy of the kind that fits the shapes: see {@link accuracyFor}. */
export class Accuracy extends MeanOverSamples {
  constructor(config: MetricConfig = {}) {
    super((yTrue, yPred) => accuracyFor(yTrue, yPred)(yTrue, yPred), { name: config.name ?? 'accuracy' });
  }
}

/** See {@link sparseCategoricalAccuracy}. */
export class SparseCategoricalAccuracy extends MeanOverSamples {
  constructor(config: MetricConfig = {}) {
    super(sparseCategoricalAccuracy, config);
  }
}

/** See {@link categoricalAccuracy}. */
export class CategoricalAccuracy extends MeanOverSamples {
  constructor(config: MetricConfig = {}) {
    super(categoricalAccuracy, config);
  }
}

/** See {@link binaryAccuracy}. */
export class BinaryAccuracy extends MeanOverSamples {
  constructor(config: MetricConfig & { threshold?: number } = {}) {
    super((yTrue, yPred) => binaryAccuracy(yTrue, yPred, config.threshold), config);
  }
}
