import { checkNumber } from '../arguments.ts';
import { checkOptionNames } from '../option-names.ts';
import { checkAxes } from '../tensor/axes.ts';
import { type Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { Loss, type LossConfig } from './loss.ts';
import { aligned } from './reduction.ts';

/** What keeps the divisor away from 0, as in Keras. */
const epsilon = 1e-7;

/** Axes over which masks are compared; `null` for all. */
export type OverlapAxes = number | readonly number[] | null;

function axesOf(name: string, axis: OverlapAxes | undefined, rank: number): number[] {
  return checkAxes(name, axis ?? undefined, rank);
}

/**
 * `1 - 2 * sum(yTrue * yPred) / (sum(yTrue) + sum(yPred) + 1e-7)`: 0 for masks that are equal (Sorensen, 1948; Dice, 1945).
 * @param axis Over which sums are taken; default all, which gives one number for the batch.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.dice([[1, 0]], [[0.5, 0.5]]) // 0.5
 */
export function dice(yTrue: TensorLike, yPred: TensorLike, axis: OverlapAxes = null): Tensor {
  const [y, p] = aligned('dice', toTensor(yTrue), toTensor(yPred));
  const axes = axesOf('dice', axis, p.rank);
  const total = y.sum(axes).add(p.sum(axes)).add(epsilon);
  return y.mul(p).sum(axes).mul(2).div(total).neg().add(1);
}

/** Options of {@link tversky}. */
export interface TverskyOptions {
  /** Weight of what the targets have and the predictions lack. Default 0.5. */
  alpha?: number;
  /** Weight of what the predictions have and the targets lack. Default 0.5. */
  beta?: number;
  /** Over which sums are taken. Default `null`: all, which gives one number for the batch. */
  axis?: OverlapAxes;
}

/**
 * `1 - both / (both + alpha * missed + beta * excess + 1e-7)` with `both = sum(yTrue * yPred)`,
 * `missed = sum(yTrue * (1 - yPred))`, `excess = sum((1 - yTrue) * yPred)` (Salehi et al., 2017). With 0.5 and 0.5 it is
 * {@link dice}.
 * @throws ShapeError when the shapes do not fit.
 * @example losses.tversky([[1, 0]], [[0.5, 0.5]]) // 0.5
 */
export function tversky(yTrue: TensorLike, yPred: TensorLike, options: TverskyOptions = {}): Tensor {
  checkOptionNames('tversky', options, ['alpha', 'beta', 'axis'], '{ alpha: 0.3, beta: 0.7 }');
  const alpha = checkNumber('tversky', 'alpha', options.alpha ?? 0.5);
  const beta = checkNumber('tversky', 'beta', options.beta ?? 0.5);
  const [y, p] = aligned('tversky', toTensor(yTrue), toTensor(yPred));
  const axes = axesOf('tversky', options.axis, p.rank);
  const both = y.mul(p).sum(axes);
  const missed = p.neg().add(1).mul(y).sum(axes);
  const excess = y.neg().add(1).mul(p).sum(axes);
  return both
    .div(both.add(missed.mul(alpha)).add(excess.mul(beta)).add(epsilon))
    .neg()
    .add(1);
}

/** See {@link dice}. @example new losses.Dice({ axis: [1, 2, 3] }) */
export class Dice extends Loss {
  static override readonly className: string = 'Dice';
  static override readonly optionNames: readonly string[] = ['axis'];
  readonly axis: OverlapAxes;

  /** @param config axis: over which sums are taken, default `null` (all). */
  constructor(config: LossConfig & { axis?: OverlapAxes } = {}) {
    super(config);
    this.axis = config.axis ?? null;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return dice(yTrue, yPred, this.axis);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** See {@link tversky}. @example new losses.Tversky({ alpha: 0.3, beta: 0.7 }) */
export class Tversky extends Loss {
  static override readonly className: string = 'Tversky';
  static override readonly optionNames: readonly string[] = ['alpha', 'beta', 'axis'];
  readonly alpha: number;
  readonly beta: number;
  readonly axis: OverlapAxes;

  constructor(config: LossConfig & TverskyOptions = {}) {
    super(config);
    this.alpha = checkNumber('Tversky', 'alpha', config.alpha ?? 0.5);
    this.beta = checkNumber('Tversky', 'beta', config.beta ?? 0.5);
    this.axis = config.axis ?? null;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return tversky(yTrue, yPred, { alpha: this.alpha, beta: this.beta, axis: this.axis });
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), alpha: this.alpha, beta: this.beta, axis: this.axis };
  }
}
