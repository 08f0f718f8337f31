import { checkFlag, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { getInitializer } from '../../initializers/index.ts';
import { einsum, where } from '../../ops/index.ts';
import { range, Tensor } from '../../tensor/index.ts';
import type { CallOptions } from '../calls.ts';
import { EinsumDense } from '../einsum-dense.ts';
import type { KernelConfig } from '../kernel-layer.ts';
import type { AnyLayer } from '../layer.ts';
import type { Nest } from '../nest.ts';
import { Dropout } from '../regularization/dropout.ts';
import { isShape, type Shape, shown } from '../shape.ts';
import { Softmax } from '../softmax.ts';
import { causalMask } from './attention.ts';
import { ScoredLayer } from './scored.ts';

/** Options that the attention layers with projections share. */
export interface ProjectedConfig extends Omit<KernelConfig, 'activation'> {
  /** Share of the weights that training drops. Default 0. */
  dropout?: number;
  /** How many steps away a query looks, itself counted. Default: all. */
  slidingWindow?: number | null;
  /** Whether the heads' outputs are multiplied by a sigmoid of the queries' projection. Default false. */
  useGate?: boolean;
  /** Seed of the dropout. */
  seed?: number;
}

/** Names of the options of {@link ProjectedConfig}. */
export const projectedOptionNames: readonly string[] = [
  'dropout',
  'useBias',
  'slidingWindow',
  'useGate',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
  'seed',
];

interface ProjectedCall extends CallOptions {
  readonly value?: Tensor;
  readonly key?: Tensor;
  readonly queryMask?: Tensor;
  readonly valueMask?: Tensor;
  readonly keyMask?: Tensor;
  readonly attentionMask?: Tensor;
  readonly returnAttentionScores?: boolean;
  readonly useCausalMask?: boolean;
}

/** Shapes that a layer of queries, values and keys is built for. */
export interface ProjectedShapes {
  readonly query: Shape;
  readonly value: Shape;
  readonly key: Shape;
}

/** Base of the attention layers that project queries, keys, values and the result. */
export abstract class ProjectedAttention extends ScoredLayer {
  static override readonly callOptionNames: readonly string[] = [
    'value',
    'key',
    'queryMask',
    'valueMask',
    'keyMask',
    'attentionMask',
    'returnAttentionScores',
    'useCausalMask',
  ];
  // Built for three shapes; applied to the queries alone.
  static override readonly takesSeveral: boolean = true;
  readonly useBias: boolean;
  readonly useGate: boolean;
  readonly slidingWindow: number | null;
  readonly dropoutLayer: Dropout;
  // Made by `project`, in the order of Keras' weights, which becomes the order of the fields.
  declare queryDense: EinsumDense;
  declare keyDense: EinsumDense;
  declare gateDense: EinsumDense | undefined;
  declare valueDense: EinsumDense;
  declare outputDense: EinsumDense;
  readonly #common: KernelConfig;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ProjectedConfig) {
    super(config);
    this.supportsMasking = true;
    this.useBias = checkFlag(this.label, 'useBias', config.useBias ?? true);
    this.useGate = checkFlag(this.label, 'useGate', config.useGate ?? false);
    const { slidingWindow = null } = config;
    if (slidingWindow !== null && !(Number.isSafeInteger(slidingWindow) && slidingWindow > 0))
      throw new ConfigError(
        `${this.label}: slidingWindow must be a whole number above 0, got ${received(slidingWindow)}`,
      );
    this.slidingWindow = slidingWindow;
    this.dropoutLayer = new Dropout({
      rate: config.dropout ?? 0,
      name: `${this.name}/dropout`,
      ...(config.seed === undefined ? {} : { seed: config.seed }),
    });
    this.#common = {
      dtype: this.dtype,
      kernelInitializer: config.kernelInitializer ?? 'glorotUniform',
      biasInitializer: config.biasInitializer ?? 'zeros',
      kernelRegularizer: config.kernelRegularizer ?? null,
      biasRegularizer: config.biasRegularizer ?? null,
      kernelConstraint: config.kernelConstraint ?? null,
      biasConstraint: config.biasConstraint ?? null,
    };
    // Wrong ones are told now, not when the layer is built.
    getInitializer(this.#common.kernelInitializer as 'zeros');
    this.projection('check', 'ab,bc->ac', 1, 'c');
  }

  /** A projection named as in Keras' files. */
  protected projection(
    name: string,
    equation: string,
    outputShape: number | Shape,
    bias: string,
    activation?: 'sigmoid',
  ): EinsumDense {
    return new EinsumDense({
      ...this.#common,
      name: `${this.name}/${name}`,
      equation,
      outputShape,
      biasAxes: this.useBias ? bias : null,
      ...(activation === undefined ? {} : { activation }),
    });
  }

  /** Makes and builds the projections. */
  protected abstract project(shapes: ProjectedShapes): void;

  /** Equations of the scores (of key and query) and of the result (of weights and value), for this rank; the axes of attention. */
  protected abstract equations(rank: number): { scores: string; combine: string; axes: number };

  /** `keys` or values as many heads as the queries have. */
  protected spread(keys: Tensor): Tensor {
    return keys;
  }

  protected abstract get headSize(): number;

  protected override buildShapeOf(inputs: Nest<Shape>, options: Readonly<Record<string, unknown>>): Nest<Shape> {
    const shapeOf = (name: string): Shape | undefined => {
      const given = options[name];
      if (given === undefined || given === null) return undefined;
      if (given instanceof Tensor) return given.shape;
      if (isShape(given)) return given;
      throw new ConfigError(`${this.label}: ${name} must be a tensor, got ${received(given)}`);
    };
    const value = shapeOf('value') ?? (inputs as Shape);
    return { query: inputs, value, key: shapeOf('key') ?? value };
  }

  override checkInput(shapes: Nest<Shape>): void {
    const { query, value, key } = this.#shapesOf(shapes);
    const rank = this.queryDense === undefined ? query.length : this.queryDense.equation.indexOf(',');
    if (query.length < 3 || query.length !== rank || value.length !== query.length || key.length !== query.length)
      throw new ShapeError(
        `${this.label} expects queries, values and keys of one rank, 3 or more ([batch, steps, features]), but got ${[query, value, key].map(shown).join(', ')}`,
      );
    if (value.slice(1, -1).some((size, i) => size !== null && key[i + 1] !== null && key[i + 1] !== size))
      throw new ShapeError(
        `${this.label}: values ${shown(value)} and keys ${shown(key)} differ in more than their last axis`,
      );
  }

  #shapesOf(shapes: Nest<Shape>): ProjectedShapes {
    if (isShape(shapes)) return { query: shapes, value: shapes, key: shapes };
    const { query, value = query, key = value } = (Array.isArray(shapes) ? {} : shapes) as Partial<ProjectedShapes>;
    if (isShape(query) && isShape(value) && isShape(key)) return { query, value, key };
    throw new ShapeError(`${this.label} is applied to the queries; hand over the others as options: { value, key }`);
  }

  override build(inputShape: Nest<Shape>): void {
    this.project(this.#shapesOf(inputShape));
  }

  override call(query: Tensor, options: ProjectedCall): Tensor {
    const { training, returnAttentionScores = false, useCausalMask = false } = options;
    checkFlag(this.label, 'returnAttentionScores', returnAttentionScores);
    checkFlag(this.label, 'useCausalMask', useCausalMask);
    for (const name of ['value', 'key', 'queryMask', 'valueMask', 'keyMask', 'attentionMask'] as const) {
      const given: unknown = options[name];
      if (given !== undefined && given !== null && !(given instanceof Tensor))
        throw new ConfigError(`${this.label}: ${name} must be a tensor, got ${received(given)}`);
    }
    const value = options.value ?? query;
    const key = options.key ?? value;
    const queryMask = options.queryMask ?? options.mask ?? query.mask;
    const mask = this.#mask(query, value, key, queryMask, options, useCausalMask);
    const { scores: scoring, combine, axes } = this.equations(query.rank + 1);
    const q = this.queryDense.apply(query).mul(1 / Math.sqrt(this.headSize));
    let scores = einsum(scoring, this.spread(this.keyDense.apply(key)), q);
    const softmax = new Softmax({
      axis: Array.from({ length: axes }, (_, i) => i - axes),
      name: `${this.name}/softmax`,
    });
    // New at every call and without weights: in a trace nobody could build it and begin anew.
    softmax.build(scores.shape);
    const wide = mask === undefined ? undefined : widened(mask, scores.rank, -2 * axes - 1);
    // As in Keras: a query that sees no key gets the mean of all values from the one way, 0 from the way that shows scores.
    const shows = returnAttentionScores || this.dropoutLayer.rate > 0 || query.rank !== 3;
    if (shows) {
      scores = softmax.apply(scores, wide === undefined ? {} : { mask: wide });
    } else {
      scores = softmax.apply(wide === undefined ? scores : where(wide, scores, -0.7 * 3.4028234663852886e38));
    }
    const weights = this.dropoutLayer.apply(scores, { training });
    let heads = einsum(combine, weights, this.spread(this.valueDense.apply(value)));
    if (this.gateDense !== undefined) heads = heads.mul(this.gateDense.apply(query));
    const output = this.outputDense.apply(heads);
    if (queryMask !== undefined) output.mask = queryMask;
    // What apply says of its result is told there.
    return (returnAttentionScores ? [output, scores] : output) as Tensor;
  }

  /** What a query may see, `[batch, queries, keys]` or what broadcasts to it. */
  #mask(
    query: Tensor,
    value: Tensor,
    key: Tensor,
    queryMask: Tensor | undefined,
    options: ProjectedCall,
    useCausalMask: boolean,
  ): Tensor | undefined {
    const [queries, keys] = [query.shape[1] as number, value.shape[1] as number];
    const valueMask = options.valueMask ?? value.mask;
    const keyMask = options.keyMask ?? (options.key === undefined ? undefined : key.mask);
    const parts = [
      options.attentionMask?.cast('bool'),
      queryMask?.cast('bool').expandDims(-1),
      valueMask?.cast('bool').expandDims(-2),
      keyMask?.cast('bool').expandDims(-2),
      useCausalMask ? causalMask(queries, keys).expandDims(0) : undefined,
      this.slidingWindow === null
        ? undefined
        : range(0, queries, 1, 'int32')
            .expandDims(1)
            .sub(range(0, keys, 1, 'int32'))
            .abs()
            .less(this.slidingWindow)
            .expandDims(0),
    ].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts.reduce((all, part) => all.logicalAnd(part));
  }

  override computeMask(): undefined {
    // The output carries the mask of the queries from call on, with scores beside it or not.
    return undefined;
  }

  override get sublayers(): AnyLayer[] {
    return super.sublayers.filter((layer) => layer !== (this.dropoutLayer as AnyLayer));
  }

  override getConfig(): Record<string, unknown> {
    const { useBias, useGate, slidingWindow } = this;
    const { rate: dropout, seed } = this.dropoutLayer;
    const { kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint } =
      this.projection('check', 'ab,bc->ac', 1, 'c').getConfig();
    return {
      ...super.getConfig(),
      useBias,
      useGate,
      slidingWindow,
      dropout,
      kernelInitializer,
      biasInitializer,
      kernelRegularizer,
      biasRegularizer,
      kernelConstraint,
      biasConstraint,
      ...(seed === undefined ? {} : { seed }),
    };
  }
}

/** `mask` with axes of size 1 at `axis` until it has `rank` axes. */
function widened(mask: Tensor, rank: number, axis: number): Tensor {
  let found = mask;
  while (found.rank < rank) found = found.expandDims(Math.max(axis, -found.rank - 1));
  return found;
}
