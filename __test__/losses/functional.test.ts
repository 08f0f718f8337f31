import { describe, expect, it } from 'vitest';
import { grad, losses, Reduction, type Tensor, type TensorLike, tensor } from '../../ts/index.ts';

const y = tensor([
  [0, 1, 1],
  [1, 0, 0],
]);
const p = tensor([
  [0.25, 0.5, 0.75],
  [0.5, 0.125, 1],
]);
const item = (x: Tensor): Promise<number> => x.item();
const perRow = [[2], [0]];

describe("losses in TensorFlow.js' form", () => {
  it('reduce by number, by weights that are not 0, by weights, not at all', async () => {
    const values = [1, 2, 3, 4];
    expect(await item(losses.computeWeightedLoss(values))).toBe(2.5);
    expect(await item(losses.computeWeightedLoss(values, [2, 0, 1, 1]))).toBe(3);
    expect(await item(losses.computeWeightedLoss(values, [2, 0, 1, 1], Reduction.MEAN))).toBe(2.25);
    expect(await item(losses.computeWeightedLoss(values, null, Reduction.SUM))).toBe(10);
    const kept = losses.computeWeightedLoss(values, [2, 0, 1, 1], Reduction.NONE);
    expect([...(await kept.data())]).toEqual([2, 0, 3, 4]);
    // Weights of rows count for every value of the row.
    expect(await item(losses.absoluteDifference(y, p, perRow, Reduction.MEAN))).toBeCloseTo(1 / 3, 6);
    expect(await item(losses.absoluteDifference(y, p, perRow))).toBeCloseTo(2 / 3, 6);
    expect(() => losses.computeWeightedLoss(values, null, 7 as never)).toThrow(/Reduction.NONE, MEAN/);
  });

  it('have the values of their formulas', async () => {
    const elements = (f: (y: number, p: number) => number): number => {
      const [a, b] = [[...y.dataSync()], [...p.dataSync()]];
      return a.reduce((sum, v, i) => sum + f(v, b[i] as number), 0) / a.length;
    };
    const cases: [(a: TensorLike, b: TensorLike) => Tensor, number][] = [
      [losses.absoluteDifference, elements((a, b) => Math.abs(a - b))],
      [losses.hingeLoss, elements((a, b) => Math.max(0, 1 - (2 * a - 1) * b))],
      [
        (a, b) => losses.huberLoss(a, b, null, 0.5),
        elements((a, b) => {
          const e = Math.abs(a - b);
          return e <= 0.5 ? (e * e) / 2 : 0.5 * (e - 0.25);
        }),
      ],
      [losses.logLoss, elements((a, b) => -a * Math.log(b + 1e-7) - (1 - a) * Math.log(1 - b + 1e-7))],
      [losses.sigmoidCrossEntropy, elements((a, b) => Math.max(b, 0) - a * b + Math.log1p(Math.exp(-Math.abs(b))))],
      [(a, b) => losses.meanSquaredError(a, b, null), elements((a, b) => (a - b) ** 2)],
    ];
    for (const [loss, expected] of cases) expect(await item(loss(y, p))).toBeCloseTo(expected, 5);
    const rows = [0.25 * 0 + 0.5 + 0.75, 0.5];
    expect(await item(losses.cosineDistance(y, p, 1))).toBeCloseTo(1 - (rows[0] as number) / 2 - 0.25, 6);
    const entropy = (await y.mul(p.logSoftmax()).sum().item()) / -2;
    expect(await item(losses.softmaxCrossEntropy(y, p))).toBeCloseTo(entropy, 6);
    expect(await item(losses.softmaxCrossEntropy(y, p, null, 0.3))).toBeCloseTo(
      (await y.mul(0.7).add(0.1).mul(p.logSoftmax()).sum().item()) / -2,
      6,
    );
  });

  it('meanSquaredError is Keras’ without weights and reduction, and weights never broadcast to a square', async () => {
    expect(losses.meanSquaredError(y, p).shape).toEqual([2]);
    expect(losses.meanSquaredError([1, 2, 3], [1, 2, 4], [1, 0, 1]).shape).toEqual([]);
    expect(await item(losses.meanSquaredError([1, 2, 3], [1, 2, 4], [1, 0, 1]))).toBe(0.5);
    expect(await item(losses.meanSquaredError([1, 2, 3], [1, 2, 4], undefined, Reduction.SUM))).toBe(1);
  });

  it('sigmoidCrossEntropy has its gradient at 0, and no overflow', async () => {
    const slope = grad((x) => losses.sigmoidCrossEntropy([1, 0, 1, 0], x, null, 0, Reduction.SUM));
    expect([...(await slope([0, 0, 1000, -1000]).data())]).toEqual([-0.5, 0.5, 0, 0]);
  });

  it('say which shapes do not fit', () => {
    expect(() => losses.hingeLoss([1, 2], [1, 2, 3])).toThrow(/hingeLoss: labels of shape \[2\] do not fit/);
    expect(() => losses.softmaxCrossEntropy(y, p, null, 2)).toThrow(/labelSmoothing must be a number from 0 to 1/);
  });
});
