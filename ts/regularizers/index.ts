import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Config } from '../initializers/initializer.ts';
import { abs, add, mul, square } from '../ops/elementwise.ts';
import { sum } from '../ops/reduction.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * A penalty on a weight or an output that is added to the loss. Subclass it for one of your own: `call` is all that is needed.
 * @example
 * class Spread extends regularizers.Regularizer {
 *   override call(x: Tensor) { return x.max().sub(x.min()); }
 * }
 * layers.dense({ units: 3, kernelRegularizer: new Spread() })
 */
export abstract class Regularizer {
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

/** Names of regularizers, in both spellings. */
export type RegularizerName = 'l1' | 'l2' | 'l1l2' | 'l1_l2' | 'L1' | 'L2' | 'L1L2';

/** A name, an instance, or what a file holds. */
export type RegularizerIdentifier = RegularizerName | Regularizer | { className: string; config: Config };

const table: Record<string, new (options?: never) => Regularizer> = { l1: L1, l2: L2, l1l2: L1L2 };

/**
 * The regularizer that `identifier` means. @throws ConfigError for an unknown name.
 * @example regularizers.getRegularizer('l2').call(tensor([3, 4])) // 0.25
 */
export function getRegularizer(identifier: RegularizerIdentifier): Regularizer {
  if (identifier instanceof Regularizer) return identifier;
  const name = typeof identifier === 'string' ? identifier : identifier?.className;
  const Class = typeof name === 'string' ? table[name.replaceAll('_', '').toLowerCase()] : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `Unknown regularizer ${received(name ?? identifier)}. Known are l1, l2, l1l2, or pass one such as regularizers.l2({ l2: 0.01 })`,
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
