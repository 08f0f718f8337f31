import { describe, expect, it } from 'vitest';
import { constraints, initializers, layers, losses, metrics, optimizers, regularizers } from '../../ts/index.ts';

interface Configured {
  getConfig(): Record<string, unknown>;
}

/** Objects with options that are not the defaults, of every kind that has a configuration. */
const objects: Configured[] = [
  layers.dense({ units: 3, activation: 'relu', kernelRegularizer: 'l2', biasConstraint: 'nonNeg' }),
  layers.bidirectional({ layer: layers.lstm({ units: 2, returnSequences: true }), mergeMode: 'sum' }),
  layers.rnn({ cell: [layers.gruCell({ units: 2 }), layers.lstmCell({ units: 3 })] }),
  layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 3 }) }),
  new optimizers.Adam({ learningRate: 0.5, amsgrad: true, useEma: true }),
  new optimizers.SGD({
    learningRate: new optimizers.schedules.CosineDecay({ initialLearningRate: 0.5, decaySteps: 10 }),
  }),
  new optimizers.LossScaleOptimizer({ innerOptimizer: new optimizers.Adam({ learningRate: 0.5 }), initialScale: 8 }),
  new optimizers.schedules.ExponentialDecay({ initialLearningRate: 0.5, decaySteps: 10, decayRate: 0.5 }),
  new losses.Huber({ delta: 2, reduction: 'sum' }),
  new metrics.TopKCategoricalAccuracy({ k: 3, name: 'top' }),
  initializers.heNormal({ seed: 3 }),
  regularizers.l1l2({ l1: 0.5, l2: 0.25 }),
  constraints.maxNorm({ maxValue: 3, axis: 1 }),
];

describe('fromConfig', () => {
  it.each(objects.map((object) => [object.constructor.name, object] as const))('%s equals its origin', (_, object) => {
    const Class = object.constructor as unknown as { fromConfig(config: Record<string, unknown>): Configured };
    const made = Class.fromConfig(JSON.parse(JSON.stringify(object.getConfig())));
    expect(made).toBeInstanceOf(object.constructor);
    expect(made).not.toBe(object);
    expect(made.getConfig()).toEqual(object.getConfig());
  });

  it('has errors of its own', () => {
    expect(() => layers.Dense.fromConfig(3 as never)).toThrow(/Dense.fromConfig: options must be an object, got 3/);
    expect(() => layers.Dense.fromConfig({ units: 3, unit: 4 })).toThrow(/there is no option "unit"/);
    expect(() => optimizers.Adam.fromConfig([] as never)).toThrow(/options must be an object/);
    expect(() => optimizers.LossScaleOptimizer.fromConfig({})).toThrow(/optimizer/);
  });
});
