import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfig, checkFlag, checkNumber, received } from '../arguments.ts';
import { ConfigError, FileError } from '../errors.ts';
import { formatOf } from '../io/formats.ts';
import { checkOptionNames } from '../option-names.ts';
import { checkSaveFreq } from './backup-and-restore.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';
import { checkTemplate, filled } from './file-name.ts';
import { Monitor, type MonitorMode } from './monitor.ts';

/** Options of {@link ModelCheckpoint}. */
export interface ModelCheckpointConfig {
  /**
   * The file, which may hold numbers in Python's format: `'model-{epoch:02d}-{val_loss:.2f}.keras'`. There are `epoch` (from 1),
   * `batch` (from 1, with a number as `saveFreq`) and everything that is reported. The end of the name says the format.
   */
  filepath: string | URL;
  /** What is watched for `saveBestOnly`. Default `'val_loss'`. */
  monitor?: string;
  /** 1 prints what is saved. Default 0. */
  verbose?: 0 | 1;
  /** Whether only a model that is better than all before is saved. Default false. */
  saveBestOnly?: boolean;
  /** Whether weights alone are saved (`saveWeights`), instead of the whole model (`save`). Default false. */
  saveWeightsOnly?: boolean;
  /** Default `'auto'`: found from the metric, or from its name. */
  mode?: MonitorMode;
  /** `'epoch'` (default), or after how many batches to save. */
  saveFreq?: 'epoch' | number;
  /** A value that must be beaten, with `saveBestOnly`. */
  initialValueThreshold?: number | null;
}

const names = [
  'filepath',
  'monitor',
  'verbose',
  'saveBestOnly',
  'saveWeightsOnly',
  'mode',
  'saveFreq',
  'initialValueThreshold',
];

/**
 * Saves the model, or its weights, after every epoch, after every so many batches, or whenever it is better than before. A file
 * appears whole, or not at all.
 *
 * To go on with a training that was cut short, use {@link BackupAndRestore}: a saved model knows nothing of the place in the data,
 * of random numbers and of callbacks.
 *
 * @example
 * const best = new callbacks.ModelCheckpoint({ filepath: 'best.keras', monitor: 'val_accuracy', saveBestOnly: true });
 * const all = new callbacks.ModelCheckpoint({ filepath: 'run/{epoch:02d}-{val_loss:.2f}.weights.h5', saveWeightsOnly: true });
 */
