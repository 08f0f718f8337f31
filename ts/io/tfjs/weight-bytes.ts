import { FileError } from '../../errors.ts';
import type { TypedArray } from '../../tensor/index.ts';
import type { ByteSource } from '../bytes.ts';
import { decodeElements } from '../elements.ts';
import { allocateFor } from '../limits.ts';
import type { WeightGroup, WeightSpec } from './manifest.ts';

/** Bytes that are read and unpacked at a time: about a millisecond, so that nothing else waits long. */
const CHUNK = 4 * 2 ** 20;

/** Bytes of downloads that are kept until they are read; what is beyond is downloaded again. */
const KEPT = 2 ** 30;

/** The files of a group as one run of bytes. One file is open at a time: a model may have thousands. */
export class Shards {
  readonly #model: ByteSource;
  readonly #paths: readonly string[];
  readonly #sizes: number[] = [];
  /** What was downloaded when the sizes were asked for, and was not read to its end yet. */
  readonly #downloads = new Map<number, ByteSource>();
  #open: { index: number; source: ByteSource } | undefined;

  private constructor(model: ByteSource, paths: readonly string[]) {
    this.#model = model;
    this.#paths = paths;
  }

  /** @throws FileError unless the files are there and hold the arrays and nothing else. */
  static async of(model: ByteSource, group: WeightGroup): Promise<Shards> {
    const shards = new Shards(model, group.paths);
    if (model.sibling === undefined && group.paths.length > 0) {
      throw new FileError(
        `${model.name} names files of weights beside it, which bytes in memory have not: load it by its path, or by a handler`,
      );
    }
    let sum = 0;
    try {
      for (let i = 0; i < group.paths.length; i++) {
        const source = await shards.#source(i);
        shards.#sizes.push(source.size);
        sum += source.size;
        // A file can be read at any place, and is opened again; what is in memory was brought there for this.
        const isDownload = source.readInto === undefined;
        if (isDownload && sum <= Math.min(group.byteLength, KEPT)) shards.#downloads.set(i, source);
      }
    } catch (error) {
      await shards.close();
      throw error;
    }
    if (sum === group.byteLength) return shards;
    await shards.close();
    throw new FileError(
      `${model.name}: the weights of ${group.paths.join(', ') || 'a group without files'} take ${group.byteLength} bytes by their shapes, but the files have ${sum}`,
    );
  }

  /** `length` bytes from `position` on, across the ends of files. */
  async read(position: number, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let begin = 0;
    for (const [i, size] of this.#sizes.entries()) {
      const from = Math.max(position, begin);
      const to = Math.min(position + length, begin + size);
      if (from < to) parts.push(await (await this.#source(i)).read(from - begin, to - from));
      begin += size;
      if (from < to && to === begin) this.#downloads.delete(i);
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, length);
  }

  async #source(index: number): Promise<ByteSource> {
    if (this.#open?.index === index) return this.#open.source;
    const download = this.#downloads.get(index);
    if (download !== undefined) return download;
    await this.#closeFile();
    const source = await (this.#model.sibling as NonNullable<ByteSource['sibling']>)(this.#paths[index] as string);
    this.#open = { index, source };
    return source;
  }

  /** Ends reading. */
  async close(): Promise<void> {
    this.#downloads.clear();
    await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const { source } = this.#open ?? {};
    this.#open = undefined;
    await source?.close();
  }
}

/** Where the bytes of arrays come from: files, or the buffers of a handler. */
export interface WeightBytes {
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The buffers of a handler as one run of bytes. */
export function joined(buffers: readonly Uint8Array[]): WeightBytes {
  return {
    async read(position, length) {
      const parts: Uint8Array[] = [];
      let begin = 0;
      for (const buffer of buffers) {
        const [from, to] = [Math.max(position - begin, 0), Math.min(position + length - begin, buffer.byteLength)];
        if (from < to) parts.push(buffer.subarray(from, to));
        begin += buffer.byteLength;
      }
      return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, length);
    },
    async close() {},
  };
}

/** The numbers of an array whose bytes begin at `position`, unpacked. */
export async function readWeight(
  where: string,
  spec: WeightSpec,
  bytes: WeightBytes,
  position: number,
): Promise<TypedArray> {
  const { size, quantization, byteLength } = spec;
  const width = spec.dtype === 'bool' ? 1 : 4;
  const memory = allocateFor(where, size * width);
  const { buffer } = memory;
  const values =
    spec.dtype === 'float32'
      ? new Float32Array(buffer)
      : spec.dtype === 'int32'
        ? new Int32Array(buffer)
        : new Uint8Array(buffer);
  for (let at = 0; at < byteLength; at += CHUNK) {
    const chunk = await bytes.read(position + at, Math.min(CHUNK, byteLength - at));
    if (quantization === undefined) memory.set(chunk, at);
    else await unpack(where, quantization, chunk, values, at);
  }
  if (spec.dtype === 'bool') for (let i = 0; i < size; i++) values[i] = values[i] === 0 ? 0 : 1;
  return values;
}

/** Writes the values of stored bytes that begin `at` bytes behind the array's first. */
async function unpack(
  where: string,
  { dtype, scale = 1, min = 0 }: NonNullable<WeightSpec['quantization']>,
  chunk: Uint8Array,
  values: TypedArray,
  at: number,
): Promise<void> {
  if (dtype === 'uint8') {
    for (let i = 0; i < chunk.length; i++) values[at + i] = restored((chunk[i] as number) * scale + min, values);
    return;
  }
  if (dtype === 'float16') {
    (values as Float32Array).set((await decodeElements(where, 'float16', chunk)).data, at / 2);
    return;
  }
  // Not necessarily on an even address: an array of bytes may stand before this one.
  const stored = new Uint16Array(new Uint8Array(chunk).buffer);
  for (let i = 0; i < stored.length; i++) values[at / 2 + i] = restored((stored[i] as number) * scale + min, values);
}

function restored(value: number, values: TypedArray): number {
  return values instanceof Int32Array ? Math.round(value) : value;
}
