import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { CosineDecay, CosineDecayRestarts } from './cosine.ts';
import { ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay } from './decay.ts';
import { LearningRateSchedule } from './schedule.ts';

export type { CosineDecayConfig, CosineDecayRestartsConfig } from './cosine.ts';
export type { DecayConfig, PiecewiseConstantDecayConfig, PolynomialDecayConfig } from './decay.ts';
export {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
};

/** A schedule as a configuration holds it. */
export interface SerializedSchedule {
  className: string;
  config: Record<string, unknown>;
}

const classes: Readonly<Record<string, new (config: never) => LearningRateSchedule>> = {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  PiecewiseConstantDecay,
  PolynomialDecay,
};

/**
 * `{ className, config }` of a schedule.
 * @example
 * const schedule = new optimizers.schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 100 });
 * optimizers.schedules.serialize(schedule).className // 'CosineDecay'
 */
export function serialize(schedule: LearningRateSchedule): SerializedSchedule {
  if (!(schedule instanceof LearningRateSchedule)) {
    throw new ConfigError(`schedules.serialize: expected a schedule, got ${received(schedule)}`);
  }
  return { className: schedule.getClassName(), config: schedule.getConfig() };
}

/** The schedule of what {@link serialize} gave. @throws ConfigError for an unknown class. */
export function deserialize(entry: SerializedSchedule): LearningRateSchedule {
  const { className, config } = Object(entry) as Partial<SerializedSchedule>;
  const Class = typeof className === 'string' && Object.hasOwn(classes, className) ? classes[className] : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `there is no schedule ${received(className ?? entry)}; known are ${Object.keys(classes).join(', ')}`,
    );
  }
  return new Class((config ?? {}) as never);
}
