import { ofAnyCopy, received } from '../../arguments.ts';
import { ConfigError, DataError, ShapeError, StateError } from '../../errors.ts';
import { flattenNest, mapNest, type Nest, outline } from '../../layers/nest.ts';
import { ones, Tensor, type TensorLike, type TypedArray, tensor, toTensor } from '../../tensor/index.ts';
import { isBranch } from '../../tensor/tree.ts';

/** Numbers: a tensor, nested arrays, or flat numbers (a typed array or Buffer) with their shape. */
export type DataLike = TensorLike | { readonly data: TypedArray; readonly shape: readonly number[] };

/** Data of a model: of its one input, or of several in a list or by name. */
export type DataNest = DataLike | readonly DataLike[] | { readonly [name: string]: DataLike };

/** Tensors in the places of a model's inputs or outputs; `undefined` where there are none. */
export type Tensors = Nest<Tensor | undefined>;

/** A batch as a step sees it: inputs, targets and weights in the places of the model's inputs and outputs. */
export interface Batch {
  readonly x: Nest<Tensor>;
  readonly y: Tensors;
  /** One weight a sample: for all outputs, or in the places of the outputs. */
  readonly sampleWeight: Tensors;
}

/** Samples with their targets: what `fit` and `evaluate` work on. */
export interface Samples extends Batch {
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

/** The places of a model's inputs or outputs, and the names of their layers in the order of the places. */
export interface Places {
  readonly template: Nest<unknown>;
  readonly names: readonly string[];
}

/** Where a model's data go; `undefined` while the model does not say (a subclass of Model). */
export interface DataPlaces {
  readonly inputs: Places | undefined;
  readonly outputs: Places | undefined;
}

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

function isShaped(data: unknown): data is { readonly data: TypedArray; readonly shape: readonly number[] } {
  return typeof data === 'object' && data !== null && 'data' in data && 'shape' in data && !(ofAnyCopy in data);
}

function isRecord(data: unknown): data is { readonly [name: string]: DataLike } {
  return isBranch(data) && !Array.isArray(data) && !isShaped(data);
}

/**
 * `data` as tensors in the places of a model: in the same lists and records, in one list, or by the names of the layers.
 *
 * @param optional Whether places may be left out of a record: targets of outputs without a loss.
 * @throws DataError for data that do not fit the places, or that are none.
 */
export function dataNest(data: DataNest, places: Places | undefined, what: string, optional = false): Tensors {
  if (places === undefined) return unplaced(data, what);
  const { template, names } = places;
  const count = names.length;
  const isOne = !isBranch(template);
  if (isOne) {
    const only = names[0] as string;
    if (isRecord(data)) return dataTensor(entryOf(data, only, what) as DataLike, what);
    // Keras' list of one.
    const isList = Array.isArray(data) && data.length === 1 && data[0] instanceof Tensor && data[0].rank > 0;
    return dataTensor((isList ? (data as readonly DataLike[])[0] : data) as DataLike, what);
  }
  if (isRecord(data) && !(isRecord(template) && Object.keys(data).every((name) => name in template))) {
    const unknown = Object.keys(data).find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw new DataError(`${what}: there is no "${unknown}"; the names are ${names.join(', ')}`);
    const flat = names.map((name) =>
      optional && !(name in data) ? undefined : dataTensor(entryOf(data, name, what) as DataLike, `${what} "${name}"`),
    );
    return mapNest<unknown, Tensor | undefined>(template, (_, i) => flat[i]);
  }
  if (Array.isArray(data) && !Array.isArray(template) && data.length === count) {
    return mapNest<unknown, Tensor>(template, (_, i) => dataTensor(data[i] as DataLike, `${what} ${i}`));
  }
  return along(template, data, what, optional);
}

function entryOf(data: { readonly [name: string]: unknown }, name: string, what: string): unknown {
  if (Object.hasOwn(data, name)) return data[name];
  throw new DataError(
    `${what}: there is nothing for "${name}"; got ${Object.keys(data).join(', ') || 'an empty record'}`,
  );
}

/** Data in the same lists and records as the places. */
function along(template: Nest<unknown>, data: unknown, what: string, optional: boolean): Tensors {
  if (!isBranch(template)) {
    return optional && (data === undefined || data === null) ? undefined : dataTensor(data as DataLike, what);
  }
  if (Array.isArray(template)) {
    if (!Array.isArray(data) || data.length !== template.length) {
      const got = Array.isArray(data) ? `${data.length}` : received(data);
      throw new DataError(`${what}: expected a list of ${template.length} (${outline(template)}), got ${got}`);
    }
    return template.map((entry, i) => along(entry as Nest<unknown>, data[i], `${what} ${i}`, optional));
  }
  if (!isRecord(data)) throw new DataError(`${what}: expected ${outline(template)}, got ${received(data)}`);
  return Object.fromEntries(
    Object.entries(template).map(([name, entry]) => {
      const value = optional && !Object.hasOwn(data, name) ? undefined : entryOf(data, name, what);
      return [name, along(entry as Nest<unknown>, value, `${what} "${name}"`, optional)];
    }),
  );
}

/** Data of a model that does not say what it takes: a list that holds a tensor, or a record, are several. */
function unplaced(data: DataNest, what: string): Tensors {
  if (Array.isArray(data) && data.some((entry) => entry instanceof Tensor || isShaped(entry)))
    return data.map((entry, i) => unplaced(entry as DataNest, `${what} ${i}`));
  if (isRecord(data)) {
    return Object.fromEntries(
      Object.entries(data).map(([name, entry]) => [name, unplaced(entry, `${what} "${name}"`)]),
    );
  }
  return dataTensor(data as DataLike, what);
}

/** Number of samples. @throws DataError when there are none, or not as many in all. */
export function sampleCount(data: Tensors, what: string): number {
  let count: number | undefined;
  for (const part of flattenNest(data)) {
    if (part === undefined) continue;
    const size = part.shape[0];
    if (size === undefined) throw new DataError(`${what}: expected samples along the first axis, got a scalar`);
    if (size === 0) throw new DataError(`${what} holds no samples (shape [${part.shape.join(', ')}])`);
    if (count !== undefined && size !== count)
      throw new DataError(`${what}: the parts hold different numbers of samples, ${count} and ${size}`);
    count = size;
  }
  if (count === undefined) throw new DataError(`${what} holds no data`);
  return count;
}

/** Inputs, targets and weights, checked against each other. @throws DataError when they do not fit. */
export function samplesOf(
  places: DataPlaces,
  x: DataNest,
  y: DataNest | null | undefined,
  sampleWeight: DataNest | undefined,
  call: string,
): Samples {
  const inputs = dataNest(x, places.inputs, `${call}: x`) as Nest<Tensor>;
  const count = sampleCount(inputs, `${call}: x`);
  const targets = y === undefined || y === null ? undefined : dataNest(y, places.outputs, `${call}: y`, true);
  if (targets !== undefined) {
    const targetCount = sampleCount(targets, `${call}: y`);
    if (targetCount !== count) {
      throw new DataError(`${call}: x holds ${count} samples, y ${targetCount}; every sample needs one target`);
    }
  }
  const weights =
    sampleWeight === undefined ? undefined : weightsOf(places.outputs, sampleWeight, `${call}: sampleWeight`);
  for (const weight of flattenNest<Tensor | undefined>(weights)) {
    if (weight !== undefined && weight.shape[0] !== count)
      throw new DataError(`${call}: sampleWeight holds ${weight.shape[0] ?? 1} weights for ${count} samples`);
  }
  return { x: inputs, y: targets, sampleWeight: weights, offset: 0, count };
}

/** Weights of samples: one tensor for all outputs, or one an output. */
function weightsOf(outputs: Places | undefined, weights: DataNest, what: string): Tensors {
  const isMany =
    isRecord(weights) || (Array.isArray(weights) && isBranch(weights[0] as unknown)) || holdsTensor(weights);
  return isMany && (outputs === undefined || outputs.names.length > 1)
    ? dataNest(weights, outputs, what, true)
    : dataTensor(weights as DataLike, what);
}

function holdsTensor(data: DataNest): boolean {
  return Array.isArray(data) && data.some((entry) => entry instanceof Tensor || ArrayBuffer.isView(entry));
}

/** The first `at` samples and the rest: parts of the same tensors, so that nothing is copied. */
export function splitAt(samples: Samples, at: number): [Samples, Samples] {
  return [
    { ...samples, count: at },
    { ...samples, offset: samples.offset + at, count: samples.count - at },
  ];
}

/** The tensors of a batch that are there, in a fixed order. */
export function batchTensors({ x, y, sampleWeight }: Batch): Tensor[] {
  return flattenNest<Tensor | undefined>([x, y, sampleWeight]).filter((part) => part !== undefined);
}

/** The same batch of other tensors, in the order of {@link batchTensors}. */
export function withTensors(batch: Batch, tensors: readonly Tensor[]): Batch {
  let next = 0;
  const replaced = (nest: Tensors): Tensors =>
    mapNest<Tensor | undefined, Tensor | undefined>(nest, (part) => part && tensors[next++]);
  const x = replaced(batch.x) as Nest<Tensor>;
  const y = replaced(batch.y);
  return { x, y, sampleWeight: replaced(batch.sampleWeight) };
}

/** The batch of the samples that `indices` name. */
export function gatherBatch(samples: Samples, indices: Tensor): Batch {
  const ids = samples.offset === 0 ? indices : indices.add(samples.offset);
  return withTensors(
    samples,
    batchTensors(samples).map((part) => part.gather(ids)),
  );
}

/** Size of a batch. */
export function batchSizeOf({ x }: Batch): number {
  return flattenNest(x)[0]?.shape[0] as number;
}

/** The batch with the weights of its classes. @throws ConfigError for several outputs: classes of which one? */
export function withClassWeight(batch: Batch, weights: ClassWeight | undefined): Batch {
  if (weights === undefined) return batch;
  const [y, second] = flattenNest(batch.y);
  if (y === undefined || second !== undefined) {
    throw new ConfigError('classWeight works with the targets of one output; use sampleWeight for models of several');
  }
  return { ...batch, sampleWeight: classWeights(y, weights) };
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
