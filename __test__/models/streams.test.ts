import { describe, expect, it } from 'vitest';
import { ConfigError, DataError, layers, type Sequential, sequential, tensor } from '../../ts/index.ts';

type Pair = [number[][], number[][]];

const batches = (count: number): Pair[] =>
  Array.from({ length: count }, (_, i): Pair => {
    const rows = i % 2 === 0 ? [i, i + 1, i + 2] : [i, i + 3];
    return [rows.map((r) => [Math.sin(r), Math.cos(r), 1]), rows.map((r) => [Math.sin(2 * r)])];
  });

function regressor(): Sequential {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3], kernelInitializer: 'ones' })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae'] });
  return model;
}

describe('training on batches from outside', () => {
  it('is the same, bit for bit, as training on the samples they hold', async () => {
    const all = batches(4).filter(([x]) => x.length === 3);
    const [fromStream, fromSamples] = [regressor(), regressor()];
    const a = await fromStream.fitDataset(() => all, { epochs: 3, verbose: 0 });
    const x = all.flatMap(([rows]) => rows);
    const y = all.flatMap(([, rows]) => rows);
    const b = await fromSamples.fit(x, y, { epochs: 3, batchSize: 3, shuffle: false, verbose: 0 });
    expect(a.history).toEqual(b.history);
    const weights = (model: Sequential) => Promise.all(model.getWeights().map((w) => w.data()));
    expect(await weights(fromStream)).toEqual(await weights(fromSamples));
  });

  it('takes batches of different sizes, and weighs them by their size', async () => {
    const model = regressor();
    const { loss, mae } = await model.evaluateDataset(batches(4), { verbose: 0 });
    const x = batches(4).flatMap(([rows]) => rows);
    const y = batches(4).flatMap(([, rows]) => rows);
    const whole = await model.evaluate(x, y, { verbose: 0 });
    expect(loss).toBeCloseTo(whole.loss, 6);
    expect(mae).toBeCloseTo(whole.mae as number, 6);
  });

  it('iterates anew every epoch over what can be iterated over again, and goes on in a generator', async () => {
    let begun = 0;
    async function* source() {
      begun += 1;
      for (const [xs, ys] of batches(4)) yield { xs: tensor(xs), ys: tensor(ys) };
    }
    await regressor().fitDataset(source, { epochs: 3, verbose: 0, validationData: source });
    expect(begun).toBe(6);
    const seen: number[] = [];
    await regressor().fitDataset(source(), {
      epochs: 2,
      stepsPerEpoch: 2,
      verbose: 0,
      callbacks: { onTrainBatchEnd: (batch) => void seen.push(batch) },
    });
    expect(seen).toEqual([0, 1, 0, 1]);
    expect(begun).toBe(7);
  });

  it('ends training, with a warning, when a generator runs dry', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listen);
    const iterator = batches(3)[Symbol.iterator]();
    const { epoch } = await regressor().fit(iterator, null, { epochs: 5, stepsPerEpoch: 2, verbose: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(epoch).toEqual([0, 1]);
    expect(warnings.join()).toMatch(/ran out of batches after 1 of 2 of the epoch; training ends/);
  });

  it('has no empty epoch where a source ends with an epoch', async () => {
    let begun = 0;
    function* source() {
      begun += 1;
      yield* batches(2);
    }
    const anew = await regressor().fit(source, null, { epochs: 3, stepsPerEpoch: 2, verbose: 0 });
    const whole = await regressor().fit(source, null, { epochs: 3, verbose: 0 });
    expect(begun).toBe(6);
    expect(anew.history).toEqual(whole.history);
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listen);
    const { epoch } = await regressor().fit(source(), null, { epochs: 3, stepsPerEpoch: 2, verbose: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(epoch).toEqual([0]);
    expect(warnings.join()).toMatch(/where an epoch of 2 ended; training ends/);
  });

  it('closes the source when it is done, stopped or failed', async () => {
    let closed = 0;
    function* source() {
      try {
        for (;;) yield* batches(3);
      } finally {
        closed += 1;
      }
    }
    await regressor().fitDataset(source, { stepsPerEpoch: 2, verbose: 0 });
    expect(closed).toBe(1);
    const controller = new AbortController();
    const running = regressor().fitDataset(source, {
      signal: controller.signal,
      verbose: 0,
      callbacks: { onTrainBatchEnd: (batch) => void (batch === 5 && controller.abort(new Error('enough'))) },
    });
    await expect(running).rejects.toThrow('enough');
    expect(closed).toBe(2);
  });

  it('lets several models train at once', async () => {
    const alone = await regressor().fitDataset(batches(6), { epochs: 2, verbose: 0 });
    const both = await Promise.all([1, 2].map(() => regressor().fitDataset(batches(6), { epochs: 2, verbose: 0 })));
    for (const { history } of both) expect(history).toEqual(alone.history);
  });

  it('brings errors of the source, of its batches and of the options', async () => {
    const model = regressor();
    const broken = async function* (): AsyncGenerator<Pair> {
      yield batches(1)[0] as Pair;
      throw new Error('the disk is gone');
    };
    await expect(model.fitDataset(broken, { verbose: 0 })).rejects.toThrow('the disk is gone');
    await expect(model.fitDataset(() => [3 as never], { verbose: 0 })).rejects.toThrow(DataError);
    await expect(model.fitDataset(() => 3 as never, { verbose: 0 })).rejects.toThrow(
      /gives batches, such as a generator/,
    );
    await expect(model.fitDataset([[[[1, 2]], [[1]]]], { verbose: 0 })).rejects.toThrow(/expects inputs of shape/);
    await expect(model.fitDataset(broken, { batchesPerEpoch: 1, stepsPerEpoch: 2 })).rejects.toThrow(
      /are the same option/,
    );
    await expect(model.fit(broken, [[1]], { verbose: 0 })).rejects.toThrow(ConfigError);
    await expect(model.fit(broken, null, { batchSize: 3 })).rejects.toThrow(/batchSize does not go with a source/);
  });
});
