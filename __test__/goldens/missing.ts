// What Keras has and this library does not have yet. The tests of each family hold these lists to be exact: a class that
// has come must be taken off.

/** Families of cases. */
export type Family =
  | 'activations'
  | 'constraints'
  | 'initializers'
  | 'layers'
  | 'losses'
  | 'metrics'
  | 'models'
  | 'optimizers'
  | 'regularizers'
  | 'schedules';

/** Classes without an entry yet, by family. */
export const missing: Readonly<Record<Family, readonly string[]>> = {
  activations: [],
  constraints: [],
  initializers: [],
  layers: [],
  losses: [],
  metrics: [],
  models: [],
  optimizers: [],
  regularizers: [],
  schedules: [],
};

/** Cases that are known to differ, by title: why. They are held to differ, so an entry goes when its reason does. */
export const differing: Readonly<Partial<Record<Family, Readonly<Record<string, string>>>>> = {
  // Keras adds up the cumulative sums of the whole support for the threshold, so its outputs do not sum to 1. Ours do, as in
  // the definition (Martins and Astudillo, 2016).
  activations: {
    'sparsemax {} (35)': 'Keras is wrong: its outputs do not sum to 1',
    'sparsemax {"0":0} (36)': 'Keras is wrong: its outputs do not sum to 1',
  },
  layers: {},
};
