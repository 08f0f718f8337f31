import { checkFlag, checkNumber, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { checkAxis } from '../tensor/axes.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import {
  type CrossentropyOptions,
  checkCrossentropy,
  classesLast,
  clippedBinary,
  normalized,
  smoothed,
} from './crossentropy.ts';
import { Loss, type LossConfig } from './loss.ts';
import { aligned, matched } from './reduction.ts';

/** Options of the focal losses. */
export interface FocalOptions extends CrossentropyOptions {
  /** Weight: of the class 1 (binary, with `applyClassBalancing`), of all (categorical). Default 0.25. */
  alpha?: number;
  /** How much samples that are right already lose in weight. Default 2. */
  gamma?: number;
}

/** Options of {@link binaryFocalCrossentropy}. */
export interface BinaryFocalOptions extends FocalOptions {
  /** Whether the class 1 weighs `alpha` and the class 0 `1 - alpha`. Default false. */
  applyClassBalancing?: boolean;
}

const focalNames = ['alpha', 'gamma', 'fromLogits', 'labelSmoothing', 'axis'];
const binaryNames = ['applyClassBalancing', ...focalNames];

function checkFocal(owner: string, options: FocalOptions): Required<FocalOptions> {
  return {
    ...checkCrossentropy(owner, options),
    alpha: checkNumber(owner, 'alpha', options.alpha ?? 0.25),
    gamma: checkNumber(owner, 'gamma', options.gamma ?? 2),
  };
}

function checkBinary(owner: string, options: BinaryFocalOptions): Required<BinaryFocalOptions> {
  const applyClassBalancing = checkFlag(owner, 'applyClassBalancing', options.applyClassBalancing ?? false);
  return { ...checkFocal(owner, options), applyClassBalancing };
}

/**
 * `(1 - q)^gamma * binaryCrossentropy` with `q = y * p + (1 - y) * (1 - p)`, the mean over the last axis (Lin et al., 2018): what
 * is right already counts little.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.binaryFocalCrossentropy([[0, 1]], [[0.5, 0.5]]) // [0.1733]
 */
export function binaryFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: BinaryFocalOptions = {},
): Tensor {
  const name = 'binaryFocalCrossentropy';
  checkOptionNames(name, options, binaryNames, '{ gamma: 2 }');
  const { alpha, gamma, fromLogits, labelSmoothing, axis, applyClassBalancing } = checkBinary(name, options);
  const [given, predictions] = matched(name, toTensor(yTrue), toTensor(yPred));
  const y = labelSmoothing === 0 ? given : given.mul(1 - labelSmoothing).add(labelSmoothing / 2);
  const p = fromLogits ? predictions.sigmoid() : predictions;
  /** `a` where the target is 1, `b` where it is 0. */
  const chosen = (a: Tensor | number, b: Tensor | number): Tensor => y.mul(a).add(y.neg().add(1).mul(b));
  const focus = chosen(p, p.neg().add(1)).neg().add(1).pow(gamma);
  const values = focus.mul(clippedBinary(y, p));
  return (applyClassBalancing ? chosen(alpha, 1 - alpha).mul(values) : values).mean(checkAxis(name, axis, p.rank));
}

/**
 * `-sum(alpha * (1 - p)^gamma * y * log(p))` over the classes (Lin et al., 2018). Probabilities are scaled to sum to 1 and clipped
 * at 1e-7.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.categoricalFocalCrossentropy([[0, 1]], [[0.5, 0.5]]) // [0.0433]
 */
export function categoricalFocalCrossentropy(yTrue: TensorLike, yPred: TensorLike, options: FocalOptions = {}): Tensor {
  const name = 'categoricalFocalCrossentropy';
  checkOptionNames(name, options, focalNames, '{ gamma: 2 }');
  const { alpha, gamma, fromLogits, labelSmoothing, axis } = checkFocal(name, options);
  const [targets, predictions] = aligned(name, toTensor(yTrue), toTensor(yPred));
  const y = smoothed(classesLast(name, targets, axis), labelSmoothing);
  const scores = classesLast(name, predictions, axis);
  const p = normalized(fromLogits ? scores.softmax(-1) : scores);
  return p.neg().add(1).pow(gamma).mul(alpha).mul(y.mul(p.log())).sum(-1).neg();
}

/**
 * `(1 - p^q) / q` with the predicted probability p of the label (Zhang and Sabuncu, 2018): less than the cross-entropy for labels
 * that are far off, which may be wrong.
 * @param q Above 0 (cross-entropy) and below 1 (absolute error). Default 0.5.
 * @throws ConfigError for another q.
 * @example losses.categoricalGeneralizedCrossEntropy([1], [[0.75, 0.25]]) // [1]
 */
export function categoricalGeneralizedCrossEntropy(yTrue: TensorLike, yPred: TensorLike, q = 0.5): Tensor {
  const name = 'categoricalGeneralizedCrossEntropy';
  checkBetween(name, q);
  const p = toTensor(yPred).toFloat();
  const at = checkAxis(name, -1, p.rank);
  const labels = toTensor(yTrue).cast('int32');
  const column = labels.rank === p.rank && labels.shape[at] === 1 ? labels.squeeze(-1) : labels;
  const [hits, probabilities] = aligned(name, column.oneHot(p.shape[at] as number), p);
  return probabilities
    .mul(hits)
    .sum(-1)
    .pow(q)
    .neg()
    .add(1)
    .mul(1 / q);
}

function checkBetween(owner: string, q: unknown): void {
  if (typeof q === 'number' && q > 0 && q < 1) return;
  throw new ConfigError(`${owner}: q must be a number above 0 and below 1, got ${received(q)}`);
}

/** See {@link binaryFocalCrossentropy}. @example new losses.BinaryFocalCrossentropy({ gamma: 3 }) */
export class BinaryFocalCrossentropy extends Loss {
  static override readonly className: string = 'BinaryFocalCrossentropy';
  static override readonly optionNames: readonly string[] = binaryNames;
  readonly #options: Required<BinaryFocalOptions>;

  constructor(config: LossConfig & BinaryFocalOptions = {}) {
    super(config);
    this.#options = checkBinary(this.getClassName(), config);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryFocalCrossentropy(yTrue, yPred, this.#options);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}

/** See {@link categoricalFocalCrossentropy}. @example new losses.CategoricalFocalCrossentropy({ alpha: 0.5 }) */
export class CategoricalFocalCrossentropy extends Loss {
  static override readonly className: string = 'CategoricalFocalCrossentropy';
  static override readonly optionNames: readonly string[] = focalNames;
  readonly #options: Required<FocalOptions>;

  constructor(config: LossConfig & FocalOptions = {}) {
    super(config);
    this.#options = checkFocal(this.getClassName(), config);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalFocalCrossentropy(yTrue, yPred, this.#options);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}

/** See {@link categoricalGeneralizedCrossEntropy}. @example new losses.CategoricalGeneralizedCrossEntropy({ q: 0.7 }) */
export class CategoricalGeneralizedCrossEntropy extends Loss {
  static override readonly className: string = 'CategoricalGeneralizedCrossEntropy';
  static override readonly optionNames: readonly string[] = ['q'];
  readonly q: number;

  /** @throws ConfigError unless q is above 0 and below 1. */
  constructor(config: LossConfig & { q?: number } = {}) {
    super(config);
    this.q = config.q ?? 0.5;
    checkBetween(this.getClassName(), this.q);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalGeneralizedCrossEntropy(yTrue, yPred, this.q);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), q: this.q };
  }
}
