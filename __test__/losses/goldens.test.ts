import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as losses from '../../ts/losses/index.ts';
import { grad, type Tensor, tensor } from '../../ts/tensor/index.ts';
import { wave } from '../wave.ts';

interface LossCase {
  mean: number;
  weighted: number;
  sum: number;
  values: number[];
  fromLogits?: number;
  smoothed?: number;
}

const goldens = JSON.parse(readFileSync(new URL('../goldens/losses.json', import.meta.url), 'utf8')) as Record<
  string,
  LossCase
>;

const probabilities = wave([4, 3], 0.2, 3).softmax();
const shares = wave([4, 2], 0.4).add(1).div(2);
const labels = tensor([2, 0, 1, 1], [4], 'int32');
const onehot = labels.oneHot(3);
const binary = tensor([
  [1, 0],
  [0, 1],
  [1, 1],
  [0, 0],
]);
const weights = tensor([1, 0, 2, 0.5]);

const classes: Readonly<Record<string, unknown>> = { ...losses };
const cases: [string, Tensor, Tensor][] = [
  ['MeanSquaredError', wave([4, 2], 1), shares],
  ['MeanAbsoluteError', wave([4, 2], 1), shares],
  ['BinaryCrossentropy', binary, shares],
  ['CategoricalCrossentropy', onehot, probabilities],
  ['SparseCategoricalCrossentropy', labels, probabilities],
];

describe('losses equal Keras', () => {
  for (const [name, yTrue, yPred] of cases) {
    it(name, async () => {
      const golden = goldens[name] as LossCase;
      const Class = classes[name] as new (config?: losses.CrossentropyConfig) => losses.Loss;
      const numbers = async (loss: Tensor): Promise<number[]> => [...(await loss.data())];
      expect((await numbers(new Class().apply(yTrue, yPred)))[0]).toBeCloseTo(golden.mean, 5);
      expect((await numbers(new Class().apply(yTrue, yPred, weights)))[0]).toBeCloseTo(golden.weighted, 5);
      expect((await numbers(new Class({ reduction: 'sum' }).apply(yTrue, yPred)))[0]).toBeCloseTo(golden.sum, 4);
      const values = await numbers(new Class({ reduction: 'none' }).apply(yTrue, yPred));
      golden.values.forEach((value, i) => {
        expect(values[i]).toBeCloseTo(value, 5);
      });
      // The same numbers from probabilities whose maker is not known any more: Keras' clipped form.
      const forgotten = tensor(await yPred.data(), yPred.shape);
      expect((await numbers(new Class().apply(yTrue, forgotten)))[0]).toBeCloseTo(golden.mean, 5);
    });
  }

  it('from logits, with smoothed labels', async () => {
    const logits = wave([4, 3], 0.2, 5);
    const categorical = new losses.CategoricalCrossentropy({ fromLogits: true });
    expect(await categorical.apply(onehot, logits).item()).toBeCloseTo(
      goldens.CategoricalCrossentropy?.fromLogits as number,
      5,
    );
    const smooth = new losses.CategoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.2 });
    expect(await smooth.apply(onehot, logits).item()).toBeCloseTo(
      goldens.CategoricalCrossentropy?.smoothed as number,
      5,
    );
    const two = wave([4, 2], 0.4, 5);
    const sigmoid = new losses.BinaryCrossentropy({ fromLogits: true });
    expect(await sigmoid.apply(binary, two).item()).toBeCloseTo(goldens.BinaryCrossentropy?.fromLogits as number, 5);
    const smoothSigmoid = new losses.BinaryCrossentropy({ fromLogits: true, labelSmoothing: 0.2 });
    expect(await smoothSigmoid.apply(binary, two).item()).toBeCloseTo(
      goldens.BinaryCrossentropy?.smoothed as number,
      5,
    );
  });
});

describe('cross-entropy after softmax and sigmoid', () => {
  it('has finite values and gradients for certain predictions', async () => {
    const loss = new losses.SparseCategoricalCrossentropy();
    const f = (logits: Tensor): Tensor => loss.apply(tensor([0], [1], 'int32'), logits.softmax());
    const logits = tensor([[-500, 500, 0]]);
    expect(await f(logits).item()).toBeCloseTo(1000, 3);
    expect([...(await grad(f)(logits).data())]).toEqual([-1, 1, 0]);
    const g = (x: Tensor): Tensor => new losses.BinaryCrossentropy().apply([[1]], x.sigmoid());
    expect(await g(tensor([[-200]])).item()).toBeCloseTo(200, 3);
    expect((await grad(g)(tensor([[-200]])).data())[0]).toBeCloseTo(-1, 5);
    expect((await grad(g)(tensor([[0]])).data())[0]).toBeCloseTo(-0.5, 5);
  });
});

describe('shapes of targets', () => {
  it('never broadcasts [n] against [n, 1]', async () => {
    const loss = new losses.MeanSquaredError();
    expect(await loss.apply([1, 2, 3], [[1], [2], [3]]).item()).toBe(0);
    expect(await loss.apply([[1], [2], [3]], [1, 2, 3]).item()).toBe(0);
    expect(() => loss.apply([[1, 2]], [[1, 2, 3]])).toThrow(
      /targets of shape \[1, 2\] do not fit predictions of shape \[1, 3\]/,
    );
  });

  it('says which loss goes with which targets', () => {
    expect(() => new losses.SparseCategoricalCrossentropy().apply(onehot, probabilities)).toThrow(
      /categoricalCrossentropy/,
    );
    expect(() => new losses.CategoricalCrossentropy().apply(labels, probabilities)).toThrow(
      /sparseCategoricalCrossentropy/,
    );
  });

  it('weighs and masks', async () => {
    const loss = new losses.MeanSquaredError();
    const predictions = tensor([
      [[1], [5]],
      [[2], [2]],
    ]);
    predictions.mask = tensor([
      [true, false],
      [true, true],
    ]);
    // Squares 1, (25), 4, 4 over three entries that count.
    expect(
      await loss
        .apply(
          tensor([
            [[0], [0]],
            [[0], [0]],
          ]),
          predictions,
        )
        .item(),
    ).toBeCloseTo(3, 5);
    expect(() => loss.apply([[1], [2]], [[1], [2]], [1, 2, 3])).toThrow(/sample weights of shape \[3\]/);
  });
});
