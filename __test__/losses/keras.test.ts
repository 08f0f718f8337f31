import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad, layers, losses, sequential, type Tensor, tensor } from '../../ts/index.ts';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface LossRow {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly y: Numbers;
  readonly p: Numbers;
  readonly values: Numbers;
  readonly gradient: Numbers;
  readonly default_name: string;
  readonly [reduction: string]: unknown;
}

interface MaskedRow extends Pick<LossRow, 'name' | 'y' | 'p'> {
  readonly reduction: losses.ReductionName;
  readonly mask: readonly boolean[];
  readonly value: number;
  readonly weighted: number;
}

const goldens = JSON.parse(readFileSync(new URL('../goldens/losses-metrics.json', import.meta.url), 'utf8')) as {
  losses: readonly LossRow[];
  masked: readonly MaskedRow[];
};
const of = ({ shape, data }: Numbers): Tensor => tensor(Float64Array.from(data), shape);
const weights = tensor([1, 0, 2, 0.5]);
const camel = (config: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/_([a-z])/g, (_, a: string) => a.toUpperCase()), value]),
  );
const classes = losses as unknown as Readonly<Record<string, new (config: object) => losses.Loss>>;
const make = (name: string, config: object): losses.Loss =>
  new (classes[name] as new (c: object) => losses.Loss)(config);

/** Equal to 1e-5, relative where numbers are large. */
function near(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs((actual[i] as number) - value) / Math.max(1, Math.abs(value));
    if (!(error <= tolerance)) expect(Array.from(actual)).toEqual(expected);
  });
}

describe('losses equal Keras: values, reductions, weights, gradients', () => {
  it.each(goldens.losses.map((row, i) => [`${i} ${row.name} ${JSON.stringify(row.config)}`, row] as const))(
    '%s',
    async (_, row) => {
      const config = camel(row.config);
      const [y, p] = [of(row.y), of(row.p)];
      const values = make(row.name, { ...config, reduction: null }).apply(y, p);
      expect(values.shape).toEqual(row.values.shape);
      near(await values.data(), row.values.data);
      for (const reduction of ['sum_over_batch_size', 'sum', 'mean_with_sample_weight']) {
        const loss = make(row.name, { ...config, reduction });
        near([await loss.apply(y, p).item()], [row[reduction] as number]);
        near([await loss.apply(y, p, weights).item()], [row[`${reduction}_weighted`] as number]);
      }
      const loss = make(row.name, config);
      near(await grad((x) => loss.apply(y, x))(p).data(), row.gradient.data, 1e-4);
      expect(loss.name).toBe(row.default_name);
      const again = losses.deserialize(losses.serialize(loss));
      expect(again.getConfig()).toEqual(loss.getConfig());
      expect(again.getConfig()).toMatchObject(config);
      near([await again.apply(y, p).item()], [row.sum_over_batch_size as number]);
    },
  );
});

describe('masks', () => {
  it.each(goldens.masked)('$name, $reduction', async ({ name, reduction, y, p, mask, value, weighted }) => {
    const predictions = of(p);
    predictions.mask = tensor([...mask]);
    const loss = make(name, { reduction });
    near([await loss.apply(of(y), predictions).item()], [value]);
    near([await loss.apply(of(y), predictions, weights).item()], [weighted]);
  });

  it('what ignoreClass leaves out does not count in the mean, nor does what the model masks', async () => {
    const loss = new losses.SparseCategoricalCrossentropy({ ignoreClass: 9 });
    const p = tensor([
      [0.5, 0.5],
      [0.1, 0.9],
      [0.25, 0.75],
    ]);
    expect(await loss.apply([0, 9, 9], p).item()).toBeCloseTo(Math.LN2, 5);
    p.mask = tensor([true, true, false]);
    expect(await loss.apply([0, 9, 0], p).item()).toBeCloseTo(Math.LN2, 5);
  });
});

