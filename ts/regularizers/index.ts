import { checkConfig, checkFunction, received } from '../arguments.ts';
import { registeredClass } from '../custom-objects.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import type { Config } from '../initializers/initializer.ts';
import { matMul } from '../ops/contraction.ts';
import { abs, add, maximum, mul, rsqrt, square, sub } from '../ops/elementwise.ts';
import { sum } from '../ops/reduction.ts';
import { checkOptionNames } from '../option-names.ts';
import { toTensor } from '../tensor/convert.ts';
import { eye } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';

/**
 * A penalty on a weight or an output that is added to the loss. Subclass it for one of your own: `call` is all that is needed.
 * @example
 * class Spread extends regularizers.Regularizer {
 *   override call(x: Tensor) { return x.max().sub(x.min()); }
 * }
 * layers.dense({ units: 3, kernelRegularizer: new Spread() })
 */
export abstract class Regularizer {
  /** A regularizer of the options that `getConfig` gives. @throws ConfigError for options outside their allowed values. */
  static fromConfig<T extends Regularizer>(this: new (config: never) => T, config: Config): T {
    checkConfig('fromConfig', config);
    return new this(config as never);
  }

  /** The penalty, a scalar. */
  abstract call(x: Tensor): Tensor;

  /** The options it was made with. */
  getConfig(): Config {
    return {};
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return (this.constructor as { className?: string }).className ?? this.constructor.name;
  }
}

function factor(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new ConfigError(`Regularizer: ${name} must be a finite number from 0 on, got ${received(value)}`);
}

/** `l1 * sum(|x|)`. @example new regularizers.L1({ l1: 0.1 }).call(tensor([-1, 2])) // 0.3 */
export class L1 extends Regularizer {
  static readonly className: string = 'L1';
  readonly l1: number;

  /** @param options l1: default 0.01. */
  constructor(options: { l1?: number } = {}) {
    super();
    checkOptionNames('L1', options, ['l1'], '{ l1: 0.01 }');
    this.l1 = factor('l1', options.l1 ?? 0.01);
  }

  call(x: Tensor): Tensor {
    return mul(sum(abs(x)), this.l1);
  }

  override getConfig(): Config {
    return { l1: this.l1 };
  }
}

/**
 * `l2 * sum(x^2)`, without the factor 1/2 that some texts have.
 * @example new regularizers.L2({ l2: 0.1 }).call(tensor([-1, 2])) // 0.5
 */
export class L2 extends Regularizer {
  static readonly className: string = 'L2';
  readonly l2: number;

  /** @param options l2: default 0.01. */
  constructor(options: { l2?: number } = {}) {
    super();
    checkOptionNames('L2', options, ['l2'], '{ l2: 0.01 }');
    this.l2 = factor('l2', options.l2 ?? 0.01);
  }

  call(x: Tensor): Tensor {
    return mul(sum(square(x)), this.l2);
  }

  override getConfig(): Config {
    return { l2: this.l2 };
  }
}

/**
 * `l1 * sum(|x|) + l2 * sum(x^2)`.
 * @example new regularizers.L1L2({ l1: 0.1, l2: 0.1 }).call(tensor([-1, 2])) // 0.8
 */
export class L1L2 extends Regularizer {
  static readonly className: string = 'L1L2';
  readonly l1: number;
  readonly l2: number;

  /** @param options Both default to 0, as in Keras (0.01 in TensorFlow.js). */
  constructor(options: { l1?: number; l2?: number } = {}) {
    super();
    checkOptionNames('L1L2', options, ['l1', 'l2'], '{ l1: 0.01 }');
    this.l1 = factor('l1', options.l1 ?? 0);
    this.l2 = factor('l2', options.l2 ?? 0);
  }

  call(x: Tensor): Tensor {
    return add(mul(sum(abs(x)), this.l1), mul(sum(square(x)), this.l2));
  }

  override getConfig(): Config {
    return { l1: this.l1, l2: this.l2 };
  }
}

/** Options of {@link OrthogonalRegularizer}. */
export interface OrthogonalRegularizerOptions {
  /** Default 0.01. */
  factor?: number;
  /** Which are to be orthogonal to each other. Default `'rows'`. */
  mode?: 'rows' | 'columns';
}

/**
 * `factor * mean(|cos(angle)|)` over all pairs of rows (or columns) of a matrix: none when they are orthogonal to each other, or
 * when there is one only.
 *
 * @example
 * layers.dense({ units: 8, kernelRegularizer: regularizers.orthogonalRegularizer({ mode: 'columns' }) })
 */
