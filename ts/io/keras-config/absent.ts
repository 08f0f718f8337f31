// Options that hornbeam has and the constructors of Keras' classes, or of older versions of them, do not take.

/** Left out when they have this value: versions of Keras before 3.12 do not know them. */
const newer: Readonly<Record<string, unknown>> = {
  use_gate: false,
  sliding_window: null,
  renorm: false,
  renorm_clipping: null,
  renorm_momentum: 0.99,
  seed: null,
};

/** Classes whose constructors take no `trainable` and write their element type as a text. */
const withoutTrainable: ReadonlySet<string> = new Set([
  'Discretization',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
]);

/** Whether Keras' constructor takes no policy and no `trainable`. */
export function isPlain(name: string): boolean {
  return withoutTrainable.has(name);
}

/** Whether an option is left out at this value. */
export function isLeftOut(option: string, value: unknown): boolean {
  return Object.hasOwn(newer, option) && newer[option] === value;
}

const buildless = new Set([
  'Activation',
  'ActivityRegularization',
  'AlphaDropout',
  'Dropout',
  'ELU',
  'GaussianDropout',
  'GaussianNoise',
  'Identity',
  'InputLayer',
  'LeakyReLU',
  'Masking',
  'ReLU',
  'Reshape',
  'Softmax',
  'UnitNormalization',
]);

/** Whether Keras makes nothing of the layer when it is built, and notes no shape. */
export function isBuildless(name: string): boolean {
  return buildless.has(name) || /^(Global)?(Max|Average)Pooling\dD$|^SpatialDropout\dD$/.test(name);
}

/** Options that Keras' classes take, and do not write themselves (some versions do not take them): by `kind:Name`. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'initializer:Identity': { gain: 1 },
  'loss:CosineSimilarity': { axis: -1 },
  'loss:Huber': { delta: 1 },
  'loss:SparseCategoricalCrossentropy': { axis: -1 },
  'metric:BinaryCrossentropy': { axis: -1 },
  'metric:CosineSimilarity': { axis: -1 },
  'metric:SparseTopKCategoricalAccuracy': { from_sorted_ids: false },
};

/** Whether an option of a class is left out because it is the default. */
export function isDefault(kind: string, name: string, option: string, value: unknown): boolean {
  const own = defaults[`${kind}:${name}`];
  return own !== undefined && Object.hasOwn(own, option) && own[option] === value;
}