export class ModelCheckpoint extends Callback {
  readonly filepath: string;
  readonly monitor: string;
  readonly saveBestOnly: boolean;
  readonly saveWeightsOnly: boolean;
  readonly saveFreq: 'epoch' | number;
  readonly #monitor: Monitor;
  readonly #verbose: 0 | 1;
  #best: number | undefined;
  #epoch = 0;
  /** Batches since the last file, and the last batch of the epoch that was heard of. */
  #seen = 0;
  #last = -1;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: ModelCheckpointConfig) {
    super();
    if (new.target === ModelCheckpoint)
      checkOptionNames('ModelCheckpoint', config, names, "{ filepath: 'model.keras' }");
    checkConfig('ModelCheckpoint', config);
    this.filepath = pathOf(config.filepath);
    checkTemplate('ModelCheckpoint', this.filepath);
    this.#monitor = new Monitor(config.monitor ?? 'val_loss', config.mode ?? 'auto', 0, 'ModelCheckpoint');
    this.monitor = this.#monitor.name;
    const flag = (name: 'saveBestOnly' | 'saveWeightsOnly'): boolean =>
      checkFlag('ModelCheckpoint', name, config[name] ?? false);
    this.saveBestOnly = flag('saveBestOnly');
    this.saveWeightsOnly = flag('saveWeightsOnly');
    this.saveFreq = checkSaveFreq('ModelCheckpoint', config.saveFreq ?? 'epoch', false);
    this.#verbose = config.verbose ?? 0;
    const threshold = config.initialValueThreshold ?? undefined;
    if (threshold !== undefined) checkNumber('ModelCheckpoint', 'initialValueThreshold', threshold);
    this.#best = threshold;
    // Now, not after the first epoch.
    formatOf('ModelCheckpoint', this.filepath);
    // Only where batches count: the hook makes fit stop for it.
    if (this.saveFreq === 'epoch') return;
    Object.defineProperty(this, 'onTrainBatchEnd', {
      value: (batch: number, logs: Logs): Promise<void> => this.#batchEnd(batch, logs),
    });
  }

  /** The best value of a saved model; `undefined` before there was one. */
  get best(): number | undefined {
    return this.#best;
  }

  override batchesUntilHook(): number {
    return this.saveFreq === 'epoch' ? Number.POSITIVE_INFINITY : this.saveFreq - this.#seen;
  }

  override getState(): CallbackState {
    return { best: this.#best ?? null, epoch: this.#epoch, seen: this.#seen, last: this.#last };
  }

  override setState(state: CallbackState): void {
    const { best, epoch, seen, last } = state as { best: number | null; epoch: number; seen: number; last: number };
    this.#best = best ?? undefined;
    this.#epoch = epoch;
    this.#seen = seen;
    this.#last = last;
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
    this.#last = -1;
  }

  /** @throws FileError when the file cannot be written; ConfigError for a name with a number that is not reported. */
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    if (this.saveFreq === 'epoch') await this.#save(epoch, undefined, logs);
  }

  async #batchEnd(batch: number, logs: Logs): Promise<void> {
    this.#seen += batch - this.#last;
    this.#last = batch;
    if (this.#seen < (this.saveFreq as number)) return;
    this.#seen = 0;
    await this.#save(this.#epoch, batch, logs);
  }

  async #save(epoch: number, batch: number | undefined, logs: Logs): Promise<void> {
    const file = filled('ModelCheckpoint', this.filepath, {
      ...logs,
      epoch: epoch + 1,
      ...(batch === undefined || 'batch' in logs ? {} : { batch: batch + 1 }),
    });
    if (!this.#isWanted(epoch, logs, file)) return;
    await makeFolder(file);
    if (this.saveWeightsOnly) await this.model.saveWeights(file);
    else await this.model.save(file);
    this.#say(`\nEpoch ${epoch + 1}: finished saving model to ${file}`);
  }

  #isWanted(epoch: number, logs: Logs, file: string): boolean {
    if (!this.saveBestOnly) {
      this.#say(`\nEpoch ${epoch + 1}: saving model to ${file}`);
      return true;
    }
    const current = this.#monitor.read(logs, this.model);
    // As in Keras: what cannot be compared is saved. The warning was given.
    if (current === undefined) return true;
    const best = this.#best === undefined ? 'None' : this.#best.toFixed(5);
    if (!this.#monitor.improves(current, this.#best)) {
      this.#say(`\nEpoch ${epoch + 1}: ${this.monitor} did not improve from ${best}`);
      return false;
    }
    this.#say(
      `\nEpoch ${epoch + 1}: ${this.monitor} improved from ${best} to ${current.toFixed(5)}, saving model to ${file}`,
    );
    this.#best = current;
    return true;
  }

  #say(text: string): void {
    if (this.#verbose > 0) console.log(text);
  }
}

function pathOf(filepath: unknown): string {
  if (typeof filepath === 'string' && filepath !== '' && !filepath.includes('\0')) return filepath;
  if (filepath instanceof URL && filepath.protocol === 'file:') return fileURLToPath(filepath);
  throw new ConfigError(`ModelCheckpoint: filepath must be the name of a file, got ${received(filepath)}`);
}

/** @throws FileError for what is a folder already, and when the folder of the file cannot be made. */
async function makeFolder(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw new FileError(`ModelCheckpoint: ${file} is a folder; filepath must be a file`);
  const folder = dirname(resolve(file));
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new FileError(`ModelCheckpoint: the folder ${folder} cannot be made: ${(cause as Error).message}`, { cause });
  }
}
