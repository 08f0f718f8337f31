// What Keras 3.15.1's callbacks do in the same fits: a Dense(1) with a kernel of ones on 18 samples [n, 4] of the wave
// sin(0.7 i + 0.1), targets 0.3 * sum(x) + 1, SGD, mean squared error, batches of 9 in order.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  type CallbackHooks,
  ConfigError,
  callbacks,
  DataError,
  EarlyStopping,
  FileError,
  History,
  type Logs,
  layers,
  ones,
  optimizers,
  type Sequential,
  sequential,
  tensor,
  type Variable,
} from '../../ts/index.ts';
import { wave } from '../wave.ts';

const x = wave([18, 4], 0.1);
const y = x.sum(1, true).mul(0.3).add(1);
const options = { batchSize: 9, verbose: 0, shuffle: false } as const;
const { CSVLogger, LambdaCallback, LearningRateScheduler, ReduceLROnPlateau, SwapEMAWeights, TerminateOnNaN } =
  callbacks;

function linear(optimizer: optimizers.Optimizer | 'sgd' = 'sgd'): Sequential {
  const model = sequential({ layers: [layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [4] })] });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

const valuesOf = async (model: Sequential): Promise<number[]> =>
  (await Promise.all(model.getWeights().map((weight) => weight.data()))).flatMap((w) => [...w]);

const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 5));

/** Sets what a watched number is to be, epoch by epoch. */
const reporting = (values: readonly number[]): CallbackHooks => ({
  onEpochEnd(epoch, logs) {
    logs.val_loss = values[epoch] as number;
  },
});

async function printed(run: () => Promise<unknown>): Promise<string[]> {
  const spy = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await run();
    return spy.mock.calls.map(([text]) => String(text));
  } finally {
    spy.mockRestore();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('CSVLogger', () => {
  const adding: CallbackHooks = {
    onEpochEnd(_epoch, logs) {
      const more: Record<string, unknown> = { arr: [1.5, 2], txt: 'a,"b"', nan: Number.NaN, small: 1e-5, one: 1 };
      Object.assign(logs, more, { big: 1e16, inf: Number.POSITIVE_INFINITY });
    },
  };
  const rows = (text: string): string[][] => text.split('\r\n').map((line) => line.split(','));
  const sgd = (): optimizers.Optimizer => new optimizers.SGD({ learningRate: 0.05 });

  it("writes Keras' file", async () => {
    const file = join(folder, 'plain.csv');
    writeFileSync(file, 'old');
    const callbackList = [adding, new CSVLogger(file)];
    await linear(sgd()).fit(x, y, { ...options, epochs: 2, callbacks: callbackList });
    const text = readFileSync(file, 'utf8').replace(/(inf),([\d.]+),/g, (_, inf: string, loss: string) => {
      return `${inf},${Number(loss).toFixed(4)},`;
    });
    const ends = 'nan,1.0,1e-05,"a,""b""",NA,NA,NA,NA,NA,NA,NA,NA';
    expect(text).toBe(
      'epoch,arr,big,inf,loss,nan,one,small,txt,val_arr,val_big,val_inf,val_loss,val_nan,val_one,val_small,val_txt\r\n' +
        `0,"""[1.5, 2]""",1e+16,inf,2.6816,${ends}\r\n1,"""[1.5, 2]""",1e+16,inf,1.7044,${ends}\r\n`,
    );
  });

  it('has the columns of validation, and learning rates of callbacks before it', async () => {
    const file = join(folder, 'validation.csv');
    const given = [new LearningRateScheduler(() => 0.05), new CSVLogger(pathToFileURL(file))];
    await linear().fit(x, y, { ...options, epochs: 3, validationData: [x, y], validationFreq: 2, callbacks: given });
    const [header, first, second, third, end] = rows(readFileSync(file, 'utf8'));
    // The first epoch has no validation, so every name has a column for it.
    expect(header).toEqual(['epoch', 'learning_rate', 'loss', 'val_learning_rate', 'val_loss']);
    expect(first?.slice(3)).toEqual(['NA', 'NA']);
    expect([second?.[1], second?.[3]]).toEqual(['0.05000000074505806', 'NA']);
    expect(
      second
        ?.slice(2)
        .filter((value) => value !== 'NA')
        .map(Number),
    ).toEqual(close([1.7044028, 1.2059412]));
    expect(third?.[0]).toBe('2');
    expect(end).toEqual(['']);
  });

  it('appends under the header that is there, and after a line that was cut short', async () => {
    const file = join(folder, 'append.csv');
    const logger = new CSVLogger(file, { append: true, separator: ';' });
    const model = linear(sgd());
    await model.fit(x, y, { ...options, epochs: 2, callbacks: logger });
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -2));
    await model.fit(x, y, { ...options, epochs: 1, callbacks: new CSVLogger(file, { append: true, separator: ';' }) });
    const lines = readFileSync(file, 'utf8').split('\r\n');
    expect(lines.map((line) => line.replace(/;[\d.]+/, ';n'))).toEqual([
      'epoch;loss;val_loss',
      '0;n;NA',
      '1;n;NA',
      '0;n;NA',
      '',
    ]);
    expect(Number(lines[3]?.split(';')[1])).toBeCloseTo(1.0838825, 5);
  });

  it('says which file cannot be written, before training', async () => {
    const file = join(folder, 'none', 'log.csv');
    const model = linear();
    const before = await valuesOf(model);
    await expect(model.fit(x, y, { ...options, callbacks: new CSVLogger(file) })).rejects.toThrow(FileError);
    await expect(model.fit(x, y, { ...options, callbacks: new CSVLogger(file) })).rejects.toThrow(/none.*ENOENT/);
    expect(await valuesOf(model)).toEqual(before);
    expect(() => new CSVLogger('')).toThrow(ConfigError);
    expect(() => new CSVLogger('a.csv', { separator: ', ' })).toThrow(/one character/);
  });
});

