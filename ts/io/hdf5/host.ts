// The side of the library that lives in the process: starts the worker, asks it, gives it bytes, and ends it.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { FileError } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import { type Answer, type Calls, control, states, TRANSFER } from './protocol.ts';

/** How long the library may work on one call, in milliseconds: a tile of 4 MB takes it 50 ms at most. */
const TIME_LIMIT = 20_000;

/** How long a worker without work stays, in milliseconds. */
const IDLE = 5_000;

/** Memory of a worker that is kept, in bytes. */
const KEPT_MEMORY = 2 ** 26;

/**
 * Files that have a worker at a time; others wait for one of them to be closed. 32 models that were loaded at once had as many workers:
 * 24 MB each, all of which started the library at the same time, so that most passed the time limit.
 */
const MOST_WORKERS = 4;

const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 };

/** Workers that are no more. */
const ended = new WeakSet<Worker>();

let idle: { worker: Worker; timer: NodeJS.Timeout } | undefined;

/** Files that have a worker. */
let busy = 0;

/** Files that wait for one. */
const waiting: ((worker?: Worker) => void)[] = [];

/** Has a worker load the library, which takes a third of a second the first time, for a file that is about to be opened or written. */
export function startLibrary(): void {
  if (idle === undefined && busy < MOST_WORKERS) keep(startWorker());
}

/** A worker for a file, as soon as there are few enough. */
async function takeWorker(): Promise<Worker> {
  if (busy < MOST_WORKERS) busy += 1;
  else {
    const worker = await new Promise<Worker | undefined>((resolve) => waiting.push(resolve));
    if (worker !== undefined) return worker;
  }
  if (idle !== undefined) {
    const { worker, timer } = idle;
    clearTimeout(timer);
    idle = undefined;
    return worker;
  }
  try {
    return startWorker();
  } catch (error) {
    leave();
    throw error;
  }
}

/** A file has no worker any more: its place goes to the next one, and `worker` with it if that is as good as new. */
function leave(worker?: Worker): void {
  const next = waiting.shift();
  if (next !== undefined) {
    next(worker);
    return;
  }
  busy -= 1;
  if (worker === undefined) return;
  if (idle === undefined) keep(worker);
  else void worker.terminate();
}

/** Keeps a worker for the next file, for a while. */
function keep(worker: Worker): void {
  const timer = setTimeout(() => {
    idle = undefined;
    void worker.terminate();
  }, IDLE);
  timer.unref();
  idle = { worker, timer };
}

/** A worker with the HDF5 library, for one file. */
export class LibraryHost {
  readonly #file: string;
  readonly #source: ByteSource | undefined;
  readonly #timeLimit: number;
  /** Control words and the bytes of one transfer. */
  readonly transfer: SharedArrayBuffer = new SharedArrayBuffer(control.words * Int32Array.BYTES_PER_ELEMENT + TRANSFER);
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #hasEnded = false;

  /** `file`: what errors call it. */
  constructor(file: string, source?: ByteSource, timeLimit: number = TIME_LIMIT) {
    this.#file = file;
    this.#source = source;
    this.#timeLimit = timeLimit;
  }

  /** Asks the library, after what was asked before. @throws FileError with the library's reason, or when it hung or died. */
  call<Name extends keyof Calls>(name: Name, argument: Calls[Name][0], path = ''): Promise<Calls[Name][1]> {
    if (this.#closing !== undefined) return Promise.reject(new FileError(`${this.#file} is closed`));
    const answer = this.#queue.then(() => this.#ask(name, argument, path));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  /** Ends the use of the worker, after what was asked before. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#queue;
    if (this.#worker === undefined) return;
    const memory = await this.#ask('close', undefined, '').catch(() => Number.POSITIVE_INFINITY);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    if (memory > KEPT_MEMORY) await worker.terminate();
    leave(memory > KEPT_MEMORY ? undefined : worker);
  }

  async #ask<Name extends keyof Calls>(name: Name, argument: Calls[Name][0], path: string): Promise<Calls[Name][1]> {
    if (this.#hasEnded) throw new FileError(`${this.#file}: the HDF5 library ended`);
    this.#worker ??= await takeWorker();
    const worker = this.#worker;
    if (ended.has(worker)) throw new FileError(`${this.#file}: the HDF5 library ended`);
    return new Promise((resolve, reject) => {
      const start = (): NodeJS.Timeout =>
        setTimeout(
          () => fail(`the HDF5 library worked on it for more than ${this.#timeLimit} ms`, true),
          this.#timeLimit,
        );
      const finish = (): void => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        // Only a call in progress keeps the process alive.
        worker.unref();
      };
      const fail = (reason: string, isFatal: boolean, cause?: unknown, what = path): void => {
        finish();
        if (isFatal && !this.#hasEnded) {
          this.#hasEnded = true;
          this.#worker = undefined;
          void worker.terminate();
          leave();
        }
        reject(new FileError(`${this.#file}${what === '' ? '' : `, "${what}"`}: ${reason}`, { cause }));
      };
      const onMessage = (message: Answer): void => {
        if ('position' in message) {
          clearTimeout(timer);
          this.#give(message.position, message.length).then(
            () => {
              timer = start();
            },
            (cause: Error) => fail(`it cannot be read: ${cause.message}`, true, cause),
          );
        } else if ('error' in message) fail(message.error, message.isFatal, undefined, path || message.path);
        else {
          finish();
          resolve(message.value as Calls[Name][1]);
        }
      };
      const onError = (cause: Error): void => fail(`the HDF5 library failed: ${cause.message}`, true, cause);
      const onExit = (): void => fail('the HDF5 library ended', true);
      let timer = start();
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.ref();
      worker.postMessage({ name, argument });
    });
  }

  /** Bytes of the source for the worker, which waits for them. */
  async #give(position: number, length: number): Promise<void> {
    const words = new Int32Array(this.transfer, 0, control.words);
    let state: number = states.failed;
    try {
      if (this.#source === undefined) throw new FileError(`${this.#file} is not a file to read`);
      const bytes = await this.#source.read(position, length);
      new Uint8Array(this.transfer, words.byteLength).set(bytes);
      state = states.done;
    } finally {
      Atomics.store(words, control.state, state);
      Atomics.notify(words, control.state);
    }
  }
}

function startWorker(): Worker {
  // What the library prints is caught in the worker; nothing of it reaches the process.
  const options: WorkerOptions = { resourceLimits, execArgv: [], stdout: true, stderr: true, env: {} };
  const worker = import.meta.url.endsWith('.ts')
    ? new Worker(fromTypeScript(), { ...options, eval: true })
    : new Worker(new URL('./hdf5-worker.cjs', import.meta.url), options);
  worker.unref();
  // Without a listener an error between two calls would end the process.
  worker.on('error', () => {});
  worker.once('exit', () => {
    ended.add(worker);
    if (idle?.worker !== worker) return;
    clearTimeout(idle.timer);
    idle = undefined;
  });
  return worker;
}

/** A program that runs the worker's source: a loader that is given to the main thread does not reach workers. */
function fromTypeScript(): string {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const loader = new URL('dist/esm/api/index.mjs', tsx).href;
  const program = new URL('./worker.ts', import.meta.url).href;
  return `import(${JSON.stringify(loader)}).then(async ({ register }) => {
    const unregister = register();
    await import(${JSON.stringify(program)});
    // Packages need no loader: it takes two seconds for h5wasm.
    await unregister();
  });`;
}
