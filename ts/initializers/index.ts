import { received } from '../arguments.ts';
import { registeredClass } from '../custom-objects.ts';
import { ConfigError } from '../errors.ts';
import { Constant, type ConstantOptions, Identity, type IdentityOptions, Ones, Zeros } from './constant.ts';
import { FunctionInitializer, type InitializerFunction } from './function.ts';
import { type Config, Initializer } from './initializer.ts';
import { Orthogonal, type OrthogonalOptions } from './orthogonal.ts';
import {
  RandomNormal,
  type RandomNormalOptions,
  RandomUniform,
  type RandomUniformOptions,
  TruncatedNormal,
} from './random.ts';
import { STFT, type STFTOptions } from './stft.ts';
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  type SeedOptions,
  VarianceScaling,
  type VarianceScalingOptions,
} from './variance-scaling.ts';

export type { ConstantOptions, IdentityOptions } from './constant.ts';
export type { InitializerFunction } from './function.ts';
export type { Config, ConfigValue } from './initializer.ts';
export type { OrthogonalOptions } from './orthogonal.ts';
export type { RandomNormalOptions, RandomUniformOptions } from './random.ts';
export type { STFTOptions, WindowName } from './stft.ts';
export type { FanMode, ScalingDistribution, SeedOptions, VarianceScalingOptions } from './variance-scaling.ts';
export {
  Constant,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  Identity,
  Initializer,
  LecunNormal,
  LecunUniform,
  Ones,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  STFT,
  TruncatedNormal,
  VarianceScaling,
  Zeros,
};

/** Names of initializers, in TensorFlow.js' and in Keras' spelling. */
export type InitializerName =
  | 'constant'
  | 'glorotNormal'
  | 'glorotUniform'
  | 'glorot_normal'
  | 'glorot_uniform'
  | 'heNormal'
  | 'heUniform'
  | 'he_normal'
  | 'he_uniform'
  | 'identity'
  | 'leCunNormal'
  | 'leCunUniform'
  | 'lecun_normal'
  | 'lecun_uniform'
  | 'ones'
  | 'orthogonal'
  | 'randomNormal'
  | 'randomUniform'
  | 'random_normal'
  | 'random_uniform'
  | 'stft'
  | 'truncatedNormal'
  | 'truncated_normal'
  | 'varianceScaling'
  | 'variance_scaling'
  | 'zeros';

/** A name, an instance, a function of shape and dtype, or what a file holds. */
export type InitializerIdentifier =
  | InitializerName
  | Initializer
  | InitializerFunction
  | { className: string; config: Config };

type InitializerClass = new (options?: never) => Initializer;

const classes: readonly (InitializerClass & { className: string })[] = [
  Constant,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  Identity,
  LecunNormal,
  LecunUniform,
  Ones,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  STFT,
  TruncatedNormal,
  VarianceScaling,
  Zeros,
];

/** Spellings differ in case and underscores only, apart from these. */
const aliases: Record<string, string> = {
  uniform: 'randomuniform',
  normal: 'randomnormal',
  one: 'ones',
  zero: 'zeros',
  eye: 'identity',
  identityinitializer: 'identity',
  orthogonalinitializer: 'orthogonal',
  stftinitializer: 'stft',
};

function key(name: string): string {
  const plain = name.replaceAll('_', '').toLowerCase();
  return aliases[plain] ?? plain;
}

const table = new Map<string, InitializerClass>(classes.map((Class) => [key(Class.className), Class]));

/** Options as a file holds them: null stands for "not given", unless it means something. */
function given(Class: InitializerClass, config: Config): never {
  if (Class === STFT) return config as never;
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)) as never;
}

/** A class of the user's own that was registered under this name. */
function ownClass(name: string): InitializerClass | undefined {
  const Class = registeredClass(name) as InitializerClass | undefined;
  return Class?.prototype instanceof Initializer ? Class : undefined;
}

/**
 * The initializer that `identifier` means.
 * @throws ConfigError for an unknown name.
 * @example initializers.getInitializer('glorotUniform').getConfig() // { seed: null }
 */
export function getInitializer(identifier: InitializerIdentifier): Initializer {
  if (identifier instanceof Initializer) return identifier;
  if (typeof identifier === 'function') {
    if (identifier.prototype instanceof Initializer)
      throw new ConfigError(`The initializer is a class: pass an object, such as new ${identifier.name || 'Zeros'}()`);
    return new FunctionInitializer(identifier);
  }
  const name = typeof identifier === 'string' ? identifier : identifier?.className;
  const Class = typeof name === 'string' ? (ownClass(name) ?? table.get(key(name))) : undefined;
  if (Class === undefined) {
    throw new ConfigError(
      `Unknown initializer ${received(name)}. Known are ${classes.map((c) => c.className).join(', ')}`,
    );
  }
  return new Class(typeof identifier === 'string' ? undefined : given(Class, identifier.config ?? {}));
}

/** All zeros. */
export const zeros = (): Zeros => new Zeros();
/** All ones. */
export const ones = (): Ones => new Ones();
/** One number everywhere. */
export const constant = (options: ConstantOptions): Constant => new Constant(options);
/** `gain` on the diagonal of a matrix. */
export const identity = (options?: IdentityOptions): Identity => new Identity(options);
/** Uniform, default within 0.05. */
export const randomUniform = (options?: RandomUniformOptions): RandomUniform => new RandomUniform(options);
/** Normal, default standard deviation 0.05. */
export const randomNormal = (options?: RandomNormalOptions): RandomNormal => new RandomNormal(options);
/** Normal cut at two standard deviations. */
export const truncatedNormal = (options?: RandomNormalOptions): TruncatedNormal => new TruncatedNormal(options);
/** Variance `scale / fan`. */
export const varianceScaling = (options?: VarianceScalingOptions): VarianceScaling => new VarianceScaling(options);
/** Uniform within `sqrt(6 / (fanIn + fanOut))`: the default of kernels. */
export const glorotUniform = (options?: SeedOptions): GlorotUniform => new GlorotUniform(options);
/** Truncated normal of variance `2 / (fanIn + fanOut)`. */
export const glorotNormal = (options?: SeedOptions): GlorotNormal => new GlorotNormal(options);
/** Uniform within `sqrt(6 / fanIn)`. */
export const heUniform = (options?: SeedOptions): HeUniform => new HeUniform(options);
/** Truncated normal of variance `2 / fanIn`. */
export const heNormal = (options?: SeedOptions): HeNormal => new HeNormal(options);
/** Uniform within `sqrt(3 / fanIn)`. */
export const leCunUniform = (options?: SeedOptions): LecunUniform => new LecunUniform(options);
/** Truncated normal of variance `1 / fanIn`. */
export const leCunNormal = (options?: SeedOptions): LecunNormal => new LecunNormal(options);
/** Orthonormal rows or columns. */
export const orthogonal = (options?: OrthogonalOptions): Orthogonal => new Orthogonal(options);
/** The kernel of a short-time Fourier transform. */
export const stft = (options?: STFTOptions): STFT => new STFT(options);
