import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as tf from '../../../ts/index.ts';
import type { FitOptions } from '../../../ts/models/training/options.ts';

const root = mkdtempSync(join(tmpdir(), 'hornbeam-resuming-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, `run-${folders++}`);

/** A layer whose random stream no field shows, and which draws without a seed as well. */
class Noise extends tf.layers.Layer {
  readonly #random = new tf.layers.SeedGenerator();
  override call(x: tf.Tensor, { training }: tf.layers.CallOptions): tf.Tensor {
    if (!training) return x;
    return x.add(this.#random.begin().normal(x.shape).mul(0.05)).add(tf.randomNormal(x.shape, 0, 0.05));
  }
}

function modelOf(optimizer: tf.Optimizer, runEagerly = false): tf.Sequential {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, activation: 'tanh', inputShape: [3] }),
      tf.layers.batchNormalization({ momentum: 0.8 }),
      tf.layers.dropout({ rate: 0.3 }),
      new Noise(),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'], runEagerly });
  return model;
}

const adam = (): tf.Optimizer =>
  new tf.optimizers.Adam({
    learningRate: new tf.optimizers.schedules.ExponentialDecay({
      initialLearningRate: 0.05,
      decaySteps: 7,
      decayRate: 0.9,
    }),
    gradientAccumulationSteps: 3,
    useEma: true,
    emaMomentum: 0.9,
  });

const count = 23;
const values = (n: number, columns: number, phase: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: n * columns }, (_, i) => Math.sin(i * 0.7 + phase)),
    [n, columns],
  );
const [x, y] = [values(count, 3, 0), values(count, 1, 1)];
const [validX, validY] = [values(9, 3, 2), values(9, 1, 3)];

/** What is thrown where a process would have died. */
class Killed extends Error {}

interface Program {
  /** Options and data anew, as a process that is started again makes them. */
  options(): FitOptions;
  data?(): tf.BatchSource;
  optimizer?(): tf.Optimizer;
  runEagerly?: boolean;
}

async function run(
  program: Program,
  extra: tf.CallbackHooks[],
): Promise<{ model: tf.Sequential; history: tf.History }> {
  const model = modelOf((program.optimizer ?? adam)(), program.runEagerly);
  const options = program.options();
  const callbacks = [...((options.callbacks ?? []) as tf.CallbackHooks[]), ...extra];
  const all = { verbose: 0 as const, ...options, callbacks };
  const history = program.data === undefined ? await model.fit(x, y, all) : await model.fit(program.data(), null, all);
  return { model, history };
}

/** Everything that a training ends with. */
async function outcome({ model, history }: Awaited<ReturnType<typeof run>>): Promise<unknown> {
  const variables = [...model.weights, ...model.optimizer.variables];
  return {
    variables: variables.map((variable) => [variable.shape.join(), ...variable.dataSync()]),
    history: history.history,
    epochs: history.epoch,
  };
}

/** Ends in the middle, after so many batches of the process. */
function killAfter(batches: number): tf.CallbackHooks {
  let seen = 0;
  return {
    onTrainBatchEnd() {
      seen += 1;
      if (seen === batches) throw new Killed();
    },
  };
}

/** Sends a signal at the n-th call of a hook. */
function signalAt(
  hook: 'onTrainBatchEnd' | 'onTestBatchEnd' | 'onEpochBegin' | 'onEpochEnd',
  n: number,
): tf.CallbackHooks {
  let calls = 0;
  return {
    [hook]() {
      calls += 1;
      if (calls === n) process.emit('SIGINT');
    },
  };
}

async function expectSame(program: Program, saveFreq: 'epoch' | number, kills: readonly number[]): Promise<void> {
  tf.setSeed(5);
  const whole = await outcome(await run(program, []));
  const backupDir = folder();
  const backup = (): tf.CallbackHooks => new tf.callbacks.BackupAndRestore({ backupDir, saveFreq });
  for (const [n, batches] of kills.entries()) {
    // The seeds of a later process come of the checkpoint, whatever it begins with.
    tf.setSeed(n === 0 ? 5 : 100 + n);
    await expect(run(program, [backup(), killAfter(batches)])).rejects.toThrow(Killed);
  }
  tf.setSeed(77);
  const parts = await outcome(await run(program, [backup()]));
  expect(parts).toEqual(whole);
}

const batches = (pass: number, n = 5): [tf.Tensor, tf.Tensor][] =>
  Array.from({ length: n }, (_, i) => [
    values(i === n - 1 ? 2 : 4, 3, i + 10 * pass),
    values(i === n - 1 ? 2 : 4, 1, i),
  ]);

