import { checkConfig, checkFinite, received } from '../../arguments.ts';
import { ConfigError, DataError, ShapeError, StateError } from '../../errors.ts';
import { searchSorted } from '../../ops/index.ts';
import { type Tensor, type TensorLike, tensor, zeros } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { positiveInteger } from '../options.ts';
import { isFindingShapes, type Shape, shown } from '../shape.ts';
import { type AdaptBatches, type AsyncAdaptBatches, eachBatch } from './batches.ts';
import { type EncodingMode, encoded, encodingMode } from './encoding.ts';
import { boundariesOf, emptySummary, merge, summarize } from './quantile-summary.ts';

/** Options of {@link Discretization}: `binBoundaries` or `numBins`. */
export interface DiscretizationConfig extends LayerConfig {
  /** Where bins end, ascending; n of them make n + 1 bins. */
  binBoundaries?: readonly number[] | null;
  /** How many bins `adapt` makes. */
  numBins?: number | null;
  /** How exact the boundaries that `adapt` finds are, as a share of the data. Default 0.01. */
  epsilon?: number;
  /** Default `'int'`: the number of the bin. The others as CategoryEncoding has them. */
  outputMode?: 'int' | EncodingMode | 'one_hot' | 'multi_hot';
}

/** Options of `adapt` of {@link Discretization}. */
export interface DiscretizationAdaptOptions {
  /** Batches that are read at most. Default: all. */
  readonly steps?: number | null;
}

/**
 * The number of the bin that a number falls in: `i` where `boundaries[i - 1] <= x < boundaries[i]`, with bins without an end on
 * both sides.
 *
 * Shapes: `'int'`: output as the input, int32. `'oneHot'`: input `[..., 1]` or `[...]`, output `[..., bins]`; `'multiHot'` and
 * `'count'`: input `[batch, n]`, output `[batch, bins]`, float32. The boundaries are part of the configuration, adapted ones too.
 *
 * @example
 * const discretization = layers.discretization({ numBins: 4, outputMode: 'oneHot' });
 * discretization.adapt([1.5, 2, 8, 3.5, 9, 2.5]);
 */
export class Discretization extends Layer {
  static override readonly className: string = 'Discretization';
  static override readonly optionNames: readonly string[] = ['binBoundaries', 'numBins', 'epsilon', 'outputMode'];
  readonly numBins: number | null;
  readonly epsilon: number;
  readonly outputMode: 'int' | EncodingMode;
  #boundaries: readonly number[] | undefined;

  /** @throws ConfigError for options outside their allowed values, both binBoundaries and numBins, or neither. */
  constructor(config: DiscretizationConfig = {}) {
    super(config);
    const { label } = this;
    const boundaries = config.binBoundaries ?? undefined;
    const bins = config.numBins ?? undefined;
    if ((boundaries === undefined) === (bins === undefined)) {
      throw new ConfigError(
        `${label} needs binBoundaries or numBins, one of both, got binBoundaries ${received(boundaries)} and numBins ${received(bins)}`,
      );
    }
    this.numBins = bins === undefined ? null : positiveInteger(label, 'numBins', bins);
    this.#boundaries = boundaries === undefined ? undefined : checkBoundaries(label, boundaries);
    this.epsilon = checkFinite(label, 'epsilon', config.epsilon ?? 0.01);
    if (!(this.epsilon > 0 && this.epsilon < 1))
      throw new ConfigError(`${label}: epsilon must be between 0 and 1, got ${received(this.epsilon)}`);
    const mode = config.outputMode ?? 'int';
    const known = mode === 'int' ? mode : encodingMode(mode);
    if (known === undefined) {
      throw new ConfigError(
        `${label}: outputMode must be 'int', 'oneHot', 'multiHot' or 'count', got ${received(mode)}`,
      );
    }
    this.outputMode = known;
  }

  /** A layer of a configuration, which after `adapt` holds both the number of bins and their boundaries. @throws As the constructor. */
  static override fromConfig(config: Record<string, unknown>): Discretization {
    checkConfig('Discretization.fromConfig', config);
    const { binBoundaries, ...rest } = config as DiscretizationConfig;
    if ((binBoundaries ?? undefined) === undefined || (rest.numBins ?? undefined) === undefined)
      return new Discretization(config as DiscretizationConfig);
    const layer = new Discretization(rest);
    layer.#boundaries = checkBoundaries(layer.label, binBoundaries);
    return layer;
  }

