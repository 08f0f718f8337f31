import { type Constraint, type ConstraintIdentifier, getConstraint } from '../../constraints/index.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../../initializers/index.ts';
import { separableConv1d, separableConv2d } from '../../ops/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../../regularizers/index.ts';
import type { Tensor, Variable } from '../../tensor/index.ts';
import { positiveInteger } from '../options.ts';
import { serialized } from '../serialize.ts';
import type { Shape } from '../shape.ts';
import { channelsOf } from '../spatial.ts';
import type { DepthwiseConvConfig } from './depthwise-conv.ts';
import { SpatialKernel, spatialKernelOptionNames } from './spatial-kernel.ts';

/** Options of separable convolutions over `R` spatial axes. */
export interface SeparableConvConfig<R extends 1 | 2> extends DepthwiseConvConfig<R> {
  /** Channels of the output. */
  filters: number;
  /** Default `'glorotUniform'`. */
  pointwiseInitializer?: InitializerIdentifier;
  pointwiseRegularizer?: RegularizerIdentifier | null;
  pointwiseConstraint?: ConstraintIdentifier | null;
}

/** Options of {@link SeparableConv1D}. */
export type SeparableConv1DConfig = SeparableConvConfig<1>;
/** Options of {@link SeparableConv2D}. */
export type SeparableConv2DConfig = SeparableConvConfig<2>;

const optionNames: readonly string[] = [
  'filters',
  ...spatialKernelOptionNames,
  'depthMultiplier',
  'activation',
  'useBias',
  'depthwiseInitializer',
  'pointwiseInitializer',
  'biasInitializer',
  'depthwiseRegularizer',
  'pointwiseRegularizer',
  'biasRegularizer',
  'depthwiseConstraint',
  'pointwiseConstraint',
  'biasConstraint',
];

const convolutions = { 1: separableConv1d, 2: separableConv2d } as const;

/** Depthwise convolution, then one of size 1 that mixes the channels, plus bias and activation. */
abstract class SeparableConv<R extends 1 | 2> extends SpatialKernel<R> {
  static override readonly kernelPrefix: 'kernel' | 'depthwise' = 'depthwise';
  readonly filters: number;
  readonly depthMultiplier: number;
  readonly #pointwiseInitializer: Initializer;
  readonly #pointwiseRegularizer: Regularizer | undefined;
  readonly #pointwiseConstraint: Constraint | undefined;
  #pointwiseKernel: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SeparableConvConfig<R>, rank: R) {
    super(config, rank);
    this.filters = positiveInteger(this.label, 'filters', config.filters);
    this.depthMultiplier = positiveInteger(this.label, 'depthMultiplier', config.depthMultiplier ?? 1);
    this.#pointwiseInitializer = getInitializer(config.pointwiseInitializer ?? 'glorotUniform');
    this.#pointwiseRegularizer = config.pointwiseRegularizer ? getRegularizer(config.pointwiseRegularizer) : undefined;
    this.#pointwiseConstraint = config.pointwiseConstraint ? getConstraint(config.pointwiseConstraint) : undefined;
  }

  /** `[...sizes, channels, depthMultiplier]`; there once the layer was built. */
  get depthwiseKernel(): Variable {
    return this.kernel;
  }

  /** `[1, ..., channels * depthMultiplier, filters]`; there once the layer was built. */
  get pointwiseKernel(): Variable {
    return this.#pointwiseKernel as Variable;
  }

  protected override get inputChannels(): number | undefined {
    return this.kernel?.shape[this.rank];
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(this.label, inputShape, this.dataFormat);
    this.makeKernel('depthwise_kernel', [...this.kernelSize, channels, this.depthMultiplier]);
    this.#pointwiseKernel = this.addWeight({
      name: 'pointwise_kernel',
      shape: [...this.kernelSize.map(() => 1), channels * this.depthMultiplier, this.filters],
      initializer: this.#pointwiseInitializer,
      regularizer: this.#pointwiseRegularizer,
      constraint: this.#pointwiseConstraint,
    });
    this.makeBias(this.filters);
  }

  override call(inputs: Tensor): Tensor {
    return this.finish(convolutions[this.rank](inputs, this.kernel, this.pointwiseKernel, this.geometry));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      filters: this.filters,
      depthMultiplier: this.depthMultiplier,
      pointwiseInitializer: serialized(this.#pointwiseInitializer),
      pointwiseRegularizer: serialized(this.#pointwiseRegularizer),
      pointwiseConstraint: serialized(this.#pointwiseConstraint),
    };
  }
}

/**
 * {@link DepthwiseConv1D} without its bias, then a convolution of size 1 over the channels, plus bias and activation; see
 * {@link SeparableConv2D}.
 *
 * Shapes: input `[batch, length, channels]`, output `[batch, newLength, filters]`, depthwise kernel
 * `[kernelLength, channels, depthMultiplier]`, pointwise kernel `[1, channels * depthMultiplier, filters]`, bias `[filters]`.
 *
 * @example
 * layers.separableConv1d({ filters: 32, kernelSize: 5, inputShape: [100, 16] })
 */
export class SeparableConv1D extends SeparableConv<1> {
  static override readonly className: string = 'SeparableConv1D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SeparableConv1DConfig) {
    super(config, 1);
  }
}

/**
 * {@link DepthwiseConv2D} without its bias, then a convolution of 1 x 1 over the channels, plus bias and activation
 * (Chollet, 2017): far fewer weights than a {@link Conv2D} of the same size.
 *
 * Shapes: input `[batch, height, width, channels]`, output `[batch, newHeight, newWidth, filters]`, depthwise kernel
 * `[kernelHeight, kernelWidth, channels, depthMultiplier]`, pointwise kernel `[1, 1, channels * depthMultiplier, filters]`,
 * bias `[filters]`.
 *
 * @example
 * layers.separableConv2d({ filters: 64, kernelSize: 3, padding: 'same', inputShape: [56, 56, 32] })
 */
export class SeparableConv2D extends SeparableConv<2> {
  static override readonly className: string = 'SeparableConv2D';
  static override readonly optionNames: readonly string[] = optionNames;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SeparableConv2DConfig) {
    super(config, 2);
  }
}
