import { checkFlag, checkNumber, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { moveaxis, softmaxCrossEntropy, where } from '../ops/index.ts';
import { checkOptionNames } from '../option-names.ts';
import { checkAxis } from '../tensor/axes.ts';
import { Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { Loss, type LossConfig } from './loss.ts';
import { aligned, matched } from './reduction.ts';

/** Probabilities are kept this far from 0 and 1, as in Keras. */
export const epsilon = 1e-7;

/** Options of losses on probabilities. */
export interface CrossentropyOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  fromLogits?: boolean;
  /** Moves targets towards the uniform distribution, 0 to 1. Default 0. */
  labelSmoothing?: number;
  /** The axis of the classes. Default -1. */
  axis?: number;
}

/** Options of the sparse cross-entropy. */
export interface SparseCrossentropyOptions extends Pick<CrossentropyOptions, 'fromLogits' | 'axis'> {
  /** A label whose samples have the loss 0 and do not count in the mean, such as -1 for void pixels. Default none. */
  ignoreClass?: number | null;
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
export function normalized(yPred: Tensor): Tensor {
  return yPred.div(yPred.sum(-1, true)).clipByValue(epsilon, 1 - epsilon);
}

/** @throws ConfigError unless smoothing is from 0 to 1. */
export function checkSmoothing(name: string, smoothing: number): void {
  if (!(typeof smoothing === 'number' && smoothing >= 0 && smoothing <= 1)) {
    throw new ConfigError(`${name}: labelSmoothing must be a number from 0 to 1, got ${received(smoothing)}`);
  }
}

/** The classes moved to the last axis. */
export function classesLast(name: string, x: Tensor, axis: number | undefined): Tensor {
  const at = checkAxis(name, axis ?? -1, x.rank);
  return at === x.rank - 1 ? x : moveaxis(x, at, -1);
}

/**
 * `-log(yPred[label])` for whole-number labels `[batch]` (or `[batch, 1]`) and predictions `[batch, classes]`.
 * Probabilities are scaled to sum to 1 and clipped at 1e-7.
 *
 * @throws ShapeError when the shapes do not fit; DataError, when the numbers are computed, for a label out of range.
 * @example losses.sparseCategoricalCrossentropy([1], [[0.5, 0.5]]) // [0.6931]
 */
export function sparseCategoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: SparseCrossentropyOptions = {},
): Tensor {
  const name = 'sparseCategoricalCrossentropy';
  checkOptionNames(name, options, ['fromLogits', 'ignoreClass', 'axis'], '{ fromLogits: true }');
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const at = checkAxis(name, options.axis ?? -1, yPred.rank);
  const given = yTrue.rank === yPred.rank && yTrue.shape[at] === 1 ? yTrue.squeeze(at) : yTrue;
  const rows = yPred.shape.filter((_, axis) => axis !== at);
  if (given.shape.join() !== rows.join()) {
    const hint =
      yTrue.shape.join() === yPred.shape.join()
        ? ". One-hot targets go with the loss 'categoricalCrossentropy'"
        : ': predictions need one more axis, the classes';
    throw new ShapeError(
      `${name}: labels of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]${hint}`,
    );
  }
  const found = wholeLabels(given);
  const { ignoreClass } = options;
  const kept =
    ignoreClass === undefined || ignoreClass === null
      ? undefined
      : found.notEqual(checkWhole(name, 'ignoreClass', ignoreClass, Number.MIN_SAFE_INTEGER));
  const labels = kept === undefined ? found : where(kept, found, 0).cast('int32');
  const last = at === yPred.rank - 1;
  const logits = options.fromLogits ? yPred : last ? logitsOf(yPred, 'softmax') : undefined;
  const values =
    logits === undefined
      ? clippedCrossentropy(classesLast(name, yPred, at), labels)
      : softmaxCrossEntropy(classesLast(name, logits, at), labels);
  if (kept === undefined) return values;
  const result = where(kept, values, 0);
  result.mask = kept;
  return result;
}

/**
 * Of probabilities. Cross-entropy of softmax(log p) is -log p[label] + log(sum p): with the sum taken off again it is Keras'
 * clipped form, and labels out of range are found on the way.
 */
function clippedCrossentropy(yPred: Tensor, labels: Tensor): Tensor {
  const probabilities = normalized(yPred);
  return softmaxCrossEntropy(probabilities.log(), labels).sub(probabilities.sum(-1).log());
}

/** Labels as int32. What is no whole number (NaN, 0.5) becomes -1, which the lookup refuses as out of range. */
function wholeLabels(labels: Tensor): Tensor {
  if (labels.dtype !== 'float32') return labels.cast('int32');
  return where(labels.floor().equal(labels), labels, -1).cast('int32');
}

/**
 * `-sum(yTrue * log(yPred))` over the classes. Probabilities are scaled to sum to 1 and clipped at 1e-7.
 *
 * @throws ShapeError when the shapes do not fit.
 * @example losses.categoricalCrossentropy([[0, 1]], [[0.5, 0.5]]) // [0.6931]
 */
export function categoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: CrossentropyOptions = {},
): Tensor {
  const name = 'categoricalCrossentropy';
  checkOptionNames(name, options, ['fromLogits', 'labelSmoothing', 'axis'], '{ fromLogits: true }');
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  if (yTrue.rank === yPred.rank - 1) {
    throw new ShapeError(
      `${name}: targets of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]. ` +
        "Whole-number labels go with the loss 'sparseCategoricalCrossentropy'",
    );
  }
  const smoothing = options.labelSmoothing ?? 0;
  checkSmoothing(name, smoothing);
  const at = checkAxis(name, options.axis ?? -1, yPred.rank);
  const logits = options.fromLogits ? yPred : at === yPred.rank - 1 ? logitsOf(yPred, 'softmax') : undefined;
  const [given, predictions] = aligned(name, yTrue, logits ?? yPred).map((x) => classesLast(name, x, at)) as [
    Tensor,
    Tensor,
  ];
  const targets = smoothed(given, smoothing);
  const logProbabilities = logits === undefined ? normalized(predictions).log() : predictions.logSoftmax(-1);
  return targets.mul(logProbabilities).sum(-1).neg();
}

