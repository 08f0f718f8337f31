import { describe, expect, it } from 'vitest';
import {
  Callback,
  type CallbackHooks,
  callbacks,
  EarlyStopping,
  type Logs,
  layers,
  metrics,
  sequential,
  tensor,
} from '../../ts/index.ts';
import { classifier, samples, weightsOf } from '../models/samples.ts';

const { x, y } = samples();
const options = { batchSize: 9, verbose: 0, shuffle: false } as const;

/** Sets what a watched number is to be, epoch by epoch. */
function reporting(name: string, values: readonly number[]): CallbackHooks {
  return {
    onEpochEnd(epoch, logs) {
      logs[name] = values[epoch] as number;
    },
  };
}

describe('hooks', () => {
  it('are called in Keras order, awaited, with logs', async () => {
    const seen: string[] = [];
    const note = async (text: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(text);
    };
    const names = (logs: Logs): string => Object.keys(logs).join(',');
    const hooks: CallbackHooks = {
      onTrainBegin: () => note('train begin'),
      onTrainEnd: (logs) => note(`train end ${names(logs)}`),
      onEpochBegin: (epoch) => note(`epoch ${epoch} begin`),
      onEpochEnd: (epoch, logs) => note(`epoch ${epoch} end ${names(logs)}`),
      onTrainBatchBegin: (batch) => note(`batch ${batch} begin`),
      onBatchEnd: (batch, logs) => note(`batch ${batch} end ${names(logs)}`),
      onTestBegin: () => note('test begin'),
      onTestBatchEnd: (batch, logs) => note(`test batch ${batch} end ${names(logs)}`),
      onTestEnd: (logs) => note(`test end ${names(logs)}`),
    };
    await classifier().fit(x, y, { ...options, callbacks: hooks, validationData: [x, y] });
    expect(seen).toEqual([
      'train begin',
      'epoch 0 begin',
      'batch 0 begin',
      'batch 0 end accuracy,loss',
      'batch 1 begin',
      'batch 1 end accuracy,loss',
      'test begin',
      'test batch 0 end accuracy,loss',
      'test batch 1 end accuracy,loss',
      'test end accuracy,loss',
      'epoch 0 end accuracy,loss,val_accuracy,val_loss',
      'train end accuracy,loss,val_accuracy,val_loss',
    ]);
  });

  it('do not change what is trained', async () => {
    const plain = classifier();
    const hooked = classifier();
    hooked.setWeights(plain.getWeights());
    const a = await plain.fit(x, y, { ...options, batchSize: 4, epochs: 3 });
    const b = await hooked.fit(x, y, { ...options, batchSize: 4, epochs: 3, callbacks: { onTrainBatchEnd() {} } });
    expect(b.history).toEqual(a.history);
    expect(await weightsOf(hooked)).toEqual(await weightsOf(plain));
  });

  it('may evaluate, predict, set weights and the learning rate', async () => {
    const model = classifier();
    const weights = model.getWeights();
    await model.fit(x, y, {
      ...options,
      epochs: 2,
      callbacks: {
        async onTrainBatchEnd() {
          const { loss } = await model.evaluate(x, y, { verbose: 0 });
          expect(Number.isFinite(loss)).toBe(true);
          await model.predict(x).data();
        },
        onEpochEnd() {
          model.setWeights(weights);
          model.optimizer.learningRate = 0;
        },
      },
    });
    expect(await weightsOf(model)).toEqual((await Promise.all(weights.map((w) => w.data()))).flatMap((w) => [...w]));
    expect(model.optimizer.learningRate).toBe(0);
  });

  it('reject fit when they throw, and the model works on', async () => {
    const model = classifier();
    const failing = { onEpochEnd: () => Promise.reject(new Error('disk full')) };
    await expect(model.fit(x, y, { ...options, callbacks: failing })).rejects.toThrow('disk full');
    await model.fit(x, y, options);
  });

  it('know the model and how fit was called', async () => {
    class Watch extends Callback {
      seen: unknown[] = [];
      override onTrainBegin(): void {
        this.seen.push(this.model.name, this.params);
      }
    }
    const watch = new Watch();
    const model = classifier();
    await model.fit(x, y, { ...options, epochs: 2, callbacks: [watch] });
    expect(watch.seen).toEqual([model.name, { epochs: 2, steps: 2, samples: 18, batchSize: 9, verbose: 0 }]);
  });

  it('stop training after a batch', async () => {
    const model = classifier();
    let batches = 0;
    const { epoch } = await model.fit(x, y, {
      ...options,
      epochs: 5,
      callbacks: {
        onTrainBatchEnd() {
          batches += 1;
          model.stopTraining = true;
        },
      },
    });
    expect([batches, epoch]).toEqual([1, [0]]);
  });
});

