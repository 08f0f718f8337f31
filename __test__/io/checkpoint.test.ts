import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackupAndRestore } from '../../ts/callbacks/backup-and-restore.ts';
import * as tf from '../../ts/index.ts';
import { type FileSystem, writeAtomically, writeAtomicallyOn } from '../../ts/io/atomic.ts';
import { openFile } from '../../ts/io/bytes.ts';
import { readNewestCheckpoint, writeCheckpoint } from '../../ts/io/checkpoint.ts';
import { readSafetensors } from '../../ts/io/safetensors.ts';
import type { TrainingState } from '../../ts/models/training/state.ts';
import { generator } from './random.ts';

const root = mkdtempSync(join(tmpdir(), 'hornbeam-checkpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder = '';
let folders = 0;
beforeEach(() => {
  folder = join(root, `folder-${folders++}`);
});

const x = tf.tensor(
  Float32Array.from({ length: 60 }, (_, i) => Math.sin(i)),
  [20, 3],
);
const y = tf.tensor(
  Float32Array.from({ length: 20 }, (_, i) => Math.cos(i)),
  [20, 1],
);

function made(): tf.Sequential {
  tf.setSeed(2);
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [3] }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  return model;
}

async function trained(callbacks: tf.CallbackHooks[], options: object = {}): Promise<number[]> {
  const model = made();
  await model.fit(x, y, { epochs: 3, batchSize: 6, verbose: 0, callbacks, ...options });
  return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
}

const keeping = (more: object = {}): BackupAndRestore =>
  new tf.callbacks.BackupAndRestore({ backupDir: folder, deleteCheckpoint: false, ...more });

class Killed extends Error {}
const killedIn = (epoch: number): tf.CallbackHooks => ({
  onEpochBegin(begun) {
    if (begun === epoch) throw new Killed();
  },
});

async function warningsOf<T>(f: () => Promise<T>): Promise<{ result: T; warnings: string[] }> {
  const seen = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    return { result: await f(), warnings: seen.mock.calls.map(([text]) => String(text)) };
  } finally {
    seen.mockRestore();
  }
}

describe('a checkpoint', () => {
  it('is a safetensors file of everything, the rest in its metadata', async () => {
    await trained([keeping(), new tf.EarlyStopping({ monitor: 'loss', patience: 3, restoreBestWeights: true })]);
    expect(readdirSync(folder).sort()).toEqual(['training-00000002.safetensors', 'training-00000003.safetensors']);
    const source = await openFile(join(folder, 'training-00000003.safetensors'));
    const { metadata, tensors } = await readSafetensors(source);
    await source.close();
    const state = JSON.parse(metadata.get('state') as string) as TrainingState;
    expect(metadata.get('sha256')).toMatch(/^[0-9a-f]{64}$/);
    expect(state.place).toMatchObject({ epoch: 3, batch: 0, cursor: 0, pass: 3, begun: false });
    expect(state.callbacks.map(({ className }) => className)).toEqual(['EarlyStopping', 'History']);
    expect(tensors.get('variables/weights/0/value')?.shape).toEqual([3, 4]);
    expect(tensors.get('variables/optimizer/0/value')?.dtype).toBe('I32');
    expect(tensors.get('variables/others/0/value')?.shape).toEqual([3]);
    expect(tensors.has('callbacks/0/state/bestWeights/1')).toBe(true);
  });

  it('keeps numbers that JSON lacks, keys with $, lists and tensors', async () => {
    const kept = {
      a: Number.NaN,
      b: [Number.NEGATIVE_INFINITY, -0],
      $tensor: 'text',
      n: null,
      t: tf.tensor([1, 2]),
      s: 'a',
      // Tensors at places that look alike.
      'x/y': tf.scalar(3),
      'x~1y': tf.scalar(4),
      x: { y: tf.scalar(5) },
    };
    let got: unknown;
    class Remembering extends tf.Callback {
      override getState(): tf.callbacks.CallbackState {
        return kept;
      }
      override setState(state: tf.callbacks.CallbackState): void {
        got = state;
      }
    }
    await trained([keeping(), new Remembering()]);
    await trained([keeping(), new Remembering()]);
    const { t, x: nested, 'x/y': divided, 'x~1y': marked, ...rest } = got as typeof kept;
    const { t: _t, x: _x, 'x/y': _divided, 'x~1y': _marked, ...others } = kept;
    expect(rest).toEqual(others);
    expect([divided, marked, nested.y].map((value) => value.dataSync()[0])).toEqual([3, 4, 5]);
    expect(Object.is((rest.b as number[])[1], -0)).toBe(true);
    expect([...t.dataSync()]).toEqual([1, 2]);
  });

  it('refuses what a callback must not keep', async () => {
    const wrong = { getState: () => new Map() as never };
    await expect(trained([keeping(), wrong])).rejects.toThrow(
      /a checkpoint holds plain values and tensors only, but state\/callbacks\/0\/state is/,
    );
  });

  it('of other options or another model is an error that says what differs', async () => {
    await expect(trained([keeping(), killedIn(2)])).rejects.toThrow(Killed);
    await expect(trained([keeping()], { batchSize: 5, shuffle: false })).rejects.toThrow(
      /training-00000002\.safetensors is a checkpoint of another training: this fit has batchSize 5 \(6 in the file\), shuffle "sequential" \("shuffle" in the file\)/,
    );
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    other.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const before = other.getWeights().flatMap((weight) => [...weight.dataSync()]);
    await expect(other.fit(x, y, { epochs: 3, batchSize: 6, verbose: 0, callbacks: [keeping()] })).rejects.toThrow(
      /holds 4 weights of the model, but there are 2\. It belongs to another model/,
    );
    expect(other.getWeights().flatMap((weight) => [...weight.dataSync()])).toEqual(before);
  });

  it('whose callback is missing is gone on from with a warning', async () => {
    await expect(
      trained([keeping(), new tf.EarlyStopping({ monitor: 'loss', patience: 9 }), killedIn(2)]),
    ).rejects.toThrow(Killed);
    const { warnings } = await warningsOf(() => trained([keeping()]));
    expect(warnings).toEqual([expect.stringMatching(/the state of a callback EarlyStopping that is not among/)]);
  });
});

