import { createHash, type Hash } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { received } from '../arguments.ts';
import type { CallbackState } from '../callbacks/callback.ts';
import { ConfigError, FileError } from '../errors.ts';
import { checkState, type TrainingState } from '../models/training/state.ts';
import { Tensor, type TypedArray, tensor } from '../tensor/index.ts';
import type { NamedArray } from './artifacts.ts';
import { writeAtomically } from './atomic.ts';
import { type ByteSource, openFile } from './bytes.ts';
import { parseJson } from './json.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

// A checkpoint is a safetensors file: the tensors of a training run's state by their places in it, and in the metadata the rest of the
// state as JSON (`state`), with a hash of everything (`sha256`).

const FORMAT = 'hornbeam training 1';

/** Bytes that are hashed in one go: 3 to 15 ms. */
const AT_ONCE = 2 ** 22;

const namePattern = /^training-(\d{8,15})\.safetensors$/;

/** Names of the checkpoints of a folder, the newest first. */
async function checkpointsIn(folder: string): Promise<{ file: string; number: number }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new FileError(`${folder} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return names
    .flatMap((name) => {
      const number = namePattern.exec(name)?.[1];
      return number === undefined ? [] : [{ file: join(folder, name), number: Number(number) }];
    })
    .sort((a, b) => b.number - a.number);
}

/** What cannot be read any more: it is not worth a place among those that are kept. */
const damaged = new Set<string>();

/**
 * The newest checkpoint of a folder that can be read, with a warning for each that cannot; `undefined`: there is none.
 *
 * @throws FileError when there are some, but none can be read.
 */
export async function readNewestCheckpoint(
  folder: string,
): Promise<{ file: string; state: TrainingState } | undefined> {
  const found = await checkpointsIn(folder);
  for (const [i, { file }] of found.entries()) {
    try {
      return { file, state: await readCheckpoint(file) };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      damaged.add(file);
      const next = found[i + 1];
      if (next === undefined) {
        throw new FileError(`${error.message}. No checkpoint of the folder can be read; remove it to begin anew`, {
          cause: error,
        });
      }
      process.emitWarning(`${error.message}. Training goes on from the one before: ${next.file}`, 'HornbeamWarning');
    }
  }
  return undefined;
}

/**
 * Writes a checkpoint beside those that are there, and then removes all but the newest `keep`.
 *
 * @param write How a file is written; tests hand in a disk that fails.
 * @throws FileError when it cannot be written: those that were there are as they were.
 */
export async function writeCheckpoint(
  folder: string,
  state: TrainingState,
  keep: number,
  write: typeof writeAtomically = writeAtomically,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new FileError(`${folder} cannot be made: ${(cause as Error).message}`, { cause });
  }
  const there = await checkpointsIn(folder);
  const number = String((there[0]?.number ?? 0) + 1).padStart(8, '0');
  const arrays: NamedArray[] = [];
  const text = JSON.stringify(await encode(state as unknown as CallbackState, 'state', arrays));
  const sha256 = await hashOf(text, arrays);
  const metadata = { format: FORMAT, state: text, sha256 };
  await write(join(folder, `training-${number}.safetensors`), writeSafetensors(arrays, metadata));
  const intact = there.filter(({ file }) => !damaged.has(file));
  const kept = new Set(intact.slice(0, keep - 1).map(({ file }) => file));
  for (const { file } of there) if (!kept.has(file)) await remove(file);
}

/** Removes the checkpoints of a folder, and the folder when nothing else is in it. */
export async function removeCheckpoints(folder: string): Promise<void> {
  // The oldest first: what is cut short leaves the newest one.
  for (const { file } of (await checkpointsIn(folder)).reverse()) await remove(file);
  await rmdir(folder).catch(() => undefined);
}

async function remove(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
    damaged.delete(file);
  } catch (cause) {
    throw new FileError(`${file} cannot be removed: ${(cause as Error).message}`, { cause });
  }
}

/** @throws FileError for what is no checkpoint, or not as it was written. */
async function readCheckpoint(file: string): Promise<TrainingState> {
  const source = await openFile(file);
  try {
    return await stateIn(source);
  } finally {
    await source.close();
  }
}

async function stateIn(source: ByteSource): Promise<TrainingState> {
  const { name: file } = source;
  const { metadata, tensors, readArray } = await readSafetensors(source);
  const [format, text, sha256] = ['format', 'state', 'sha256'].map((name) => metadata.get(name));
  if (format !== FORMAT || text === undefined || sha256 === undefined) {
    throw new FileError(
      `${file} is no checkpoint of training: its metadata say ${JSON.stringify(format ?? 'nothing')}`,
    );
  }
  const arrays: NamedArray[] = [];
  for (const name of tensors.keys()) arrays.push(await readArray(name));
  if ((await hashOf(text, arrays)) !== sha256)
    throw new FileError(`${file} is damaged: its content is not what was written`);
  const made = new Map(arrays.map(({ name, data, shape, dtype }) => [name, tensor(data, shape, dtype)]));
  return checkState(file, decode(file, parseJson(`${file}: state`, text), made));
}

/** A hash of the state and of all names, shapes, types and numbers. */
async function hashOf(text: string, arrays: readonly NamedArray[]): Promise<string> {
  const hash = createHash('sha256').update(text);
  const inOrder = [...arrays].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, dtype, shape, data } of inOrder) {
    hash.update(JSON.stringify([name, dtype, shape]));
    await hashData(hash, data);
  }
  return hash.digest('hex');
}

async function hashData(hash: Hash, data: TypedArray): Promise<void> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    hash.update(bytes.subarray(at, at + AT_ONCE));
  }
}

/** Marks of what JSON lacks; keys of records that begin like them get a second `$`. */
const TENSOR = '$tensor';
const NUMBER = '$number';

/** A key as a part of a place, which slashes divide: as in JSON pointers (RFC 6901). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A state as JSON; its tensors go into `arrays` under their places. */
async function encode(value: CallbackState | undefined, path: string, arrays: NamedArray[]): Promise<unknown> {
  if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'string')
    return value ?? null;
  if (typeof value === 'number') {
    const isPlain = Number.isFinite(value) && !Object.is(value, -0);
    return isPlain ? value : { [NUMBER]: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value instanceof Tensor) {
    const name = path.replace(/^state\//, '');
    const { shape } = value;
    const data = await value.data();
    // Types of 16 bits come as float32, which holds them exactly; truth values as bytes.
    const dtype = data instanceof Float32Array ? 'float32' : value.dtype === 'bool' ? 'uint8' : value.dtype;
    arrays.push({ name, shape, dtype, data });
    return { [TENSOR]: name };
  }
  if (Array.isArray(value)) {
    const entries: unknown[] = [];
    for (const [i, entry] of value.entries())
      entries.push(await encode(entry as CallbackState, `${path}/${i}`, arrays));
    return entries;
  }
  if (typeof value !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    throw new ConfigError(
      `a checkpoint holds plain values and tensors only, but ${path} is ${received(value)}: see getState of the callbacks`,
    );
  }
  const record: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value as Record<string, CallbackState>))
    record.push([key.startsWith('$') ? `$${key}` : key, await encode(entry, `${path}/${escaped(key)}`, arrays)]);
  return Object.fromEntries(record);
}

function decode(file: string, value: unknown, tensors: ReadonlyMap<string, Tensor>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => decode(file, entry, tensors));
  const entries = Object.entries(value);
  const [key, only] = entries.length === 1 ? (entries[0] as [string, unknown]) : ['', undefined];
  if (key === NUMBER) return Number(only);
  if (key === TENSOR) {
    const found = tensors.get(String(only));
    if (found === undefined) throw new FileError(`${file} is damaged: it has no tensor ${JSON.stringify(only)}`);
    return found;
  }
  return Object.fromEntries(
    entries.map(([name, entry]) => [name.startsWith('$') ? name.slice(1) : name, decode(file, entry, tensors)]),
  );
}
