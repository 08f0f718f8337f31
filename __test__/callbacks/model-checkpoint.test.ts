import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { filled } from '../../ts/callbacks/file-name.ts';
import { ConfigError, callbacks, FileError, layers, type Sequential, sequential } from '../../ts/index.ts';
import { wave } from '../wave.ts';

const root = mkdtempSync(join(tmpdir(), 'hornbeam-model-checkpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What was saved: the call and the file. */
let saved: [string, string][] = [];
beforeEach(() => {
  saved = [];
});

/** A model that notes what it is told to save. */
function model(): Sequential {
  const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae'] });
  const note =
    (call: string) =>
    async (target: unknown): Promise<never> => {
      saved.push([call, relative(root, String(target))]);
      return undefined as never;
    };
  made.save = note('save');
  made.saveWeights = note('saveWeights');
  return made;
}

const [x, y] = [wave([20, 3], 0.1), wave([20, 1], 0.3)];

async function trained(config: Partial<callbacks.ModelCheckpointConfig>, options: object = {}): Promise<string[]> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text) => void printed.push(String(text)));
  try {
    const checkpoint = new callbacks.ModelCheckpoint({ filepath: join(root, 'model.keras'), ...config });
    await model().fit(x, y, { epochs: 3, batchSize: 5, verbose: 0, callbacks: [checkpoint], ...options });
  } finally {
    log.mockRestore();
  }
  return printed.map((text) => text.replaceAll(`${root}/`, ''));
}

/** Reports these losses, one an epoch, in place of what was computed. */
const losses = (...values: number[]) => ({
  onEpochEnd(epoch: number, logs: Record<string, number>) {
    logs.val_loss = values[epoch] as number;
  },
});

async function watched(config: Partial<callbacks.ModelCheckpointConfig>, values: number[]): Promise<string[]> {
  const checkpoint = new callbacks.ModelCheckpoint({
    filepath: join(root, '{epoch:02d}-{val_loss:.2f}.keras'),
    saveBestOnly: true,
    verbose: 1,
    ...config,
  });
  return trained(
    { filepath: join(root, 'none.keras'), saveFreq: 1_000_000 },
    {
      epochs: values.length,
      callbacks: [losses(...values), checkpoint],
    },
  );
}

describe('ModelCheckpoint', () => {
  it('saves after every epoch, and says so as Keras does', async () => {
    const printed = await trained({ filepath: join(root, 'a/b/{epoch}.keras'), verbose: 1 });
    expect(saved).toEqual([1, 2, 3].map((epoch) => ['save', `a/b/${epoch}.keras`]));
    expect(existsSync(join(root, 'a/b'))).toBe(true);
    expect(printed.slice(0, 2)).toEqual([
      '\nEpoch 1: saving model to a/b/1.keras',
      '\nEpoch 1: finished saving model to a/b/1.keras',
    ]);
  });

  it('saves weights, of what is better than all before', async () => {
    const printed = await watched(
      { saveWeightsOnly: true, filepath: join(root, '{epoch:02d}.weights.h5') },
      [0.5, 0.7, 0.25],
    );
    expect(saved).toEqual([
      ['saveWeights', '01.weights.h5'],
      ['saveWeights', '03.weights.h5'],
    ]);
    expect(printed).toEqual([
      '\nEpoch 1: val_loss improved from None to 0.50000, saving model to 01.weights.h5',
      '\nEpoch 1: finished saving model to 01.weights.h5',
      '\nEpoch 2: val_loss did not improve from 0.50000',
      '\nEpoch 3: val_loss improved from 0.50000 to 0.25000, saving model to 03.weights.h5',
      '\nEpoch 3: finished saving model to 03.weights.h5',
    ]);
  });

  it('takes a threshold and a direction', async () => {
    await watched({ initialValueThreshold: 0.4 }, [0.5, 0.3, 0.2]);
    expect(saved.map(([, file]) => file)).toEqual(['02-0.30.keras', '03-0.20.keras']);
    saved = [];
    await watched({ mode: 'max' }, [0.5, 0.3, 0.7]);
    expect(saved.map(([, file]) => file)).toEqual(['01-0.50.keras', '03-0.70.keras']);
  });

  it('counts batches over the ends of epochs', async () => {
    // Four batches an epoch: saved after 3, 6, 9 and 12 batches.
    await trained({ filepath: join(root, '{epoch}-{batch}.keras'), saveFreq: 3 });
    expect(saved.map(([, file]) => file)).toEqual(['1-3.keras', '2-2.keras', '3-1.keras', '3-4.keras']);
  });

  it('has fit stop for its batches only', async () => {
    const heard: number[] = [];
    const other = { onTrainBatchEnd: (batch: number) => void heard.push(batch), batchesUntilHook: () => 1000 };
    await trained(
      {},
      {
        epochs: 2,
        batchSize: 1,
        callbacks: [new callbacks.ModelCheckpoint({ filepath: join(root, 'm.keras'), saveFreq: 8 }), other],
      },
    );
    expect(saved).toHaveLength(5);
    expect(heard).toEqual([7, 15, 19, 3, 11, 19]);
  });

  it('saves what cannot be compared, with a warning', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await trained({ saveBestOnly: true, monitor: 'val_loss' }, { epochs: 1 });
    expect(String(warning.mock.calls[0]?.[0])).toMatch(/ModelCheckpoint watches "val_loss", which is not reported/);
    warning.mockRestore();
    expect(saved).toHaveLength(1);
  });

  it('refuses a folder, and numbers that are not reported', async () => {
    mkdirSync(join(root, 'folder.keras'));
    await expect(trained({ filepath: join(root, 'folder.keras') })).rejects.toThrow(FileError);
    await expect(trained({ filepath: join(root, 'folder.keras') })).rejects.toThrow(
      /folder\.keras is a folder; filepath must be a file/,
    );
    await expect(trained({ filepath: '{val_loss:.2f}.keras' })).rejects.toThrow(
      /the name "\{val_loss:\.2f\}\.keras" asks for val_loss, which is not reported; there are epoch, loss, mae/,
    );
  });

  it.each([
    [{}, /filepath must be the name of a file, got undefined/],
    [{ filepath: 'a', saveFreq: false }, /saveFreq must be 'epoch' or a number of batches, got false/],
    [{ filepath: 'a', mode: 'up' }, /mode must be/],
    [{ filepath: 'model.{epoch}' }, /ModelCheckpoint: there is no format/],
    [{ filepath: '{epoch' }, /a brace without its other half/],
    [{ filepath: '{}.keras' }, /does not say what number/],
    [{ filepath: '{epoch:x}' }, /whose format is not known/],
    [{ filepath: 'a', save_best_only: true }, /there is no option "save_best_only" \(did you mean saveBestOnly\?\)/],
  ])('refuses %j', (config, message) => {
    expect(() => new callbacks.ModelCheckpoint(config as never)).toThrow(message);
    expect(() => new callbacks.ModelCheckpoint(config as never)).toThrow(ConfigError);
  });

  it('takes a file: URL', () => {
    const url = pathToFileURL(join(root, 'm.keras'));
    expect(new callbacks.ModelCheckpoint({ filepath: url }).filepath).toBe(join(root, 'm.keras'));
  });
});