describe('fit goes on from a checkpoint to the same bits', () => {
  const usual = { epochs: 4, batchSize: 4, validationData: [validX, validY] as [tf.Tensor, tf.Tensor] };
  const watchers = (): tf.CallbackHooks[] => [
    new tf.EarlyStopping({ patience: 2, restoreBestWeights: true }),
    new tf.callbacks.SwapEMAWeights({ swapOnEpoch: true }),
  ];

  it.each([
    ['after every batch', 1, [3, 5, 2, 9]],
    ['every four batches', 4, [5, 6, 7]],
    ['after every epoch', 'epoch', [7, 8, 11]],
  ] as const)('samples, %s', async (_, saveFreq, kills) => {
    await expectSame({ options: () => ({ ...usual, callbacks: watchers() }) }, saveFreq, kills);
  });

  it('whole batches shuffled, classWeight, epochs of some batches', async () => {
    const options = (): FitOptions => ({
      ...usual,
      epochs: 7,
      shuffle: 'batch',
      stepsPerEpoch: 4,
      validationFreq: 2,
      callbacks: [new tf.callbacks.ReduceLROnPlateau({ monitor: 'loss', patience: 0, factor: 0.5, minDelta: 1 })],
    });
    const optimizer = (): tf.Optimizer => new tf.optimizers.SGD({ learningRate: 0.05, momentum: 0.9 });
    await expectSame({ options, optimizer }, 1, [2, 7, 4]);
    await expectSame({ options, optimizer }, 'epoch', [6, 5]);
  });

  it('a learning rate that a callback sets at the begin of epochs', async () => {
    const options = (): FitOptions => ({
      ...usual,
      callbacks: [new tf.callbacks.LearningRateScheduler((_, rate) => rate * 0.7)],
    });
    await expectSame({ options, optimizer: () => new tf.optimizers.Nadam({ learningRate: 0.1 }) }, 2, [3, 5, 7]);
  });

  it('step by step in JavaScript', async () => {
    await expectSame({ options: () => ({ ...usual, epochs: 2 }), runEagerly: true }, 2, [3, 4]);
  });

  it('batches of a function', async () => {
    const program = { options: () => ({ epochs: 3, callbacks: watchers(), validationData: usual.validationData }) };
    await expectSame({ ...program, data: () => (pass) => batches(pass) }, 1, [2, 3, 6]);
    await expectSame({ ...program, data: () => (pass) => batches(pass) }, 'epoch', [6, 7]);
    await expectSame(
      { options: () => ({ epochs: 2 }), data: () => (pass) => batches(pass), runEagerly: true },
      1,
      [3, 3],
    );
  });

  it('batches of a generator, validation of another', async () => {
    function* endless(): Generator<[tf.Tensor, tf.Tensor]> {
      for (let pass = 0; pass < 9; pass++) yield* batches(pass);
    }
    const options = (): FitOptions => ({
      epochs: 5,
      stepsPerEpoch: 4,
      validationData: endless(),
      validationSteps: 3,
    });
    await expectSame({ options, data: endless }, 1, [2, 5, 6]);
    await expectSame({ options, data: endless }, 'epoch', [5, 9]);
  });

  it('a source that ends between two epochs, or in the middle of one', async () => {
    const options = (): FitOptions => ({ epochs: 5, stepsPerEpoch: 3 });
    await expectSame({ options, data: () => (pass) => batches(pass, 6) }, 1, [3, 3, 4]);
    await expectSame({ options, data: () => (pass) => batches(pass, 5) }, 1, [4, 1, 3]);
  });

  it.each([
    ['in a batch', 'onTrainBatchEnd', 8],
    ['in the last batch of an epoch', 'onTrainBatchEnd', 12],
    ['in a validation', 'onTestBatchEnd', 5],
    ['where an epoch begins', 'onEpochBegin', 2],
    ['where an epoch ends', 'onEpochEnd', 2],
  ] as const)('after a signal %s', async (_, hook, n) => {
    const program: Program = { options: () => ({ ...usual, callbacks: watchers() }) };
    tf.setSeed(5);
    const whole = await outcome(await run(program, []));
    const backupDir = folder();
    const backup = (): tf.CallbackHooks => new tf.callbacks.BackupAndRestore({ backupDir, saveFreq: false });
    tf.setSeed(5);
    const { history } = await run(program, [backup(), signalAt(hook, n)]);
    expect(history.interruptedBy).toBe('SIGINT');
    expect(history.epoch.length).toBeLessThan(4);
    expect(process.listenerCount('SIGINT')).toBe(0);
    tf.setSeed(6);
    expect(await outcome(await run(program, [backup()]))).toEqual(whole);
  });

  it('after an AbortSignal, which rejects', async () => {
    const program: Program = { options: () => ({ ...usual, callbacks: watchers() }) };
    tf.setSeed(5);
    const whole = await outcome(await run(program, []));
    const backupDir = folder();
    const backup = (): tf.CallbackHooks => new tf.callbacks.BackupAndRestore({ backupDir });
    const controller = new AbortController();
    const aborting = { onTrainBatchEnd: (batch: number) => (batch === 3 ? controller.abort('enough') : undefined) };
    tf.setSeed(5);
    const cut = { options: () => ({ ...program.options(), signal: controller.signal }) };
    await expect(run(cut, [backup(), aborting])).rejects.toBe('enough');
    tf.setSeed(6);
    expect(await outcome(await run(program, [backup()]))).toEqual(whole);
  });

  it('stays at its end when it is called again', async () => {
    const backupDir = folder();
    const program = { options: () => ({ ...usual, epochs: 2 }) };
    const backup = (): tf.CallbackHooks => new tf.callbacks.BackupAndRestore({ backupDir, deleteCheckpoint: false });
    const first = await outcome(await run(program, [backup()]));
    expect(readdirSync(backupDir).sort()).toEqual(['training-00000001.safetensors', 'training-00000002.safetensors']);
    expect(await outcome(await run(program, [backup()]))).toEqual(first);
  });

  it('leaves nothing behind when training has ended', async () => {
    const backupDir = folder();
    await run({ options: () => usual }, [new tf.callbacks.BackupAndRestore({ backupDir })]);
    expect(readdirSync(root)).not.toContain(backupDir.split('/').at(-1));
  });
});
