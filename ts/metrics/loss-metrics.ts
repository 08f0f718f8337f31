// The losses as metrics: their mean over all samples.
import { withName } from '../arguments.ts';
import {
  binaryCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  checkCrossentropy,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from '../losses/crossentropy.ts';
import { klDivergence, poisson } from '../losses/divergence.ts';
import { categoricalHinge, hinge, squaredHinge } from '../losses/hinge.ts';
import {
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from '../losses/regression.ts';
import { MeanMetricWrapper, type MetricConfig } from './metric.ts';

/**
 * The mean of `losses.meanSquaredError`.
 * @example
 * const error = new metrics.MeanSquaredError();
 * error.updateState(tensor([[0, 1]]), tensor([[1, 3]]));
 * error.result() // 2.5
 */
export class MeanSquaredError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanSquaredError';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super((yTrue, yPred) => meanSquaredError(yTrue, yPred), config);
  }
}

/**
 * The mean of `losses.meanAbsoluteError`.
 * @example
 * const error = new metrics.MeanAbsoluteError();
 * error.updateState(tensor([[0, 1]]), tensor([[1, 3]]));
 * error.result() // 1.5
 */
export class MeanAbsoluteError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanAbsoluteError';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(meanAbsoluteError, config);
  }
}

/**
 * The mean of `losses.meanAbsolutePercentageError`.
 * @example
 * const error = new metrics.MeanAbsolutePercentageError();
 * error.updateState(tensor([[1, 4]]), tensor([[2, 3]]));
 * error.result() // 62.5
 */
export class MeanAbsolutePercentageError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanAbsolutePercentageError';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(meanAbsolutePercentageError, config);
  }
}

/**
 * The mean of `losses.meanSquaredLogarithmicError`.
 * @example
 * const error = new metrics.MeanSquaredLogarithmicError();
 * error.updateState(tensor([[0]]), tensor([[Math.E - 1]]));
 * error.result() // 1
 */
export class MeanSquaredLogarithmicError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanSquaredLogarithmicError';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(meanSquaredLogarithmicError, config);
  }
}

/**
 * The mean of `losses.logCosh`.
 * @example
 * const error = new metrics.LogCoshError();
 * error.updateState(tensor([[0]]), tensor([[1]]));
 * error.result() // 0.4338
 */
export class LogCoshError extends MeanMetricWrapper {
  static override readonly className: string = 'LogCoshError';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(logCosh, withName('LogCoshError', config, 'logcosh'));
  }
}

/**
 * The mean of `losses.hinge`.
 * @example
 * const loss = new metrics.Hinge();
 * loss.updateState(tensor([[-1, 1]]), tensor([[0.5, 0.5]]));
 * loss.result() // 1
 */
export class Hinge extends MeanMetricWrapper {
  static override readonly className: string = 'Hinge';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(hinge, config);
  }
}

/**
 * The mean of `losses.squaredHinge`.
 * @example
 * const loss = new metrics.SquaredHinge();
 * loss.updateState(tensor([[-1, 1]]), tensor([[0.5, 0.5]]));
 * loss.result() // 1.25
 */
export class SquaredHinge extends MeanMetricWrapper {
  static override readonly className: string = 'SquaredHinge';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(squaredHinge, config);
  }
}

/**
 * The mean of `losses.categoricalHinge`.
 * @example
 * const loss = new metrics.CategoricalHinge();
 * loss.updateState(tensor([[0, 1]]), tensor([[0.5, 0.25]]));
 * loss.result() // 1.25
 */
export class CategoricalHinge extends MeanMetricWrapper {
  static override readonly className: string = 'CategoricalHinge';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(categoricalHinge, config);
  }
}

/**
 * The mean of `losses.klDivergence`.
 * @example
 * const loss = new metrics.KLDivergence();
 * loss.updateState(tensor([[1, 0]]), tensor([[0.5, 0.5]]));
 * loss.result() // 0.6931
 */
export class KLDivergence extends MeanMetricWrapper {
  static override readonly className: string = 'KLDivergence';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(klDivergence, config);
  }
}

/**
 * The mean of `losses.poisson`.
 * @example
 * const loss = new metrics.Poisson();
 * loss.updateState(tensor([[0, 2]]), tensor([[1, 1]]));
 * loss.result() // 1
 */
export class Poisson extends MeanMetricWrapper {
  static override readonly className: string = 'Poisson';
  static override readonly optionNames: readonly string[] = [];

  constructor(config: MetricConfig = {}) {
    super(poisson, config);
  }
}

/**
 * The mean of `losses.binaryCrossentropy`, with its options.
 * @example
 * const loss = new metrics.BinaryCrossentropy();
 * loss.updateState(tensor([[0], [1]]), tensor([[0.5], [0.5]]));
 * loss.result() // 0.6931
 */
export class BinaryCrossentropy extends MeanMetricWrapper {
  static override readonly className: string = 'BinaryCrossentropy';
  static override readonly optionNames: readonly string[] = ['fromLogits', 'labelSmoothing', 'axis'];
  readonly #options: Required<CrossentropyOptions>;

  constructor(config: MetricConfig & CrossentropyOptions = {}) {
    super((yTrue, yPred) => binaryCrossentropy(yTrue, yPred, this.#options), config);
    this.#options = checkCrossentropy('BinaryCrossentropy', config);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}

/**
 * The mean of `losses.categoricalCrossentropy`, with its options.
 * @example
 * const loss = new metrics.CategoricalCrossentropy();
 * loss.updateState(tensor([[0, 1]]), tensor([[0.5, 0.5]]));
 * loss.result() // 0.6931
 */
export class CategoricalCrossentropy extends MeanMetricWrapper {
  static override readonly className: string = 'CategoricalCrossentropy';
  static override readonly optionNames: readonly string[] = ['fromLogits', 'labelSmoothing', 'axis'];
  readonly #options: Required<CrossentropyOptions>;

  constructor(config: MetricConfig & CrossentropyOptions = {}) {
    super((yTrue, yPred) => categoricalCrossentropy(yTrue, yPred, this.#options), config);
    this.#options = checkCrossentropy('CategoricalCrossentropy', config);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}

/**
 * The mean of `losses.sparseCategoricalCrossentropy`, with its options.
 * @example
 * const loss = new metrics.SparseCategoricalCrossentropy();
 * loss.updateState(tensor([1]), tensor([[0.5, 0.5]]));
 * loss.result() // 0.6931
 */
export class SparseCategoricalCrossentropy extends MeanMetricWrapper {
  static override readonly className: string = 'SparseCategoricalCrossentropy';
  static override readonly optionNames: readonly string[] = ['fromLogits', 'ignoreClass', 'axis'];
  readonly #options: Required<SparseCrossentropyOptions>;

  constructor(config: MetricConfig & SparseCrossentropyOptions = {}) {
    super((yTrue, yPred) => sparseCategoricalCrossentropy(yTrue, yPred, this.#options), config);
    const { fromLogits, axis } = checkCrossentropy('SparseCategoricalCrossentropy', config);
    this.#options = { fromLogits, axis, ignoreClass: config.ignoreClass ?? null };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#options };
  }
}