/** Targets `[..., classes]` moved towards the uniform distribution. */
export function smoothed(targets: Tensor, smoothing: number): Tensor {
  return smoothing === 0 ? targets : targets.mul(1 - smoothing).add(smoothing / (targets.shape.at(-1) as number));
}

/**
 * `-(y * log(p) + (1 - y) * log(1 - p))`, the mean over the last axis (or `axis`). Probabilities are clipped at 1e-7.
 *
 * @throws ShapeError when the shapes do not fit.
 * @example losses.binaryCrossentropy([[0, 1]], [[0.5, 0.5]]) // [0.6931]
 */
export function binaryCrossentropy(yTrue: TensorLike, yPred: TensorLike, options: CrossentropyOptions = {}): Tensor {
  const name = 'binaryCrossentropy';
  checkOptionNames(name, options, ['fromLogits', 'labelSmoothing', 'axis'], '{ fromLogits: true }');
  yTrue = toTensor(yTrue);
  yPred = toTensor(yPred);
  const logits = options.fromLogits ? yPred : logitsOf(yPred, 'sigmoid');
  const [given, predictions] = matched(name, yTrue, logits ?? yPred);
  const smoothing = options.labelSmoothing ?? 0;
  checkSmoothing(name, smoothing);
  const targets = smoothing === 0 ? given : given.mul(1 - smoothing).add(smoothing / 2);
  const at = checkAxis(name, options.axis ?? -1, predictions.rank);
  if (logits !== undefined) {
    // max(x, 0) - x y + log(1 + exp(-|x|)), written with a choice whose gradient at x = 0 is right (1/2 - y).
    const positive = predictions.greaterEqual(0);
    const rectified = where(positive, predictions, 0);
    const negativeAbs = where(positive, predictions.neg(), predictions);
    return rectified.sub(predictions.mul(targets)).add(negativeAbs.exp().log1p()).mean(at);
  }
  return clippedBinary(targets, predictions).mean(at);
}

/** The binary cross-entropy of probabilities, of every element. */
export function clippedBinary(targets: Tensor, predictions: Tensor): Tensor {
  const clipped = predictions.clipByValue(epsilon, 1 - epsilon);
  const negatives = targets.neg().add(1).mul(clipped.neg().add(1).log());
  return targets.mul(clipped.log()).add(negatives).neg();
}

/** See {@link sparseCategoricalCrossentropy}. @example new losses.SparseCategoricalCrossentropy({ ignoreClass: 255 }) */
export class SparseCategoricalCrossentropy extends Loss {
  static override readonly className: string = 'SparseCategoricalCrossentropy';
  static override readonly optionNames: readonly string[] = ['fromLogits', 'ignoreClass', 'axis'];
  readonly #options: Required<SparseCrossentropyOptions>;

  /** @throws ConfigError for an option of the wrong kind. */
  constructor(config: LossConfig & SparseCrossentropyOptions = {}) {
    super(config);
    const { ignoreClass = null } = config;
    this.#options = {
      fromLogits: checkFlag(this.getClassName(), 'fromLogits', config.fromLogits ?? false),
      ignoreClass:
        ignoreClass === null
          ? null
          : checkWhole(this.getClassName(), 'ignoreClass', ignoreClass, Number.MIN_SAFE_INTEGER),
      axis: checkNumber(this.getClassName(), 'axis', config.axis ?? -1),
    };
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return sparseCategoricalCrossentropy(yTrue, yPred, this.#options);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}

abstract class SmoothedCrossentropy extends Loss {
  protected readonly options: Required<CrossentropyOptions>;

  /** @throws ConfigError unless `labelSmoothing` is in [0, 1]. */
  constructor(config: CrossentropyConfig = {}) {
    super(config);
    this.options = checkCrossentropy(this.getClassName(), config);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.options };
  }
}

/** The options that all losses on probabilities have. @throws ConfigError for one of the wrong kind. */
export function checkCrossentropy(owner: string, config: CrossentropyOptions): Required<CrossentropyOptions> {
  const labelSmoothing = config.labelSmoothing ?? 0;
  checkSmoothing(owner, labelSmoothing);
  return {
    fromLogits: checkFlag(owner, 'fromLogits', config.fromLogits ?? false),
    labelSmoothing,
    axis: checkNumber(owner, 'axis', config.axis ?? -1),
  };
}

/** See {@link categoricalCrossentropy}. @example new losses.CategoricalCrossentropy({ labelSmoothing: 0.1 }) */
export class CategoricalCrossentropy extends SmoothedCrossentropy {
  static override readonly className: string = 'CategoricalCrossentropy';
  static override readonly optionNames: readonly string[] = ['fromLogits', 'labelSmoothing', 'axis'];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalCrossentropy(yTrue, yPred, this.options);
  }
}

/** See {@link binaryCrossentropy}. @example new losses.BinaryCrossentropy({ fromLogits: true }) */
export class BinaryCrossentropy extends SmoothedCrossentropy {
  static override readonly className: string = 'BinaryCrossentropy';
  static override readonly optionNames: readonly string[] = ['fromLogits', 'labelSmoothing', 'axis'];

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryCrossentropy(yTrue, yPred, this.options);
  }
}
