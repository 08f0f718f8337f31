import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkFlag, received } from '../arguments.ts';
import { ConfigError, FileError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';
import { pythonFloat } from './python-float.ts';

/** Options of {@link CSVLogger}. */
export interface CSVLoggerConfig {
  /** What stands between two values: one character. Default `','`. */
  separator?: string;
  /** Whether lines are added to a file that is there, under its header. Default false: the file begins anew with the first epoch. */
  append?: boolean;
}

/** What ends a line, as in the files of Keras. */
const END = '\r\n';

/**
 * Writes a line of a CSV file after every epoch: its number, from 0, and what was reported, by name in alphabetical order.
 *
 * The columns are those of the first epoch; where that has no validation, every name has a `val_` column for later ones. A value
 * that an epoch lacks is `NA`. Every line is in the file when the epoch has ended, whatever happens to the program afterwards.
 *
 * @example
 * const logger = new callbacks.CSVLogger('training.csv', { append: true });
 * const options = { epochs: 3, callbacks: [logger] };
 */
export class CSVLogger extends Callback {
  readonly filename: string;
  readonly separator: string;
  readonly append: boolean;
  #columns: readonly string[] | undefined;
  #needsHeader = true;
  /** What is to be done with the file before training: not until training goes on, for a checkpoint may yet be refused. */
  #pending: (() => void) | undefined;
  /** Bytes that were in the file before this training, and the lines that it wrote. */
  #start = 0;
  #written = '';

  /** @throws ConfigError for options outside their allowed values. */
  constructor(filename: string | URL, config: CSVLoggerConfig = {}) {
    super();
    this.filename = pathOf(filename);
    if (new.target === CSVLogger) checkOptionNames('CSVLogger', config, ['separator', 'append'], "{ separator: ';' }");
    const separator: unknown = config.separator ?? ',';
    if (typeof separator !== 'string' || [...separator].length !== 1 || /["\r\n]/.test(separator)) {
      throw new ConfigError(`CSVLogger: separator must be one character such as ';', got ${received(separator)}`);
    }
    this.separator = separator;
    this.append = checkFlag('CSVLogger', 'append', config.append ?? false);
  }

  /** @throws FileError when the file cannot be written. */
  override onTrainBegin(): void {
    this.#columns = undefined;
    this.#needsHeader = true;
    this.#start = 0;
    this.#written = '';
    // A file that cannot be written is to be known before hours of training.
    this.#access(() => appendFileSync(this.filename, ''));
    this.#pending = () => this.#prepare();
  }

  #prepare(): void {
    if (!this.append) {
      writeFileSync(this.filename, '');
      return;
    }
    const last = lastByteOf(this.filename);
    this.#needsHeader = last === undefined;
    // The line that a crash cut short must not swallow the next one.
    if (last !== undefined && last !== '\n') appendFileSync(this.filename, END);
    this.#start = statSync(this.filename).size;
  }

  #settle(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) this.#access(pending);
  }

  override getState(): CallbackState {
    return {
      start: this.#start,
      written: this.#written,
      columns: this.#columns ?? null,
      needsHeader: this.#needsHeader,
    };
  }

  /** Lines of epochs after the checkpoint go, as soon as training goes on: they will be written anew. */
  override setState(state: CallbackState): void {
    const kept = state as { start: number; written: string; columns: string[] | null; needsHeader: boolean };
    this.#start = kept.start;
    this.#written = kept.written;
    this.#columns = kept.columns ?? undefined;
    this.#needsHeader = kept.needsHeader;
    this.#pending = () => {
      if (statSync(this.filename).size > kept.start) truncateSync(this.filename, kept.start);
      appendFileSync(this.filename, kept.written);
    };
  }

  /** @throws FileError when the file cannot be written. */
  override onEpochBegin(): void {
    this.#settle();
  }

  /** @throws FileError when the file cannot be written. */
  override onEpochEnd(epoch: number, logs: Logs): void {
    this.#settle();
    this.#columns ??= columnsOf(logs);
    const rows = [[String(epoch), ...this.#columns.map((name) => this.#shown(logs, name))]];
    if (this.#needsHeader) rows.unshift(['epoch', ...this.#columns]);
    const text = rows.map((row) => row.map((value) => this.#quoted(value)).join(this.separator) + END).join('');
    this.#access(() => appendFileSync(this.filename, text));
    this.#written += text;
    this.#needsHeader = false;
  }

  /** @throws FileError when the file cannot be written. */
  override onTrainEnd(): void {
    // There was no epoch to train.
    this.#settle();
  }

  #shown(logs: Readonly<Record<string, unknown>>, name: string): string {
    const value = Object.hasOwn(logs, name) ? logs[name] : 'NA';
    if (typeof value === 'number') return pythonFloat(value);
    if (Array.isArray(value) || ArrayBuffer.isView(value)) {
      const entries = Array.from(value as ArrayLike<unknown>, (entry) =>
        typeof entry === 'number' && !Number.isInteger(entry) ? pythonFloat(entry) : String(entry),
      );
      return `"[${entries.join(', ')}]"`;
    }
    return value === undefined ? 'NA' : String(value);
  }

  #quoted(value: string): string {
    const isPlain = !/["\r\n]/.test(value) && !value.includes(this.separator);
    return isPlain ? value : `"${value.replaceAll('"', '""')}"`;
  }

  #access(action: () => void): void {
    try {
      action();
    } catch (cause) {
      throw new FileError(`CSVLogger cannot write "${this.filename}": ${(cause as Error).message}`, { cause });
    }
  }
}

/** Found once: the program may change its directory. */
function pathOf(filename: unknown): string {
  if (typeof filename === 'string' && filename !== '' && !filename.includes('\0')) return resolve(filename);
  if (filename instanceof URL && filename.protocol === 'file:') return fileURLToPath(filename);
  throw new ConfigError(`CSVLogger: filename must be the name of a file, got ${received(filename)}`);
}

function columnsOf(logs: Logs): string[] {
  const names = Object.keys(logs).sort();
  return names.some((name) => name.startsWith('val_')) ? names : [...names, ...names.map((name) => `val_${name}`)];
}

/** `undefined` for an empty file. */
function lastByteOf(filename: string): string | undefined {
  const file = openSync(filename, 'r');
  try {
    const { size } = fstatSync(file);
    const byte = Buffer.alloc(1);
    return size > 0 && readSync(file, byte, 0, 1, size - 1) === 1 ? byte.toString('latin1') : undefined;
  } finally {
    closeSync(file);
  }
}