describe('ModelCheckpoint and the files', () => {
  const made = (): Sequential => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] }), layers.dense({ units: 1 })] });
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    return net;
  };

  it.each([
    ['.weights.h5', true],
    ['.safetensors', true],
    ['.npz', true],
    ['.keras', false],
    ['.safetensors', false],
  ] as const)('%s, weights only: %s: the weights of the epoch', async (ending, saveWeightsOnly) => {
    const folder = mkdtempSync(join(root, 'files-'));
    const checkpoint = new callbacks.ModelCheckpoint({
      filepath: join(folder, `e{epoch:02d}${ending}`),
      saveWeightsOnly,
    });
    const net = made();
    const seen: number[][] = [];
    const weights = (of: Sequential): number[] => of.getWeights().flatMap((weight) => [...weight.dataSync()]);
    const note = { onEpochEnd: () => void seen.push(weights(net)) };
    await net.fit(x, y, { epochs: 2, verbose: 0, callbacks: [checkpoint, note] });
    expect(readdirSync(folder).sort()).toEqual([`e01${ending}`, `e02${ending}`]);
    for (const [n, expected] of seen.entries()) {
      const other = made();
      await other.loadWeights(join(folder, `e0${n + 1}${ending}`));
      expect(weights(other)).toEqual(expected);
    }
  });
});

describe('numbers in names', () => {
  // What Python 3 prints: '{v:...}'.format(v=...).
  it.each([
    ['{v:02d}', 7, '07'],
    ['{v}', 12, '12'],
    ['{v}', 0.5, '0.5'],
    ['{v}', 1e-5, '1e-05'],
    ['{v:.2f}', 0.125, '0.12'],
    ['{v:.2f}', 0.375, '0.38'],
    ['{v:.2f}', 0.015, '0.01'],
    ['{v:.1f}', 0.25, '0.2'],
    ['{v:08.3f}', -1.5, '-001.500'],
    ['{v:8.3f}', 1.5, '   1.500'],
    ['{v:.3e}', 12345.678, '1.235e+04'],
    ['{v:e}', 0.001, '1.000000e-03'],
    ['{v:.3g}', 0.00001234, '1.23e-05'],
    ['{v:g}', 0.5, '0.5'],
    ['{v:g}', 1234567, '1.23457e+06'],
    ['{v:.1%}', 0.256, '25.6%'],
    ['{{{v:d}}}', 3, '{3}'],
    ['{v:.2f}', Number.NaN, 'nan'],
    ['{v:f}', 2, '2.000000'],
  ])('%s of %d is %s', (template, v, text) => {
    expect(filled('test', template, { v })).toBe(text);
  });
});
