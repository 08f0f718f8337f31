import type { RegisteredClass } from '../custom-objects.ts';
import type { Nest } from '../layers/nest.ts';
import type { Shape } from '../layers/shape.ts';

/** Functions and classes of one's own, by the names that files give them. */
export type CustomObjects = Readonly<Record<string, RegisteredClass | ((...args: never) => unknown)>>;

/** Options of `loadModel`. */
export interface LoadModelOptions {
  /** Classes and functions of your own that the file names, besides those of `registerClass`. */
  customObjects?: CustomObjects;
  /** Whether to compile the model as the file says, and to restore the optimizer's state. Default true. */
  compile?: boolean;
  /** Code in files is never run, whatever this says; `false` is an error that says so. Default true. */
  safeMode?: boolean;
  /**
   * Milliseconds that downloads (of an address, with its shards) may take altogether; `Infinity`: any time. Default 3,600,000, an hour.
   * A minute without a byte ends them, whatever this says.
   */
  timeout?: number;
}

/** Options of `model.save`. */
export interface SaveModelOptions {
  /** Whether to replace a file that is there. Default true; with `false` it is a FileError. */
  overwrite?: boolean;
  /** Whether to save the state of the optimizer, to go on training from. Default true. */
  includeOptimizer?: boolean;
}

/** Options of `model.saveWeights`. */
export interface SaveWeightsOptions {
  /** Whether to replace a file that is there. Default true; with `false` it is a FileError. */
  overwrite?: boolean;
}

/** Options of `model.loadWeights`. */
export interface LoadWeightsOptions {
  /** Whether layers get their weights by their names instead of their order; layers that the file lacks stay as they are. Default false. */
  byName?: boolean;
  /** Whether layers whose weights have other shapes stay as they are, with a warning, instead of being an error. Default false. */
  skipMismatch?: boolean;
}

/** Options of `model.export`. */
export interface ExportOptions {
  /** Whether to replace a file that is there. Default true; with `false` it is a FileError. */
  overwrite?: boolean;
  /** Shapes of the inputs with the batch, to give sizes that the model leaves open; `null` stays open. Default: those of the model. */
  inputShape?: Nest<Shape> | null;
}