  /** Where bins end; `undefined` before `adapt`. */
  get binBoundaries(): readonly number[] | undefined {
    return this.#boundaries;
  }

  /**
   * Finds boundaries between which data fall about equally often: of a tensor (or array) of numbers, or of batches. Adapting
   * again starts over.
   *
   * @returns A promise for batches that come asynchronously, nothing else.
   * @throws ConfigError when the boundaries were options; DataError for no numbers.
   */
  adapt(data: TensorLike | AdaptBatches, options?: DiscretizationAdaptOptions): void;
  adapt(data: AsyncAdaptBatches, options?: DiscretizationAdaptOptions): Promise<void>;
  adapt(
    data: TensorLike | AdaptBatches | AsyncAdaptBatches,
    options?: DiscretizationAdaptOptions,
  ): void | Promise<void>;
  adapt(
    data: TensorLike | AdaptBatches | AsyncAdaptBatches,
    options: DiscretizationAdaptOptions = {},
  ): void | Promise<void> {
    const { numBins, epsilon, label } = this;
    if (numBins === null)
      throw new ConfigError(
        `${label}: binBoundaries are an option, so there is nothing to adapt; pass numBins instead`,
      );
    checkConfig(`${label}: adapt`, options);
    const steps = options.steps ?? undefined;
    if (steps !== undefined) positiveInteger(label, 'steps', steps);
    let summary = emptySummary;
    const waiting = eachBatch(label, data, steps, (batch) => {
      const numbers = batch.cast('float32').dataSync() as Float32Array;
      summary = merge(summarize(numbers, epsilon), summary, epsilon);
    });
    const keep = (): void => {
      if (summary.values.length === 0) throw new DataError(`${label}: adapt was given no numbers`);
      this.#boundaries = boundariesOf(summary, numBins);
      // They are constants of the steps traced so far.
      this.markChanged();
    };
    if (waiting !== undefined) return waiting.then(keep);
    keep();
  }

  override checkInput(shape: Shape): void {
    if (this.outputMode !== 'int' && shape.length > 7)
      throw new ShapeError(`${this.label} adds an axis, which makes too many for an input of shape ${shown(shape)}`);
  }

  override call(inputs: Tensor): Tensor {
    // A model may be made before the layer is adapted: the shape depends on their number alone.
    const boundaries =
      this.#boundaries ?? (isFindingShapes() ? new Array<number>((this.numBins ?? 1) - 1).fill(0) : undefined);
    if (boundaries === undefined)
      throw new StateError(`${this.label} has no boundaries yet: pass binBoundaries, or call adapt(data) first`);
    const ids =
      boundaries.length === 0
        ? zeros(inputs.shape, 'int32')
        : searchSorted(tensor([...boundaries]), inputs.cast('float32'), 'right');
    return this.outputMode === 'int' ? ids : encoded(ids, this.outputMode, boundaries.length + 1, this.dtype);
  }

  override getConfig(): Record<string, unknown> {
    const { numBins, epsilon, outputMode } = this;
    const binBoundaries = this.#boundaries === undefined ? null : [...this.#boundaries];
    return { ...super.getConfig(), binBoundaries, numBins, epsilon, outputMode };
  }
}

/** @throws ConfigError unless ascending numbers. */
function checkBoundaries(label: string, given: unknown): readonly number[] {
  const isList = Array.isArray(given) && given.length <= 2 ** 20;
  const boundaries: unknown[] = isList ? Array.from(given as unknown[]) : [];
  const ascends = boundaries.every(
    (value, i) => typeof value === 'number' && !(i > 0 && !((boundaries[i - 1] as number) <= value)),
  );
  if (isList && ascends && !boundaries.some(Number.isNaN)) return boundaries as number[];
  throw new ConfigError(
    `${label}: binBoundaries must be ascending numbers such as [0, 0.5, 1], got ${received(given)}`,
  );
}