describe('a damaged checkpoint', () => {
  const damages: readonly [string, (file: string) => void][] = [
    ['that is empty', (file) => truncateSync(file, 0)],
    ['that is cut off', (file) => truncateSync(file, readFileSync(file).length - 5)],
    ['with one bit of a weight turned', (file) => flip(file, -3)],
    ['with one bit of the state turned', (file) => flip(file, 500)],
    ['that is another file', (file) => writeFileSync(file, 'nothing of the kind, though it is long enough')],
  ];

  it.each(damages)('%s is passed over for the one before, with a warning', async (_, damage) => {
    const whole = await trained([]);
    await expect(trained([keeping(), killedIn(2)])).rejects.toThrow(Killed);
    damage(join(folder, 'training-00000002.safetensors'));
    const { result, warnings } = await warningsOf(() => trained([keeping()]));
    expect(result).toEqual(whole);
    expect(warnings).toEqual([
      expect.stringMatching(/training-00000002\.safetensors.*Training goes on from the one before: .*00000001/s),
    ]);
    // It does not take the place of one that can be read.
    expect(readdirSync(folder).sort()).toEqual(['training-00000003.safetensors', 'training-00000004.safetensors']);
  });

  it('is an error when there is no other', async () => {
    await expect(trained([keeping({ doubleCheckpoint: false }), killedIn(2)])).rejects.toThrow(Killed);
    expect(readdirSync(folder)).toEqual(['training-00000002.safetensors']);
    flip(join(folder, 'training-00000002.safetensors'), -3);
    await expect(trained([keeping()])).rejects.toThrow(
      /training-00000002\.safetensors is damaged: its content is not what was written\. No checkpoint of the folder can be read; remove it to begin anew/,
    );
  });

  function flip(file: string, at: number): void {
    const bytes = readFileSync(file);
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] as number) ^ 1;
    writeFileSync(file, bytes);
  }
});

