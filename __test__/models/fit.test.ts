import { describe, expect, it } from 'vitest';
import { DataError, layers, sequential, setSeed, tensor, train, zeros } from '../../ts/index.ts';
import { targets, wave } from '../wave.ts';
import { classifier, samples, weightsOf } from './samples.ts';

describe('fit', () => {
  it('gives the same weights for the same seed, and other ones for another order', async () => {
    const { x, y } = samples();
    const run = async (seed: number, shuffle: boolean | 'batch'): Promise<number[]> => {
      setSeed(1);
      const model = classifier();
      setSeed(seed);
      await model.fit(x, y, { batchSize: 4, epochs: 2, shuffle, verbose: 0 });
      return weightsOf(model);
    };
    const first = await run(5, true);
    expect(await run(5, true)).toEqual(first);
    expect(await run(6, true)).not.toEqual(first);
    expect(await run(5, 'batch')).not.toEqual(await run(5, false));
    expect(await run(5, false)).toEqual(await run(6, false));
  });

  it('does the work of two calls in one, or one in two', async () => {
    const { x, y } = samples();
    setSeed(1);
    const once = classifier();
    setSeed(1);
    const twice = classifier();
    await once.fit(x, y, { epochs: 4, batchSize: 5, shuffle: false, verbose: 0 });
    await twice.fit(x, y, { epochs: 2, batchSize: 5, shuffle: false, verbose: 0 });
    const { epoch } = await twice.fit(x, y, { epochs: 4, initialEpoch: 2, batchSize: 5, shuffle: false, verbose: 0 });
    expect(epoch).toEqual([2, 3]);
    expect(await weightsOf(twice)).toEqual(await weightsOf(once));
    expect(once.optimizer.iterations.dataSync()[0]).toBe(16);
  });

  it('validates the tail, at the epochs asked for', async () => {
    const { x, y } = samples();
    const model = classifier();
    const options = { epochs: 4, batchSize: 4, verbose: 0 } as const;
    const split = await model.fit(x, y, { ...options, validationSplit: 0.25, validationFreq: 2 });
    expect(split.history.val_loss).toHaveLength(2);
    const listed = await model.fit(x, y, {
      ...options,
      validationData: [x, y],
      validationFreq: [1, 4],
      validationSteps: 1,
    });
    expect(listed.history.val_accuracy).toHaveLength(2);
    const tail = await model.fit(x, y, { ...options, epochs: 1, validationSplit: 0.25, validationBatchSize: 3 });
    const held = await model.evaluate(x.slice(13, 5), y.slice(13, 5), { verbose: 0 });
    expect(tail.history.val_loss?.[0]).toBeCloseTo(held.loss as number, 5);
  });

  it('goes on where the last epoch ended with stepsPerEpoch', async () => {
    const { x, y } = samples();
    setSeed(1);
    const whole = classifier();
    setSeed(1);
    const steps = classifier();
    const options = { batchSize: 3, shuffle: false, verbose: 0 } as const;
    await whole.fit(x, y, { ...options, epochs: 2 });
    const { history } = await steps.fit(x, y, { ...options, epochs: 4, stepsPerEpoch: 3 });
    expect(history.loss).toHaveLength(4);
    expect(await weightsOf(steps)).toEqual(await weightsOf(whole));
  });

  it('drops out in training only, anew in every step, as the seed says', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const model = sequential({
        layers: [
          layers.dropout({ rate: 0.5, seed, inputShape: [8] }),
          layers.dense({ units: 1, kernelInitializer: 'ones' }),
        ],
      });
      model.compile({ optimizer: train.sgd(0), loss: 'mae' });
      const { history } = await model.fit(tensor(Array(64).fill(1), [8, 8]), zeros([8, 1]), {
        epochs: 3,
        batchSize: 4,
        verbose: 0,
      });
      expect(await model.evaluate(tensor(Array(64).fill(1), [8, 8]), zeros([8, 1]), { verbose: 0 })).toEqual({
        loss: 8,
      });
      return history.loss as number[];
    };
    const losses = await run(1);
    expect(new Set(losses).size).toBeGreaterThan(1);
    expect(await run(1)).toEqual(losses);
    expect(await run(2)).not.toEqual(losses);
  });

  it('ends at a label out of range in step 700, names the sample, and leaves the weights of step 699', async () => {
    const count = 702 * 4;
    const before = 699 * 4;
    const x = wave([count, 4], 0.2);
    const labels = targets('label', count).dataSync().slice();
    labels[before + 1] = 3;
    setSeed(1);
    const broken = classifier();
    setSeed(1);
    const good = classifier();
    const options = { batchSize: 4, shuffle: false, verbose: 0 } as const;
    const failure: unknown = await broken.fit(x, tensor(labels, [count]), options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DataError);
    expect((failure as Error).message).toContain(`sample ${before + 1}`);
    expect((failure as Error).message).toContain('label 3 is out of range');
    await good.fit(x.slice(0, before), tensor(labels.slice(0, before), [before]), options);
    expect(await weightsOf(broken)).toEqual(await weightsOf(good));
    await broken.fit(x, targets('label', count), options);
  });

  it('weighs classes as samples of these weights', async () => {
    const { x, y } = samples();
    setSeed(1);
    const byClass = classifier();
    setSeed(1);
    const bySample = classifier();
    const options = { batchSize: 4, shuffle: false, verbose: 0, epochs: 2 } as const;
    const weights = { 0: 2, 2: 0.5 };
    const a = await byClass.fit(x, y, { ...options, classWeight: weights });
    const sampleWeight = Array.from(y.dataSync(), (label) => (weights as Record<number, number>)[label] ?? 1);
    const b = await bySample.fit(x, y, { ...options, sampleWeight });
    a.history.loss?.forEach((loss, i) => {
      expect(loss).toBeCloseTo(b.history.loss?.[i] as number, 5);
    });
    // Never in validation: the evaluation of the same model has no weights.
    const { loss } = await byClass.evaluate(x, y, { verbose: 0 });
    const c = await byClass.fit(x, y, { ...options, epochs: 1, classWeight: weights, validationData: [x, y] });
    expect(c.history.val_loss?.[0]).not.toBeCloseTo(loss as number, 9);
  });
});

