import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { softmaxCrossEntropy, where } from '../ops/index.ts';
import { checkOptionNames } from '../option-names.ts';
import { Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { Loss, type LossConfig } from './loss.ts';
import { matched } from './reduction.ts';

/** Probabilities are kept this far from 0 and 1, as in Keras. */
const epsilon = 1e-7;

/** Options of losses on probabilities. */
export interface CrossentropyOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  fromLogits?: boolean;
  /** Moves targets towards the uniform distribution, 0 to 1. Default 0. */
  labelSmoothing?: number;
}

/** Options of the cross-entropy classes. */
export interface CrossentropyConfig extends LossConfig, CrossentropyOptions {}

/**
 * What went into the softmax or sigmoid that made `yPred`, if it was just made by one. From logits the loss has no
 * overflow and its gradient no 0/0; the numbers are the same.
 */
function logitsOf(yPred: Tensor, producer: 'softmax' | 'sigmoid'): Tensor | undefined {
  if (native.producer(yPred.handle) !== producer) return undefined;
  const input = native.producerInputs(yPred.handle)[0];
  if (input === undefined || input.shape.join() !== yPred.shape.join()) return undefined;
  return new Tensor(input);
}

/** Probabilities that sum to 1 and are neither 0 nor 1. */
function normalized(yPred: Tensor): Tensor {
  return yPred.div(yPred.sum(-1, true)).clipByValue(epsilon, 1 - epsilon);
}

function checkSmoothing(name: string, smoothing: number): void {
  if (!(typeof smoothing === 'number' && smoothing >= 0 && smoothing <= 1)) {
    throw new ConfigError(`${name}: labelSmoothing must be a number from 0 to 1, got ${received(smoothing)}`);
  }
}

/**
 * `-log(yPred[label])` for whole-number labels `[batch]` (or `[batch, 1]`) and predictions `[batch, classes]`.
 * Probabilities are scaled to sum to 1 and clipped at 1e-7.
 *
 * @throws ShapeError when the shapes do not fit; DataError, when the numbers are computed, for a label out of range.
 */
export function sparseCategoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: Pick<CrossentropyOptions, 'fromLogits'> = {},
): Tensor {
  checkOptionNames('sparseCategoricalCrossentropy', options, ['fromLogits'], '{ fromLogits: true }');
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const labels = wholeLabels(yTrue.rank === yPred.rank && yTrue.shape.at(-1) === 1 ? yTrue.squeeze(-1) : yTrue);
  if (labels.shape.join() !== yPred.shape.slice(0, -1).join()) {
    const hint =
      yTrue.shape.join() === yPred.shape.join()
        ? ". One-hot targets go with the loss 'categoricalCrossentropy'"
        : ': predictions need one more axis, the classes';
    throw new ShapeError(
      `sparseCategoricalCrossentropy: labels of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]${hint}`,
    );
  }
  const logits = options.fromLogits ? yPred : logitsOf(yPred, 'softmax');
  if (logits !== undefined) return softmaxCrossEntropy(logits, labels);
  // Cross-entropy of softmax(log p) is -log p[label] + log(sum p): with the sum taken off again it is Keras' clipped form,
  // and labels out of range are found on the way.
  const probabilities = normalized(yPred);
  return softmaxCrossEntropy(probabilities.log(), labels).sub(probabilities.sum(-1).log());
}

/** Labels as int32. What is no whole number (NaN, 0.5) becomes -1, which the lookup refuses as out of range. */
function wholeLabels(labels: Tensor): Tensor {
  if (labels.dtype !== 'float32') return labels.cast('int32');
  return where(labels.floor().equal(labels), labels, -1).cast('int32');
}

/** `-sum(yTrue * log(yPred))` over the last axis. Probabilities are scaled to sum to 1 and clipped at 1e-7. */
export function categoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: CrossentropyOptions = {},
): Tensor {
  const name = 'categoricalCrossentropy';
  checkOptionNames(name, options, ['fromLogits', 'labelSmoothing'], '{ fromLogits: true }');
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  if (yTrue.rank === yPred.rank - 1) {
    throw new ShapeError(
      `${name}: targets of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]. ` +
        "Whole-number labels go with the loss 'sparseCategoricalCrossentropy'",
    );
  }
  const [given] = matched(name, yTrue, yPred);
  const smoothing = options.labelSmoothing ?? 0;
  checkSmoothing(name, smoothing);
  const targets = smoothing === 0 ? given : given.mul(1 - smoothing).add(smoothing / (yPred.shape.at(-1) as number));
  const logits = options.fromLogits ? yPred : logitsOf(yPred, 'softmax');
  const logProbabilities = logits === undefined ? normalized(yPred).log() : logits.logSoftmax(-1);
  return targets.mul(logProbabilities).sum(-1).neg();
}

/** `-(y * log(p) + (1 - y) * log(1 - p))`, the mean over the last axis. Probabilities are clipped at 1e-7. */
export function binaryCrossentropy(yTrue: TensorLike, yPred: TensorLike, options: CrossentropyOptions = {}): Tensor {
  const name = 'binaryCrossentropy';
  checkOptionNames(name, options, ['fromLogits', 'labelSmoothing'], '{ fromLogits: true }');
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const logits = options.fromLogits ? yPred : logitsOf(yPred, 'sigmoid');
  const [given, predictions] = matched(name, yTrue, logits ?? yPred);
  const smoothing = options.labelSmoothing ?? 0;
  checkSmoothing(name, smoothing);
  const targets = smoothing === 0 ? given : given.mul(1 - smoothing).add(smoothing / 2);
  if (logits !== undefined) {
    // max(x, 0) - x y + log(1 + exp(-|x|)), written with a choice whose gradient at x = 0 is right (1/2 - y).
    const positive = predictions.greaterEqual(0);
    const rectified = where(positive, predictions, 0);
    const negativeAbs = where(positive, predictions.neg(), predictions);
    return rectified.sub(predictions.mul(targets)).add(negativeAbs.exp().log1p()).mean(-1);
  }
  const clipped = predictions.clipByValue(epsilon, 1 - epsilon);
  const negatives = targets.neg().add(1).mul(clipped.neg().add(1).log());
  return targets.mul(clipped.log()).add(negatives).mean(-1).neg();
}

/** See {@link sparseCategoricalCrossentropy}. */
export class SparseCategoricalCrossentropy extends Loss {
  readonly #fromLogits: boolean;

  constructor(config: LossConfig & Pick<CrossentropyOptions, 'fromLogits'> = {}) {
    super(config);
    this.#fromLogits = config.fromLogits ?? false;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return sparseCategoricalCrossentropy(yTrue, yPred, { fromLogits: this.#fromLogits });
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), fromLogits: this.#fromLogits };
  }
}

abstract class SmoothedCrossentropy extends Loss {
  protected readonly options: Required<CrossentropyOptions>;

  /** @throws ConfigError unless `labelSmoothing` is in [0, 1]. */
  constructor(config: CrossentropyConfig = {}) {
    super(config);
    this.options = { fromLogits: config.fromLogits ?? false, labelSmoothing: config.labelSmoothing ?? 0 };
    checkSmoothing(this.name, this.options.labelSmoothing);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.options };
  }
}

/** See {@link categoricalCrossentropy}. */
export class CategoricalCrossentropy extends SmoothedCrossentropy {
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalCrossentropy(yTrue, yPred, this.options);
  }
}

/** See {@link binaryCrossentropy}. */
export class BinaryCrossentropy extends SmoothedCrossentropy {
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryCrossentropy(yTrue, yPred, this.options);
  }
}
