import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfig, checkFlag, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { TrainingState } from '../models/training/state.ts';
import { checkOptionNames } from '../option-names.ts';
import { Callback } from './callback.ts';

/** Options of {@link BackupAndRestore}. */
export interface BackupAndRestoreConfig {
  /** The folder of the checkpoints of this training, and of nothing else; made when it is not there. */
  backupDir: string | URL;
  /** After how many batches a checkpoint is written; `'epoch'` (default): after every epoch; `false`: after an interruption only. */
  saveFreq?: 'epoch' | number | false;
  /** Whether the checkpoint before the newest one is kept, for the case that the disk loses the newest. Default true. */
  doubleCheckpoint?: boolean;
  /** Whether the checkpoints are removed when training has come to its end. Default true. */
  deleteCheckpoint?: boolean;
}

/** A checkpoint that was read. @internal */
export interface FoundState {
  readonly file: string;
  readonly state: TrainingState;
}

/**
 * Writes checkpoints of training, and goes on from the newest one when the same `fit` is called again: after a crash, `kill -9`,
 * a power cut or Ctrl-C, to the same bits as if nothing had happened.
 *
 * A checkpoint holds weights, the optimizer's variables, random state, the place in the epoch, totals of metrics and what callbacks
 * remember ({@link Callback}). It appears whole or not at all, and its content is checked when it is read; a damaged one is passed
 * over for the one before. `fit` handles SIGINT and SIGTERM unless `handleSignals` is false: the batch in progress ends, a checkpoint
 * is written, `fit` resolves. An AbortSignal has a checkpoint written, too, before `fit` rejects.
 *
 * The model, the options of `compile` and `fit` and the data must be the same again; `fit` rejects with a FileError that says what differs.
 * `epochs`, `verbose`, callbacks and the learning rate may differ; that of the checkpoint counts. A source of batches must give the same
 * batches: it is begun anew, and those that were trained are dropped.
 *
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
 * net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const backup = new callbacks.BackupAndRestore({ backupDir: '/tmp/hornbeam-backup', saveFreq: 100 });
 * await net.fit(ones([20, 3]), ones([20, 1]), { epochs: 3, callbacks: [backup], verbose: 0 });
 */
export class BackupAndRestore extends Callback {
  readonly backupDir: string;
  readonly saveFreq: 'epoch' | number | false;
  readonly doubleCheckpoint: boolean;
  readonly deleteCheckpoint: boolean;
  /** Batches since the last checkpoint. */
  #seen = 0;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: BackupAndRestoreConfig) {
    super();
    const names = ['backupDir', 'saveFreq', 'doubleCheckpoint', 'deleteCheckpoint'];
    if (new.target === BackupAndRestore) checkOptionNames('BackupAndRestore', config, names, "{ backupDir: 'backup' }");
    checkConfig('BackupAndRestore', config);
    this.backupDir = folderOf(config.backupDir);
    this.saveFreq = checkSaveFreq('BackupAndRestore', config.saveFreq ?? 'epoch', true);
    const flag = (name: 'doubleCheckpoint' | 'deleteCheckpoint'): boolean =>
      checkFlag('BackupAndRestore', name, config[name] ?? true);
    this.doubleCheckpoint = flag('doubleCheckpoint');
    this.deleteCheckpoint = flag('deleteCheckpoint');
  }

  override onTrainBegin(): void {
    this.#seen = 0;
  }

  /** How many batches may run before the next checkpoint. @internal */
  get batchesUntilSave(): number {
    return typeof this.saveFreq === 'number' ? this.saveFreq - this.#seen : Number.POSITIVE_INFINITY;
  }

  /** Hears of batches that ran; whether a checkpoint is to be written. @internal */
  passBatches(count: number): boolean {
    this.#seen += count;
    return this.batchesUntilSave <= 0;
  }

  /** The newest checkpoint that can be read. @throws FileError when there are some, but none can be. @internal */
  async load(): Promise<FoundState | undefined> {
    const { readNewestCheckpoint } = await import('../io/checkpoint.ts');
    return readNewestCheckpoint(this.backupDir);
  }

  /** @throws FileError when the checkpoint cannot be written: the last one is as it was. @internal */
  async save(state: TrainingState): Promise<void> {
    const { writeCheckpoint } = await import('../io/checkpoint.ts');
    await writeCheckpoint(this.backupDir, state, this.doubleCheckpoint ? 2 : 1);
    this.#seen = 0;
  }

  /** Training has come to its end. @internal */
  async finish(): Promise<void> {
    if (!this.deleteCheckpoint) return;
    const { removeCheckpoints } = await import('../io/checkpoint.ts');
    await removeCheckpoints(this.backupDir);
  }
}

function folderOf(backupDir: unknown): string {
  if (typeof backupDir === 'string' && backupDir !== '' && !backupDir.includes('\0')) return resolve(backupDir);
  if (backupDir instanceof URL && backupDir.protocol === 'file:') return fileURLToPath(backupDir);
  throw new ConfigError(`BackupAndRestore: backupDir must be the name of a folder, got ${received(backupDir)}`);
}

/** @throws ConfigError unless it is `'epoch'`, a number of batches, or `false` where that is allowed. */
export function checkSaveFreq<T>(owner: string, value: T, mayBeNever: boolean): T {
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
  if (value === 'epoch' || isCount || (mayBeNever && value === false)) return value;
  const never = mayBeNever ? ', or false' : '';
  throw new ConfigError(`${owner}: saveFreq must be 'epoch' or a number of batches${never}, got ${received(value)}`);
}
