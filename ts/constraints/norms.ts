import { checkIntegers, checkNumber, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Config } from '../initializers/initializer.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Constraint } from './constraint.ts';

/** Keeps a norm of 0 from dividing: Keras' epsilon. */
const EPSILON = 1e-7;

type Axes = number | readonly number[];

/** L2 norms along `axis`, of size 1 there. */
function normsOf(w: Tensor, axis: Axes): Tensor {
  return w
    .square()
    .sum(typeof axis === 'number' ? axis : [...axis], true)
    .sqrt();
}

function axesOption(owner: string, axis: Axes | undefined): Axes {
  if (axis === undefined || axis === null) return 0;
  if (typeof axis === 'number' && Number.isInteger(axis)) return axis;
  if (Array.isArray(axis)) return checkIntegers(owner, 'axis', axis);
  throw new ConfigError(`${owner}: axis must be a whole number or a list of them, got ${received(axis)}`);
}

function normOption(owner: string, name: string, value: number | undefined, otherwise: number): number {
  const norm = checkNumber(owner, name, value ?? otherwise);
  if (norm >= 0) return norm;
  throw new ConfigError(`${owner}: ${name} must be a number from 0 on, got ${received(value)}`);
}

/** Options of {@link MaxNorm}. */
export interface MaxNormOptions {
  /** Largest norm. Default 2. */
  maxValue?: number;
  /** Axis (or axes) that a norm goes along. Default 0: of a dense kernel `[features, units]` every unit has one norm. */
  axis?: number | readonly number[];
}

/**
 * Scales down what is longer than `maxValue`: `w * min(n, maxValue) / (n + 1e-7)` with the L2 norms `n` along `axis`
 * (Srivastava et al., 2014). For kernels of two-dimensional convolutions: `axis: [0, 1, 2]`.
 *
 * @example
 * layers.dense({ units: 10, kernelConstraint: constraints.maxNorm({ maxValue: 3 }) })
 */
export class MaxNorm extends Constraint {
  static readonly className: string = 'MaxNorm';
  readonly maxValue: number;
  readonly axis: number | readonly number[];

  /** @throws ConfigError for a norm below 0. */
  constructor(options: MaxNormOptions = {}) {
    super();
    checkOptionNames('MaxNorm', options, ['maxValue', 'axis'], '{ maxValue: 2 }');
    this.maxValue = normOption('MaxNorm', 'maxValue', options.maxValue, 2);
    this.axis = axesOption('MaxNorm', options.axis);
  }

  override call(w: Tensor): Tensor {
    const norms = normsOf(w, this.axis);
    return w.mul(norms.minimum(this.maxValue).div(norms.add(EPSILON)));
  }

  override getConfig(): Config {
    return { maxValue: this.maxValue, axis: copied(this.axis) };
  }
}

/** Options of {@link UnitNorm}. */
export interface UnitNormOptions {
  /** Axis (or axes) that a norm goes along. Default 0. */
  axis?: number | readonly number[];
}

/**
 * Gives every slice along `axis` the L2 norm 1: `w / (n + 1e-7)`.
 * @example new constraints.UnitNorm().call(tensor([[3], [4]])) // [[0.6], [0.8]]
 */
export class UnitNorm extends Constraint {
  static readonly className: string = 'UnitNorm';
  readonly axis: number | readonly number[];

  constructor(options: UnitNormOptions = {}) {
    super();
    checkOptionNames('UnitNorm', options, ['axis'], '{ axis: 0 }');
    this.axis = axesOption('UnitNorm', options.axis);
  }

  override call(w: Tensor): Tensor {
    return w.div(normsOf(w, this.axis).add(EPSILON));
  }

  override getConfig(): Config {
    return { axis: copied(this.axis) };
  }
}

/** Options of {@link MinMaxNorm}. */
export interface MinMaxNormOptions {
  /** Smallest norm. Default 0. */
  minValue?: number;
  /** Largest norm. Default 1. */
  maxValue?: number;
  /** How far a norm outside is moved: 1 (default) all the way, 0.5 half of it at every step. */
  rate?: number;
  /** Axis (or axes) that a norm goes along. Default 0. */
  axis?: number | readonly number[];
}

/**
 * Brings norms into `[minValue, maxValue]`: `w * d / (n + 1e-7)` with `d = rate * clip(n, minValue, maxValue) + (1 - rate) * n`
 * and the L2 norms `n` along `axis`.
 * @example new constraints.MinMaxNorm({ minValue: 1, maxValue: 2 }).call(tensor([[6], [8]])) // [[1.2], [1.6]]
 */
export class MinMaxNorm extends Constraint {
  static readonly className: string = 'MinMaxNorm';
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;
  readonly axis: number | readonly number[];

  /** @throws ConfigError for a norm below 0, or a smallest one above the largest. */
  constructor(options: MinMaxNormOptions = {}) {
    super();
    checkOptionNames('MinMaxNorm', options, ['minValue', 'maxValue', 'rate', 'axis'], '{ maxValue: 1 }');
    this.minValue = normOption('MinMaxNorm', 'minValue', options.minValue, 0);
    this.maxValue = normOption('MinMaxNorm', 'maxValue', options.maxValue, 1);
    if (this.minValue > this.maxValue) {
      throw new ConfigError(
        `MinMaxNorm: minValue must not be above maxValue, got ${this.minValue} and ${this.maxValue}`,
      );
    }
    this.rate = checkNumber('MinMaxNorm', 'rate', options.rate ?? 1);
    this.axis = axesOption('MinMaxNorm', options.axis);
  }

  override call(w: Tensor): Tensor {
    const norms = normsOf(w, this.axis);
    const wanted = norms.clipByValue(this.minValue, this.maxValue).mul(this.rate);
    return w.mul(wanted.add(norms.mul(1 - this.rate)).div(norms.add(EPSILON)));
  }

  override getConfig(): Config {
    const { minValue, maxValue, rate, axis } = this;
    return { minValue, maxValue, rate, axis: copied(axis) };
  }
}

function copied(axis: Axes): number | number[] {
  return typeof axis === 'number' ? axis : [...axis];
}
