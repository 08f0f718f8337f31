import { checkConfig, checkSubclass } from '../arguments.ts';
import type { Config } from '../initializers/initializer.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What a weight becomes after a step: a tensor of the same shape. */
export type ConstraintFunction = (w: Tensor) => Tensor;

/**
 * A rule that a weight keeps: after every step of an optimizer the weight becomes `call(weight)`. Subclass it for one of
 * your own; it is traced with the step and runs as fast as the built-in ones.
 *
 * @example
 * class Box extends constraints.Constraint {
 *   override call(w: Tensor) { return w.clipByValue(-1, 1); }
 * }
 * layers.dense({ units: 3, kernelConstraint: new Box() })
 */
export abstract class Constraint {
  constructor() {
    checkSubclass(new.target, Constraint, 'call(w)');
  }

  /** A constraint of the options that `getConfig` gives. @throws ConfigError for options outside their allowed values. */
  static fromConfig<T extends Constraint>(this: new (config: never) => T, config: Config): T {
    checkConfig('fromConfig', config);
    return new this(config as never);
  }

  /** The weight as it should be, of the same shape. */
  abstract call(w: Tensor): Tensor;

  /** The options it was made with. */
  getConfig(): Config {
    return {};
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return (this.constructor as { className?: string }).className ?? this.constructor.name;
  }
}

/** A plain function as a constraint. */
export class FunctionConstraint extends Constraint {
  readonly #f: ConstraintFunction;

  constructor(f: ConstraintFunction) {
    super();
    this.#f = f;
  }

  override call(w: Tensor): Tensor {
    return this.#f(w);
  }

  override getClassName(): string {
    return this.#f.name || 'function';
  }
}
