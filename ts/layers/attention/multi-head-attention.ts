import { checkIntegers, received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { repeat } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { lastSize, needed, positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import { ProjectedAttention, type ProjectedConfig, type ProjectedShapes, projectedOptionNames } from './projected.ts';

/** Options of {@link MultiHeadAttention}. */
export interface MultiHeadAttentionConfig extends ProjectedConfig {
  numHeads: number;
  /** Size of a head's queries and keys. */
  keyDim: number;
  /** Size of a head's values. Default: `keyDim`. */
  valueDim?: number | null;
  /** Sizes of the output behind the steps. Default: the last size of the queries. */
  outputShape?: number | readonly number[] | null;
  /** Axes that queries look along. Default: all but the batch and the last. */
  attentionAxes?: number | readonly number[] | null;
}

const letter = (i: number): string => String.fromCharCode('a'.charCodeAt(0) + i);
const letters = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => letter(from + i)).join('');

/**
 * Attention of several heads: `softmax(q . k^T / sqrt(keyDim)) . v` of projected queries, keys and values, all heads projected together
 * to the output (Vaswani et al., 2017).
 *
 * Applied to the queries; options of a call: `value` (default: the queries), `key` (default: the values), `attentionMask`
 * `[batch, queries, keys]`, `queryMask`, `valueMask`, `keyMask` (default: those that the tensors carry), `useCausalMask`,
 * `returnAttentionScores`.
 *
 * Shapes: queries `[batch, queries, dim]`, values and keys `[batch, keys, ...]`, output `[batch, queries, dim]`, scores
 * `[batch, heads, queries, keys]`. Where a query may see no key, the heads give the mean of the values, as Keras does; with
 * `returnAttentionScores` or dropout they give 0.
 * @example
 * const [x, encoded] = [ones([2, 3, 8]), ones([2, 5, 8])];
 * const attention = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 });
 * attention.apply(x, { useCausalMask: true }).shape // [2, 3, 8]
 * const [crossed, scores] = attention.apply(x, { value: encoded, returnAttentionScores: true });
 * scores.shape // [2, 2, 3, 5]
 */
export class MultiHeadAttention extends ProjectedAttention {
  static override readonly className: string = 'MultiHeadAttention';
  static override readonly optionNames: readonly string[] = [
    'numHeads',
    'keyDim',
    'valueDim',
    'outputShape',
    'attentionAxes',
    ...projectedOptionNames,
  ];
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly outputShape: number | readonly number[] | null;
  readonly attentionAxes: readonly number[] | null;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: MultiHeadAttentionConfig) {
    super(needed('MultiHeadAttention', config));
    this.numHeads = positiveInteger(this.label, 'numHeads', config.numHeads);
    this.keyDim = positiveInteger(this.label, 'keyDim', config.keyDim);
    this.valueDim = positiveInteger(this.label, 'valueDim', config.valueDim ?? config.keyDim);
    const { outputShape = null, attentionAxes = null } = config;
    if (outputShape !== null)
      for (const size of Array.isArray(outputShape)
        ? checkIntegers(this.label, 'outputShape', outputShape)
        : [outputShape])
        positiveInteger(this.label, 'outputShape', size);
    this.outputShape = Array.isArray(outputShape) ? [...outputShape] : (outputShape as number | null);
    this.attentionAxes =
      attentionAxes === null
        ? null
        : checkIntegers(
            this.label,
            'attentionAxes',
            typeof attentionAxes === 'number' ? [attentionAxes] : attentionAxes,
          );
  }

  protected override get headSize(): number {
    return this.keyDim;
  }

  protected override project({ query, value, key }: ProjectedShapes): void {
    const { numHeads, keyDim, valueDim } = this;
    const free = query.length - 1;
    const steps: Shape = new Array<null>(free - 1).fill(null);
    const into = `${letters(0, free + 1)},${letters(free, 3)}->${letters(0, free)}${letters(free + 1, 2)}`;
    const heads = letters(free + 1, 2);
    this.queryDense = this.projection('query', into, [...steps, numHeads, keyDim], heads);
    this.keyDense = this.projection('key', into, [...steps, numHeads, keyDim], heads);
    if (this.useGate) this.gateDense = this.projection('gate', into, [...steps, numHeads, valueDim], heads, 'sigmoid');
    this.valueDense = this.projection('value', into, [...steps, numHeads, valueDim], heads);
    const given = this.outputShape ?? lastSize(this.label, query);
    const sizes = typeof given === 'number' ? [given] : given;
    const ends = letters(free + 2, sizes.length);
    const out = `${letters(0, free + 2)},${letters(free, 2)}${ends}->${letters(0, free)}${ends}`;
    this.outputDense = this.projection('attention_output', out, [...steps, ...sizes], ends);
    this.queryDense.build(query);
    this.keyDense.build(key);
    this.gateDense?.build(query);
    this.valueDense.build(value);
    this.outputDense.build([...query.slice(0, -1), numHeads, valueDim]);
  }

  protected override equations(rank: number): { scores: string; combine: string; axes: number } {
    const axes = (this.attentionAxes ?? Array.from({ length: rank - 3 }, (_, i) => i + 1)).map((axis) =>
      axis < 0 ? axis + rank - 1 : axis,
    );
    if (axes.length === 0 || new Set(axes).size < axes.length || axes.some((axis) => axis < 1 || axis > rank - 3))
      throw new ConfigError(
        `${this.label}: attentionAxes must name axes between the batch and the last of the queries, got ${received(this.attentionAxes)}`,
      );
    const target = letters(0, rank);
    let next = rank;
    const source = [...target].map((l, i) => (axes.includes(i) ? letter(next++) : l)).join('');
    const batch = [...target].filter((_, i) => i < rank - 1 && !axes.includes(i)).join('');
    const product = batch + axes.map((axis) => target[axis]).join('') + axes.map((axis) => source[axis]).join('');
    return { scores: `${source},${target}->${product}`, combine: `${product},${source}->${target}`, axes: axes.length };
  }

  override getConfig(): Record<string, unknown> {
    const { numHeads, keyDim, valueDim, outputShape, attentionAxes } = this;
    return { ...super.getConfig(), numHeads, keyDim, valueDim, outputShape, attentionAxes };
  }
}

