import { checkFlag, checkNumber } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { logSumExp, matMul, softplus, where } from '../ops/index.ts';
import { checkOptionNames } from '../option-names.ts';
import { shown } from '../tensor/axes.ts';
import { eye, type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { Loss, type LossConfig } from './loss.ts';

/** Options of the circle loss. */
export interface CircleOptions {
  /** How steeply similarities are weighted. Default 80. */
  gamma?: number;
  /** How far similar pairs may be apart, and others must be. Default 0.4. */
  margin?: number;
  /** Whether a sample is no pair with itself. Default true. */
  removeDiagonal?: boolean;
}

/** What embeddings are compared with: by default, each other. */
export interface CircleReferences {
  /** Labels `[references]`. */
  refLabels?: TensorLike;
  /** Embeddings `[references, size]`, of length 1. */
  refEmbeddings?: TensorLike;
}

/** Stands for minus infinity in sums of exponentials, without the NaN of a difference of infinities. */
const none = -1e9;

/** Labels as a row or a column of ids. */
function labelsOf(labels: TensorLike, count: number, what: string): Tensor {
  const ids = toTensor(labels).cast('int32');
  if (ids.size === count && ids.rank <= 2) return ids.reshape([count]);
  throw new ShapeError(`circle: ${what} must be one for each of ${count} embeddings, got shape ${shown(ids.shape)}`);
}

/**
 * The circle loss of embeddings `yPred [batch, size]` (vectors of length 1) with labels `yTrue [batch]` (Sun et al., 2020): with
 * `d = max(1 - yPred . references, 0)` for all pairs it is
 * `softplus(log sum exp(-gamma * max(margin + d, 0) * (margin - d)) + log sum exp(gamma * max(1 + margin - d, 0) * (1 - margin - d)))`,
 * the first sum over pairs of one label, the second over the others. One value per sample; those that are 0 do not count in the mean.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.circle([0, 1], [[1, 0], [0, 1]], { removeDiagonal: false })
 */
export function circle(yTrue: TensorLike, yPred: TensorLike, options: CircleOptions & CircleReferences = {}): Tensor {
  const names = ['gamma', 'margin', 'removeDiagonal', 'refLabels', 'refEmbeddings'];
  checkOptionNames('circle', options, names, '{ gamma: 80, margin: 0.4 }');
  const gamma = checkNumber('circle', 'gamma', options.gamma ?? 80);
  const margin = checkNumber('circle', 'margin', options.margin ?? 0.4);
  const removeDiagonal = checkFlag('circle', 'removeDiagonal', options.removeDiagonal ?? true);
  const embeddings = toTensor(yPred).toFloat();
  const references = options.refEmbeddings === undefined ? embeddings : toTensor(options.refEmbeddings).toFloat();
  if (embeddings.rank !== 2 || references.rank !== 2 || embeddings.shape[1] !== references.shape[1]) {
    throw new ShapeError(
      `circle takes embeddings of shape [batch, size], got ${shown(embeddings.shape)} and references of shape ${shown(references.shape)}`,
    );
  }
  const [rows, columns] = [embeddings.shape[0] as number, references.shape[0] as number];
  const own = labelsOf(yTrue, rows, 'labels');
  const others = options.refLabels === undefined ? own : labelsOf(options.refLabels, columns, 'refLabels');
  const isEqual = own.expandDims(1).equal(labelsOf(others, columns, 'labels').expandDims(0));
  const isOther = isEqual.logicalNot();
  const isPair = removeDiagonal ? isEqual.logicalAnd(eye(rows, columns).equal(0)) : isEqual;
  const distance = matMul(embeddings, references, false, true).neg().add(1).maximum(0);
  const near = distance.add(margin).maximum(0).mul(distance.neg().add(margin)).mul(-gamma);
  const far = distance
    .neg()
    .add(1 + margin)
    .maximum(0)
    .mul(distance.neg().add(1 - margin))
    .mul(gamma);
  const values = softplus(logSumExp(where(isPair, near, none), 1).add(logSumExp(where(isOther, far, none), 1)));
  values.mask = values.greater(0);
  return values;
}

/** See {@link circle}. @example new losses.Circle({ gamma: 80, margin: 0.4 }) */
export class Circle extends Loss {
  static override readonly className: string = 'Circle';
  static override readonly optionNames: readonly string[] = ['gamma', 'margin', 'removeDiagonal'];
  readonly #options: Required<CircleOptions>;

  constructor(config: LossConfig & CircleOptions = {}) {
    super(config);
    this.#options = {
      gamma: checkNumber('Circle', 'gamma', config.gamma ?? 80),
      margin: checkNumber('Circle', 'margin', config.margin ?? 0.4),
      removeDiagonal: checkFlag('Circle', 'removeDiagonal', config.removeDiagonal ?? true),
    };
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return circle(yTrue, yPred, this.#options);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}