export class OrthogonalRegularizer extends Regularizer {
  static readonly className: string = 'OrthogonalRegularizer';
  readonly factor: number;
  readonly mode: 'rows' | 'columns';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(options: OrthogonalRegularizerOptions = {}) {
    super();
    checkOptionNames('OrthogonalRegularizer', options, ['factor', 'mode'], "{ mode: 'columns' }");
    this.factor = factor('factor', options.factor ?? 0.01);
    this.mode = options.mode ?? 'rows';
    if (this.mode !== 'rows' && this.mode !== 'columns')
      throw new ConfigError(`OrthogonalRegularizer: mode must be 'rows' or 'columns', got ${received(options.mode)}`);
  }

  /** @throws ShapeError for what is no matrix. */
  call(x: Tensor): Tensor {
    const matrix = toTensor(x);
    if (matrix.rank !== 2)
      throw new ShapeError(`OrthogonalRegularizer takes matrices, got shape [${matrix.shape.join(', ')}]`);
    const isRows = this.mode === 'rows';
    const size = matrix.shape[isRows ? 0 : 1] as number;
    // Vectors of nearly no length stay so: Keras' least norm is 1e-7.
    const inverse = rsqrt(maximum(sum(square(matrix), isRows ? 1 : 0, true), LEAST_NORM ** 2));
    const unit = mul(matrix, inverse);
    const cosines = mul(matMul(unit, unit, !isRows, isRows), sub(1, eye(size)));
    const pairs = (size * (size - 1)) / 2;
    return mul(sum(abs(cosines)), (this.factor * 0.5) / Math.max(pairs, 1));
  }

  override getConfig(): Config {
    return { factor: this.factor, mode: this.mode };
  }
}

const LEAST_NORM = 1e-7;

/** The penalty of a weight or an output, a scalar. */
export type RegularizerFunction = (x: Tensor) => Tensor;

/** A plain function as a regularizer. */
class FunctionRegularizer extends Regularizer {
  readonly #f: RegularizerFunction;

  constructor(f: RegularizerFunction) {
    super();
    checkFunction('regularizer', 'the regularizer', f);
    this.#f = f;
  }

  /** @throws ConfigError when the function gives no scalar. */
  override call(x: Tensor): Tensor {
    const penalty: unknown = this.#f(x);
    if (penalty instanceof Tensor && penalty.size === 1) return penalty.reshape([]);
    throw new ConfigError(`${this.getClassName()}: a regularizer must give a scalar tensor, got ${received(penalty)}`);
  }

  override getClassName(): string {
    return this.#f.name || 'function';
  }
}

/** Names of regularizers, in both spellings. */
export type RegularizerName =
  | 'l1'
  | 'l2'
  | 'l1l2'
  | 'l1_l2'
  | 'L1'
  | 'L2'
  | 'L1L2'
  | 'orthogonalRegularizer'
  | 'orthogonal_regularizer'
  | 'OrthogonalRegularizer';

/** A name, an instance, a function of the weight (or output), or what a file holds. */
export type RegularizerIdentifier =
  | RegularizerName
  | Regularizer
  | RegularizerFunction
  | { className: string; config: Config };

type RegularizerClass = new (options?: never) => Regularizer;

const table: Readonly<Record<string, RegularizerClass>> = {
  l1: L1,
  l2: L2,
  l1l2: L1L2,
  orthogonalregularizer: OrthogonalRegularizer,
};

function classOf(name: string): RegularizerClass | undefined {
  const own = registeredClass(name) as RegularizerClass | undefined;
  if (own?.prototype instanceof Regularizer) return own;
  const key = name.replaceAll('_', '').toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/**
 * The regularizer that `identifier` means. @throws ConfigError for an unknown name.
 * @example regularizers.getRegularizer('l2').call(tensor([3, 4])) // 0.25
 */
export function getRegularizer(identifier: RegularizerIdentifier): Regularizer {
  if (identifier instanceof Regularizer) return identifier;
  if (typeof identifier === 'function') {
    if (identifier.prototype instanceof Regularizer)
      throw new ConfigError(`The regularizer is a class: pass an object, such as new ${identifier.name || 'L2'}()`);
    return new FunctionRegularizer(identifier);
  }
  const name = typeof identifier === 'string' ? identifier : identifier?.className;
  const Class = typeof name === 'string' ? classOf(name) : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `Unknown regularizer ${received(name ?? identifier)}. Known are l1, l2, l1l2, orthogonalRegularizer, or pass one such as regularizers.l2({ l2: 0.01 })`,
    );
  }
  return new Class(typeof identifier === 'string' ? undefined : (identifier.config as never));
}

/** `l1 * sum(|x|)`, default 0.01. */
export const l1 = (options?: { l1?: number }): L1 => new L1(options);
/** `l2 * sum(x^2)`, default 0.01. */
export const l2 = (options?: { l2?: number }): L2 => new L2(options);
/** Both. */
export const l1l2 = (options?: { l1?: number; l2?: number }): L1L2 => new L1L2(options);
/** Rows (or columns) that are orthogonal to each other. */
export const orthogonalRegularizer = (options?: OrthogonalRegularizerOptions): OrthogonalRegularizer =>
  new OrthogonalRegularizer(options);
