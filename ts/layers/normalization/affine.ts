import { checkFlag, received } from '../../arguments.ts';
import { type Constraint, type ConstraintIdentifier, getConstraint } from '../../constraints/index.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../../initializers/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../../regularizers/index.ts';
import type { Variable } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { serialized } from '../serialize.ts';
import { type Shape, shown } from '../shape.ts';

/** Options of normalizations that end with a factor and a shift. */
export interface AffineConfig extends LayerConfig {
  /** Added to the variance. Default 1e-3. */
  epsilon?: number;
  /** Whether `beta` is added. Default true. */
  center?: boolean;
  /** Whether `gamma` multiplies. Default true. */
  scale?: boolean;
  /** Default `'zeros'`. */
  betaInitializer?: InitializerIdentifier;
  /** Default `'ones'`. */
  gammaInitializer?: InitializerIdentifier;
  betaRegularizer?: RegularizerIdentifier | null;
  gammaRegularizer?: RegularizerIdentifier | null;
  betaConstraint?: ConstraintIdentifier | null;
  gammaConstraint?: ConstraintIdentifier | null;
}

/** Names of the options of {@link AffineConfig}. */
export const affineOptionNames: readonly string[] = [
  'epsilon',
  'center',
  'scale',
  'betaInitializer',
  'gammaInitializer',
  'betaRegularizer',
  'gammaRegularizer',
  'betaConstraint',
  'gammaConstraint',
];

/** A small number that is added before a root. @throws ConfigError unless it is above 0 and finite. */
export function checkEpsilon(label: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new ConfigError(`${label}: epsilon must be above 0, got ${received(value)}`);
}

/** Axes of `rank`, counted from the front, ascending. @throws ShapeError for one that does not exist or comes twice. */
export function axesOf(label: string, axes: readonly number[], shape: Shape): number[] {
  const rank = shape.length;
  const missing = axes.find((axis) => axis >= rank || axis < -rank);
  if (missing !== undefined) {
    throw new ShapeError(`${label}: axis ${missing} does not exist in an input of shape ${shown(shape)}`);
  }
  const found = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (new Set(found).size < found.length) {
    throw new ShapeError(`${label}: axis [${axes}] names an axis of an input of shape ${shown(shape)} twice`);
  }
  return found;
}

/** An axis, or several, as an option. @throws ConfigError unless whole numbers. */
export function checkAxisOption(label: string, axis: unknown): number | readonly number[] {
  if (Number.isSafeInteger(axis)) return axis as number;
  if (Array.isArray(axis) && axis.length > 0 && axis.length <= 8 && axis.every(Number.isSafeInteger)) return [...axis];
  throw new ConfigError(`${label}: axis must be a whole number, or several such as [1, 2], got ${received(axis)}`);
}

/** The sizes of `axes`, which weights depend on. @throws ShapeError for one that is unknown. */
export function knownSizes(label: string, axes: readonly number[], shape: Shape): number[] {
  return axes.map((axis) => {
    const size = shape[axis];
    if (typeof size === 'number') return size;
    throw new ShapeError(`${label} needs to know the size of axis ${axis}, but the input shape is ${shown(shape)}`);
  });
}

/** What normalizations share that multiply with `gamma` and add `beta`. */
export abstract class AffineNormalization extends Layer {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #initializers: Readonly<Record<'beta' | 'gamma', Initializer>>;
  readonly #regularizers: Readonly<Record<'beta' | 'gamma', Regularizer | undefined>>;
  readonly #constraints: Readonly<Record<'beta' | 'gamma', Constraint | undefined>>;
  #gamma: Variable | undefined;
  #beta: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AffineConfig) {
    super(config);
    this.supportsMasking = true;
    this.epsilon = checkEpsilon(this.label, config.epsilon ?? 1e-3);
    this.center = checkFlag(this.label, 'center', config.center ?? true);
    this.scale = checkFlag(this.label, 'scale', config.scale ?? true);
    this.#initializers = {
      beta: getInitializer(config.betaInitializer ?? 'zeros'),
      gamma: getInitializer(config.gammaInitializer ?? 'ones'),
    };
    this.#regularizers = {
      beta: config.betaRegularizer ? getRegularizer(config.betaRegularizer) : undefined,
      gamma: config.gammaRegularizer ? getRegularizer(config.gammaRegularizer) : undefined,
    };
    this.#constraints = {
      beta: config.betaConstraint ? getConstraint(config.betaConstraint) : undefined,
      gamma: config.gammaConstraint ? getConstraint(config.gammaConstraint) : undefined,
    };
  }

  /** The factor; there once the layer was built, `undefined` without `scale`. */
  get gamma(): Variable | undefined {
    return this.#gamma;
  }

  /** The shift; there once the layer was built, `undefined` without `center`. */
  get beta(): Variable | undefined {
    return this.#beta;
  }

  /** Makes those of gamma and beta that are wanted. */
  protected addAffine(shape: readonly number[]): void {
    const make = (name: 'gamma' | 'beta'): Variable =>
      this.addWeight({
        name,
        shape,
        initializer: this.#initializers[name],
        regularizer: this.#regularizers[name],
        constraint: this.#constraints[name],
      });
    if (this.scale) this.#gamma = make('gamma');
    if (this.center) this.#beta = make('beta');
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      betaInitializer: serialized(this.#initializers.beta),
      gammaInitializer: serialized(this.#initializers.gamma),
      betaRegularizer: serialized(this.#regularizers.beta),
      gammaRegularizer: serialized(this.#regularizers.gamma),
      betaConstraint: serialized(this.#constraints.beta),
      gammaConstraint: serialized(this.#constraints.gamma),
    };
  }
}
