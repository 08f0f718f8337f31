import { checkFlag } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { matMul, where } from '../../ops/index.ts';
import { range, type Tensor, type Variable, zerosLike } from '../../tensor/index.ts';
import type { CallOptions } from '../calls.ts';
import type { LayerConfig } from '../layer.ts';
import { listOfShapes } from '../merging/merge.ts';
import type { Nest } from '../nest.ts';
import { lastSize, oneOf } from '../options.ts';
import { Dropout } from '../regularization/dropout.ts';
import { type Shape, shown } from '../shape.ts';
import { ScoredLayer } from './scored.ts';

/** Options of {@link AdditiveAttention}. */
export interface AdditiveAttentionConfig extends LayerConfig {
  /** Whether the scores have a learned scale. */
  useScale?: boolean;
  /** Share of the weights that training drops. Default 0. */
  dropout?: number;
  /** Seed of the dropout. */
  seed?: number;
}

/** Options of {@link Attention}. */
export interface AttentionConfig extends AdditiveAttentionConfig {
  /** `'dot'` (default): products of queries and keys; `'concat'`: `w * sum(tanh(scale * (query + key)))`. */
  scoreMode?: 'dot' | 'concat';
}

interface AttentionCall extends CallOptions {
  readonly returnAttentionScores?: boolean;
  readonly useCausalMask?: boolean;
}

/** Which keys a query sees when it sees no later ones: `[queries, keys]`. */
export function causalMask(queries: number, keys: number): Tensor {
  return range(0, keys, 1, 'int32').lessEqual(range(0, queries, 1, 'int32').expandDims(1));
}

/**
 * Attention of one head without projections: `softmax(scores) . value` with `scores = query . key^T` (Luong et al., 2015).
 *
 * Applied to a list `[query, value]` or `[query, value, key]` (by default the keys are the values). A mask of the values takes their steps
 * out of the softmax, one of the queries sets their outputs to 0. Options of a call: `returnAttentionScores`, `useCausalMask`.
 *
 * Shapes: query `[batch, queries, dim]`, value `[batch, keys, valueDim]`, key `[batch, keys, dim]`, output `[batch, queries, valueDim]`,
 * scores `[batch, queries, keys]`.
 * @example
 * const [query, value] = [ones([2, 3, 4]), ones([2, 5, 4])];
 * const [y, scores] = layers.attention().apply([query, value], { returnAttentionScores: true });
 * y.shape // [2, 3, 4]
 * scores.shape // [2, 3, 5]
 */
