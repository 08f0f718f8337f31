import { checkConfig, checkFunction, checkSubclass, checkText, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { snakeCase } from '../layers/naming.ts';
import { alignWeights } from '../losses/reduction.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { BuildRequest } from '../tensor/building.ts';
import { type DType, fill, keep, Tensor, type TensorLike, toTensor, Variable, zeros } from '../tensor/index.ts';

/** Options of every metric. */
export interface MetricConfig {
  /** The name it is reported under. Default: Keras' name of the class, without a number. */
  name?: string;
  /** Element type of the state: `'float32'`, and `'int32'` for metrics that count (the default of the IoU metrics). */
  dtype?: 'float32' | 'int32';
}

/**
 * Base of metrics: a number that accumulates over batches. State lives in variables made by `addVariable`, so that
 * `updateState` and `result` are traced and run natively.
 *
 * @example
 * class Largest extends metrics.Metric {
 *   readonly #largest = this.addVariable('largest', [], Number.NEGATIVE_INFINITY);
 *   override updateState(_yTrue: Tensor, yPred: Tensor) { this.#largest.assign(this.#largest.maximum(yPred.max())); }
 *   override result() { return this.#largest.read(); }
 * }
 */
export abstract class Metric {
  /** The name in configurations, of a class that has one. */
  static readonly className: string | undefined;
  /** Options beside those of every metric; a class that lists them takes no others. @internal */
  static readonly optionNames: readonly string[] | undefined;
  name: string;
  readonly dtype: 'float32' | 'int32';
  readonly #state: { variable: Variable; initial: Tensor }[] = [];

  /** @throws ConfigError for an option of the wrong kind. */
  constructor(config: MetricConfig = {}) {
    checkSubclass(new.target, Metric, 'updateState and result');
    const className = this.getClassName();
    // A subclass of one's own has options of its own.
    if (Object.hasOwn(new.target, 'optionNames')) {
      checkOptionNames(className, config, ['name', 'dtype', ...(new.target.optionNames ?? [])], "{ name: 'a' }");
    } else checkConfig(className, config);
    this.name = checkText('metric', 'name', config.name ?? snakeCase(className));
    this.dtype = config.dtype ?? 'float32';
    if (this.dtype !== 'float32' && this.dtype !== 'int32')
      throw new ConfigError(`${className}: dtype must be 'float32' or 'int32', got ${received(config.dtype)}`);
    // Subclasses write updateState with tensors, users call it with numbers, too.
    const update = this.updateState.bind(this);
    Object.defineProperty(this, 'updateState', {
      value: (yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike | null) =>
        update(
          toTensor(yTrue),
          toTensor(yPred),
          sampleWeight === undefined || sampleWeight === null ? undefined : toTensor(sampleWeight),
        ),
    });
  }

  /** A metric of the options that `getConfig` gives. */
  static fromConfig<T extends Metric>(this: new (config: never) => T, config: Record<string, unknown>): T {
    return new this(config as never);
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return (this.constructor as typeof Metric).className ?? this.constructor.name;
  }

  /** A variable of the metric's state, which `resetState` sets back to `initial`. */
  protected addVariable(name: string, shape: readonly number[] = [], initial = 0, dtype: DType = this.dtype): Variable {
    checkText('addVariable', 'name', name);
    // A step that runs eagerly frees what it makes, but the metric may be made in it.
    const start = keep(initial === 0 ? zeros(shape, dtype) : fill(shape, initial, dtype));
    const variable = new Variable(start, false, `${this.name}/${name}`);
    this.#state.push({ variable, initial: start });
    return variable;
  }

  /** Makes state whose shape the first batch tells; inside a trace it asks whoever began it to do so. */
  protected buildOnce(isBuilt: boolean, build: () => void): void {
    if (isBuilt) return;
    if (native.isTracing()) throw new BuildRequest(`metric "${this.name}"`, build);
    build();
  }

  /** Takes a batch into account. */
  abstract updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void;

  /** The number so far: a scalar, or several numbers, which `fit` reports one by one (`f1_score_0`, `f1_score_1`, ...). */
  abstract result(): Tensor;

  /** Forgets all batches. */
  resetState(): void {
    for (const { variable, initial } of this.#state) variable.assign(initial);
  }

  /** The variables of the state. */
  get variables(): Variable[] {
    return this.#state.map(({ variable }) => variable);
  }

  /** The options that make an equal metric. */
  getConfig(): Record<string, unknown> {
    return { name: this.name, dtype: this.dtype };
  }

  /** Frees the state. */
  dispose(): void {
    for (const { variable, initial } of this.#state) {
      variable.dispose();
      initial.dispose();
    }
  }
}

/**
 * The (weighted) mean of the values it is given.
 * @example
 * const mean = new metrics.Mean();
 * mean.update([1, 3, 5]);
 * mean.result() // 3
 */
export class Mean extends Metric {
  static override readonly className: string = 'Mean';
  static override readonly optionNames: readonly string[] = [];
  readonly #total: Variable;
  readonly #count: Variable;

  constructor(config: MetricConfig = {}) {
    super(config);
    this.#total = this.addVariable('total');
    this.#count = this.addVariable('count');
  }

  /** Adds values `[batch, ...]` (their mean over all axes but the first counts), weighted by sample. */
  update(values: TensorLike, sampleWeight?: TensorLike): void {
    const { samples, weights } = bySample(values, sampleWeight, (x, axes) => x.mean(axes));
    this.#total.assignAdd(samples.sum().cast(this.dtype));
    this.#count.assignAdd(weights === undefined ? (samples.shape[0] ?? 1) : weights.sum().cast(this.dtype));
  }

  /** As a metric of a model: the mean of the predictions. */
  override updateState(_yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    this.update(yPred, sampleWeight);
  }

  /** Total by count, 0 before the first value. */
  override result(): Tensor {
    return this.#total.divNoNan(this.#count);
  }
}

/**
 * The (weighted) sum of the values it is given.
 * @example
 * const sum = new metrics.Sum();
 * sum.update([1, 3, 5]);
 * sum.result() // 9
 */
export class Sum extends Metric {
  static override readonly className: string = 'Sum';
  static override readonly optionNames: readonly string[] = [];
  readonly #total: Variable;

  constructor(config: MetricConfig = {}) {
    super(config);
    this.#total = this.addVariable('total');
  }

  /** Adds values `[batch, ...]`, weighted by sample. */
  update(values: TensorLike, sampleWeight?: TensorLike): void {
    const { samples } = bySample(values, sampleWeight, (x, axes) => x.sum(axes));
    this.#total.assignAdd(samples.sum().cast(this.dtype));
  }

  /** As a metric of a model: the sum of the predictions. */
  override updateState(_yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    this.update(yPred, sampleWeight);
  }

  override result(): Tensor {
    return this.#total.read();
  }
}

/** Values and weights, one a sample: further axes are brought to one value by `reduce`. */
function bySample(
  values: TensorLike,
  sampleWeight: TensorLike | undefined,
  reduce: (x: Tensor, axes: number[]) => Tensor,
): { samples: Tensor; weights: Tensor | undefined } {
  const source = toTensor(values);
  const given = source.cast('float32');
  let samples = given;
  let weights: Tensor | undefined;
  if (sampleWeight !== undefined) {
    let rough = toTensor(sampleWeight).cast('float32');
    if (source.mask !== undefined) rough = alignWeights(source.mask, rough).mul(source.mask.cast('float32'));
    if (rough.rank > 1 && rough.rank === given.rank + 1 && rough.shape.at(-1) === 1) rough = rough.squeeze(-1);
    const rank = Math.min(rough.rank, given.rank);
    samples = rank < given.rank ? reduce(given, trailingAxes(given, rank)) : given;
    const aligned = samples.rank === 0 ? rough.mean() : alignWeights(samples, rough).broadcastTo(samples.shape);
    samples = samples.mul(aligned);
    weights = aligned.rank > 1 ? reduce(aligned, trailingAxes(aligned, 1)) : aligned;
  }
  if (samples.rank > 1) samples = reduce(samples, trailingAxes(samples, 1));
  return { samples, weights };
}

function trailingAxes(x: Tensor, from: number): number[] {
  return x.shape.map((_, axis) => axis).slice(from);
}

/** Gives the value of every sample, to be averaged. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/**
 * The mean of a function's values over all samples. Base of most metrics.
 * @example new metrics.MeanMetricWrapper((yTrue, yPred) => yTrue.sub(yPred).mean(-1), { name: 'bias' })
 */
export class MeanMetricWrapper extends Mean {
  static override readonly className: string = 'MeanMetricWrapper';
  readonly #values: MetricFunction;

  constructor(values: MetricFunction, config: MetricConfig = {}) {
    super(config);
    checkFunction(this.name, 'what gives the values', values);
    this.#values = values;
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const predictions = toTensor(yPred);
    const values: unknown = this.#values(toTensor(yTrue), predictions);
    if (!(values instanceof Tensor)) {
      throw new ConfigError(
        `metric "${this.name}" must give a tensor with one value per sample, got ${values === undefined ? 'nothing' : typeof values}`,
      );
    }
    const { mask } = predictions;
    if (mask === undefined) {
      this.update(values, sampleWeight);
      return;
    }
    const kept = mask.cast('float32');
    this.update(values, sampleWeight === undefined ? kept : kept.mul(alignWeights(kept, sampleWeight)));
  }
}
