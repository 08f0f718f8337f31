import { describe, expect, it } from 'vitest';
import {
  constraints,
  layers,
  sequential,
  type Tensor,
  tensor,
  train,
  type Variable,
  variable,
} from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';

const w = (): Tensor =>
  tensor([
    [1, -2, 0.1],
    [3, 0.5, -0.2],
    [-0.5, 4, 0],
  ]);

function expectClose(x: Tensor, expected: readonly number[]): void {
  const values = x.dataSync();
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) => void expect(values[i]).toBeCloseTo(value, 6));
}

/** `keras.constraints.X(...)(w)` in float64, Keras 3.15. */
const cases: [string, constraints.Constraint, number[]][] = [
  [
    'MaxNorm()',
    constraints.maxNorm(),
    [0.624695, -0.8888889, 0.1, 1.8740851, 0.2222222, -0.1999999, -0.3123475, 1.7777777, 0],
  ],
  [
    'MaxNorm(1.5, axis=1)',
    constraints.maxNorm({ maxValue: 1.5, axis: 1 }),
    [0.6701505, -1.3403011, 0.0670151, 1.4764021, 0.246067, -0.0984268, -0.1860521, 1.4884168, 0],
  ],
  [
    'MaxNorm(1, axis=[0, 1])',
    constraints.maxNorm({ maxValue: 1, axis: [0, 1] }),
    [0.1809233, -0.3618465, 0.0180923, 0.5427698, 0.0904616, -0.0361847, -0.0904616, 0.723693, 0],
  ],
  [
    'UnitNorm()',
    constraints.unitNorm(),
    [0.3123475, -0.4444444, 0.4472134, 0.9370425, 0.1111111, -0.8944268, -0.1561738, 0.8888889, 0],
  ],
  [
    'UnitNorm(axis=1)',
    constraints.unitNorm({ axis: 1 }),
    [0.446767, -0.8935341, 0.0446767, 0.984268, 0.1640447, -0.0656179, -0.1240347, 0.9922779, 0],
  ],
  ['NonNeg()', constraints.nonNeg(), [1, 0, 0.1, 3, 0.5, 0, 0, 4, 0]],
  [
    'MinMaxNorm(0.5, 1, rate=0.7, axis=1)',
    constraints.minMaxNorm({ minValue: 0.5, maxValue: 1, rate: 0.7, axis: 1 }),
    [0.6127369, -1.2254738, 0.0612737, 1.5889876, 0.2648313, -0.1059325, -0.2368243, 1.8945945, 0],
  ],
  [
    'MinMaxNorm()',
    constraints.minMaxNorm(),
    [0.3123475, -0.4444444, 0.1, 0.9370425, 0.1111111, -0.1999999, -0.1561738, 0.8888889, 0],
  ],
];

describe('constraints', () => {
  for (const [name, constraint, expected] of cases) {
    it(`${name} equals Keras`, () => {
      expectClose(constraint.call(w()), expected);
      const again = constraints.getConstraint({ className: constraint.getClassName(), config: constraint.getConfig() });
      expect(again).toBeInstanceOf(constraint.constructor);
      expectClose(again.call(w()), expected);
    });
  }

  it('go by name, as functions and as classes of your own', () => {
    for (const name of ['maxNorm', 'max_norm', 'MaxNorm', 'nonNeg', 'non_neg', 'unitNorm', 'minMaxNorm'] as const)
      expect(constraints.getConstraint(name)).toBeInstanceOf(constraints.Constraint);
    expectClose(constraints.getConstraint((x) => x.clipByValue(0, 1)).call(tensor([-1, 0.5, 2])), [0, 0.5, 1]);
    class Half extends constraints.Constraint {
      override call(x: Tensor): Tensor {
        return x.mul(0.5);
      }
    }
    expect(new Half().getClassName()).toBe('Half');
  });

  it('say what is wrong', () => {
    expect(() => constraints.maxNorm({ maxValue: -1 })).toThrow('MaxNorm: maxValue must be a number from 0 on, got -1');
    expect(() => constraints.minMaxNorm({ minValue: 2 })).toThrow('minValue must not be above maxValue, got 2 and 1');
    expect(() => constraints.unitNorm({ axis: 0.5 })).toThrow('axis must be a whole number or a list');
    expect(() => constraints.getConstraint('biggest' as never)).toThrow('Unknown constraint "biggest"');
    expect(() => constraints.getConstraint(constraints.NonNeg as never)).toThrow('is a class: pass an object');
    expect(() => new (constraints.Constraint as never as new () => object)()).toThrow('there to be subclassed');
  });
});

