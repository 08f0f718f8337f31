import { checkFlag, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { moments } from '../../ops/index.ts';
import { type Tensor, type TensorLike, tensor, tidy, toTensor, type Variable } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { axesOf, knownSizes } from '../normalization/affine.ts';
import { type Shape, shown } from '../shape.ts';
import { type AdaptBatches, type AsyncAdaptBatches, eachBatch } from './batches.ts';
import { type Constants, constants } from './rescaling.ts';

/** Deviations below are taken for this: a constant feature is not divided by zero. */
const LEAST_DEVIATION = 1e-7;

/** Options of {@link Normalization}. */
export interface NormalizationConfig extends LayerConfig {
  /** Axes whose entries have a mean and variance each; `null` (or none): one mean and variance for all numbers. Default -1. */
  axis?: number | readonly number[] | null;
  /** The means, instead of `adapt`: a number, or numbers that broadcast with the kept axes. Needs `variance`. */
  mean?: TensorLike | null;
  /** The variances, of the shape of `mean`. */
  variance?: TensorLike | null;
  /** Whether normalized numbers are turned back instead: `x * deviation + mean`. Default false. */
  invert?: boolean;
}

/** Mean and variance of what has been seen, exact in float64. */
interface Statistics {
  count: number;
  mean: Float64Array;
  variance: Float64Array;
}

/**
 * `y = (x - mean) / max(sqrt(variance), 1e-7)`, feature by feature, with statistics of the data: those of the options, or
 * what {@link adapt} found. It does the same in training and inference.
 *
 * Shapes: output as the input, float32. Weights, unless mean and variance are options: mean and variance (of the sizes of the
 * kept axes) and an unused count, none of them trained; so `setWeights` (or a file) restores an adapted layer.
 * @example
 * const normalization = layers.normalization();
 * normalization.adapt([[1, 10], [3, 30]]);
 * normalization.apply([[3, 10]]) // [[1, -1]]
 * const net = sequential({ layers: [normalization, layers.dense({ units: 1 })] });
 */
export class Normalization extends Layer {
  static override readonly className: string = 'Normalization';
  static override readonly optionNames: readonly string[] = ['axis', 'mean', 'variance', 'invert'];
  readonly axis: readonly number[];
  readonly invert: boolean;
  readonly #given: { readonly mean: Constants; readonly variance: Constants } | undefined;
  #mean: Variable | undefined;
  #variance: Variable | undefined;
  /** Of the inputs that the layer was built for. */
  #rank = 0;
  #kept: readonly number[] = [];
  #sizes: readonly number[] = [];

  /** @throws ConfigError for a mean without a variance, or other options outside their allowed values; ShapeError for means of a shape that does not fit. */
  constructor(config: NormalizationConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.axis = checkAxes(this.label, config.axis);
    this.invert = checkFlag(this.label, 'invert', config.invert ?? false);
    const { mean, variance } = config;
    const [hasMean, hasVariance] = [mean ?? undefined, variance ?? undefined].map((value) => value !== undefined);
    if (hasMean !== hasVariance) {
      throw new ConfigError(
        `${this.label}: mean and variance go together, got mean ${received(mean)} and variance ${received(variance)}`,
      );
    }
    if (!hasMean) return;
    this.#given = {
      mean: constants(this.label, 'mean', mean),
      variance: constants(this.label, 'variance', variance),
    };
    const shapes = [this.#given.mean, this.#given.variance].map((value) => toTensor(value as number).shape);
    const [shape, other] = shapes as [readonly number[], readonly number[]];
    if (shown(shape) !== shown(other)) {
      throw new ShapeError(
        `${this.label}: mean and variance must have one shape, got ${shown(shape)} and ${shown(other)}`,
      );
    }
    if (shape.length > this.axis.length) {
      throw new ShapeError(
        `${this.label}: mean has more axes (shape ${shown(shape)}) than are kept (axis [${this.axis.join(', ')}])`,
      );
    }
  }

  override build(inputShape: Shape): void {
    this.#rank = inputShape.length;
    this.#kept = axesOf(this.label, this.axis, inputShape);
    this.#sizes = knownSizes(this.label, this.#kept, inputShape);
    if (this.#given !== undefined) {
      this.#checkGiven(toTensor(this.#given.mean as number).shape);
      return;
    }
    const shape = this.#sizes;
    this.#mean = this.addWeight({ name: 'mean', shape, initializer: 'zeros', trainable: false });
    this.#variance = this.addWeight({ name: 'variance', shape, initializer: 'ones', trainable: false });
    this.addWeight({ name: 'count', shape: [], initializer: 'zeros', dtype: 'int32', trainable: false });
  }

  #checkGiven(shape: readonly number[]): void {
    const sizes = this.#sizes.slice(this.#sizes.length - shape.length);
    if (shape.every((size, i) => size === 1 || size === sizes[i])) return;
    throw new ShapeError(
      `${this.label}: a mean of shape ${shown(shape)} does not broadcast to the kept axes' sizes ${shown(this.#sizes)}`,
    );
  }

  override checkInput(shape: Shape): void {
    if (!this.built || this.axis.length === 0) return;
    const fits =
      shape.length === this.#rank && this.#kept.every((axis, i) => [null, this.#sizes[i]].includes(shape[axis]));
    if (fits) return;
    const expected = Array.from({ length: this.#rank }, (_, axis) => this.#sizes[this.#kept.indexOf(axis)] ?? null);
    throw new ShapeError(`${this.label} expects inputs of shape ${shown(expected)}, but got ${shown(shape)}`);
  }

  /**
   * Finds mean and variance of data: a tensor (or array) of samples, or batches of them, weighted by their numbers of samples.
   * Adapting again starts over.
   *
   * @returns A promise for batches that come asynchronously, nothing else.
   * @throws ConfigError when mean and variance were options; ShapeError for data of another shape than the layer was built for;
   * DataError for no batches.
   * @example
   * const normalization = layers.normalization();
   * async function* batches() {
   *   for (let i = 0; i < 10; i++) yield randomNormal([32, 4]);
   * }
   * await normalization.adapt(batches);
   */
  adapt(data: TensorLike | AdaptBatches): void;
  adapt(data: AsyncAdaptBatches): Promise<void>;
  adapt(data: TensorLike | AdaptBatches | AsyncAdaptBatches): void | Promise<void>;
  adapt(data: TensorLike | AdaptBatches | AsyncAdaptBatches): void | Promise<void> {
    if (this.#given !== undefined)
      throw new ConfigError(`${this.label}: mean and variance are options, so there is nothing to adapt`);
    let seen: Statistics | undefined;
    const waiting = eachBatch(this.label, data, undefined, (batch) => {
      this.#prepare(batch.shape);
      seen = joined(seen, tidy(() => this.#statisticsOf(batch)) as Statistics);
    });
    const keep = (): void => {
      const { mean, variance } = seen as Statistics;
      this.mean.assign(tensor(mean, this.#sizes));
      this.variance.assign(tensor(variance, this.#sizes));
    };
    if (waiting !== undefined) return waiting.then(keep);
    keep();
  }

  /** Builds the layer for a batch, or checks that the batch fits. */
  #prepare(shape: readonly number[]): void {
    const keepsBatch = this.axis.some((axis) => axis === 0 || axis === -shape.length);
    if (this.built) this.checkInput(shape);
    else this.build(keepsBatch ? shape : [null, ...shape.slice(1)].slice(0, shape.length));
    if (shape.includes(0))
      throw new ShapeError(`${this.label}: adapt needs numbers, got a batch of shape ${shown(shape)}`);
  }

  #statisticsOf(batch: Tensor): Statistics {
    const x = batch.cast('float32');
    const reduced = x.shape.map((_, axis) => axis).filter((axis) => !this.#kept.includes(axis));
    const count = reduced.reduce((product, axis) => product * (x.shape[axis] as number), 1);
    const numbers = (of: Tensor): Float64Array => Float64Array.from(of.dataSync());
    if (reduced.length === 0) return { count, mean: numbers(x), variance: new Float64Array(x.size) };
    const { mean, variance } = moments(x, reduced);
    return { count, mean: numbers(mean), variance: numbers(variance) };
  }

  /** The means, in the sizes of the kept axes; there once the layer was built, unless they are options. */
  get mean(): Variable {
    return this.#mean as Variable;
  }

  /** As `mean`. */
  get variance(): Variable {
    return this.#variance as Variable;
  }

  override call(inputs: Tensor): Tensor {
    const x = inputs.cast(this.dtype);
    const mean = this.#alongInputs(this.#given?.mean ?? this.mean, inputs.rank);
    const variance = this.#alongInputs(this.#given?.variance ?? this.variance, inputs.rank);
    const deviation = variance.sqrt().maximum(LEAST_DEVIATION);
    return this.invert ? mean.add(x.mul(deviation)) : x.sub(mean).div(deviation);
  }

  /** Statistics in the rank of the inputs; fewer axes than are kept belong to the last of them. */
  #alongInputs(value: Constants | Variable, rank: number): Tensor {
    const numbers = toTensor(value as number).cast(this.dtype);
    if (numbers.rank === 0) return numbers;
    const shape = new Array<number>(rank).fill(1);
    const kept = this.#kept.slice(this.#kept.length - numbers.rank);
    for (const [i, axis] of kept.entries()) shape[axis] = numbers.shape[i] as number;
    return numbers.reshape(shape);
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      axis: [...this.axis],
      invert: this.invert,
      mean: this.#given?.mean ?? null,
      variance: this.#given?.variance ?? null,
    };
  }
}

/** @throws ConfigError unless whole numbers. */
function checkAxes(label: string, axis: unknown): readonly number[] {
  if (axis === null) return [];
  const axes: unknown[] = axis === undefined ? [-1] : Array.isArray(axis) ? axis.slice(0, 9) : [axis];
  if (axes.length <= 8 && axes.every(Number.isSafeInteger)) return axes as number[];
  throw new ConfigError(
    `${label}: axis must be a whole number, several such as [1, 2], or null, got ${received(axis)}`,
  );
}

/** Statistics of all seen so far and a batch, each weighted by its count. */
function joined(seen: Statistics | undefined, batch: Statistics): Statistics {
  if (seen === undefined) return batch;
  const count = seen.count + batch.count;
  const share = batch.count / count;
  const mean = seen.mean.map((value, i) => value * (1 - share) + (batch.mean[i] as number) * share);
  const variance = seen.variance.map((value, i) => {
    const center = mean[i] as number;
    const old = value + ((seen.mean[i] as number) - center) ** 2;
    const added = (batch.variance[i] as number) + ((batch.mean[i] as number) - center) ** 2;
    return old * (1 - share) + added * share;
  });
  return { count, mean, variance };
}
