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
export const differing: Readonly<Partial<Record<Family, Readonly<Record<string, string>>>>> = {};
