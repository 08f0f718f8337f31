// What `adapt` reads: one tensor of samples, or batches, now or asynchronously.
import { checkFunction, received } from '../../arguments.ts';
import { ConfigError, DataError } from '../../errors.ts';
import { Tensor, type TensorLike, toTensor } from '../../tensor/index.ts';

/** A batch: samples, or what a data set for `fit` gives, of which the targets are left alone. */
export type AdaptBatch =
  | TensorLike
  | readonly [Tensor, ...unknown[]]
  | { readonly xs: TensorLike; readonly ys?: unknown };

/** Batches at hand: an array of tensors, a generator, a function that gives either. */
export type AdaptBatches = Iterable<AdaptBatch> | (() => Iterable<AdaptBatch>);

/** Batches to be waited for: an asynchronous generator, a function that gives one, TensorFlow.js' data sets. */
export type AsyncAdaptBatches =
  | AsyncIterable<AdaptBatch>
  | (() => AsyncIterable<AdaptBatch>)
  | { iterator(): AsyncIterator<AdaptBatch> | Promise<AsyncIterator<AdaptBatch>> };

type Reading = { readonly whole: Tensor } | Iterator<unknown> | PromiseLike<AsyncIterator<unknown>>;

/**
 * Calls `each` with every batch, or once with data that are one tensor; gives a promise when there is something to wait for.
 *
 * @param steps Batches that are read at most.
 * @throws ConfigError for data of another kind, DataError for none.
 */
export function eachBatch(
  label: string,
  data: unknown,
  steps: number | undefined,
  each: (batch: Tensor) => void,
): void | Promise<void> {
  const reading = readingOf(label, data);
  if ('whole' in reading) {
    if (steps !== undefined)
      throw new ConfigError(`${label}: adapt takes steps with batches only, not with one tensor of samples`);
    each(reading.whole);
    return;
  }
  const most = steps ?? Number.POSITIVE_INFINITY;
  if ('then' in reading) return eachLater(label, reading, most, each);
  let read = 0;
  try {
    for (; read < most; read++) {
      const result = reading.next() as IteratorResult<unknown>;
      if (result.done === true) break;
      each(samplesOf(label, result.value));
    }
  } finally {
    reading.return?.();
  }
  checkSome(label, read);
}

async function eachLater(
  label: string,
  begin: PromiseLike<AsyncIterator<unknown>>,
  most: number,
  each: (batch: Tensor) => void,
): Promise<void> {
  const iterator = await begin;
  let read = 0;
  try {
    for (; read < most; read++) {
      const result = await iterator.next();
      if (result.done === true) break;
      each(samplesOf(label, result.value));
    }
  } finally {
    await iterator.return?.();
  }
  checkSome(label, read);
}

function checkSome(label: string, read: number): void {
  if (read === 0) throw new DataError(`${label}: adapt was given no batches; it needs at least one`);
}

function readingOf(label: string, data: unknown): Reading {
  if (typeof data === 'function') {
    checkFunction(`${label}: adapt`, 'data', data);
    return readingOf(label, (data as () => unknown)());
  }
  if (isBatches(data)) {
    const source = data as Partial<Record<symbol | 'iterator', () => unknown>>;
    if (Symbol.asyncIterator in source)
      return Promise.resolve(iteratorOf(label, (source[Symbol.asyncIterator] as () => unknown).call(source)));
    if (Symbol.iterator in source)
      return iteratorOf(label, (source[Symbol.iterator] as () => unknown).call(source)) as unknown as Iterator<unknown>;
    return Promise.resolve((source.iterator as () => unknown).call(source)).then((found) => iteratorOf(label, found));
  }
  return { whole: toTensor(data as TensorLike) };
}

function iteratorOf(label: string, found: unknown): AsyncIterator<unknown> {
  if (typeof (found as AsyncIterator<unknown> | undefined)?.next === 'function') return found as AsyncIterator<unknown>;
  throw new ConfigError(`${label}: adapt needs a tensor of samples or batches of them, got ${received(found)}`);
}

/** An array of tensors holds batches, any other one the numbers of one tensor. */
function isBatches(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || data instanceof Tensor || ArrayBuffer.isView(data)) return false;
  if (Array.isArray(data)) return data[0] instanceof Tensor || holdsPair(data[0]);
  return Symbol.asyncIterator in data || Symbol.iterator in data || 'iterator' in data;
}

function holdsPair(batch: unknown): boolean {
  return (Array.isArray(batch) && batch[0] instanceof Tensor) || isNamed(batch);
}

function isNamed(batch: unknown): batch is { xs: TensorLike } {
  return typeof batch === 'object' && batch !== null && !(batch instanceof Tensor) && 'xs' in batch;
}

function samplesOf(label: string, batch: unknown): Tensor {
  if (isNamed(batch)) return toTensor(batch.xs);
  if (Array.isArray(batch) && batch[0] instanceof Tensor) return batch[0];
  if (batch === undefined || batch === null)
    throw new DataError(`${label}: adapt was given ${received(batch)} for a batch`);
  return toTensor(batch as TensorLike);
}
