import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { type Tensor, type TensorLike, toTensor } from '../../tensor/index.ts';
import type { CallOptions } from '../layer.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed, positiveInteger } from '../options.ts';
import { type Shape, shown } from '../shape.ts';
import { type EncodingMode, encoded, encodingMode } from './encoding.ts';

/** Options of {@link CategoryEncoding}. */
export interface CategoryEncodingConfig extends LayerConfig {
  /** Number of different ids: they are `0 .. numTokens - 1`. */
  numTokens: number;
  /** Default `'multiHot'`. Keras' `'one_hot'` and `'multi_hot'` are taken, too. */
  outputMode?: EncodingMode | 'one_hot' | 'multi_hot';
}

/** Options of `apply` of {@link CategoryEncoding}. */
export interface CategoryEncodingCallOptions extends CallOptions {
  /** With `'count'`: what each id counts, of the inputs' shape, instead of 1. */
  readonly countWeights?: TensorLike;
}

/**
 * Whole numbers as vectors: `'oneHot'` one vector an id, `'multiHot'` a vector with a 1 for every id of a sample, `'count'`
 * how often each comes (or the sum of its weights).
 *
 * Shapes: `'oneHot'`: input `[..., 1]` or `[...]`, output `[..., numTokens]`. The others: input `[batch, ids]`, output
 * `[batch, numTokens]`. An id outside of `0 .. numTokens - 1` marks nothing, as Keras has it on JAX.
 *
 * @example
 * layers.categoryEncoding({ numTokens: 4, outputMode: 'count' }).apply([[0, 1], [2, 2]], { countWeights: [[1, 1], [0.5, 2]] })
 */
export class CategoryEncoding extends Layer {
  static override readonly className: string = 'CategoryEncoding';
  static override readonly optionNames: readonly string[] = ['numTokens', 'outputMode'];
  static override readonly callOptionNames: readonly string[] = ['countWeights'];
  readonly numTokens: number;
  readonly outputMode: EncodingMode;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: CategoryEncodingConfig) {
    super(needed('CategoryEncoding', config));
    this.numTokens = positiveInteger(this.label, 'numTokens', config.numTokens);
    const mode = encodingMode(config.outputMode ?? 'multiHot');
    if (mode === undefined) {
      throw new ConfigError(
        `${this.label}: outputMode must be 'oneHot', 'multiHot' or 'count', got ${received(config.outputMode)}`,
      );
    }
    this.outputMode = mode;
  }

  override checkInput(shape: Shape): void {
    if (shape.length > 7)
      throw new ShapeError(`${this.label} adds an axis, which makes too many for an input of shape ${shown(shape)}`);
  }

  override call(inputs: Tensor, { countWeights }: CategoryEncodingCallOptions): Tensor {
    const given = countWeights ?? undefined;
    if (given !== undefined && this.outputMode !== 'count')
      throw new ConfigError(`${this.label}: countWeights go with outputMode 'count', not with '${this.outputMode}'`);
    const weights = given === undefined ? undefined : toTensor(given).cast(this.dtype);
    if (weights !== undefined && shown(weights.shape) !== shown(inputs.shape)) {
      throw new ShapeError(
        `${this.label}: countWeights must have the inputs' shape ${shown(inputs.shape)}, got ${shown(weights.shape)}`,
      );
    }
    const ids = inputs.dtype === 'int32' ? inputs : inputs.cast('int32');
    return encoded(ids, this.outputMode, this.numTokens, this.dtype, weights);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), numTokens: this.numTokens, outputMode: this.outputMode };
  }
}