export class Attention extends ScoredLayer {
  static override readonly className: string = 'Attention';
  static override readonly optionNames: readonly string[] = ['useScale', 'scoreMode', 'dropout', 'seed'];
  static override readonly callOptionNames: readonly string[] = ['returnAttentionScores', 'useCausalMask'];
  static override readonly takesSeveral: boolean = true;
  readonly useScale: boolean;
  readonly scoreMode: 'dot' | 'concat';
  readonly dropoutLayer: Dropout;
  #scale: Variable | undefined;
  #weight: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AttentionConfig = {}) {
    super(config);
    this.supportsMasking = true;
    this.useScale = checkFlag(this.label, 'useScale', config.useScale ?? false);
    this.scoreMode = oneOf(this.label, 'scoreMode', config.scoreMode ?? 'dot', ['dot', 'concat']);
    this.dropoutLayer = new Dropout({
      rate: config.dropout ?? 0,
      name: `${this.name}/dropout`,
      ...(config.seed === undefined ? {} : { seed: config.seed }),
    });
  }

  override build(_inputShape: Nest<Shape>): void {
    if (this.useScale) this.#scale = this.addWeight({ name: 'scale', shape: [], initializer: 'ones' });
    if (this.scoreMode === 'concat')
      this.#weight = this.addWeight({ name: 'concat_score_weight', shape: [], initializer: 'ones' });
  }

  override checkInput(shapes: Nest<Shape>): void {
    const list = listOfShapes(this.label, shapes);
    if (list.length < 2 || list.length > 3)
      throw new ShapeError(
        `${this.label} expects [query, value] or [query, value, key], but got ${list.length} tensors`,
      );
    const [query, value, key = value] = list as [Shape, Shape, Shape?];
    const differ = (a: number | null | undefined, b: number | null | undefined): boolean =>
      typeof a === 'number' && typeof b === 'number' && a !== b;
    if (list.some(({ length }) => length !== 3) || differ(query[2], key[2]) || differ(value[1], key[1]))
      throw new ShapeError(
        `${this.label} expects queries [batch, queries, dim], values [batch, keys, valueDim] and keys [batch, keys, dim], but got ${list.map(shown).join(', ')}`,
      );
  }

  /** `[batch, queries, keys]`, how well each key suits each query. */
  protected scoresOf(query: Tensor, key: Tensor): Tensor {
    if (this.#weight === undefined) {
      const scores = matMul(query, key, false, true);
      return this.#scale === undefined ? scores : scores.mul(this.#scale);
    }
    const sum = query.expandDims(2).add(key.expandDims(1));
    return (this.#scale === undefined ? sum : sum.mul(this.#scale)).tanh().sum(-1).mul(this.#weight);
  }

  override call(inputs: readonly Tensor[], options: AttentionCall): Tensor {
    const { training, mask, returnAttentionScores = false, useCausalMask = false } = options;
    checkFlag(this.label, 'returnAttentionScores', returnAttentionScores);
    checkFlag(this.label, 'useCausalMask', useCausalMask);
    const [query, value, key = value] = inputs as [Tensor, Tensor, Tensor?];
    if (mask !== undefined && mask !== null && !Array.isArray(mask))
      throw new ConfigError(`${this.label}: mask must be a list, that of the queries and that of the values`);
    const [queryMask, valueMask] = (mask ?? []) as readonly (Tensor | undefined)[];
    let scores = this.scoresOf(query, key);
    let seen = valueMask ? (valueMask.rank === 2 ? valueMask.expandDims(1) : valueMask) : undefined;
    if (useCausalMask) {
      const earlier = causalMask(query.shape[1] as number, key.shape[1] as number);
      seen = seen === undefined ? earlier : seen.logicalAnd(earlier);
    }
    if (seen !== undefined) scores = where(seen, scores, scores.sub(1e9));
    const weights = scores.softmax();
    let output = matMul(this.dropoutLayer.apply(weights, { training }), value);
    if (queryMask) {
      output = where(queryMask.expandDims(-1), output, zerosLike(output));
      output.mask = queryMask;
    }
    // What apply says of its result is told there.
    return (returnAttentionScores ? [output, weights] : output) as Tensor;
  }

  override computeMask(): undefined {
    // The output carries its mask from call on, with scores beside it or not.
    return undefined;
  }

  override getConfig(): Record<string, unknown> {
    const { rate: dropout, seed } = this.dropoutLayer;
    const { useScale, scoreMode } = this;
    return { ...super.getConfig(), useScale, scoreMode, dropout, ...(seed === undefined ? {} : { seed }) };
  }
}

/**
 * Attention whose scores are `sum(scale * tanh(query + key))` with a learned scale (Bahdanau et al., 2015). Applied as
 * {@link Attention}; `useScale` is true by default.
 * @example
 * const y = layers.additiveAttention().apply([ones([2, 3, 4]), ones([2, 5, 4])]);
 * y.shape // [2, 3, 4]
 */
export class AdditiveAttention extends Attention {
  static override readonly className: string = 'AdditiveAttention';
  static override readonly optionNames: readonly string[] = ['useScale', 'dropout', 'seed'];
  #scale: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdditiveAttentionConfig = {}) {
    super({ ...config, useScale: config.useScale ?? true });
  }

  override build(inputShape: Nest<Shape>): void {
    if (!this.useScale) return;
    const [query] = inputShape as readonly Shape[];
    this.#scale = this.addWeight({ name: 'scale', shape: [lastSize(this.label, query as Shape)] });
  }

  protected override scoresOf(query: Tensor, key: Tensor): Tensor {
    const sum = query.expandDims(2).add(key.expandDims(1)).tanh();
    return (this.#scale === undefined ? sum : sum.mul(this.#scale)).sum(-1);
  }

  override getConfig(): Record<string, unknown> {
    const { scoreMode: _, ...config } = super.getConfig();
    return config;
  }
}
