// What a program is: a compiled model with its data, and how it is trained.
import type { DataNest, FitOptions, Model, Tensor } from '../../../ts/index.ts';
import type { ClassWeight } from '../../../ts/models/training/data.ts';
import type { Tree } from '../../../ts/tensor/tree.ts';
import { chirp, dataOf } from '../data.ts';

/** A program of 20 steps. The same is written in Python in tools/goldens/programs. */
export interface Program {
  readonly model: Model<Tree>;
  readonly x: DataNest;
  readonly y: DataNest | null;
  /** Samples a step. */
  readonly batch: number;
  readonly sampleWeight?: DataNest;
  readonly classWeight?: ClassWeight;
  /** Trains by `fit` with these options instead of batch by batch. */
  readonly fit?: FitOptions;
  /** Steps after which states begin anew. */
  readonly resets?: readonly number[];
  /** Samples a batch of the evaluation afterwards. */
  readonly evaluate?: number;
  /** Whether a mask reaches the metrics: not those of a training step in Keras with JAX. */
  readonly unmasked?: boolean;
}

/** Makes a program. */
export type Make = () => Program;

/** Labels from 0 to `classes` - 1. */
export const labels = (shape: readonly number[], classes = 3): Tensor => dataOf({ as: 'labels', shape, classes });

/** One-hot rows. */
export const oneHot = (shape: readonly number[]): Tensor =>
  dataOf({ as: 'onehot', shape, classes: shape.at(-1) as number });

/** Zeros and ones. */
export const binary = (shape: readonly number[]): Tensor => dataOf({ as: 'binary', shape });

/** Ids of words; the end of most sequences is padding, 0. */
export function words(count: number, steps: number, classes: number, padded = true): Tensor {
  const ids = labels([count, steps], classes - 1).add(1);
  if (!padded) return ids;
  const isWord = Array.from({ length: count }, (_, i) => {
    const length = steps - ((i * 3) % (steps - 1));
    return Array.from({ length: steps }, (_, step) => (step < length ? 1 : 0));
  });
  return ids.mul(isWord).cast('int32');
}

/** Numbers between 0 and 1. */
export const shares = (shape: readonly number[], phase: number): Tensor => chirp(shape, phase, 0.5, 0.5);
