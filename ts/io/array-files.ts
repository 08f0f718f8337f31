// What is imported here is loaded with the package: readers and writers are imported when they are first used.
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { checkFlag, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { native } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { NamedArray } from './artifacts.ts';
import type { ByteSource } from './bytes.ts';

/** Characters of a path: no system takes more. */
const LONGEST_PATH = 4_096;

/** A file that is read: its path, a URL of a file, or its bytes. */
export type ArrayFile = string | URL | Uint8Array | ArrayBuffer;

/** Options of `writeNpz`. */
export interface WriteNpzOptions {
  /** Whether to pack the arrays, as `numpy.savez_compressed`. Default false. */
  compressed?: boolean;
}

/**
 * Reads an array of NumPy (`numpy.save`): versions 1 to 3 of the format, either byte order, C or Fortran order.
 *
 * float32, float16, int32, int8, uint8 and bool keep their bits. float64 is rounded to float32; other integers become int32.
 * @throws FileError for what is no such file, for integers beyond int32, and for Python objects, texts, dates, records and complex
 * numbers: pickled objects are programs, and are never read.
 * @example
 * await writeNpy('/tmp/x.npy', [[1, 2], [3, 4]]);
 * const x = await readNpy('/tmp/x.npy');
 * x.shape; // [2, 2]
 */
export async function readNpy(file: ArrayFile): Promise<Tensor> {
  const source = await sourceOf('readNpy', file);
  try {
    const { readNpyArray } = await import('./npy.ts');
    return tensorOf(await readNpyArray(source));
  } finally {
    await source.close();
  }
}

/**
 * Writes an array for NumPy (`numpy.load`), atomically. bfloat16, which NumPy lacks, becomes float32.
 * @param path Ends in `.npy`. A file of this name is replaced.
 * @throws FileError when it cannot be written; ConfigError for another ending.
 * @example await writeNpy('/tmp/x.npy', [[1, 2], [3, 4]]);
 */
export async function writeNpy(path: string | URL, x: TensorLike): Promise<void> {
  const own = pathOf('writeNpy', path, '.npy');
  const array = await arrayOf('x', x);
  const [{ npyOf }, { writeAtomically }] = await Promise.all([import('./npy.ts'), import('./atomic.ts')]);
  await writeAtomically(own, npyOf(array).pieces());
}

/**
 * Reads all arrays of an npz file of NumPy (`numpy.savez`, `numpy.savez_compressed`), by their names; each as `readNpy` does.
 * @throws FileError for what is no such file, or holds an array that `readNpy` refuses.
 * @example
 * await writeNpz('/tmp/data.npz', { x: [[1, 2], [3, 4]], y: [0, 1] });
 * const { x, y } = await readNpz('/tmp/data.npz');
 * await y?.data(); // [0, 1]
 */
export async function readNpz(file: ArrayFile): Promise<Record<string, Tensor>> {
  const source = await sourceOf('readNpz', file);
  const tensors: [string, Tensor][] = [];
  try {
    const { openNpz } = await import('./npz.ts');
    const npz = await openNpz(source);
    for (const name of npz.names) tensors.push([name, tensorOf(await npz.read(name))]);
    // Own properties, whatever they are called.
    return Object.fromEntries(tensors);
  } catch (error) {
    for (const [, tensor] of tensors) tensor.dispose();
    throw error;
  } finally {
    await source.close();
  }
}

/**
 * Writes arrays by name for NumPy (`numpy.load`), atomically.
 * @param path Ends in `.npz`. A file of this name is replaced.
 * @throws FileError when it cannot be written; ConfigError for another ending, or a name that no file in a zip can have.
 * @example await writeNpz('/tmp/data.npz', { x: [[1, 2], [3, 4]], y: [0, 1] }, { compressed: true });
 */
export async function writeNpz(
  path: string | URL,
  arrays: Readonly<Record<string, TensorLike>>,
  options: WriteNpzOptions = {},
): Promise<void> {
  const own = pathOf('writeNpz', path, '.npz');
  checkOptionNames('writeNpz', options, ['compressed'], '{ compressed: true }');
  const deflate = checkFlag('writeNpz', 'compressed', options.compressed ?? false);
  if (
    typeof arrays !== 'object' ||
    arrays === null ||
    Array.isArray(arrays) ||
    arrays instanceof Tensor ||
    ArrayBuffer.isView(arrays)
  )
    throw new ConfigError(`writeNpz: arrays must be an object such as { x, y }, got ${received(arrays)}`);
  const named: NamedArray[] = [];
  for (const [name, x] of Object.entries(arrays)) named.push(await arrayOf(name, x));
  const [{ writeNpzArrays }, { writeAtomically }] = await Promise.all([import('./npz.ts'), import('./atomic.ts')]);
  await writeAtomically(own, writeNpzArrays(named, { deflate }));
}

async function sourceOf(call: string, file: ArrayFile): Promise<ByteSource> {
  const { bytesInMemory, openFile } = await import('./bytes.ts');
  // Also those of another realm, as Jest's tests see what Node reads.
  if (types.isUint8Array(file)) return bytesInMemory('buffer', file);
  if (types.isAnyArrayBuffer(file)) return bytesInMemory('buffer', new Uint8Array(file));
  return openFile(pathOf(call, file, ''));
}

function pathOf(call: string, path: unknown, ending: string): string {
  const own = path instanceof URL ? fileOf(call, path) : path;
  if (typeof own !== 'string' || own === '' || own.includes('\0') || own.length > LONGEST_PATH)
    throw new ConfigError(`${call}: the path must be a text, got ${received(path)}`);
  if (own.toLowerCase().endsWith(ending)) return own;
  throw new ConfigError(`${call}: the path must end in ${ending}, got ${received(path)}`);
}

function fileOf(call: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new ConfigError(`${call}: ${url.href} is no file`, { cause });
  }
}

async function arrayOf(name: string, x: TensorLike): Promise<NamedArray> {
  const tensor = toTensor(x);
  const { shape, dtype } = tensor;
  const data = await tensor.data();
  if (tensor !== x) tensor.dispose();
  return { name, shape, dtype, data };
}

function tensorOf({ data, shape, dtype }: NamedArray): Tensor {
  return new Tensor(native.fromData(data as Float32Array, [...shape], dtype));
}
