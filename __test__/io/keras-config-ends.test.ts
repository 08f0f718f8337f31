import { describe, expect, test } from 'vitest';
import { input, layers, type Model, model, modelFromJSON, sequential, tensor } from '../../ts/index.ts';
import { readOptimizer } from '../../ts/io/keras-config/compile.ts';
import { modelFromKeras, modelToKeras } from '../../ts/io/keras-config/index.ts';
import { Reading } from '../../ts/io/keras-config/reading.ts';
import { asJSON } from './config-fixtures.ts';

// i = keras.Input((2,)); inner = keras.Model(i, L.Dense(2)(i), name='inner'); stack = keras.Sequential([keras.Input((2,)), L.Dense(2)])
// x = keras.Input((2,)); y = inner(x); z = inner(y); keras.Model(x, [y, z, stack(z)]).get_config()['output_layers']
const ends = [
  ['inner', 1, 0],
  ['inner', 2, 0],
  ['stack', 0, 0],
];

function make() {
  const i = input({ shape: [2] });
  const inner = model({
    inputs: i,
    outputs: layers.dense({ units: 2, biasInitializer: 'ones' }).apply(i),
    name: 'inner',
  });
  const stack = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })], name: 'stack' });
  const x = input({ shape: [2] });
  const y = inner.apply(x);
  const z = inner.apply(y);
  return model({ inputs: x, outputs: [y, z, stack.apply(z)] });
}

describe('models that end with a model', () => {
  const made = make();
  const written = asJSON(modelToKeras(made)) as { config: Record<string, unknown> };
  const x = tensor([[1, 2]]);
  const outputs = (one: unknown) => (one as typeof made).predict(x).map((y) => y.arraySync());
  const same = (read: Model) => {
    read.setWeights(made.getWeights());
    expect(outputs(read)).toEqual(outputs(made));
  };

  test('are written with the places of Keras', () => {
    expect(written.config.output_layers).toEqual(ends);
  });

  test('are read', () => {
    same(modelFromKeras('file', written) as Model);
    same(modelFromJSON(JSON.stringify(made)) as Model);
  });

  test('of one call', () => {
    const i = input({ shape: [2] });
    const inner = model({ inputs: i, outputs: layers.dense({ units: 3 }).apply(i) });
    const around = input({ shape: [2] });
    const outer = asJSON(modelToKeras(model({ inputs: around, outputs: inner.apply(around) })));
    expect((modelFromKeras('file', outer) as Model).outputShape).toEqual([null, 3]);
  });
});

test('optimizers of the PyTorch backend', () => {
  const adam = { module: 'keras.src.backend.torch.optimizers.torch_adam', class_name: 'Adam', registered_name: 'Adam' };
  const config = { name: 'adam', learning_rate: 0.25, beta_1: 0.5 };
  const made = readOptimizer(new Reading('file', {}), { ...adam, config }, 'optimizer');
  expect(made).toMatchObject({ learningRate: 0.25, beta1: 0.5 });
});