describe('SwapEMAWeights', () => {
  const ema = (): optimizers.Optimizer => new optimizers.SGD({ learningRate: 0.05, useEma: true, emaMomentum: 0.8 });
  const trained = [0.7724802, 0.575906, 0.5787898, 0.7797752, 0.4690282];
  const averages = [
    [0.9409309, 0.8903883, 0.8913977, 0.9434845, 0.1181804],
    [0.9069653, 0.8270859, 0.8285307, 0.9106202, 0.1879102],
    [0.8629438, 0.7449063, 0.7468434, 0.8678439, 0.2796625],
  ];
  const losses = [2.2777955, 1.9106375, 1.4803052];

  it('validates with the means, and has them in the model after epochs if asked to', async () => {
    for (const swapOnEpoch of [false, true]) {
      const model = linear(ema());
      const seen: number[][] = [];
      const see: CallbackHooks = {
        async onEpochEnd() {
          seen.push(await valuesOf(model));
        },
      };
      const swap = new SwapEMAWeights({ swapOnEpoch });
      const given = { ...options, epochs: 3, validationData: [x, y] as const, callbacks: [swap, see] };
      const { history } = await model.fit(x, y, given);
      expect(history.val_loss).toEqual(close(losses));
      expect(history.loss).toEqual(close([2.6815753, 1.7044028, 1.0838825]));
      expect(seen[2]).toEqual(close(swapOnEpoch ? (averages[2] as number[]) : trained));
      if (swapOnEpoch) expect(seen).toEqual(averages.map(close));
      expect(await valuesOf(model)).toEqual(close(averages[2] as number[]));
    }
  });

  it('leaves the means in the model when training ends early', async () => {
    const model = linear(ema());
    const stop: CallbackHooks = {
      onEpochEnd(epoch) {
        if (epoch === 1) model.stopTraining = true;
      },
    };
    const given = [new SwapEMAWeights({ swapOnEpoch: true }), stop];
    await model.fit(x, y, { ...options, epochs: 9, callbacks: given });
    expect(await valuesOf(model)).toEqual(close(averages[1] as number[]));
  });

  it('evaluates and predicts with the means, and puts the trained weights back', async () => {
    const model = linear(ema());
    for (let epoch = 0; epoch < 3; epoch++) {
      await model.trainOnBatch(x.slice([0, 0], [9, 4]), y.slice([0, 0], [9, 1]));
      await model.trainOnBatch(x.slice([9, 0], [9, 4]), y.slice([9, 0], [9, 1]));
    }
    const swap = new SwapEMAWeights();
    const { loss } = await model.evaluate(x, y, { ...{ verbose: 0 }, callbacks: swap });
    expect(loss).toBeCloseTo(losses[2] as number, 5);
    expect(await valuesOf(model)).toEqual(close(trained));
    const outputs = model.predict(x, { callbacks: swap, batchSize: 5 });
    expect(await valuesOf(model)).toEqual(close(trained));
    const [a, b, c, d, bias] = averages[2] as [number, number, number, number, number];
    const expected = x.matMul([[a], [b], [c], [d]]).add(bias);
    expect([...(await outputs.data())]).toEqual(close([...(await expected.data())]));
  });

  it('has every batch of a long prediction made with the means', async () => {
    const model = sequential({ layers: [layers.dense({ units: 800, inputShape: [800] }), layers.dense({ units: 1 })] });
    model.compile({ optimizer: new optimizers.SGD({ learningRate: 1e-4, useEma: true }), loss: 'meanSquaredError' });
    const many = wave([256, 800], 0.4);
    for (let step = 0; step < 3; step++) await model.trainOnBatch(many, ones([256, 1]));
    const after = await valuesOf(model);
    const plain = await model.predict(many, { batchSize: 4 }).data();
    const averaged = await model.predict(many, { batchSize: 4, callbacks: new SwapEMAWeights() }).data();
    expect(await valuesOf(model)).toEqual(after);
    for (const variable of model.trainableWeights)
      variable.assign((model.optimizer.averageOf(variable) as Variable).read());
    expect(averaged).toEqual(await model.predict(many, { batchSize: 4 }).data());
    expect(averaged).not.toEqual(plain);
  });

  it('asks for an optimizer with means', async () => {
    const fit = linear().fit(x, y, { ...options, validationData: [x, y], callbacks: new SwapEMAWeights() });
    await expect(fit).rejects.toThrow(/useEma: true/);
    await linear(ema()).evaluate(x, y, { verbose: 0, callbacks: new SwapEMAWeights() });
  });
});

