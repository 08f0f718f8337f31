import { checkIntegers } from '../arguments.ts';
import { type Constraint, type ConstraintIdentifier, getConstraint } from '../constraints/index.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../initializers/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../regularizers/index.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { serialized } from './serialize.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link PReLU}. */
export interface PReLUConfig extends LayerConfig {
  /** Default `'zeros'`. */
  alphaInitializer?: InitializerIdentifier;
  alphaRegularizer?: RegularizerIdentifier | null;
  /** What the slopes become after every step of an optimizer. */
  alphaConstraint?: ConstraintIdentifier | null;
  /** Axes along which one slope serves all: `[1, 2]` for one a channel of images. Default: none. */
  sharedAxes?: number | readonly number[] | null;
}

/**
 * `x` if `x >= 0`, else `alpha * x` with slopes that are learned (He et al., 2015).
 *
 * Shapes: input and output `[batch, ...sizes]`, alpha `[...sizes]` with 1 along `sharedAxes`.
 *
 * @example
 * layers.prelu({ sharedAxes: [1, 2] })
 */
export class PReLU extends Layer {
  static override readonly className: string = 'PReLU';
  static override readonly optionNames: readonly string[] = [
    'alphaInitializer',
    'alphaRegularizer',
    'alphaConstraint',
    'sharedAxes',
  ];
  readonly sharedAxes: readonly number[] | null;
  readonly #initializer: Initializer;
  readonly #regularizer: Regularizer | undefined;
  readonly #constraint: Constraint | undefined;
  #alpha: Variable | undefined;

  /** @throws ConfigError for axes that are no whole numbers above 0. */
  constructor(config: PReLUConfig = {}) {
    super(config);
    this.supportsMasking = true;
    const { sharedAxes = null } = config;
    this.sharedAxes =
      sharedAxes === null
        ? null
        : checkIntegers(this.label, 'sharedAxes', typeof sharedAxes === 'number' ? [sharedAxes] : sharedAxes);
    if (this.sharedAxes?.some((axis) => axis < 1))
      throw new ConfigError(
        `${this.label}: sharedAxes count from 1, the axis behind the batch, got ${shown(this.sharedAxes)}`,
      );
    this.#initializer = getInitializer(config.alphaInitializer ?? 'zeros');
    this.#regularizer = config.alphaRegularizer ? getRegularizer(config.alphaRegularizer) : undefined;
    this.#constraint = config.alphaConstraint ? getConstraint(config.alphaConstraint) : undefined;
  }

  /** The slopes; there once the layer was built. */
  get alpha(): Variable {
    return this.#alpha as Variable;
  }

  override build(inputShape: Shape): void {
    const shape = inputShape.map((size, axis) => (this.sharedAxes?.includes(axis) ? 1 : size)).slice(1);
    if (shape.includes(null))
      throw new ShapeError(
        `${this.label} needs to know all sizes but those of sharedAxes, but the input shape is ${shown(inputShape)}`,
      );
    this.#alpha = this.addWeight({
      name: 'alpha',
      shape: shape as number[],
      initializer: this.#initializer,
      regularizer: this.#regularizer,
      constraint: this.#constraint,
    });
  }

  override checkInput(shape: Shape): void {
    if (shape.length === 0) throw new ShapeError(`${this.label} expects inputs with a batch axis, but got a scalar`);
    const most = this.sharedAxes === null ? 0 : Math.max(0, ...this.sharedAxes);
    if (most >= shape.length)
      throw new ShapeError(
        `${this.label}: axis ${most} of sharedAxes does not exist in an input of shape ${shown(shape)}`,
      );
    const slopes = this.#alpha?.shape;
    if (slopes === undefined) return;
    const fits =
      slopes.length === shape.length - 1 &&
      slopes.every((size, i) => this.sharedAxes?.includes(i + 1) || shape[i + 1] === null || shape[i + 1] === size);
    if (!fits)
      throw new ShapeError(
        `${this.label} has slopes of shape ${shown(slopes)}, which do not go with an input of shape ${shown(shape)}`,
      );
  }

  override call(inputs: Tensor): Tensor {
    return inputs.relu().sub(inputs.neg().relu().mul(this.alpha));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      alphaInitializer: serialized(this.#initializer),
      alphaRegularizer: serialized(this.#regularizer),
      alphaConstraint: serialized(this.#constraint),
      sharedAxes: this.sharedAxes === null ? null : [...this.sharedAxes],
    };
  }
}