describe('names', () => {
  it('are understood in every spelling', () => {
    for (const [name, className] of [
      ['mse', 'MeanSquaredError'],
      ['MAPE', 'MeanAbsolutePercentageError'],
      ['msle', 'MeanSquaredLogarithmicError'],
      ['BCE', 'BinaryCrossentropy'],
      ['kld', 'KLDivergence'],
      ['kl_divergence', 'KLDivergence'],
      ['klDivergence', 'KLDivergence'],
      ['KLDivergence', 'KLDivergence'],
      ['log_cosh', 'LogCosh'],
      ['logcosh', 'LogCosh'],
      ['sparse_categorical_crossentropy', 'SparseCategoricalCrossentropy'],
      ['categoricalFocalCrossentropy', 'CategoricalFocalCrossentropy'],
      ['ctc', 'CTC'],
      ['cosineProximity', 'CosineSimilarity'],
    ] as const) {
      expect(losses.get(name).getClassName()).toBe(className);
    }
    const made = losses.get({ className: 'Huber', config: { delta: 2, reduction: 'sum_over_batch_size' } });
    expect(made.getConfig()).toEqual({ name: 'huber_loss', reduction: 'sumOverBatchSize', delta: 2 });
    expect(losses.Huber.fromConfig(made.getConfig()).delta).toBe(2);
  });

  it("'crossentropy' is the one that fits the shapes", async () => {
    const loss = losses.get('crossentropy');
    expect(loss.name).toBe('crossentropy');
    expect(await loss.apply([1], [[0.25]]).item()).toBeCloseTo(Math.log(4), 5);
    expect(await loss.apply([1], [[0.75, 0.25]]).item()).toBeCloseTo(Math.log(4), 5);
    expect(
      await losses
        .get('ce')
        .apply([[0, 1]], [[0.75, 0.25]])
        .item(),
    ).toBeCloseTo(Math.log(4), 5);
  });

  it('classes of your own are found beside them', () => {
    class Mine extends losses.Loss {
      override call(yTrue: Tensor, yPred: Tensor): Tensor {
        return yTrue.sub(yPred).mean(-1);
      }
    }
    expect(losses.deserialize({ className: 'Mine' }, { Mine })).toBeInstanceOf(Mine);
    expect(() => losses.get({ className: 'Mine' })).toThrow(/no loss class "Mine"; pass classes of your own/);
  });
});

describe('wrong calls', () => {
  it.each([
    [() => new losses.Huber({ delta: 0 }), /Huber: delta must be above 0, got 0/],
    [() => new losses.Huber({ dleta: 1 } as never), /Huber: there is no option "dleta" \(did you mean delta\?\)/],
    [
      () => new losses.MeanSquaredError({ reduction: 'avg' as never }),
      /reduction must be one of sumOverBatchSize, sum/,
    ],
    [() => new losses.CategoricalGeneralizedCrossEntropy({ q: 1 }), /q must be a number above 0 and below 1, got 1/],
    [() => losses.ctc([1], [[[0, 0]]]), /ctc takes labels of shape \[batch, length\] and logits/],
    [() => losses.circle([1, 2], [1, 2]), /circle takes embeddings of shape \[batch, size\]/],
    [
      () =>
        losses.circle(
          [1],
          [
            [1, 2],
            [3, 4],
          ],
        ),
      /labels must be one for each of 2 embeddings, got shape \[1\]/,
    ],
    [() => losses.hinge([[1, 2]], [[1, 2, 3]]), /hinge: targets of shape \[1, 2\] do not fit/],
    [() => losses.binaryCrossentropy([[1]], [[0.5]], { axis: 2 }), /axis 2 does not exist/],
    [() => losses.get('nothing' as never), /there is no loss "nothing"; known are crossentropy, mse/],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });

  it('a label that is no class rejects', async () => {
    await expect(losses.ctc([[7]], [[[0, 0]]]).data()).rejects.toThrow();
  });
});

describe('in training', () => {
  it.each(['huber', 'log_cosh', 'hinge', 'dice', 'poisson', 'kld', 'cosine_similarity'] as const)(
    '%s',
    async (loss) => {
      const model = sequential({
        layers: [layers.dense({ units: 2, activation: 'sigmoid', kernelInitializer: 'ones', inputShape: [2] })],
      });
      model.compile({ optimizer: 'sgd', loss });
      const [x, y] = [
        tensor([
          [0.5, -1],
          [1, 0.25],
        ]),
        tensor([
          [1, 0],
          [0, 1],
        ]),
      ];
      const { history } = await model.fit(x, y, { epochs: 20, verbose: 0 });
      expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
    },
  );

  it('a function gets targets and predictions of one rank', async () => {
    const squared = (y: Tensor, p: Tensor): Tensor => y.sub(p).square().mean(-1);
    expect(
      await losses
        .get(squared)
        .apply([1, 2, 4], [[1], [2], [3]])
        .item(),
    ).toBeCloseTo(1 / 3, 6);
  });
});
