import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Adam, type AdamConfig, AdamW } from './adam.ts';
import { RMSprop, type RMSpropConfig } from './rmsprop.ts';
import { SGD, type SGDConfig } from './sgd.ts';

/** Stochastic gradient descent. @example train.sgd(0.01) */
export function sgd(learningRate?: number, options: Omit<SGDConfig, 'learningRate'> = {}): SGD {
  return new SGD(withRate(learningRate, options));
}

/** Gradient descent with momentum. @example train.momentum(0.01, 0.9) */
export function momentum(
  learningRate: number,
  momentum: number,
  nesterov = false,
  options: Omit<SGDConfig, 'learningRate' | 'momentum' | 'nesterov'> = {},
): SGD {
  return new SGD({ ...options, learningRate, momentum, nesterov });
}

/** RMSprop. @example train.rmsprop(0.001, { centered: true }) */
export function rmsprop(learningRate?: number, options: Omit<RMSpropConfig, 'learningRate'> = {}): RMSprop {
  return new RMSprop(withRate(learningRate, options));
}

/** Adam. @example train.adam(0.001, { beta2: 0.99 }) */
export function adam(learningRate?: number, options: Omit<AdamConfig, 'learningRate'> = {}): Adam {
  return new Adam(withRate(learningRate, options));
}

/** Adam with decoupled weight decay. @example train.adamw(0.001, { weightDecay: 0.01 }) */
export function adamw(learningRate?: number, options: Omit<AdamConfig, 'learningRate'> = {}): AdamW {
  return new AdamW(withRate(learningRate, options));
}

function withRate<T extends object>(learningRate: number | undefined, options: T): T & { learningRate?: number } {
  // Numbers by position (`train.adam(0.01, 0.9)` in TensorFlow.js) would be lost in the spread.
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError(
      `train: options beside the learning rate must be an object such as { beta1: 0.9 }, got ${received(options)}`,
    );
  }
  return learningRate === undefined ? options : { ...options, learningRate };
}
