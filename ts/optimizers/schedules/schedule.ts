import { checkConfig, checkNumber, checkSubclass, received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import type { Tensor } from '../../tensor/index.ts';

/**
 * A learning rate that depends on the number of steps taken. It is part of the traced step: nothing comes back to JavaScript.
 * Subclass it for one of your own.
 * @example
 * class Halving extends optimizers.schedules.LearningRateSchedule {
 *   override call(step: Tensor) { return ops.power(0.5, step.div(100).floor()); }
 * }
 * new optimizers.SGD({ learningRate: new Halving() });
 */
export abstract class LearningRateSchedule {
  constructor() {
    checkSubclass(new.target, LearningRateSchedule, 'call(step)');
  }

  /** A schedule of the options that `getConfig` gives. @throws ConfigError for options outside their allowed values. */
  static fromConfig<T extends LearningRateSchedule>(
    this: new (
      config: never,
    ) => T,
    config: Record<string, unknown>,
  ): T {
    checkConfig('fromConfig', config);
    return new this(config as never);
  }

  /** The rate, a float32 scalar, for a float32 scalar with the number of steps taken before. */
  abstract call(step: Tensor): Tensor;

  /** The options that make an equal schedule. */
  getConfig(): Record<string, unknown> {
    return {};
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return (this.constructor as { className?: string }).className ?? this.constructor.name;
  }
}

/** A number among the options of a schedule. @internal */
export function rateOption(owner: string, name: string, value: unknown): number {
  const number = checkNumber(owner, name, value);
  if (Number.isFinite(number)) return number;
  throw new ConfigError(`${owner}: ${name} must be a finite number, got ${received(value)}`);
}

/** A number of steps. @throws ConfigError unless it is above 0. @internal */
export function stepsOption(owner: string, name: string, value: unknown): number {
  const steps = rateOption(owner, name, value);
  if (steps > 0) return steps;
  throw new ConfigError(`${owner}: ${name} must be above 0, got ${received(value)}`);
}
