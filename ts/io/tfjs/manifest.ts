import { received } from '../../arguments.ts';
import { FileError } from '../../errors.ts';
import { elementsOf } from '../limits.ts';
import type { Quantization } from './artifacts.ts';

/** An array of the file whose description was checked. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly group: 'model' | 'optimizer';
  readonly quantization: Quantization | undefined;
  /** Number of elements. */
  readonly size: number;
  /** How many bytes of the files are its. */
  readonly byteLength: number;
}

/** Files and the arrays that stand in them, one after another. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly specs: readonly WeightSpec[];
  readonly byteLength: number;
}

const bytesPerElement: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };
const bytesPerQuantized: Readonly<Record<string, number>> = { uint8: 1, uint16: 2, float16: 2 };

/** The groups of `weightsManifest`. @throws FileError that says which entry is wrong. */
export function readManifest(file: string, manifest: unknown): WeightGroup[] {
  const names = new Set<string>();
  const paths = new Set<string>();
  return listOf(file, 'weightsManifest', manifest).map((entry, i) => {
    const where = `weightsManifest[${i}]`;
    const group = recordOf(file, where, entry);
    const own = listOf(file, `${where}.paths`, group.paths).map((path) => {
      if (typeof path !== 'string')
        throw new FileError(`${file}: ${where}.paths holds ${received(path)}; paths are texts`);
      if (paths.has(path)) throw new FileError(`${file}: weightsManifest names the file ${received(path)} twice`);
      paths.add(path);
      return path;
    });
    const specs = readSpecs(file, `${where}.weights`, group.weights, names);
    return { paths: own, specs, byteLength: total(specs) };
  });
}

/** Bytes that arrays take together. */
export function total(specs: readonly WeightSpec[]): number {
  return specs.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Descriptions of arrays. `names` are those that were seen. @throws FileError that says which entry is wrong. */
export function readSpecs(file: string, where: string, list: unknown, names: Set<string> = new Set()): WeightSpec[] {
  return listOf(file, where, list).map((entry, i) => {
    const spec = readSpec(file, `${where}[${i}]`, entry);
    // The optimizer's may have the names of the weights.
    const key = `${spec.group}:${spec.name}`;
    if (names.has(key)) throw new FileError(`${file}: there are two weights ${received(spec.name)}`);
    names.add(key);
    return spec;
  });
}

function readSpec(file: string, place: string, entry: unknown): WeightSpec {
  const { name, shape, dtype, group = 'model', quantization } = recordOf(file, place, entry);
  if (typeof name !== 'string' || name === '')
    throw new FileError(`${file}: ${place} has no name, but ${received(name)}`);
  const where = `${file}: the weight ${received(name)}`;
  if (group !== 'model' && group !== 'optimizer')
    throw new FileError(`${where} is of the group ${received(group)}; the groups are "model" and "optimizer"`);
  if (dtype === 'string' || dtype === 'complex64')
    throw new FileError(`${where} has the dtype ${dtype}, which no layer here has`);
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype))
    throw new FileError(
      `${where} has the unknown dtype ${received(dtype)}; those of TensorFlow.js are float32, int32, bool`,
    );
  const packed =
    quantization === undefined || quantization === null ? undefined : readQuantization(where, dtype, quantization);
  // Both what is stored and what it becomes must be a buffer.
  const size = elementsOf(
    where,
    listOf(file, `the shape of the weight ${received(name)}`, shape),
    bytesPerElement[dtype] as number,
  );
  const byteLength =
    size * ((packed === undefined ? bytesPerElement[dtype] : bytesPerQuantized[packed.dtype]) as number);
  return {
    name,
    shape: shape as number[],
    dtype: dtype as WeightSpec['dtype'],
    group,
    quantization: packed,
    size,
    byteLength,
  };
}

function readQuantization(where: string, dtype: string, value: unknown): Quantization {
  const { dtype: packed, scale, min } = (typeof value === 'object' ? value : {}) as Partial<Record<string, unknown>>;
  if (typeof packed !== 'string' || !Object.hasOwn(bytesPerQuantized, packed))
    throw new FileError(`${where} is quantized to ${received(packed)}; known are uint8, uint16, float16`);
  if (packed === 'float16') {
    if (dtype === 'float32') return { dtype: packed };
    throw new FileError(`${where} is quantized to float16, which is for float32 only, but has the dtype ${dtype}`);
  }
  if (dtype === 'bool') throw new FileError(`${where} is quantized to ${packed}, but has the dtype bool`);
  if (typeof scale !== 'number' || typeof min !== 'number' || !Number.isFinite(scale) || !Number.isFinite(min))
    throw new FileError(
      `${where} is quantized to ${packed}, which needs a scale and a min, got ${received(scale)} and ${received(min)}`,
    );
  return { dtype: packed as 'uint8' | 'uint16', scale, min };
}

function listOf(file: string, what: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new FileError(`${file}: ${what} must be a list, got ${received(value)}`);
}

function recordOf(file: string, what: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FileError(`${file}: ${what} must be an object, got ${received(value)}`);
}