describe('EarlyStopping', () => {
  const run = async (values: readonly number[], stopping: EarlyStopping): Promise<number[]> => {
    const model = classifier();
    const name = 'val_loss';
    const history = await model.fit(x, y, {
      ...options,
      epochs: values.length,
      callbacks: [reporting(name, values), stopping],
    });
    return history.epoch;
  };

  it('waits patience epochs', async () => {
    const stopping = new EarlyStopping({ patience: 2 });
    expect(await run([3, 2, 2.5, 2.1, 1], stopping)).toEqual([0, 1, 2, 3]);
    expect(stopping.stoppedEpoch).toBe(3);
    expect(stopping.best).toBe(2);
  });

  it('counts no change below minDelta, and starts when told', async () => {
    expect(await run([3, 2.95, 2.9, 2.85], new EarlyStopping({ minDelta: 0.2, patience: 2 }))).toEqual([0, 1, 2]);
    expect(await run([1, 3, 2, 4, 5], new EarlyStopping({ startFromEpoch: 1, patience: 1 }))).toEqual([0, 1, 2, 3]);
    expect(await run([3, 3.1, 3.2], new EarlyStopping({ baseline: 1, patience: 2 }))).toEqual([0, 1]);
  });

  it('puts the best weights back', async () => {
    const model = classifier();
    const kept: number[][] = [];
    await model.fit(x, y, {
      ...options,
      epochs: 4,
      callbacks: [
        {
          async onEpochEnd() {
            kept.push(await weightsOf(model));
          },
        },
        reporting('val_loss', [3, 1, 2, 2]),
        new EarlyStopping({ patience: 2, restoreBestWeights: true }),
      ],
    });
    expect(kept).toHaveLength(4);
    expect(await weightsOf(model)).toEqual(kept[1]);
    expect(kept[3]).not.toEqual(kept[1]);
  });

  it('knows the direction of metrics and names, or asks', async () => {
    const bestOf = async (monitor: string, mode: 'auto' | 'max' = 'auto'): Promise<unknown> => {
      const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] });
      model.compile({ loss: 'mse', metrics: ['mae', new metrics.BinaryAccuracy({ name: 'mine' })] });
      const stopping = new EarlyStopping({ monitor, mode, patience: 9 });
      const given = [reporting(monitor, [2, 3, 1]), stopping];
      await model.fit(x, tensor(new Float32Array(54), [18, 3]), { ...options, epochs: 3, callbacks: given });
      return stopping.best;
    };
    expect(await bestOf('val_accuracy')).toBe(3);
    expect(await bestOf('mean_absolute_error')).toBe(1);
    expect(await bestOf('val_mae_1')).toBe(1);
    expect(await bestOf('val_mine')).toBe(3);
    expect(await bestOf('score', 'max')).toBe(3);
    await expect(bestOf('score')).rejects.toThrow(/pass mode: 'min' or mode: 'max'/);
  });
});

describe('learning rates', () => {
  it('follow a schedule and are reported', async () => {
    const model = classifier();
    const scheduler = new callbacks.LearningRateScheduler((epoch, rate) => (epoch === 0 ? 0.5 : rate / 2));
    const { history } = await model.fit(x, y, { ...options, epochs: 3, callbacks: scheduler });
    expect(history.learning_rate).toEqual([0.5, 0.25, 0.125]);
    const broken = new callbacks.LearningRateScheduler(() => Number.NaN);
    await expect(model.fit(x, y, { ...options, callbacks: broken })).rejects.toThrow(/schedule must give a number/);
  });

  it('fall on a plateau', async () => {
    const model = classifier();
    model.optimizer.learningRate = 0.5;
    const plateau = new callbacks.ReduceLROnPlateau({ factor: 0.5, patience: 1, minLr: 0.2 });
    const values = [3, 3, 3, 3];
    const { history } = await model.fit(x, y, {
      ...options,
      epochs: 4,
      callbacks: [reporting('val_loss', values), plateau],
    });
    expect(history.learning_rate).toEqual([0.5, 0.5, 0.25, Math.fround(0.2)]);
  });
});

it('TerminateOnNaN ends at the batch', async () => {
  const model = classifier();
  const bad = tensor([...Array(71).fill(0), Number.NaN], [18, 4]);
  const { epoch } = await model.fit(bad, y, { ...options, epochs: 5, callbacks: new callbacks.TerminateOnNaN() });
  expect(epoch).toEqual([0]);
});
