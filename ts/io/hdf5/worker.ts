// The program of the worker: the HDF5 library in its sandbox. It opens no file of the host: what it reads and writes are the two
// kinds of memory below (sandbox-files.ts).
import { parentPort } from 'node:worker_threads';
import { Library, wasm } from './library.ts';
import type { Answer, Call, Calls } from './protocol.ts';

/** What the library printed since the last call: it says what went wrong on standard error only. */
const printed: string[] = [];
console.error = (...words: unknown[]) => {
  if (printed.length < 200) printed.push(words.join(' '));
};
console.log = console.error;

const port = parentPort;
if (port === null) throw new Error('this file is the program of a worker');

const answer = (message: Answer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
let library: Library | undefined;

const handlers: { [Name in keyof Calls]: (library: Library, argument: Calls[Name][0]) => Calls[Name][1] } = {
  open: (library, request) => library.open(request, (position, length) => answer({ position, length })),
  numbers: (library, request) => library.numbers(request),
  strings: (library, request) => library.strings(request),
  create: (library) => library.create(),
  group: (library, { path, attributes }) => library.addGroup(path, attributes),
  dataset: (library, request) => library.addDataset(request),
  finish: (library) => library.finish(),
  close: (library) => library.close(),
};

/** The innermost line of the stack of errors that the library printed, else what was thrown. */
function reasonOf(error: unknown): string {
  const lines = printed.filter((line) => /^\s*#\d+:/.test(line));
  const said = lines.at(-1)?.replace(/^.*?: (?=[^:]*$)/, '');
  return said ?? (error instanceof Error ? error.message : String(error));
}

port.on('message', async ({ name, argument }: Call) => {
  printed.length = 0;
  try {
    library ??= await Library.load();
    const value = (handlers[name] as (library: Library, argument: unknown) => unknown)(library, argument);
    answer({ value }, buffersOf(value));
  } catch (error) {
    // After a trap the library's memory may be in any state.
    const isFatal = error instanceof wasm.RuntimeError || error instanceof RangeError;
    answer({ error: reasonOf(error), isFatal });
  }
});

/** The memory of an answer, which moves instead of being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
  if (typeof value !== 'object' || value === null || !('pages' in value)) return [];
  return [...(value.pages as ReadonlyMap<number, Uint8Array>).values()].map(({ buffer }) => buffer as ArrayBuffer);
}
