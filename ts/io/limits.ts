import { received } from '../arguments.ts';
import { FileError } from '../errors.ts';

/** What readers of files accept at most: everything is held against these before memory is taken. */
export const limits = {
  /** Bytes of a JSON text, 64 MiB (a config.json, a model.json, an attribute `model_config`). */
  jsonBytes: 67_108_864,
  /** Lists and objects inside each other. Keras' deepest models need about 20. */
  jsonDepth: 64,
  /** Values of a JSON text: each takes memory of its own, however short it is written. */
  jsonValues: 1_000_000,
  /** Members of a zip. Python's largest models (one member each weight, npz) have some thousands. */
  zipMembers: 10_000,
  /** Bytes of all names of a zip's members. */
  zipNameBytes: 1_048_576,
  /** Bytes that packed data may always expand to, 64 MiB. */
  expandedBytes: 67_108_864,
  /** How many times larger packed data may be beyond that. Weights pack to a half, never to a hundredth. */
  expansion: 100,
  /** Bytes of one array: what a JavaScript buffer takes on all supported versions of Node. */
  arrayBytes: 4_294_967_295,
  /** Axes of an array. hornbeam's tensors have 8 at most. */
  rank: 8,
  /** Bytes of the header of a safetensors file: the format's own limit. */
  safetensorsHeader: 100_000_000,
  /** Bytes of the header of an npy file. NumPy refuses more than 10,000 characters, too. */
  npyHeader: 10_000,
} as const;

/** Holds the declared size of packed data against what is stored. @throws FileError for a bomb. */
export function checkExpansion(where: string, declared: number, stored: number): void {
  if (declared <= limits.expandedBytes || declared <= limits.expansion * stored) return;
  throw new FileError(
    `${where} would expand from ${stored} to ${declared} bytes, more than ${limits.expansion} times: that is a bomb, not weights`,
  );
}

/**
 * Number of elements of a shape that a file names.
 * @throws FileError unless it is a list of at most 8 whole numbers from 0 on whose array, with elements of `elementBytes`, fits in a buffer.
 */
export function elementsOf(where: string, shape: readonly unknown[], elementBytes: number): number {
  if (shape.length > limits.rank)
    throw new FileError(`${where} has ${shape.length} axes; at most ${limits.rank} are supported`);
  let [count, isEmpty] = [1, false];
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || (dim as number) < 0) {
      throw new FileError(`${where} has the shape ${shapeText(shape)}; sizes are whole numbers from 0 on`);
    }
    if (dim === 0) isEmpty = true;
    else count *= dim as number;
    // Also for an empty array: a size of zero hides the others from what is stored.
    if (count * elementBytes > limits.arrayBytes) {
      throw new FileError(
        `${where} has the shape ${shapeText(shape)}, more than ${limits.arrayBytes} bytes: that is more than an array holds`,
      );
    }
  }
  return isEmpty ? 0 : count;
}

/** A shape of a file, whatever is in it: an object of JSON may have a `toString` that is none. */
function shapeText(shape: readonly unknown[]): string {
  const sizes = shape.slice(0, limits.rank).map((dim) => (typeof dim === 'number' ? String(dim) : received(dim)));
  return `[${sizes.join(', ')}]`;
}

/** Bytes for what a file holds, after its sizes were checked. @throws FileError when the process has no memory for them. */
export function allocateFor(where: string, bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new FileError(`${where} needs ${bytes} bytes of memory, which are not there`, { cause });
  }
}
