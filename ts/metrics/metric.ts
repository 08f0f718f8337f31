import { checkConfig, checkFunction, checkSubclass, checkText } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { snakeCase } from '../layers/naming.ts';
import { alignWeights } from '../losses/reduction.ts';
import { type DType, fill, Tensor, type TensorLike, toTensor, Variable, zeros } from '../tensor/index.ts';

/** Options of every metric. */
export interface MetricConfig {
  /** The name it is reported under. Default: the class name in snake case. */
  name?: string;
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
  name: string;
  readonly #state: { variable: Variable; initial: Tensor }[] = [];

  constructor(config: MetricConfig = {}) {
    checkSubclass(new.target, Metric, 'updateState and result');
    checkConfig(this.constructor.name, config);
    this.name = config.name !== undefined ? checkText('metric', 'name', config.name) : snakeCase(this.constructor.name);
  }

  /** A variable of the metric's state, which `resetState` sets back to `initial`. */
  protected addVariable(name: string, shape: readonly number[] = [], initial = 0, dtype: DType = 'float32'): Variable {
    checkText('addVariable', 'name', name);
    const start = initial === 0 ? zeros(shape, dtype) : fill(shape, initial, dtype);
    const variable = new Variable(start, false, `${this.name}/${name}`);
    this.#state.push({ variable, initial: start });
    return variable;
  }

  /** Takes a batch into account. */
  abstract updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void;

  /** The number so far, a scalar. */
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
    return { name: this.name };
  }

  /** Frees the state. */
  dispose(): void {
    for (const { variable, initial } of this.#state) {
      variable.dispose();
      initial.dispose();
    }
  }
}

/** The (weighted) mean of the values it is given. */
export class Mean extends Metric {
  readonly #total: Variable;
  readonly #count: Variable;

  constructor(config: MetricConfig = {}) {
    super(config);
    this.#total = this.addVariable('total');
    this.#count = this.addVariable('count');
  }

  /** Adds values `[batch, ...]` (their mean over all axes but the first counts), weighted by sample. */
  update(values: TensorLike, sampleWeight?: TensorLike): void {
    const given = toTensor(values).cast('float32');
    let samples = given;
    let weights: Tensor | undefined;
    if (sampleWeight !== undefined) {
      let rough = toTensor(sampleWeight).cast('float32');
      if (rough.rank > 1 && rough.rank === given.rank + 1 && rough.shape.at(-1) === 1) rough = rough.squeeze(-1);
      const rank = Math.min(rough.rank, given.rank);
      samples = rank < given.rank ? given.mean(trailingAxes(given, rank)) : given;
      const aligned = alignWeights(samples, rough).broadcastTo(samples.shape);
      samples = samples.mul(aligned);
      weights = aligned.rank > 1 ? aligned.mean(trailingAxes(aligned, 1)) : aligned;
    }
    if (samples.rank > 1) samples = samples.mean(trailingAxes(samples, 1));
    this.#total.assignAdd(samples.sum());
    this.#count.assignAdd(weights === undefined ? (samples.shape[0] ?? 1) : weights.sum());
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

function trailingAxes(x: Tensor, from: number): number[] {
  return x.shape.map((_, axis) => axis).slice(from);
}

/** Gives the value of every sample, to be averaged. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The mean of a function's values over all samples. */
export class MeanOverSamples extends Mean {
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
