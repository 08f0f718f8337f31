// Layers as activations of layers. That they compute what Keras does in files: `../io/keras-files.test.ts` (layer_activations).
import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  input,
  layers,
  type Model,
  model,
  ones,
  registerClass,
  type Tensor,
  tensor,
} from '../../ts/index.ts';
import { modelFromKeras, modelFromLegacy, modelToKeras, modelToLegacy } from '../../ts/io/keras-config/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';

class Halved extends layers.Layer {
  static override readonly className = 'Halved';
  override call(x: Tensor): Tensor {
    return x.div(2);
  }
}

const numbers = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe('a layer as an activation', () => {
  // keras.layers.Dense(1, activation=LeakyReLU(0.1), kernel_initializer="ones")([[1, -3], [2, 3]])
  it('is applied to the result, and in the configuration', async () => {
    const layer = layers.dense({
      units: 1,
      kernelInitializer: 'ones',
      activation: layers.leakyReLU({ negativeSlope: 0.1, name: 'leaky' }),
    });
    const x = tensor([1, -3, 2, 3], [2, 2]);
    expect(await numbers(layer.apply(x))).toEqual([expect.closeTo(-0.2, 6), 5]);
    const { activation } = layer.getConfig();
    expect(activation).toMatchObject({ className: 'LeakyReLU', config: { name: 'leaky', negativeSlope: 0.1 } });
    const again = layerFromConfig({ className: 'Dense', config: JSON.parse(JSON.stringify(layer.getConfig())) });
    expect(again.getConfig()).toEqual(layer.getConfig());
    expect(await numbers(again.apply(x) as Tensor)).toEqual([expect.closeTo(-0.2, 6), 5]);
  });

  it('stands in every layer that has an activation', async () => {
    const activation = layers.reLU({ maxValue: 0.25 });
    const x = ones([1, 4, 4]);
    const made = [
      layers.activation({ activation }),
      layers.einsumDense({ equation: 'abc,cd->abd', outputShape: [null, 2], activation }),
      layers.conv1d({ filters: 2, kernelSize: 2, activation }),
      layers.simpleRNN({ units: 2, activation }),
      layers.lstm({ units: 2, activation, recurrentActivation: activation }),
      layers.bidirectional({ layer: layers.gru({ units: 2, activation, recurrentActivation: activation }) }),
    ];
    for (const layer of made) expect(Math.max(...(await numbers(layer.apply(x) as Tensor)))).toBeLessThanOrEqual(0.25);
    const rows = layers.convLstm2d({ filters: 1, kernelSize: 2, activation, recurrentActivation: activation });
    expect(Math.max(...(await numbers(rows.apply(ones([1, 2, 3, 3, 1])))))).toBeLessThanOrEqual(0.25);
  });

  it('may be of a registered class, in files, too', async () => {
    registerClass(Halved, 'layer-activation');
    const x = input({ shape: [2] });
    const net = model({ inputs: x, outputs: layers.dense({ units: 2, activation: new Halved() }).apply(x) });
    const back = modelFromKeras('file', modelToKeras(net as Model)) as Model;
    back.setWeights(net.getWeights());
    expect(await numbers(back.predict(ones([1, 2])) as Tensor)).toEqual(
      await numbers(net.predict(ones([1, 2])) as Tensor),
    );
  });

  it('is read of files of Keras 2', async () => {
    const config = { class_name: 'LeakyReLU', config: { name: 'leaky', alpha: 0.5 } };
    const dense = {
      class_name: 'Dense',
      config: { name: 'd', units: 1, batch_input_shape: [null, 1], kernel_initializer: 'ones', activation: config },
    };
    const net = modelFromLegacy('a.h5', { class_name: 'Sequential', config: { name: 's', layers: [dense] } }) as Model;
    expect(await numbers(net.predict(tensor([-3], [1, 1])) as Tensor)).toEqual([-1.5]);
    expect(() => modelToLegacy(net)).toThrow(
      /TensorFlow\.js has no activations that are layers; put the LeakyReLU behind/,
    );
  });

  it.each([
    ['with weights', () => layers.prelu()],
    ['with random numbers', () => layers.dropout({ rate: 0.5 })],
    ['with layers inside', () => layers.timeDistributed({ layer: layers.reLU() })],
  ])('cannot be one %s', (_, make) => {
    expect(() => layers.dense({ units: 1, activation: make() as layers.Layer })).toThrow(ConfigError);
    expect(() => layers.dense({ units: 1, activation: make() as layers.Layer })).toThrow(
      /an activation is a layer without weights and random numbers.*behind the layer/,
    );
  });

  it('that is no tensor of one, or of an unknown class, is an error that says so', () => {
    expect(() => layers.dense({ units: 1, activation: { className: 'Nothing', config: {} } })).toThrow(
      /no layer class "Nothing"/,
    );
    expect(() => layers.dense({ units: 1, activation: 5 as never })).toThrow(/there is no activation 5/);
  });
});
