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
      /this fit has model\.layers\.length 1 \(3 in the file\)/,
    );
    expect(other.getWeights().flatMap((weight) => [...weight.dataSync()])).toEqual(before);
  });

  it('of a model that has another number of weights is told by them when an earlier version wrote it', async () => {
    await expect(trained([keeping(), killedIn(2)])).rejects.toThrow(Killed);
    await asEarlierVersion();
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    other.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await expect(other.fit(x, y, { epochs: 3, batchSize: 6, verbose: 0, callbacks: [keeping()] })).rejects.toThrow(
      /holds 4 weights of the model, but there are 2\. It belongs to another model/,
    );
  });

  it('of an earlier version, which did not note what the model computes, is gone on from', async () => {
    const whole = await trained([]);
    await expect(trained([keeping(), killedIn(2)])).rejects.toThrow(Killed);
    await asEarlierVersion();
    expect(await trained([keeping()])).toEqual(whole);
  });

  /** Writes the newest checkpoint as it was before there were notes of model, loss and options of the optimizer. */
  async function asEarlierVersion(): Promise<void> {
    const { state } = (await readNewestCheckpoint(folder)) as { state: TrainingState };
    const { model, ...rest } = state;
    const { loss, optimizer, ...settings } = state.settings;
    for (const noted of [model, loss, optimizer]) expect(noted).toBeDefined();
    await writeCheckpoint(folder, { ...rest, settings }, 1);
  }

  it('whose callback is missing is gone on from with a warning', async () => {
    await expect(
      trained([keeping(), new tf.EarlyStopping({ monitor: 'loss', patience: 9 }), killedIn(2)]),
    ).rejects.toThrow(Killed);
    const { warnings } = await warningsOf(() => trained([keeping()]));
    expect(warnings).toEqual([expect.stringMatching(/the state of a callback EarlyStopping that is not among/)]);
  });
});

