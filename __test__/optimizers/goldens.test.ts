import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jit, type Optimizer, optimizers, tensor, train, type Variable, variable } from '../../ts/index.ts';

interface Case {
  class: string;
  config: Record<string, unknown>;
  steps: number[][];
  final: number[];
}
const goldens = JSON.parse(readFileSync(new URL('../goldens/optimizers.json', import.meta.url), 'utf8')) as {
  optimizers: Case[];
  schedules: (Case & { rates: number[] })[];
};

const camel = (config: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(config).map(([k, v]) => [k.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase()), v]));

const targets = [
  [
    [0.2, 0.3],
    [-0.4, 1],
    [2, -1],
  ],
  [-0.25, 0.1],
];
const factors = [
  [
    [1, 0.5],
    [2, 0.1],
    [0.3, 1.5],
  ],
  [3, 0.7],
];

function close(variables: Variable[], expected: number[]): void {
  const values = variables.flatMap((v) => [...v.dataSync()]);
  expected.forEach((value, i) => {
    expect(Math.abs((values[i] as number) - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
  });
}

/** 20 compiled steps, compared after 5 and 20, and when training ends. */
function check(optimizer: Optimizer, { steps, final }: Case): void {
  const variables = [
    variable(
      [
        [1, -2],
        [0.5, 3],
        [-1.5, 0.25],
      ],
      true,
      'kernel',
    ),
    variable([0.75, -0.5], true, 'bias'),
  ];
  optimizer.build(variables);
  const loss = () =>
    variables
      .map((v, i) =>
        v
          .sub(tensor(targets[i] as number[]))
          .square()
          .mul(tensor(factors[i] as number[]))
          .sum(),
      )
      .reduce((a, b) => a.add(b));
  const step = jit(() => optimizer.minimize(loss, variables));
  for (let i = 0; i < 20; i++) {
    step();
    if (i === 4) close(variables, steps[0] as number[]);
  }
  close(variables, steps[1] as number[]);
  optimizer.finalizeVariableValues(variables);
  close(variables, final);
}

describe('20 steps equal Keras', () => {
  for (const golden of goldens.optimizers) {
    it(`${golden.class} ${JSON.stringify(golden.config)}`, () => {
      const optimizer = optimizers.get({ className: golden.class, config: camel(golden.config) });
      const again = optimizers.get({ className: golden.class, config: optimizer.getConfig() });
      expect(again.getConfig()).toEqual(optimizer.getConfig());
      check(again, golden);
    });
  }
  for (const golden of goldens.schedules) {
    it(`SGD with ${golden.class} ${JSON.stringify(golden.config)}`, () => {
      const entry = { className: golden.class, config: camel(golden.config) };
      const schedule = optimizers.schedules.deserialize(entry);
      golden.rates.forEach((rate, i) => void expect(schedule.call(tensor(i)).dataSync()[0]).toBeCloseTo(rate, 6));
      const sgd = optimizers.get({ className: 'SGD', config: train.sgd(schedule).getConfig() });
      expect(() => {
        sgd.learningRate = 0.1;
      }).toThrow('comes from a schedule');
      check(sgd, golden);
    });
  }
});

describe('LossScaleOptimizer', () => {
  it('leaves out steps that overflow', () => {
    const w = variable([1, 2]);
    const optimizer = new optimizers.LossScaleOptimizer({
      innerOptimizer: train.sgd(0.5),
      initialScale: 8,
      dynamicGrowthSteps: 2,
    });
    optimizer.apply([tensor([8, 8])], [w]);
    expect([...w.dataSync()]).toEqual([0.5, 1.5]);
    optimizer.apply([tensor([8, Number.POSITIVE_INFINITY])], [w]);
    expect([...w.dataSync()]).toEqual([0.5, 1.5]);
    expect(optimizer.dynamicScale.dataSync()[0]).toBe(4);
    for (let i = 0; i < 2; i++) optimizer.minimize(() => w.sum(), [w]);
    expect([...w.dataSync()]).toEqual([-0.5, 0.5]);
    expect(optimizer.dynamicScale.dataSync()[0]).toBe(8);
    expect(optimizers.get({ className: 'LossScaleOptimizer', config: optimizer.getConfig() }).getConfig()).toEqual(
      optimizer.getConfig(),
    );
  });
});
