import { describe, expect, test } from 'vitest';
import { type Model, type SymbolicTensor, tensor } from '../../ts/index.ts';
import { compileFromLegacy, modelFromKeras, modelFromLegacy, modelToKeras } from '../../ts/io/keras-config/index.ts';
import { flattenNest, type Nest } from '../../ts/layers/nest.ts';
import { asJSON, fixture } from './config-fixtures.ts';
import { ownObjects } from './own-objects.ts';

interface Written {
  readonly name: string;
  readonly topology: { readonly class_name: string; readonly config: Record<string, unknown> };
  readonly training: unknown;
  readonly weights: number[][] | null;
  readonly outputs: (number | null)[][] | null;
}

interface Modern {
  readonly name: string;
  readonly object: { readonly class_name: string; readonly config: unknown };
}

const { models } = fixture<{ models: Written[] }>('legacy');

describe('models of Keras 2', () => {
  test.each(models.map((one) => [one.name, one] as const))('%s', (_, { topology, training, weights, outputs }) => {
    const model = modelFromLegacy('legacy.h5', topology, ownObjects) as unknown as Model;
    expect(model.built).toBe(weights !== null);
    if (weights !== null) expect(model.weights.map(({ shape }) => [...shape]).sort()).toEqual([...weights].sort());
    if (outputs !== null) {
      const given = flattenNest(model.outputs as Nest<SymbolicTensor>).map(({ shape }) => [...shape]);
      expect(given).toEqual(outputs);
    }
    compileFromLegacy('legacy.h5', model as never, training, ownObjects);
    expect(model.isCompiled).toBe(training !== null && training !== undefined);
    const modern = asJSON(modelToKeras(model as never));
    expect(asJSON(modelFromKeras('modern', modern, ownObjects))).toEqual(asJSON(model));
  });
});

test('the hard sigmoid of Keras 2 is its own', async () => {
  const config = {
    name: 'old',
    layers: [{ class_name: 'Activation', config: { activation: 'hard_sigmoid', batch_input_shape: [null, 3] } }],
  };
  const model = modelFromLegacy('old.h5', { class_name: 'Sequential', config }) as unknown as Model;
  expect([...(await model.predict(tensor([[-3, 1, 2]])).data())].map((x) => Math.round(x * 100) / 100)).toEqual([
    0, 0.7, 0.9,
  ]);
});

describe('Keras 3 inside of an .h5 file or a model.json', () => {
  const written = ['stacks', 'graphs'].flatMap((family) => fixture<{ models: Modern[] }>(`models-${family}`).models);
  test.each(written.map((one) => [one.name, one] as const))('%s', (_, { object }) => {
    const topology = { class_name: object.class_name, config: object.config };
    const [old, modern] = [modelFromLegacy('a.h5', topology, ownObjects), modelFromKeras('a', object, ownObjects)];
    expect(asJSON(old)).toEqual(asJSON(modern));
  });
});

test.each([
  ['a bare list of layers', { class_name: 'Sequential', config: [dense({ batch_input_shape: [null, 4], units: 2 })] }],
  [
    'a topology inside',
    {
      model_config: { class_name: 'Sequential', config: { layers: [dense({ batchInputShape: [null, 4], units: 2 })] } },
    },
  ],
  [
    'a threshold of its own class',
    {
      class_name: 'Sequential',
      config: { layers: [{ class_name: 'ThresholdedReLU', config: { theta: 0.5, batch_input_shape: [null, 4] } }] },
    },
  ],
])('%s', (_, topology) => {
  expect(modelFromLegacy('a.h5', topology).built).toBe(true);
});

function dense(config: Record<string, unknown>): object {
  return { class_name: 'Dense', config };
}

// Keras 2 does not train what is called with `training=False`; Keras 3, which these numbers are of, overrides it in such files, too.
test('a layer that is called with training is overridden in fit, as Keras 3 does', async () => {
  const layer = (class_name: string, name: string, config: object, inbound_nodes: unknown[]) => ({
    class_name,
    name,
    config: { name, ...config },
    inbound_nodes,
  });
  const graph = (name: string, layers: object[], output: string) =>
    layer('Functional', name, { layers, input_layers: [['x', 0, 0]], output_layers: [[output, 0, 0]] }, []);
  const x = layer('InputLayer', 'x', { batch_input_shape: [null, 2], dtype: 'float32' }, []);
  const norm = layer('BatchNormalization', 'norm', { trainable: true }, [[['x', 0, 0, { training: false }]]]);
  const dense = layer('Dense', 'dense', { units: 1 }, [[['norm', 0, 0, {}]]]);
  const model = modelFromLegacy('old.h5', graph('net', [x, norm, dense], 'dense')) as unknown as Model;
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await model.fit(tensor([1, 2, 3, 4], [2, 2]), tensor([1, 2], [2, 1]), { epochs: 2, verbose: 0 });
  const moving = model.weights.find(({ name }) => name.endsWith('moving_mean'));
  expect([...((await moving?.data()) ?? [])]).toEqual([expect.closeTo(0.0398, 6), expect.closeTo(0.0597, 6)]);
});

// Keras 2: rate / (1 + decay * step). Weights: Keras 3 with InverseTimeDecay(0.1, 1, 0.5); it ignores the option itself.
describe('the decay of optimizers of Keras 2', () => {
  const compiled = (class_name: string, config: object): Model => {
    const topology = {
      class_name: 'Sequential',
      config: [dense({ batch_input_shape: [null, 1], units: 1, use_bias: false })],
    };
    const model = modelFromLegacy('old.h5', topology) as unknown as Model;
    compileFromLegacy('old.h5', model as never, { loss: 'mse', optimizer_config: { class_name, config } });
    model.setWeights([[[1]]]);
    return model;
  };

  test.each([
    ['SGD', { learning_rate: 0.1, decay: 0.5, momentum: 0, nesterov: false }, 0.57408],
    ['SGD', { lr: 0.1, decay: 0.5 }, 0.57408],
    ['SGD', { lr: 0.1, decay: 0 }, 0.4096],
    ['Adam', { learning_rate: 0.1, decay: 0.5, epsilon: 1e-7, amsgrad: false }, 0.74465114],
  ])('%s %o', async (name, config, weight) => {
    const model = compiled(name, config);
    await model.fit(tensor([1], [1, 1]), tensor([0], [1, 1]), { epochs: 4, verbose: 0 });
    expect((await model.weights[0]?.data())?.[0]).toBeCloseTo(weight, 6);
  });

  test('is that of the momentum in Nadam, which Keras 3 has fixed', () => {
    const { optimizer } = compiled('Nadam', { learning_rate: 0.25, decay: 0.004 }) as unknown as {
      optimizer: { getConfig(): object };
    };
    expect(optimizer.getConfig()).toMatchObject({ learningRate: 0.25 });
  });

  test('beside a schedule is refused', () => {
    const learning_rate = {
      class_name: 'ExponentialDecay',
      config: { initial_learning_rate: 0.1, decay_steps: 5, decay_rate: 0.5 },
    };
    expect(() => compiled('SGD', { learning_rate, decay: 0.5 })).toThrow(
      /the option decay = 0\.5 would change the results/,
    );
  });
});