describe('constraints in training', () => {
  it('are applied after every step, as Keras does', async () => {
    // Dense(2, kernel_constraint='unit_norm', bias_constraint='non_neg'), SGD(0.1, weight_decay=0.1), 'mse', 3 x train_on_batch
    const model = sequential({
      layers: [layers.dense({ units: 2, kernelConstraint: 'unitNorm', biasConstraint: 'nonNeg', inputShape: [2] })],
    });
    model.setWeights([
      tensor([
        [1, 2],
        [3, -1],
      ]),
      tensor([0.1, -0.1]),
    ]);
    model.compile({ optimizer: train.sgd(0.1, { weightDecay: 0.1 }), loss: 'meanSquaredError' });
    for (let i = 0; i < 3; i++)
      await model.trainOnBatch(
        tensor([
          [1, 2],
          [0.5, -1],
        ]),
        tensor([
          [1, 0],
          [0, 1],
        ]),
      );
    const [kernel, bias] = model.getWeights() as [Tensor, Tensor];
    expectClose(kernel, [0.3451538, 0.8959715, 0.938546, -0.4441114]);
    expectClose(bias, [0, 0.0078658]);
  });

  it('stand in configurations of layers', () => {
    const norm = constraints.maxNorm({ maxValue: 3 });
    const all = [
      layers.dense({ units: 2, kernelConstraint: norm, biasConstraint: 'nonNeg' }),
      layers.conv2d({ filters: 2, kernelSize: 3, kernelConstraint: norm, biasConstraint: 'nonNeg' }),
      layers.depthwiseConv2d({ kernelSize: 3, depthwiseConstraint: norm, biasConstraint: 'nonNeg' }),
      layers.batchNormalization({ gammaConstraint: norm, betaConstraint: 'nonNeg' }),
      layers.einsumDense({
        equation: 'ab,bc->ac',
        outputShape: 2,
        biasAxes: 'c',
        kernelConstraint: norm,
        biasConstraint: 'nonNeg',
      }),
      layers.multiHeadAttention({ numHeads: 1, keyDim: 2, kernelConstraint: norm, biasConstraint: 'nonNeg' }),
    ];
    for (const layer of all) {
      const config = layer.getConfig();
      expect(Object.values(config)).toContainEqual({ className: 'MaxNorm', config: { maxValue: 3, axis: 0 } });
      expect(Object.values(config)).toContainEqual({ className: 'NonNeg', config: {} });
      expect(layerFromConfig({ className: layer.className, config }).getConfig()).toEqual(config);
    }
  });

  it('hold for all weights of attention, and for slopes', () => {
    const attention = layers.multiHeadAttention({
      numHeads: 1,
      keyDim: 2,
      kernelConstraint: 'nonNeg',
      biasConstraint: 'unitNorm',
    });
    attention.build([null, 3, 4]);
    expect(
      attention.trainableWeights.map(({ name, constraint }) => [
        name.split('/').at(-1),
        (constraint as constraints.Constraint).getClassName(),
      ]),
    ).toEqual(
      ['query', 'key', 'value', 'attention_output'].flatMap(() => [
        ['kernel', 'NonNeg'],
        ['bias', 'UnitNorm'],
      ]),
    );
    const net = sequential({ layers: [layers.prelu({ alphaConstraint: 'nonNeg', inputShape: [2] })] });
    const [alpha] = net.trainableWeights as [Variable];
    train.sgd(1).minimize(
      () =>
        net
          .apply(tensor([[-1, -2]]))
          .neg()
          .sum(),
      [alpha],
    );
    expectClose(alpha, [0, 0]);
  });

  it('belong to any variable', () => {
    const v = variable([1, -1]);
    v.constraint = constraints.nonNeg();
    train.sgd(0.1).minimize(() => v.sum(), [v]);
    expectClose(v, [0.9, 0]);
  });
});
