import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layers, metrics, sequential, type Tensor, tensor } from '../../ts/index.ts';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface MetricRow {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly y: Numbers;
  readonly p: Numbers;
  readonly w: Numbers;
  readonly default_name: string;
  readonly once: Numbers;
  readonly twice: Numbers;
  readonly weighted?: Numbers;
}

const { metrics: rows } = JSON.parse(
  readFileSync(new URL('../goldens/losses-metrics.json', import.meta.url), 'utf8'),
) as { metrics: readonly MetricRow[] };
const of = ({ shape, data }: Numbers): Tensor => tensor(Float64Array.from(data), shape);
const camel = (key: string): string => key.replace(/_([a-z])/g, (_, a: string) => a.toUpperCase());
const camelConfig = (config: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [camel(key), value]));
const classes = metrics as unknown as Readonly<Record<string, new (config: object) => metrics.Metric>>;

async function expectResult(metric: metrics.Metric, expected: Numbers): Promise<void> {
  const result = metric.result();
  expect(result.shape).toEqual(expected.shape);
  const values = [...(await result.data())];
  values.forEach((value, i) => {
    const right = expected.data[i] as number;
    const error = Math.abs(value - right) / Math.max(1, Math.abs(right));
    if (!(error <= 2e-5 || Object.is(value, right))) expect(values).toEqual(expected.data);
  });
}

describe('metrics equal Keras: one batch, two, weighted', () => {
  it.each(rows.map((row, i) => [`${i} ${row.name} ${JSON.stringify(row.config)}`, row] as const))(
    '%s',
    async (_, row) => {
      const config = camelConfig(row.config);
      const metric = new (classes[row.name] as new (c: object) => metrics.Metric)(config);
      expect(metric.name).toBe(row.default_name);
      const [y, p, w] = [of(row.y), of(row.p), of(row.w)];
      metric.updateState(y, p);
      await expectResult(metric, row.once);
      metric.updateState(y.reverse(0), p);
      await expectResult(metric, row.twice);
      metric.resetState();
      if (row.weighted === undefined) return;
      const again = metrics.deserialize(metrics.serialize(metric));
      expect(again.getConfig()).toEqual(metric.getConfig());
      again.updateState(y, p, w);
      await expectResult(again, row.weighted);
    },
  );
});

describe('in training', () => {
  it('run in the training program, those with a number a class are reported one by one', async () => {
    const model = sequential({ layers: [layers.dense({ units: 3, activation: 'softmax', inputShape: [2] })] });
    model.compile({
      loss: 'categoricalCrossentropy',
      metrics: ['auc', 'Precision', 'recall', new metrics.F1Score(), { className: 'R2Score', config: {} }, 'rmse'],
      weightedMetrics: [new metrics.AUC({ multiLabel: true, name: 'areas' })],
    });
    const x = tensor([1, 2, 3, 4, 0, -1, 2, 2, 1, 0], [5, 2]);
    const y = tensor([0, 1, 2, 1, 0], [5], 'int32').oneHot(3);
    const { history } = await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0, validationData: [x, y] });
    expect(Object.keys(history).sort()).toEqual(
      ['Precision', 'areas', 'auc', 'f1_score_0', 'f1_score_1', 'f1_score_2', 'loss', 'r2_score', 'recall', 'rmse']
        .flatMap((name) => [name, `val_${name}`])
        .sort(),
    );
    const evaluated = await model.evaluate(x, y, { verbose: 0 });
    const direct = new metrics.F1Score();
    direct.updateState(y, model.predict(x) as Tensor);
    expect(evaluated.f1_score_1).toBeCloseTo((await direct.result().data())[1] as number, 5);
    expect((await model.trainOnBatch(x, y)).f1_score_2).toBeGreaterThanOrEqual(0);
    expect(model.metricsNames).toContain('f1_score_2');
  });
});

describe('names', () => {
  it('are understood in every spelling', () => {
    for (const [name, className] of [
      ['mse', 'MeanSquaredError'],
      ['f1_score', 'F1Score'],
      ['AUC', 'AUC'],
      ['topKCategoricalAccuracy', 'TopKCategoricalAccuracy'],
      ['sparse_categorical_accuracy', 'SparseCategoricalAccuracy'],
      ['TruePositives', 'TruePositives'],
      ['cosineProximity', 'CosineSimilarity'],
    ] as const) {
      const metric = metrics.get(name);
      expect(metric.getClassName()).toBe(className);
      expect(metric.name).toBe(name);
    }
    expect(metrics.Precision.fromConfig({ topK: 2 }).topK).toBe(2);
  });

  it.each([
    [() => new metrics.Precision({ thresholds: 2 }), /Precision: thresholds must be numbers from 0 to 1, got 2/],
    [() => new metrics.AUC({ curve: 'area' as never }), /AUC: curve must be one of ROC, PR, PRGAIN, got "area"/],
    [() => new metrics.AUC({ numLabels: 2 }), /numLabels goes with multiLabel: true only/],
    [() => new metrics.IoU({ numClasses: 2, targetClassIds: [2] }), /targetClassIds must be from 0 to 1, got \[2\]/],
    [() => new metrics.MeanIoU({ numClases: 2 } as never), /MeanIoU: /],
    [() => new metrics.FBetaScore({ beta: 0 }), /beta must be above 0/],
    [() => new metrics.R2Score({ classAggregation: 'sum' as never }), /classAggregation must be 'uniformAverage'/],
    [() => new metrics.SensitivityAtSpecificity({ specificity: 2 }), /specificity must be a number from 0 to 1, got 2/],
    [() => new metrics.Precision({ classId: 3 }).updateState(tensor([[1, 0]]), tensor([[1, 0]])), /no class 3/],
    [() => new metrics.F1Score().updateState(tensor([1]), tensor([1])), /\[batch, classes\]/],
    [() => new metrics.F1Score().result(), /metric "f1_score" has seen no data/],
    [() => new metrics.Mean({ dtype: 'int8' as never }), /dtype must be 'float32' or 'int32', got "int8"/],
    [() => metrics.deserialize({ className: 'Nothing' }), /there is no metric class "Nothing"/],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