/** Options of {@link GroupQueryAttention}. */
export interface GroupQueryAttentionConfig extends ProjectedConfig {
  /** Size of a head. */
  headDim: number;
  numQueryHeads: number;
  /** Heads of keys and values, each shared by as many heads of queries; divides `numQueryHeads`. */
  numKeyValueHeads: number;
}

/**
 * {@link MultiHeadAttention} with fewer heads of keys and values than of queries (Ainslie et al., 2023). Applied in the same way.
 *
 * Shapes: queries `[batch, queries, dim]`, values and keys `[batch, keys, ...]`, output `[batch, queries, dim]`.
 * @example
 * const attention = layers.groupQueryAttention({ headDim: 4, numQueryHeads: 4, numKeyValueHeads: 2 });
 * attention.apply(ones([2, 3, 8])).shape // [2, 3, 8]
 */
export class GroupQueryAttention extends ProjectedAttention {
  static override readonly className: string = 'GroupedQueryAttention';
  static override readonly optionNames: readonly string[] = [
    'headDim',
    'numQueryHeads',
    'numKeyValueHeads',
    ...projectedOptionNames,
  ];
  readonly headDim: number;
  readonly numQueryHeads: number;
  readonly numKeyValueHeads: number;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GroupQueryAttentionConfig) {
    super(needed('GroupQueryAttention', config));
    this.headDim = positiveInteger(this.label, 'headDim', config.headDim);
    this.numQueryHeads = positiveInteger(this.label, 'numQueryHeads', config.numQueryHeads);
    this.numKeyValueHeads = positiveInteger(this.label, 'numKeyValueHeads', config.numKeyValueHeads);
    if (this.numQueryHeads % this.numKeyValueHeads !== 0)
      throw new ConfigError(
        `${this.label}: numKeyValueHeads must divide numQueryHeads, got ${this.numKeyValueHeads} and ${this.numQueryHeads}`,
      );
  }

  protected override get headSize(): number {
    return this.headDim;
  }

  protected override spread(keys: Tensor): Tensor {
    const times = this.numQueryHeads / this.numKeyValueHeads;
    return times === 1 ? keys : repeat(keys, times, 2);
  }

  protected override project({ query, value, key }: ProjectedShapes): void {
    const { headDim, numQueryHeads, numKeyValueHeads } = this;
    const into = 'abc,cde->abde';
    this.queryDense = this.projection('query', into, [null, numQueryHeads, headDim], 'de');
    this.keyDense = this.projection('key', into, [null, numKeyValueHeads, headDim], 'de');
    if (this.useGate) this.gateDense = this.projection('gate', into, [null, numQueryHeads, headDim], 'de', 'sigmoid');
    this.valueDense = this.projection('value', into, [null, numKeyValueHeads, headDim], 'de');
    this.outputDense = this.projection('attention_output', 'abde,dec->abc', [null, lastSize(this.label, query)], 'c');
    this.queryDense.build(query);
    this.keyDense.build(key);
    this.gateDense?.build(query);
    this.valueDense.build(value);
    this.outputDense.build([...query.slice(0, -1), numQueryHeads, headDim]);
  }

  protected override equations(): { scores: string; combine: string; axes: number } {
    return { scores: 'bkuh,bquh->buqk', combine: 'buqk,bkuh->bquh', axes: 1 };
  }

  override getConfig(): Record<string, unknown> {
    const { headDim, numQueryHeads, numKeyValueHeads } = this;
    return { ...super.getConfig(), headDim, numQueryHeads, numKeyValueHeads };
  }
}
