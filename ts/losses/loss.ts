import { checkConfig, checkSubclass, checkText, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { snakeCase } from '../layers/naming.ts';
import { checkOptionNames } from '../option-names.ts';
import { Tensor, type TensorLike, toTensor } from '../tensor/index.ts';
import {
  alignWeights,
  checkReduction,
  type Reduction,
  type ReductionName,
  reduceWeighted,
  toSameRank,
} from './reduction.ts';

/** Gives one value per sample (or per element) from targets and predictions. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** Options of every loss. */
export interface LossConfig {
  /** How the values of a batch become one. Default `'sumOverBatchSize'`: their mean. */
  reduction?: ReductionName;
  /** Default: Keras' name of the class, `'mean_squared_error'`. */
  name?: string;
}

/**
 * Base of losses. Subclass it and write `call`, or hand a function to `compile`.
 *
 * @example
 * class Quartic extends losses.Loss {
 *   override call(yTrue: Tensor, yPred: Tensor) { return yTrue.sub(yPred).pow(4).mean(-1); }
 * }
 */
export abstract class Loss {
  /** The name in configurations, of a class that has one. */
  static readonly className: string | undefined;
  /** Options beside those of every loss; a class that lists them takes no others. @internal */
  static readonly optionNames: readonly string[] | undefined;
  readonly name: string;
  readonly reduction: Reduction;

  /** @throws ConfigError for an unknown reduction. */
  constructor(config: LossConfig = {}) {
    checkSubclass(new.target, Loss, 'call(yTrue, yPred)');
    const className = this.getClassName();
    // A subclass of one's own has options of its own.
    if (Object.hasOwn(new.target, 'optionNames')) {
      checkOptionNames(
        className,
        config,
        ['name', 'reduction', ...(new.target.optionNames ?? [])],
        "{ reduction: 'sum' }",
      );
    } else checkConfig(className, config);
    this.reduction = config.reduction === undefined ? 'sumOverBatchSize' : checkReduction('loss', config.reduction);
    this.name = checkText('loss', 'name', config.name ?? snakeCase(className));
  }

  /** A loss of the options that `getConfig` gives. */
  static fromConfig<T extends Loss>(this: new (config: never) => T, config: Record<string, unknown>): T {
    return new this(config as never);
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return (this.constructor as typeof Loss).className ?? this.constructor.name;
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
    const given = toTensor(yPred);
    // Losses are computed in float32, whatever the model computes in.
    const predictions = given.dtype === 'float32' ? given : given.cast('float32');
    const values: unknown = this.call(toTensor(yTrue), predictions);
    if (!(values instanceof Tensor))
      throw new ConfigError(`loss "${this.name}": call must give a tensor, got ${received(values)}`);
    const weights = sampleWeight === undefined ? undefined : toTensor(sampleWeight);
    return reduceWeighted(values, weights, bothMasks(given.mask, values.mask), this.reduction);
  }

  /** The options that make an equal loss. */
  getConfig(): Record<string, unknown> {
    return { name: this.name, reduction: this.reduction };
  }
}

/** What both masks keep; the values of a loss may have one of their own, of entries that count. */
function bothMasks(mask: Tensor | undefined, own: Tensor | undefined): Tensor | undefined {
  if (mask === undefined || own === undefined) return mask ?? own;
  return mask.cast('bool').logicalAnd(alignWeights(mask, own).cast('bool'));
}

/** A function as a loss. Targets and predictions of which one lacks the last axis are brought to one rank before. */
export class FunctionLoss extends Loss {
  readonly #values: LossFunction;

  constructor(values: LossFunction, name: string) {
    super({ name });
    this.#values = values;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    const values: unknown = this.#values(...toSameRank(yTrue, yPred));
    if (values instanceof Tensor) return values;
    throw new ConfigError(
      `loss "${this.name}" must give a tensor with one value per sample, got ${values === undefined ? 'nothing' : typeof values}`,
    );
  }
}
