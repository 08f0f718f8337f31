// Starts h5wasm without the detour of its binary through a text.
//
// h5wasm has its binary as a text of 4 MB in a module: to decode it as UTF-8, to parse it, and to make bytes of it again takes a third of
// the time until the library runs, which the first save and the first load of a process wait for. Here the bytes are taken out of
// the file, and the rest of the module is run as it is. Of a file that looks otherwise nothing is taken: h5wasm is imported then.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** h5wasm's module, which is handed options. */
type Start = (options: { readonly noInitialRun: true; readonly wasmBinary: Uint8Array }) => Promise<unknown>;

const [BEFORE, AFTER] = ["findWasmBinary(){return binaryDecode('", "')}"] as const;
const [BACKSLASH, QUOTE, NEWLINE, RETURN] = [0x5c, 0x27, 0x0a, 0x0d] as const;

/** The HDF5 library as h5wasm makes it. */
export async function startH5wasm(): Promise<unknown> {
  try {
    const taken = takeApart();
    if (taken !== undefined) return await startFrom(taken.source, taken.binary);
  } catch {
    // Whatever forbids it: h5wasm's own way is there, and says what is wrong.
  }
  const { ready } = (await import('h5wasm')) as unknown as { ready: Promise<unknown> };
  return ready;
}

async function startFrom(source: string, wasmBinary: Uint8Array): Promise<unknown> {
  const { default: start } = (await import(
    `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`
  )) as {
    default: Start;
  };
  return start({ noInitialRun: true, wasmBinary });
}

/** The module of h5wasm without its binary, and that; undefined when it is not found, or looks otherwise. */
export function takeApart(file: string | undefined = moduleFile()): { source: string; binary: Uint8Array } | undefined {
  if (file === undefined) return undefined;
  const bytes = readFileSync(file);
  const start = bytes.indexOf(BEFORE);
  const end = bytes.indexOf(AFTER, closingQuote(bytes, start + BEFORE.length));
  if (start < 0 || end < 0) return undefined;
  const binary = decoded(bytes, start + BEFORE.length, end);
  // A binary of WebAssembly begins with "\0asm".
  if (binary?.subarray(0, 4).join() !== '0,97,115,109') return undefined;
  const before = bytes.toString('utf8', 0, start + 'findWasmBinary(){return '.length);
  return { source: `${before}Module["wasmBinary"]${bytes.toString('utf8', end + 2)}`, binary };
}

/** Where h5wasm's module is; its package gives no name for it. */
function moduleFile(): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths('h5wasm') ?? [];
  return folders
    .map((folder) => join(folder, 'h5wasm', 'dist', 'esm', 'hdf5_util.js'))
    .find((file) => existsSync(file));
}

/** The first quote from `at` on that ends a text. */
function closingQuote(bytes: Uint8Array, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i += 1;
    else if (bytes[i] === QUOTE) return i;
  }
  return bytes.length;
}

/**
 * The bytes that the characters of a text stand for: each of its own number, and 256 for 0. `undefined` for a text with anything else in it.
 */
function decoded(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
  const out = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    const next = bytes[i + 1] as number;
    if (byte === BACKSLASH) {
      const value = escaped(next);
      if (value === undefined) return undefined;
      out[length++] = value;
      i += 1;
    } else if (byte < 0x80) out[length++] = byte;
    else if (byte === 0xc2 || byte === 0xc3) {
      out[length++] = ((byte & 3) << 6) | (next & 0x3f);
      i += 1;
    } else if (byte === 0xc4 && next === 0x80) {
      out[length++] = 0;
      i += 1;
    } else return undefined;
  }
  return out.subarray(0, length);
}

/** What a character behind a backslash stands for. */
function escaped(byte: number): number | undefined {
  if (byte === BACKSLASH || byte === QUOTE || byte === 0x22) return byte;
  if (byte === 0x6e) return NEWLINE;
  return byte === 0x72 ? RETURN : undefined;
}