describe('one batch', () => {
  it('trains and tests, with the numbers of this batch', async () => {
    const { x, y } = samples();
    setSeed(1);
    const byBatch = classifier();
    setSeed(1);
    const byFit = classifier();
    const first = await byBatch.trainOnBatch(x, y);
    const second = await byBatch.trainOnBatch(x, y);
    const { history } = await byFit.fit(x, y, { batchSize: 18, epochs: 2, shuffle: false, verbose: 0 });
    expect([first.loss, second.loss]).toEqual(history.loss);
    expect(Object.keys(first)).toEqual(['loss', 'accuracy']);
    expect(await byBatch.testOnBatch(x, y)).toEqual(await byBatch.evaluate(x, y, { verbose: 0, batchSize: 18 }));
    await byBatch.trainOnBatch(x, y, { sampleWeight: zeros([18]) });
    await byBatch.trainOnBatch(x, y, { classWeight: { 0: 2 } });
  });
});

describe('several things at once', () => {
  it('predicts, reads weights and evaluates while fit runs', async () => {
    const model = classifier();
    const x = wave([600, 4], 0.1);
    const y = targets('label', 600);
    const fitting = model.fit(x, y, { epochs: 20, batchSize: 8, verbose: 0 });
    for (let i = 0; i < 5; i++) {
      const probabilities = await model.predict(x).data();
      expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
      await Promise.all(model.getWeights().map((w) => w.data()));
      const { loss } = await model.evaluate(x, y, { verbose: 0 });
      expect(Number.isFinite(loss)).toBe(true);
    }
    const { history } = await fitting;
    expect(history.loss).toHaveLength(20);
  });

  it('trains two models, and evaluates one twice', async () => {
    const { x, y } = samples(200);
    setSeed(1);
    const models = [classifier(), classifier()] as const;
    await Promise.all(models.map((model) => model.fit(x, y, { epochs: 5, verbose: 0 })));
    const [a, b] = await Promise.all([
      models[0].evaluate(x, y, { verbose: 0 }),
      models[0].evaluate(x, y, { verbose: 0, batchSize: 7 }),
    ]);
    expect(a.loss).toBeCloseTo(b.loss as number, 5);
    expect(a.accuracy).toBeCloseTo(b.accuracy as number, 6);
  });
});

describe('interruption', () => {
  it('ends by an AbortSignal, with its reason, and the model works on', async () => {
    const model = classifier();
    const { x, y } = samples(300);
    const controller = new AbortController();
    const fitting = model.fit(x, y, { epochs: 100000, batchSize: 4, verbose: 0, signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(fitting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(model.fit(x, y, { verbose: 0, signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await model.fit(x, y, { verbose: 0 });
  });

  it('ends by stopTraining from outside, and by SIGINT when asked to', async () => {
    const model = classifier();
    const { x, y } = samples(300);
    const stopped = model.fit(x, y, { epochs: 100000, batchSize: 4, verbose: 0 });
    setTimeout(() => {
      model.stopTraining = true;
    }, 30);
    expect((await stopped).epoch.length).toBeGreaterThan(0);
    const fitting = model.fit(x, y, { epochs: 100000, batchSize: 4, verbose: 0, handleSignals: true });
    setTimeout(() => process.emit('SIGINT'), 30);
    expect((await fitting).interruptedBy).toBe('SIGINT');
    expect(process.listenerCount('SIGINT')).toBe(0);
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });
});
