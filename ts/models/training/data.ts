import { ofAnyCopy, received } from '../../arguments.ts';
import { DataError, ShapeError, StateError } from '../../errors.ts';
import { ones, Tensor, type TensorLike, type TypedArray, tensor, toTensor } from '../../tensor/index.ts';

/** Inputs or targets: a tensor, nested arrays, or flat numbers (a typed array or Buffer) with their shape. */
export type DataLike = TensorLike | { readonly data: TypedArray; readonly shape: readonly number[] };

/** Samples with their targets: what `fit` and `evaluate` work on. */
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
  /** One weight a sample. */
  readonly sampleWeight: Tensor | undefined;
  /** First sample that belongs to this part of the tensors, and how many do. */
  readonly offset: number;
  readonly count: number;
}

/** Samples and what training does with their classes. */
export interface TrainingSamples extends Samples {
  /** Weights of classes, train only. */
  readonly classWeight: ClassWeight | undefined;
}

/** Weight of each class by its label; classes left out have 1. */
export type ClassWeight = Readonly<Record<number, number>>;

/** `data` as a tensor. @throws DataError, ShapeError for what is none; StateError for a disposed one. */
export function dataTensor(data: DataLike, what: string): Tensor {
  if (data === undefined || data === null)
    throw new DataError(`${what}: expected a tensor or numbers, got ${received(data)}`);
  if (data instanceof Tensor) {
    if (data.isDisposed) throw new StateError(`${what}: the tensor was disposed`);
    return data;
  }
  try {
    return isShaped(data) ? tensor(data.data, data.shape) : toTensor(data as TensorLike);
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${what}: ${error.message}`, { cause: error });
    if (error instanceof ShapeError) throw new ShapeError(`${what}: ${error.message}`, { cause: error });
    throw error;
  }
}

function isShaped(data: DataLike): data is { readonly data: TypedArray; readonly shape: readonly number[] } {
  return typeof data === 'object' && 'data' in data && 'shape' in data && !(ofAnyCopy in data);
}

/** Number of samples. @throws DataError when there are none. */
export function sampleCount(data: Tensor, what: string): number {
  const count = data.shape[0];
  if (count === undefined) throw new DataError(`${what}: expected samples along the first axis, got a scalar`);
  if (count === 0) throw new DataError(`${what} holds no samples (shape [${data.shape.join(', ')}])`);
  return count;
}

/** Inputs, targets and weights, checked against each other. @throws DataError when they do not fit. */
export function samplesOf(x: DataLike, y: DataLike, sampleWeight: DataLike | undefined, call: string): Samples {
  const inputs = dataTensor(x, `${call}: x`);
  const targets = dataTensor(y, `${call}: y`);
  const count = sampleCount(inputs, `${call}: x`);
  const targetCount = sampleCount(targets, `${call}: y`);
  if (targetCount !== count) {
    throw new DataError(`${call}: x holds ${count} samples, y ${targetCount}; every sample needs one target`);
  }
  const weights = sampleWeight === undefined ? undefined : dataTensor(sampleWeight, `${call}: sampleWeight`);
  if (weights !== undefined && weights.shape[0] !== count) {
    throw new DataError(`${call}: sampleWeight holds ${weights.shape[0] ?? 1} weights for ${count} samples`);
  }
  return { x: inputs, y: targets, sampleWeight: weights, offset: 0, count };
}

/** The first `at` samples and the rest: parts of the same tensors, so that nothing is copied. */
export function splitAt(samples: Samples, at: number): [Samples, Samples] {
  return [
    { ...samples, count: at },
    { ...samples, offset: samples.offset + at, count: samples.count - at },
  ];
}

/** One weight a sample from the weights of classes: targets are labels `[n]`, `[n, 1]`, or one-hot `[n, classes]`. */
export function classWeights(y: Tensor, weights: ClassWeight): Tensor {
  const oneHot = y.rank > 1 && (y.shape.at(-1) as number) > 1;
  const squeezed = y.rank > 1 && !oneHot ? y.squeeze(-1) : y;
  const labels = oneHot ? y.argMax(-1) : squeezed.cast('float32').round().cast('int32');
  let result = ones(labels.shape);
  for (const [label, weight] of Object.entries(weights)) {
    result = result.add(
      labels
        .equal(Number(label))
        .cast('float32')
        .mul(weight - 1),
    );
  }
  return result;
}
