// The program of the worker: the HDF5 library in its sandbox. It opens no file of the host: what it reads and writes are the two
// kinds of memory below (sandbox-files.ts).
import { parentPort } from 'node:worker_threads';
import { Library, wasm } from './library.ts';
import type { Answer, Call, Calls } from './protocol.ts';

/** What the library printed since the last call: it says what went wrong on standard error only. */
let printed = '';
const print = (text: string): void => {
  if (printed.length < 20_000) printed += text;
};
console.error = console.log = (...words: unknown[]) => print(`${words.join(' ')}\n`);

const port = parentPort;
if (port === null) throw new Error('this file is the program of a worker');

const answer = (message: Answer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
/** What is being added, for errors. */
let adding = '';

// At once, not with the first call: the process does something else meanwhile. A failure is for whoever asks.
const loading = Library.load(print);
loading.catch(() => {});

const handlers: { [Name in keyof Calls]: (library: Library, argument: Calls[Name][0]) => Calls[Name][1] } = {
  open: (library, request) => library.open(request, (position, length) => answer({ position, length })),
  numbers: (library, request) => library.numbers(request),
  strings: (library, request) => library.strings(request),
  create: (library) => library.create(),
  add: (library, requests) => {
    for (const request of requests) {
      adding = request.path;
      if ('shape' in request) library.addDataset(request);
      else library.addGroup(request);
    }
  },
  finish: (library) => library.finish(),
  close: (library) => library.close(),
};

/** The innermost line of the first stack of errors that the library printed, else what was thrown. */
function reasonOf(error: unknown): string {
  const lines = printed.split('\n').filter((line) => /^\s*#\d+:/.test(line));
  const second = lines.findIndex((line, index) => index > 0 && /#000:/.test(line));
  const said = lines.at(second < 0 ? -1 : second - 1)?.replace(/^.*?: (?=[^:]*$)/, '');
  if (said !== undefined) return `the HDF5 library says "${said}"`;
  return error instanceof Error ? error.message : String(error);
}

port.on('message', async ({ name, argument }: Call) => {
  printed = adding = '';
  try {
    const library = await loading;
    const value = (handlers[name] as (library: Library, argument: unknown) => unknown)(library, argument);
    answer({ value }, buffersOf(value));
  } catch (error) {
    // After a trap the library's memory may be in any state.
    const isFatal = error instanceof wasm.RuntimeError || error instanceof RangeError;
    answer({ error: reasonOf(error), isFatal, path: adding });
  }
});

/** The memory of an answer, which moves instead of being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
  if (typeof value !== 'object' || value === null || !('pages' in value)) return [];
  return [...(value.pages as ReadonlyMap<number, Uint8Array>).values()].map(({ buffer }) => buffer as ArrayBuffer);
}