describe('hooks', () => {
  it('come in the order of Keras, with its logs', async () => {
    const seen: string[] = [];
    const note =
      (name: string) =>
      (...args: unknown[]): void => {
        seen.push(
          [name, ...args.map((arg) => (typeof arg === 'number' ? arg : Object.keys(arg as Logs).join()))].join(' '),
        );
      };
    const names = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onTrainBatchBegin', 'onTrainBatchEnd'];
    names.push('onTestBegin', 'onTestEnd', 'onTestBatchBegin', 'onTestBatchEnd');
    names.push('onPredictBegin', 'onPredictEnd', 'onPredictBatchBegin', 'onPredictBatchEnd');
    const all = new LambdaCallback(Object.fromEntries(names.map((name) => [name, note(name.slice(2))])));
    const model = linear();
    const test = [
      'TestBegin ',
      'TestBatchBegin 0 ',
      'TestBatchEnd 0 loss',
      'TestBatchBegin 1 ',
      'TestBatchEnd 1 loss',
      'TestEnd loss',
    ];
    const given = [new LearningRateScheduler((_, rate) => rate), all];
    await model.fit(x, y, { ...options, validationData: [x, y], callbacks: given });
    const train = [
      'TrainBegin ',
      'EpochBegin 0 ',
      'TrainBatchBegin 0 ',
      'TrainBatchEnd 0 loss',
      'TrainBatchBegin 1 ',
      'TrainBatchEnd 1 loss',
    ];
    // What callbacks added is seen by those behind them, not by the end of training.
    expect(seen.splice(0)).toEqual([
      ...train,
      ...test,
      'EpochEnd 0 loss,val_loss,learning_rate',
      'TrainEnd loss,val_loss',
    ]);
    await model.evaluate(x, y, { batchSize: 9, verbose: 0, callbacks: all });
    expect(seen.splice(0)).toEqual(test);
    const outputs = model.predict(x, { batchSize: 9, callbacks: all });
    const batches = [
      'PredictBatchBegin 0 ',
      'PredictBatchEnd 0 outputs',
      'PredictBatchBegin 1 ',
      'PredictBatchEnd 1 outputs',
    ];
    expect(seen.splice(0)).toEqual(['PredictBegin ', ...batches, 'PredictEnd ']);
    expect([...(await outputs.data())]).toEqual([...(await model.predict(x).data())]);
  });

  it('that stop training before the first batch let it run', async () => {
    for (const name of ['onTrainBegin', 'onEpochBegin', 'onTrainBatchBegin'] as const) {
      const model = linear();
      let batches = 0;
      const stop = new LambdaCallback({
        [name]: () => {
          model.stopTraining = true;
        },
        onTrainBatchEnd: () => {
          batches += 1;
        },
      });
      const { epoch } = await model.fit(x, y, { ...options, epochs: 3, callbacks: stop });
      expect([batches, epoch]).toEqual([1, [0]]);
    }
  });

  it('of LambdaCallback are checked', async () => {
    expect(() => new LambdaCallback({ onEpochs: () => {} } as never)).toThrow(/onEpochs/);
    expect(() => new LambdaCallback({ onEpochEnd: 1 } as never)).toThrow(/onEpochEnd must be a function/);
    const names: string[] = [];
    const own = new LambdaCallback({
      onTrainEnd(this: callbacks.LambdaCallback) {
        names.push(this.model.name);
      },
    } as never);
    const model = linear();
    await model.fit(x, y, { ...options, callbacks: own });
    expect(names).toEqual([model.name]);
  });

  it('write into the History that is handed in', async () => {
    const history = new History();
    const add: CallbackHooks = {
      onEpochEnd(_epoch, logs) {
        logs.a = 1;
      },
    };
    expect(await linear().fit(x, y, { ...options, callbacks: [history, add] })).toBe(history);
    expect(Object.keys(history.history)).toEqual(['loss']);
    const later = await linear().fit(x, y, { ...options, callbacks: add });
    expect(later.history.a).toEqual([1]);
  });
});