describe('a checkpoint of a model of the same shapes', () => {
  interface Parts {
    activation?: tf.layers.DenseConfig['activation'];
    rate?: number;
    optimizer?: tf.optimizers.OptimizerIdentifier;
    loss?: unknown;
    initializer?: tf.layers.DenseConfig['kernelInitializer'];
  }
  function like({ activation = 'relu', rate = 0.5, optimizer, loss = 'meanSquaredError', initializer }: Parts = {}) {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [3], activation, kernelInitializer: initializer ?? 'glorotUniform' }),
        tf.layers.dropout({ rate }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    model.compile({ optimizer: optimizer ?? new tf.optimizers.Adam(), loss: loss as 'meanSquaredError' });
    return model;
  }
  const fitOptions = { epochs: 3, batchSize: 6, verbose: 0 } as const;
  const resumed = (model: tf.Sequential, more: object = {}): Promise<unknown> =>
    model.fit(x, y, { ...fitOptions, ...more, callbacks: [keeping()] });
  const interrupted = async (model: tf.Sequential): Promise<void> => {
    await expect(model.fit(x, y, { ...fitOptions, callbacks: [keeping(), killedIn(1)] })).rejects.toThrow(Killed);
  };
  const numbers = (model: tf.Sequential): number[] => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
  const squares = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => a.sub(b).square().mean(-1);

  it.each<[string, Parts, string]>([
    ['activation', { activation: 'tanh' }, 'model.layers[0].activation "tanh" ("relu" in the file)'],
    ['rate of dropout', { rate: 0.25 }, 'model.layers[1].rate 0.25 (0.5 in the file)'],
    ['loss', { loss: 'meanAbsoluteError' }, 'loss "MeanAbsoluteError" ("MeanSquaredError" in the file)'],
    ['loss of its own', { loss: squares }, 'loss "function squares" ('],
    [
      'reduction of the loss',
      { loss: new tf.losses.MeanSquaredError({ reduction: 'sum' }) },
      'loss.reduction "sum" ("sumOverBatchSize" in the file)',
    ],
    [
      'option of the optimizer',
      { optimizer: new tf.optimizers.Adam({ beta1: 0.5, weightDecay: 0.1 }) },
      'optimizer.weightDecay 0.1 (null in the file), optimizer.beta1 0.5 (0.9 in the file)',
    ],
    [
      'optimizer',
      { optimizer: new tf.optimizers.Nadam() },
      'the optimizer "Nadam" ("Adam" in the file). Pass what was passed',
    ],
  ])('with another %s is an error that says so, and changes nothing', async (_, parts, says) => {
    await interrupted(like());
    const other = like(parts);
    const before = numbers(other);
    const error = await resumed(other).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(tf.FileError);
    expect((error as Error).message).toContain(`is a checkpoint of another training: this fit has ${says}`);
    expect(numbers(other)).toEqual(before);
    await resumed(like());
  });

  it('may have other names, first weights, learning rates, epochs and output', async () => {
    await interrupted(like());
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const optimizer = new tf.optimizers.Adam({ learningRate: 0.5 });
    await resumed(like({ optimizer, loss: new tf.losses.MeanSquaredError(), initializer: 'zeros' }), {
      epochs: 4,
      verbose: 2,
    });
    vi.restoreAllMocks();
  });

  it('tells graphs of the same layers apart, not those of other names', async () => {
    const graph = (isCrossed: boolean): tf.Sequential => {
      const input = tf.input({ shape: [3] });
      const inner = tf.layers.dense({ units: 3 }).apply(input) as tf.SymbolicTensor;
      const joined = tf.layers.subtract().apply(isCrossed ? [input, inner] : [inner, input]) as tf.SymbolicTensor;
      const output = tf.layers.dense({ units: 1 }).apply(joined) as tf.SymbolicTensor;
      const model = tf.model({ inputs: input, outputs: output });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      return model as unknown as tf.Sequential;
    };
    await interrupted(graph(false));
    await expect(resumed(graph(true))).rejects.toThrow(/this fit has model\.calls\[\d\].*kerasHistory\[0\] \d \(\d in/);
    await resumed(graph(false));
  });

  it('tells what is inside of layers of its own, which batches of a source build', async () => {
    class Block extends tf.layers.Layer {
      static override readonly className = 'Block';
      inner: tf.layers.Dense;
      constructor(activation: 'relu' | 'tanh') {
        super({});
        this.inner = new tf.layers.Dense({ units: 1, activation });
      }
      override call(inputs: tf.Tensor): tf.Tensor {
        return this.inner.apply(inputs) as tf.Tensor;
      }
    }
    const model = (activation: 'relu' | 'tanh'): tf.Sequential => {
      const made = tf.sequential({ layers: [new Block(activation)] });
      made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      return made;
    };
    const source = () => [{ xs: x, ys: y }];
    const callbacks = (more: tf.CallbackHooks[] = []): object => ({
      epochs: 3,
      verbose: 0,
      callbacks: [keeping(), ...more],
    });
    await expect(model('relu').fit(source, null, callbacks([killedIn(1)]))).rejects.toThrow(Killed);
    await expect(model('tanh').fit(source, null, callbacks())).rejects.toThrow(
      'model.layers[0].sublayers[0].activation "tanh" ("relu" in the file)',
    );
    await model('relu').fit(source, null, callbacks());
  });

  it('leaves the log of CSVLogger as it was when it is refused, and begins it anew when it is not', async () => {
    const file = join(root, 'log.csv');
    const train = (model: tf.Sequential, more: tf.CallbackHooks[] = []): Promise<unknown> =>
      model.fit(x, y, { ...fitOptions, callbacks: [new tf.callbacks.CSVLogger(file), keeping(), ...more] });
    await expect(train(like(), [killedIn(2)])).rejects.toThrow(Killed);
    const before = readFileSync(file, 'utf8');
    expect(before).toMatch(/^epoch,loss.*\r\n0,.*\r\n1,.*\r\n$/s);
    await expect(train(like({ activation: 'tanh' }))).rejects.toThrow(tf.FileError);
    expect(readFileSync(file, 'utf8')).toBe(before);
    await train(like());
    expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true);
    expect(readFileSync(file, 'utf8').split('\r\n')).toHaveLength(5);
    rmSync(folder, { recursive: true });
    await train(like());
    expect(readFileSync(file, 'utf8').startsWith(before)).toBe(false);
    expect(readFileSync(file, 'utf8').split('\r\n')).toHaveLength(5);
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
