import { describe, expect, it } from 'vitest';
import * as activations from '../../ts/activations/index.ts';
import type { Loss } from '../../ts/losses/index.ts';
import type { Metric } from '../../ts/metrics/index.ts';
import { grad, scalar, type Tensor } from '../../ts/tensor/index.ts';
import { wave } from '../wave.ts';
import { type Case, compareCases, found, made } from './cases.ts';
import { casesOf, type DataSpec, dataOf, expectClose, expectGradient, type Numbers } from './data.ts';
import type { Family } from './missing.ts';

type Values = (number | string)[];

async function expectNumbers(actual: Tensor, expected: Numbers, what: string): Promise<void> {
  expect([...actual.shape], `${what}: shape`).toEqual(expected.shape);
  expectClose(await actual.data(), expected.values, what);
}

interface ActivationCase {
  name: string;
  arguments: unknown[];
  input: DataSpec;
  output: Numbers;
  gradient: number[];
}

const activationCases = casesOf<ActivationCase>('activations').map((golden) => ({
  ...golden,
  className: golden.name,
  config: { ...golden.arguments },
}));

compareCases('activations', activationCases, async (golden) => {
  const f = found('activations', golden.name) as (x: Tensor, ...rest: unknown[]) => Tensor;
  const x = dataOf(golden.input);
  await expectNumbers(f(x, ...golden.arguments), golden.output, 'output');
  const slope = grad((input) => {
    const y = f(input, ...golden.arguments);
    return y.mul(wave(y.shape, 5)).sum();
  });
  expectGradient(await slope(x).data(), golden.gradient, 'gradient');
});

interface LossCase extends Case {
  target: DataSpec;
  prediction: DataSpec;
  values: Record<string, Numbers>;
  gradient: number[];
}

compareCases('losses', casesOf<LossCase>('losses'), async (golden) => {
  const target = dataOf(golden.target);
  const prediction = dataOf(golden.prediction);
  for (const [key, expected] of Object.entries(golden.values)) {
    const [reduction, weighted] = key.split(' ');
    const loss = made<Loss>('losses', { ...golden, config: { ...golden.config, reduction } });
    const weights = weighted === undefined ? undefined : wave([target.shape[0] as number], 0.5).add(1);
    await expectNumbers(loss.apply(target, prediction, weights), expected, key);
  }
  const loss = made<Loss>('losses', golden);
  expectGradient(await grad((p) => loss.apply(target, p))(prediction).data(), golden.gradient, 'gradient');
});

interface MetricCase extends Case {
  target: DataSpec;
  prediction: DataSpec;
  plain: Numbers[];
  weighted?: Numbers[];
}

const later = (spec: DataSpec, phase: number): DataSpec => ({ ...('shape' in spec ? spec : { shape: spec }), phase });

compareCases('metrics', casesOf<MetricCase>('metrics'), async (golden) => {
  for (const [kind, expected] of [
    ['plain', golden.plain],
    ['weighted', golden.weighted],
  ] as const) {
    const metric = made<Metric>('metrics', golden);
    for (const [batch, numbers] of (expected ?? []).entries()) {
      const target = dataOf(later(golden.target, 1 + batch));
      const prediction = dataOf(later(golden.prediction, 0.2 + 2 * batch));
      const weights = kind === 'plain' ? undefined : wave([target.shape[0] as number], 0.5 + batch).add(1);
      metric.updateState(target, prediction, weights);
      await expectNumbers(metric.result(), numbers, `${kind} after batch ${batch}`);
    }
    metric.dispose();
  }
});

interface SmallCase extends Case {
  kind: 'regularizer' | 'constraint' | 'initializer' | 'schedule';
  input: DataSpec;
  steps: number[];
  output: Numbers & { values: Values };
}

const small = casesOf<SmallCase>('small');
const calls: Readonly<Record<SmallCase['kind'], (object: never, golden: SmallCase) => Promise<void>>> = {
  regularizer: (regularizer: { call(x: Tensor): Tensor }, golden) =>
    expectNumbers(regularizer.call(dataOf(golden.input)), golden.output, 'penalty'),
  constraint: (constraint: { call(x: Tensor): Tensor }, golden) =>
    expectNumbers(constraint.call(dataOf(golden.input)), golden.output, 'weight'),
  initializer: (initializer: { call(shape: readonly number[]): Tensor }, golden) =>
    expectNumbers(initializer.call(golden.input as number[]), golden.output, 'weight'),
  schedule: async (schedule: { call(step: Tensor): Tensor }, golden) => {
    for (const [i, step] of golden.steps.entries())
      expectClose(await schedule.call(scalar(step)).data(), [golden.output.values[i] as number], `step ${step}`);
  },
};

for (const kind of ['regularizer', 'constraint', 'initializer', 'schedule'] as const) {
  const family: Family = `${kind}s`;
  const cases = small.filter((golden) => golden.kind === kind);
  compareCases(family, cases, (golden) => calls[kind](made<never>(family, golden), golden));
}

describe('the table of activations', () => {
  it('gives every one by name', () => {
    for (const { name } of activationCases) {
      if (name !== 'threshold' && found('activations', name) !== undefined)
        expect(activations.get(name as activations.ActivationName).name).toBe(name);
    }
  });
});