describe('learning rates', () => {
  const rates = async (values: number[], config: callbacks.ReduceLROnPlateauConfig): Promise<number[]> => {
    const given = [reporting(values), new ReduceLROnPlateau(config)];
    const model = linear(new optimizers.SGD({ learningRate: 0.5 }));
    const { history } = await model.fit(x, y, { ...options, epochs: values.length, callbacks: given });
    return history.learning_rate as number[];
  };
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

  it('fall on plateaus as in Keras', async () => {
    const said = await printed(async () => {
      const config = { factor: 0.5, patience: 1, cooldown: 2, verbose: 1 } as const;
      expect(await rates([3, 3, 3, 3, 3, 3], config)).toEqual([0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
      const up = { mode: 'max', factor: 0.1, patience: 2, minDelta: 0.6, verbose: 1 } as const;
      expect(await rates([1, 2, 3, 2.5, 2.4, 2], up)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, Math.fround(0.05)]);
    });
    const line = (epoch: number, rate: string): string =>
      `\nEpoch ${epoch}: ReduceLROnPlateau reducing learning rate to ${rate}.`;
    expect(said).toEqual([line(2, '0.25'), line(4, '0.125'), line(6, '0.0625'), line(5, '0.05')]);
    expect(await rates([nan, 3, 2, 1], { factor: 0.5, patience: 1 })).toEqual([0.5, 0.5, 0.25, 0.125]);
    expect(await rates([inf, 3, 2, 2, 2], { factor: 0.5, patience: 1 })).toEqual([0.5, 0.5, 0.5, 0.5, 0.25]);
    const small = { minDelta: 0.15, patience: 1, factor: 0.5, minLr: 0.2 };
    expect(await rates([3, 2.9, 2.8, 2.7], small)).toEqual([0.5, 0.5, 0.25, 0.25]);
    expect(() => new ReduceLROnPlateau({ factor: 1 })).toThrow(/factor must be below 1/);
  });

  it('of a scheduler are printed as Python does', async () => {
    const scheduler = new LearningRateScheduler((epoch) => 1e-5 * (epoch + 1), { verbose: 1 });
    const said = await printed(() => linear().fit(x, y, { ...options, epochs: 2, callbacks: scheduler }));
    const line = (epoch: number): string =>
      `\nEpoch ${epoch}: LearningRateScheduler setting learning rate to ${epoch}e-05.`;
    expect(said).toEqual([line(1), line(2)]);
  });
});

describe('EarlyStopping', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const cases: [number[], ConstructorParameters<typeof EarlyStopping>[0], number, number, number][] = [
    [[nan, 3, 2, 1], { patience: 2 }, 3, 2, nan],
    [[inf, 3, 4, 5], { patience: 2 }, 4, 3, 3],
    [[3, 2, 2.5, 2.1, 1], { patience: 2, restoreBestWeights: true }, 4, 3, 2],
    [[1, 2, 3], { patience: 0 }, 2, 1, 1],
    [[3, 2.5, 2, 1.5, 1.2], { baseline: 1.3, patience: 2 }, 5, 0, 1.2],
    [[3, 1, 2, 1.4, 1.2], { baseline: 1.3, patience: 2 }, 4, 3, 1],
    [[5, 4, 3, 3, 3, 3], { startFromEpoch: 3, patience: 2, restoreBestWeights: true }, 6, 5, 3],
    [[1, 2, 1.5, 1.2], { mode: 'max', patience: 2, minDelta: 0.2 }, 4, 3, 2],
  ];
  for (const [values, config, epochs, stoppedEpoch, best] of cases) {
    it(`stops as Keras: ${JSON.stringify(config)} on ${values.join(' ')}`, async () => {
      const stopping = new EarlyStopping({ ...config, verbose: 1 });
      let ran = 0;
      const said = await printed(async () => {
        const given = { ...options, epochs: values.length, callbacks: [reporting(values), stopping] };
        ran = (await linear().fit(x, y, given)).epoch.length;
      });
      expect([ran, stopping.stoppedEpoch, stopping.best]).toEqual([epochs, stoppedEpoch, best]);
      const restored = config?.restoreBestWeights === true ? [values.indexOf(best, config.startFromEpoch) + 1] : [];
      expect(said).toEqual([
        ...(stoppedEpoch > 0 ? [`Epoch ${stoppedEpoch + 1}: early stopping`] : []),
        ...restored.map((epoch) => `Restoring model weights from the end of the best epoch: ${epoch}.`),
      ]);
    });
  }
});

it('TerminateOnNaN stops, or makes fit reject', async () => {
  const bad = tensor([...Array(71).fill(0), Number.NaN], [18, 4]);
  const model = linear();
  const said = await printed(async () => {
    const { epoch } = await model.fit(bad, y, { ...options, epochs: 5, callbacks: new TerminateOnNaN() });
    expect(epoch).toEqual([0]);
  });
  expect(said).toEqual(['Batch 1: Invalid loss, terminating training']);
  let ended = false;
  const end: CallbackHooks = {
    onTrainEnd() {
      ended = true;
    },
  };
  const failing = linear().fit(bad, y, { ...options, callbacks: [new TerminateOnNaN({ raiseError: true }), end] });
  await expect(failing).rejects.toThrow(DataError);
  expect(ended).toBe(false);
});
