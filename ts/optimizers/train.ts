import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Adadelta, type AdadeltaConfig } from './adadelta.ts';
import { Adafactor, type AdafactorConfig } from './adafactor.ts';
import { Adagrad, type AdagradConfig } from './adagrad.ts';
import { Adam, type AdamConfig, AdamW } from './adam.ts';
import { Adamax, type AdamaxConfig } from './adamax.ts';
import { Ftrl, type FtrlConfig } from './ftrl.ts';
import { Lamb, type LambConfig } from './lamb.ts';
import { Lion, type LionConfig } from './lion.ts';
import { Muon, type MuonConfig } from './muon.ts';
import { Nadam, type NadamConfig } from './nadam.ts';
import type { LearningRate } from './optimizer.ts';
import { RMSprop, type RMSpropConfig } from './rmsprop.ts';
import { SGD, type SGDConfig } from './sgd.ts';

/** Options beside the learning rate. */
type Rest<C> = Omit<C, 'learningRate'>;

/** Stochastic gradient descent. @example train.sgd(0.01) */
export function sgd(learningRate?: LearningRate, options: Rest<SGDConfig> = {}): SGD {
  return new SGD(config('sgd', learningRate, [], [options]));
}

/** Gradient descent with momentum. @example train.momentum(0.01, 0.9) */
export function momentum(
  learningRate: LearningRate,
  momentum: number,
  nesterov = false,
  options: Omit<SGDConfig, 'learningRate' | 'momentum' | 'nesterov'> = {},
): SGD {
  return new SGD({ ...options, learningRate, momentum, nesterov });
}

/** RMSprop, with options or with TensorFlow.js' numbers in order. @example train.rmsprop(0.001, { centered: true }) */
export function rmsprop(learningRate?: LearningRate, options?: Rest<RMSpropConfig>): RMSprop;
export function rmsprop(
  learningRate: LearningRate | undefined,
  decay?: number,
  momentum?: number,
  epsilon?: number | null,
  centered?: boolean,
): RMSprop;
export function rmsprop(learningRate?: LearningRate, ...rest: unknown[]): RMSprop {
  return new RMSprop(config('rmsprop', learningRate, ['rho', 'momentum', 'epsilon', 'centered'], rest));
}

/** Adam, with options or with TensorFlow.js' numbers in order. @example train.adam(0.001, { beta2: 0.99 }) */
export function adam(learningRate?: LearningRate, options?: Rest<AdamConfig>): Adam;
export function adam(
  learningRate: LearningRate | undefined,
  beta1?: number,
  beta2?: number,
  epsilon?: number | null,
): Adam;
export function adam(learningRate?: LearningRate, ...rest: unknown[]): Adam {
  return new Adam(config('adam', learningRate, ['beta1', 'beta2', 'epsilon'], rest));
}

/** Adam with decoupled weight decay. @example train.adamw(0.001, { weightDecay: 0.01 }) */
export function adamw(learningRate?: LearningRate, options: Rest<AdamConfig> = {}): AdamW {
  return new AdamW(config('adamw', learningRate, [], [options]));
}

/** Adagrad. @example train.adagrad(0.1) */
export function adagrad(learningRate?: LearningRate, options?: Rest<AdagradConfig>): Adagrad;
export function adagrad(learningRate: LearningRate | undefined, initialAccumulatorValue?: number): Adagrad;
export function adagrad(learningRate?: LearningRate, ...rest: unknown[]): Adagrad {
  return new Adagrad(config('adagrad', learningRate, ['initialAccumulatorValue'], rest));
}

/** Adadelta. @example train.adadelta(1, { rho: 0.9 }) */
export function adadelta(learningRate?: LearningRate, options?: Rest<AdadeltaConfig>): Adadelta;
export function adadelta(learningRate: LearningRate | undefined, rho?: number, epsilon?: number | null): Adadelta;
export function adadelta(learningRate?: LearningRate, ...rest: unknown[]): Adadelta {
  return new Adadelta(config('adadelta', learningRate, ['rho', 'epsilon'], rest));
}

/** Adamax; the learning rate is 0.002 unless given, as in TensorFlow.js. @example train.adamax(0.002) */
export function adamax(learningRate?: LearningRate, options?: Rest<AdamaxConfig>): Adamax;
export function adamax(
  learningRate: LearningRate | undefined,
  beta1?: number,
  beta2?: number,
  epsilon?: number | null,
): Adamax;
export function adamax(learningRate: LearningRate = 0.002, ...rest: unknown[]): Adamax {
  return new Adamax(config('adamax', learningRate, ['beta1', 'beta2', 'epsilon'], rest));
}

/** Adam with Nesterov momentum. @example train.nadam(0.001) */
export function nadam(learningRate?: LearningRate, options: Rest<NadamConfig> = {}): Nadam {
  return new Nadam(config('nadam', learningRate, [], [options]));
}

/** Adafactor. @example train.adafactor(0.001) */
export function adafactor(learningRate?: LearningRate, options: Rest<AdafactorConfig> = {}): Adafactor {
  return new Adafactor(config('adafactor', learningRate, [], [options]));
}

/** Follow the regularized leader. @example train.ftrl(0.1) */
export function ftrl(learningRate?: LearningRate, options: Rest<FtrlConfig> = {}): Ftrl {
  return new Ftrl(config('ftrl', learningRate, [], [options]));
}

/** Lamb. @example train.lamb(0.001) */
export function lamb(learningRate?: LearningRate, options: Rest<LambConfig> = {}): Lamb {
  return new Lamb(config('lamb', learningRate, [], [options]));
}

/** Lion. @example train.lion(0.0001) */
export function lion(learningRate?: LearningRate, options: Rest<LionConfig> = {}): Lion {
  return new Lion(config('lion', learningRate, [], [options]));
}

/** Muon. @example train.muon(0.001) */
export function muon(learningRate?: LearningRate, options: Rest<MuonConfig> = {}): Muon {
  return new Muon(config('muon', learningRate, [], [options]));
}

/** Options from what follows the learning rate: an object, or values in the order of `names`. */
function config(
  name: string,
  learningRate: LearningRate | undefined,
  names: readonly string[],
  rest: readonly unknown[],
): Record<string, unknown> {
  const rate = learningRate === undefined ? {} : { learningRate };
  const [first] = rest;
  if (typeof first === 'object' && first !== null && rest.length === 1) return { ...first, ...rate };
  const inOrder = rest.every((value) => value === undefined || value === null || typeof value !== 'object');
  if (!inOrder || rest.length > names.length) {
    const form = names.length > 0 ? `, or ${names.join(', ')} in this order` : '';
    throw new ConfigError(
      `train.${name}: beside the learning rate, options must be an object such as { weightDecay: 0.01 }${form}; got ${rest.map(received).join(', ')}`,
    );
  }
  const given = names.flatMap((option, i) => (rest[i] === undefined || rest[i] === null ? [] : [[option, rest[i]]]));
  return { ...Object.fromEntries(given), ...rate };
}
