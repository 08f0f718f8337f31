import { checkConfig, checkSubclass, checkText, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import { type Reduction, reduceWeighted } from './reduction.ts';

/** Gives one value per sample (or per element) from targets and predictions. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** Options of every loss. */
export interface LossConfig {
  /** How the values of a batch become one. Default `'sumOverBatchSize'`: their mean. */
  reduction?: Reduction;
  name?: string;
}

const reductions: readonly Reduction[] = ['sumOverBatchSize', 'sum', 'mean', 'none'];

/**
 * Base of losses. Subclass it and write `call`, or hand a function to `compile`.
 *
 * @example
 * class Quartic extends losses.Loss {
 *   override call(yTrue: Tensor, yPred: Tensor) { return yTrue.sub(yPred).pow(4).mean(-1); }
 * }
 */
export abstract class Loss {
  readonly name: string;
  readonly reduction: Reduction;

  /** @throws ConfigError for an unknown reduction. */
  constructor(config: LossConfig = {}) {
    checkSubclass(new.target, Loss, 'call(yTrue, yPred)');
    checkConfig(this.constructor.name, config);
    this.reduction = config.reduction ?? 'sumOverBatchSize';
    if (!reductions.includes(this.reduction)) {
      throw new ConfigError(`loss: reduction must be one of ${reductions.join(', ')}, got ${received(this.reduction)}`);
    }
    this.name = checkText('loss', 'name', config.name ?? this.constructor.name);
  }

  /** Values of a batch: `[batch]`, or one per element. */
  abstract call(yTrue: Tensor, yPred: Tensor): Tensor;

  /**
   * The loss of a batch, weighted and reduced.
   *
   * @param sampleWeight One weight per sample, or per value.
   * @throws ShapeError when shapes do not fit.
   * @example
   * await new losses.MeanSquaredError().apply([[0], [1]], [[0.5], [1]]).item(); // 0.125
   */
  apply(yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike): Tensor {
    const predictions = toTensor(yPred);
    const values: unknown = this.call(toTensor(yTrue), predictions);
    if (!(values instanceof Tensor))
      throw new ConfigError(`loss "${this.name}": call must give a tensor, got ${received(values)}`);
    const weights = sampleWeight === undefined ? undefined : toTensor(sampleWeight);
    return reduceWeighted(values, weights, predictions.mask, this.reduction);
  }

  /** The options that make an equal loss. */
  getConfig(): Record<string, unknown> {
    return { name: this.name, reduction: this.reduction };
  }
}

/** A function as a loss. */
export class FunctionLoss extends Loss {
  readonly #values: LossFunction;

  constructor(values: LossFunction, name: string) {
    super({ name });
    this.#values = values;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    const values: unknown = this.#values(yTrue, yPred);
    if (values instanceof Tensor) return values;
    throw new ConfigError(
      `loss "${this.name}" must give a tensor with one value per sample, got ${values === undefined ? 'nothing' : typeof values}`,
    );
  }
}