/** A disk that fails at one of its calls. */
function failing(code: string, step: string, written: number): FileSystem {
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: injected, ${step}`), { code });
  };
  return {
    access: files.access,
    link: files.link,
    lstat: files.lstat,
    readdir: (path) => files.readdir(path),
    readlink: (path) => files.readlink(path),
    unlink: files.unlink,
    rename: (from, to) => (step === 'rename' ? fail() : rename(from, to)),
    async open(path, flags, mode) {
      const isFolder = flags === 'r';
      if (step === (isFolder ? 'open the folder' : 'open')) fail();
      const handle = await open(path, flags, mode);
      let left = written;
      return new Proxy(handle, {
        get(target, name) {
          if (name === 'write' && step === 'write') {
            // A short write, as of a disk that is nearly full; the next call fails.
            return async (bytes: Uint8Array, at: number, length: number) => {
              if (left === 0) fail();
              const count = Math.min(left, length);
              left -= count;
              return target.write(bytes, at, count);
            };
          }
          if (name === 'sync' && step === (isFolder ? 'flush the folder' : 'flush')) return async () => fail();
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
}

const codes: Readonly<Record<string, RegExp>> = {
  ENOSPC: /the disk is full/,
  EDQUOT: /the quota/,
  EIO: /the disk failed/,
  EROFS: /read-only/,
  EACCES: /may not be written to/,
};
const steps = ['open', 'write', 'flush', 'rename', 'flush the folder'];

describe('a disk that fails', () => {
  it('100 times: the error says what happened, and the last good checkpoint still loads', async () => {
    await expect(trained([keeping(), killedIn(2)])).rejects.toThrow(Killed);
    const good = await readNewestCheckpoint(folder);
    const state = good?.state as TrainingState;
    const names = readdirSync(folder).sort();
    const aside = `${folder}-aside`;
    cpSync(folder, aside, { recursive: true });
    const random = generator(11);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    let isFlushed = 0;
    for (let n = 0; n < 100; n++) {
      const [code, step] = [pick(Object.keys(codes)), pick(steps)];
      const disk = failing(code, step, Math.floor(random() * 4000));
      const write: typeof writeAtomically = (path, chunks) => writeAtomicallyOn(disk, path, chunks);
      const saved = writeCheckpoint(folder, state, 2, write).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      const error = await saved;
      // A folder that cannot be flushed for want of permission is one that never can: no error of the save.
      if (step === 'flush the folder' && code === 'EACCES') {
        expect(error).toBeUndefined();
        isFlushed += 1;
      } else {
        expect(error, `${code} ${step}`).toBeInstanceOf(tf.FileError);
        expect(error?.message).toMatch(codes[code] as RegExp);
        expect(error?.message).toContain(`(${code})`);
        expect(error?.message).toContain(folder);
        if (step !== 'flush the folder') expect(readdirSync(folder).sort()).toEqual(names);
      }
      const found = await readNewestCheckpoint(folder);
      expect(found?.state.place).toEqual(state.place);
      const weight = (of: TrainingState): number[] =>
        of.variables.weights.flatMap(({ value }) => [...value.dataSync()]);
      expect(weight(found?.state as TrainingState)).toEqual(weight(state));
      // As before: the next one meets the same checkpoints.
      rmSync(folder, { recursive: true });
      cpSync(aside, folder, { recursive: true });
    }
    expect(isFlushed).toBeGreaterThan(0);
  });

  it('rejects fit with what happened; the next fit goes on from the last good one to the same bits', async () => {
    class OnBadDisk extends BackupAndRestore {
      #saves = 0;
      override async save(state: TrainingState): Promise<void> {
        this.#saves += 1;
        const disk = failing('ENOSPC', 'write', 3000);
        const write: typeof writeAtomically = (path, chunks) => writeAtomicallyOn(disk, path, chunks);
        await writeCheckpoint(this.backupDir, state, 2, this.#saves > 1 ? write : writeAtomically);
      }
    }
    const whole = await trained([]);
    await expect(trained([new OnBadDisk({ backupDir: folder })])).rejects.toThrow(
      /training-00000002\.safetensors cannot be written: the disk is full \(ENOSPC\); there is no file now, as before/,
    );
    expect(readdirSync(folder)).toEqual(['training-00000001.safetensors']);
    expect(await trained([keeping()])).toEqual(whole);
  });

  it('whose folder cannot be made is named', async () => {
    writeFileSync(folder, 'a file');
    await expect(trained([keeping({ backupDir: join(folder, 'inside') })])).rejects.toThrow(
      /inside cannot be (made|read): ENOTDIR/,
    );
  });
});

describe('BackupAndRestore', () => {
  it.each([
    [{}, /backupDir must be the name of a folder, got undefined/],
    [{ backupDir: '' }, /backupDir must be the name of a folder/],
    [{ backupDir: 'a', saveFreq: 0 }, /saveFreq must be 'epoch' or a number of batches, or false, got 0/],
    [{ backupDir: 'a', saveFreq: 'batch' }, /saveFreq must be/],
    [{ backupDir: 'a', saveFrequency: 1 }, /there is no option "saveFrequency"/],
    [{ backupDir: 'a', deleteCheckpoint: 'no' }, /deleteCheckpoint/],
  ])('refuses %j', (config, message) => {
    expect(() => new tf.callbacks.BackupAndRestore(config as never)).toThrow(message);
    expect(() => new tf.callbacks.BackupAndRestore(config as never)).toThrow(tf.ConfigError);
  });
});
